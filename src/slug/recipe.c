#include "base/base.h"
#include "slug/gzip.h"
#include "slug/recipe.h"
#include "sys/clock.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECIPE_BYTES (64 << 20) /* of one recipe: half a million pieces */
#define TOUCH_SECONDS 3600
#define FIRST_LINE "slugbuild recipe " SB_SLUG_FORMAT "\n"

void sb_recipe_key(struct sb_sha256 *hash, const struct sb_piece_store *store, const char *kind)
{
	char level[16];

	snprintf(level, sizeof(level), "%d", store->level);
	sb_sha256_field(hash, "slugbuild piece " SB_SLUG_FORMAT);
	sb_sha256_field(hash, sb_gzip_compressor());
	sb_sha256_field(hash, level);
	sb_sha256_field(hash, kind);
}

void sb_layer_recipe(const struct sb_piece_store *store, const char *key, char out[SB_DIGEST_HEX])
{
	struct sb_sha256 hash = { 0 };

	sb_recipe_key(&hash, store, "folder");
	sb_sha256_field(&hash, key);
	sb_sha256_finish(&hash, out);
}

char *sb_piece_name(const char *hex, const char *suffix)
{
	return sb_xasprintf("%.2s/%s%s", hex, hex, suffix);
}

char *sb_piece_place(const struct sb_piece_store *store, const char *hex, const char *suffix,
		     struct sb_error *err)
{
	const char folder[] = { hex[0], hex[1], '\0' };

	if (mkdirat(store->dir, folder, 0750) < 0 && errno != EEXIST) {
		sb_fail_sys(err, "make the folder %s/%s", store->path, folder);
		return NULL;
	}
	return sb_piece_name(hex, suffix);
}

/* There, of the right size; and young again, so that gc leaves it. */
static bool present(const struct sb_piece_store *store, const char *name, int64_t size)
{
	struct stat st;

	if (fstatat(store->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
	    (size >= 0 && st.st_size != size))
		return false;
	if (sb_wall() - st.st_mtime > TOUCH_SECONDS)
		utimensat(store->dir, name, NULL, AT_SYMLINK_NOFOLLOW);
	return true;
}

static bool number(struct sb_span *rest, int64_t *out)
{
	struct sb_span word;
	int64_t n = 0;

	if (!sb_span_cut(rest, ' ', &word) || !sb_span_all(word, "0123456789") || word.n > 18)
		return false;
	for (size_t i = 0; i < word.n; i++)
		n = n * 10 + (word.p[i] - '0');
	*out = n;
	return true;
}

/* "<sha256> <size> <raw> <files> <unpacked> " */
static bool parse_piece(struct sb_piece *out, const struct sb_piece_store *store,
			struct sb_span line)
{
	struct sb_span sha;

	if (!sb_span_cut(&line, ' ', &sha) || sha.n != SB_DIGEST_HEX - 1 ||
	    !sb_span_all(sha, "0123456789abcdef") || !number(&line, &out->size) ||
	    !number(&line, &out->raw) || !number(&line, &out->files) ||
	    !number(&line, &out->unpacked) || line.n)
		return false;
	sb_span_copy(out->sha256, sizeof(out->sha256), sha);
	SB_AUTO_FREE char *name = sb_piece_name(out->sha256, ".gz");

	if (!present(store, name, out->size))
		return false;
	out->path = sb_xasprintf("%s/%s", store->path, name);
	return true;
}

static bool parse(struct sb_pieces *out, const struct sb_piece_store *store, struct sb_span text)
{
	struct sb_span line;
	SB_AUTO(sb_pieces) made = { 0 };

	if (!sb_span_starts(text, FIRST_LINE) || !sb_span_ends(text, "\nend\n"))
		return false;
	text.p += strlen(FIRST_LINE);
	text.n -= strlen(FIRST_LINE) + strlen("end\n");
	while (sb_span_cut(&text, '\n', &line)) {
		sb_grow(&made.item, made.n, sizeof(*made.item));
		made.item[made.n] = (struct sb_piece) { 0 };
		if (!parse_piece(&made.item[made.n++], store, line))
			return false;
	}
	*out = SB_STEAL(made);
	return true;
}

bool sb_recipe_find(struct sb_pieces *out, const struct sb_piece_store *store, const char *key)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(RECIPE_BYTES);
	SB_AUTO_FREE char *name = sb_piece_name(key, ".list");
	struct sb_error ignored = { 0 };

	if (store->no_cache || !present(store, name, -1) ||
	    sb_read_file(&text, store->dir, name, &ignored) < 0)
		return false;
	return parse(out, store, sb_buffer_span(&text));
}

static void print_piece(struct sb_buffer *out, const struct sb_piece *p)
{
	sb_buffer_addf(out, "%s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " \n", p->sha256,
		       p->size, p->raw, p->files, p->unpacked);
}

int sb_recipe_keep(const struct sb_piece_store *store, const char *key,
		   const struct sb_piece *const *piece, size_t n, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(RECIPE_BYTES);
	SB_AUTO_FREE char *name = sb_piece_place(store, key, ".list", err);
	SB_AUTO_FREE char *tmp = sb_xasprintf(".tmp-%d-%s", (int)getpid(), key);

	if (!name)
		return -1;
	sb_buffer_adds(&text, FIRST_LINE);
	for (size_t i = 0; i < n; i++)
		print_piece(&text, piece[i]);
	sb_buffer_adds(&text, "end\n");
	if (text.full)
		return 0; /* never found again: made again each time */

	/* Not synced: half a recipe is known by its missing end, and is then made again. */
	SB_AUTO_CLOSE int fd = openat(store->dir, tmp,
				      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);

	if (fd < 0)
		return sb_fail_sys(err, "make %s/%s", store->path, tmp);
	if (sb_write_all(fd, sb_buffer_span(&text), err) < 0) {
		unlinkat(store->dir, tmp, 0);
		return sb_wrap(err, "%s/%s", store->path, tmp);
	}
	if (renameat(store->dir, tmp, store->dir, name) < 0) {
		sb_fail_sys(err, "make %s/%s", store->path, name);
		unlinkat(store->dir, tmp, 0);
		return -1;
	}
	return 0;
}

void sb_piece_release(struct sb_piece *piece)
{
	free(piece->path);
	*piece = (struct sb_piece) { 0 };
}

void sb_pieces_release(struct sb_pieces *pieces)
{
	for (size_t i = 0; i < pieces->n; i++)
		sb_piece_release(&pieces->item[i]);
	free(pieces->item);
	*pieces = (struct sb_pieces) { 0 };
}
