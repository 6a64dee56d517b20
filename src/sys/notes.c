#include "base/base.h"
#include "base/list.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/notes.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define END "\nend of the note\n"
#define TOUCH_SECONDS 3600
#define SMALL_TEXT 4096

void sb_note_key(struct sb_sha256 *hash, const char *about)
{
	sb_sha256_field(hash, "slugbuild note " SB_VERSION);
	sb_sha256_field(hash, about);
}

static bool add_identity(struct sb_sha256 *hash, const char *path)
{
	char text[160] = "";
	struct stat st;
	bool there = stat(path, &st) == 0;

	if (there)
		snprintf(text, sizeof(text), "%llu %llu %lld %lld.%09ld %o", (unsigned long long)st.st_dev,
			 (unsigned long long)st.st_ino, (long long)st.st_size, (long long)st.st_mtim.tv_sec,
			 st.st_mtim.tv_nsec, st.st_mode);
	sb_sha256_field(hash, path);
	sb_sha256_field(hash, text);
	return there && S_ISDIR(st.st_mode);
}

void sb_note_add_file(struct sb_sha256 *hash, const char *path)
{
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error unseen = { 0 };

	if (!add_identity(hash, path) || sb_list_dir(&names, AT_FDCWD, path, &unseen) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		SB_AUTO_FREE char *below = sb_xasprintf("%s/%s", path, names.item[i]);

		add_identity(hash, below);
	}
}

void sb_note_add_text(struct sb_sha256 *hash, const char *path)
{
	SB_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[SMALL_TEXT] = "";

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	sb_sha256_field(hash, path);
	sb_sha256_field(hash, text);
}

static int open_folder(const struct sb_settings *settings)
{
	const char *root = settings->root ? settings->root : "";
	SB_AUTO_FREE char *path = sb_xasprintf("%s/store/notes", root);

	return root[0] == '/' ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

bool sb_notes_are_kept(const struct sb_settings *settings)
{
	SB_AUTO_CLOSE int dir = open_folder(settings);

	return dir >= 0;
}

static char *name_of(const char *about, const char *key)
{
	return sb_xasprintf("%s-%s", about, key);
}

bool sb_note_find(struct sb_buffer *out, const struct sb_settings *settings, const char *about,
		  const char *key)
{
	SB_AUTO_CLOSE int dir = open_folder(settings);
	SB_AUTO_FREE char *name = name_of(about, key);
	struct sb_error unseen = { 0 };
	struct stat st;

	sb_buffer_clear(out);
	if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    sb_read_file(out, dir, name, &unseen) < 0 || !sb_span_ends(sb_buffer_span(out), END))
		return false;
	if (sb_wall() - st.st_mtime > TOUCH_SECONDS)
		utimensat(dir, name, NULL, AT_SYMLINK_NOFOLLOW);
	out->n -= sizeof(END) - 1;
	out->p[out->n] = '\0';
	return true;
}

void sb_note_keep(const struct sb_settings *settings, const char *about, const char *key,
		  struct sb_span text)
{
	SB_AUTO_CLOSE int dir = open_folder(settings);
	SB_AUTO_FREE char *name = name_of(about, key);
	struct sb_error unseen = { 0 };
	char temp[SB_TEMP_MAX];

	if (dir < 0)
		return;
	sb_temp_name(temp);

	SB_AUTO_CLOSE int fd =
		openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	/* Not synced: half a note is known by its missing end. */
	if (fd < 0 || sb_write_all(fd, text, &unseen) < 0 ||
	    sb_write_all(fd, sb_span_of(END), &unseen) < 0 || renameat(dir, temp, dir, name) < 0)
		unlinkat(dir, temp, 0);
}

void sb_note_forget(const struct sb_settings *settings, const char *about, const char *key)
{
	SB_AUTO_CLOSE int dir = open_folder(settings);
	SB_AUTO_FREE char *name = name_of(about, key);

	if (dir >= 0)
		unlinkat(dir, name, 0);
}
