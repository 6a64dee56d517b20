#include "base/base.h"
#include "fuzz.h"
#include "slug/tar.h"
#include "slug/tar_tree.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * A tar from anywhere, given as bytes, or as lines that are made entries of: "fPATH", "pPATH",
 * "dPATH", "lPATH TARGET". Whatever opens is a tree like a pushed one: it can be walked to its end,
 * no path leads out of it, none is a .git, and each file is as long as it says.
 */

static void must(bool ok)
{
	if (!ok)
		abort();
}

static int count(void *ctx, struct sb_span part, SB_UNUSED struct sb_error *err)
{
	*(int64_t *)ctx += (int64_t)part.n;
	return 0;
}

static int visit(void *ctx, const char *path, const struct sb_entry *entry, struct sb_error *err)
{
	struct sb_repo *repo = ctx;
	struct sb_span rest = sb_span_of(path), name;
	int64_t size = -1, got = 0;

	while (sb_span_cut(&rest, '/', &name))
		must(name.n && !sb_span_is(name, ".") && !sb_span_is(name, ".."));
	must(rest.n && !sb_span_is(rest, ".") && !sb_span_is(rest, ".."));
	must(strcasecmp(rest.p, ".git") != 0);
	if (entry->kind == SB_DIR)
		return 0;
	must(sb_blob_size(repo, entry->oid, &size, err) == 0);
	must(sb_blob_stream(repo, entry->oid, count, &got, err) == 0 && got == size);
	return 0;
}

static void look(struct sb_span tar)
{
	SB_AUTO_CLOSE int fd = memfd_create("tar", MFD_CLOEXEC);
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_repo) repo = { 0 };
	struct sb_walk_limits none = { 0 };
	struct sb_error err = { 0 };
	struct sb_commit commit;
	char oid[SB_OID_MAX + 1];

	must(write(fd, tar.p, tar.n) == (ssize_t)tar.n && lseek(fd, 0, SEEK_SET) == 0);
	sb_settings_init(&settings);
	settings.max_files = 100;
	settings.max_depth = 8;
	settings.max_blob = settings.max_bytes = 1 << 16;
	if (sb_tar_tree(&repo, fd, &settings, oid, &err) < 0) {
		must(err.text[0]);
		return;
	}
	must(sb_repo_commit(&repo, oid, &commit, &err) == 0);
	must(sb_tree_walk(&repo, commit.tree, &none, visit, &repo, &err) == 0);
}

static void add(struct sb_buffer *out, struct sb_span line)
{
	struct sb_span path = { line.p + 1, line.n - 1 }, first;
	bool cut = sb_span_cut(&path, ' ', &first);
	SB_AUTO_FREE char *name = sb_span_dup(cut ? first : path);
	SB_AUTO_FREE char *target = sb_span_dup(cut ? path : (struct sb_span) { "", 0 });
	struct sb_tar_entry entry = { .path = name, .kind = SB_TAR_FILE, .size = 1 };

	if (line.p[0] == 'l')
		entry = (struct sb_tar_entry) { .path = name, .kind = SB_TAR_LINK, .link = target };
	else if (line.p[0] == 'd')
		entry = (struct sb_tar_entry) { .path = name, .kind = SB_TAR_DIR };
	else if (line.p[0] == 'p')
		entry.kind = SB_TAR_PROGRAM;
	sb_tar_header(out, &entry);
	if (entry.size)
		sb_buffer_addc(out, 'x');
	sb_tar_pad(out, entry.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_span all = { (const char *)data, size }, line;
	SB_AUTO(sb_buffer) tar = SB_BUFFER_INIT(4 << 20);

	if (size > 1 << 16 || memchr(data, '\0', size)) {
		look(all);
		return 0;
	}
	while (sb_span_line(&all, &line))
		if (line.n)
			add(&tar, line);
	for (int i = 0; i < 1024; i++)
		sb_buffer_addc(&tar, '\0');
	look(sb_buffer_span(&tar));
	return 0;
}
