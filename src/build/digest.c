#include "build/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "base/sha256.h"
#include "sys/files.h"

#define DEPTH_MAX 256

static void add_number(struct sb_sha256 *hash, long long number)
{
	char word[32];

	snprintf(word, sizeof(word), "%lld", number);
	sb_sha256_field(hash, word);
}

static int hash_file(struct sb_sha256 *hash, int dir, const char *name, struct sb_error *err)
{
	SB_AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char part[65536];
	ssize_t n;

	if (fd < 0)
		return sb_fail_sys(err, "open %s", name);
	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno != EINTR)
			return sb_fail_sys(err, "read %s", name);
		if (n > 0)
			sb_sha256_add(hash, (struct sb_span) { part, (size_t)n });
	}
	return 0;
}

static int hash_folder(struct sb_sha256 *hash, int dir, int depth, struct sb_error *err);

static int hash_entry(struct sb_sha256 *hash, int dir, const char *name, int depth,
		      struct sb_error *err)
{
	char target[4096];
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return sb_fail_sys(err, "look at %s", name);
	sb_sha256_field(hash, name);
	add_number(hash, st.st_mode);
	add_number(hash, S_ISREG(st.st_mode) ? st.st_size : 0);
	if (S_ISDIR(st.st_mode)) {
		SB_AUTO_CLOSE int below =
			openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (below < 0)
			return sb_fail_sys(err, "open %s", name);
		return depth > DEPTH_MAX ? sb_fail(err, SB_ELIMIT, "folders over %d deep", depth)
					 : hash_folder(hash, below, depth + 1, err);
	}
	if (S_ISLNK(st.st_mode)) {
		ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);

		if (n < 0)
			return sb_fail_sys(err, "read the symlink %s", name);
		target[n] = '\0';
		sb_sha256_field(hash, target);
		return 0;
	}
	return hash_file(hash, dir, name, err);
}

static int hash_folder(struct sb_sha256 *hash, int dir, int depth, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };

	if (sb_list_dir(&names, dir, ".", err) < 0)
		return -1;
	add_number(hash, (long long)names.n);
	for (size_t i = 0; i < names.n; i++)
		if (hash_entry(hash, dir, names.item[i], depth, err) < 0)
			return -1;
	return 0;
}

int sb_folder_digest(char key[65], const char *path, struct sb_error *err)
{
	SB_AUTO(sb_sha256) hash = { 0 };
	SB_AUTO_CLOSE int dir = sb_open_dir(AT_FDCWD, path, err);

	sb_sha256_field(&hash, "slugbuild static files 1");
	if (dir < 0 || hash_folder(&hash, dir, 0, err) < 0)
		return -1;
	sb_sha256_finish(&hash, key);
	return 0;
}
