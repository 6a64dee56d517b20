#include "build/fingerprint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"
#include "source/tree.h"
#include "sys/files.h"

#define KERNEL_FILE_MAX 65536

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return !strncmp(path, folder, n) && (!path[n] || path[n] == '/');
}

static bool below_any(const char *path, const char *const *folders)
{
	for (; *folders; folders++)
		if (is_below(path, *folders))
			return true;
	return false;
}

enum sb_place sb_place_of(const struct sb_build *build, const char *path)
{
	/* Made anew for each box, the same each time. */
	static const char *const made[] = { "/etc/passwd", "/etc/group", "/etc/hosts",
					    "/etc/nsswitch.conf", NULL };
	static const char *const host[] = { "/usr",   "/etc",   "/bin",    "/sbin", "/lib",
					    "/lib32", "/lib64", "/libx32", NULL };

	if (is_below(path, "/app"))
		return is_below(path, "/app/.slugbuild") ? SB_PLACE_BOX : SB_PLACE_APP;
	if (below_any(path, made))
		return SB_PLACE_BOX;
	if (below_any(path, host) || is_below(path, build->python.prefix))
		return SB_PLACE_HOST;
	return is_below(path, "/proc") || !strcmp(path, SB_BOX_CPUS_ONLINE) ||
			       !strcmp(path, SB_BOX_CPUS_POSSIBLE)
		       ? SB_PLACE_KERNEL
		       : SB_PLACE_BOX;
}

static const char *letter(enum sb_kind kind)
{
	static const char *const letters[] = { [SB_FILE] = "f",
					       [SB_PROGRAM] = "x",
					       [SB_LINK] = "l",
					       [SB_DIR] = "d",
					       [SB_SUBMODULE] = "m" };

	return letters[kind];
}

/* The names in a folder and what they are: what a listing tells. */
static char *print_folder(struct sb_build *build, const char *tree, const char *path,
			  struct sb_error *err)
{
	SB_AUTO(sb_tree) level = { 0 };
	SB_AUTO(sb_sha256) hash = { 0 };
	char hex[SB_DIGEST_HEX];

	if (sb_tree_read(&level, build->repo, tree, path, err) < 0)
		return NULL;
	for (size_t i = 0; i < level.n; i++) {
		sb_sha256_field(&hash, letter(level.entry[i].kind));
		sb_sha256_field(&hash, level.entry[i].name);
	}
	sb_sha256_finish(&hash, hex);
	return sb_xasprintf("d:%s", hex);
}

/* An absent path: what stands where it is looked for decides how a call fails, and how many folders
 * are missing whether it can be made there. */
static char *print_absent(struct sb_build *build, const char *path, struct sb_error *err)
{
	SB_AUTO_FREE char *above = sb_xstrdup(path);
	unsigned missing = 1;
	char *slash;

	for (; (slash = strrchr(above, '/')); missing++) {
		struct sb_entry entry = { 0 };
		int found;

		*slash = '\0';
		found = sb_tree_find(build->repo, build->tree, above, &entry, err);
		if (found < 0)
			return NULL;
		if (found)
			return sb_xasprintf("-%u%s", missing,
					    entry.kind == SB_DIR || entry.kind == SB_SUBMODULE
						    ? ""
						    : letter(entry.kind));
	}
	return sb_xasprintf("-%u", missing);
}

static char *print_kind(struct sb_build *build, const char *path, struct sb_error *err)
{
	struct sb_entry entry = { 0 };
	int found = *path ? sb_tree_find(build->repo, build->tree, path, &entry, err) : 1;

	if (found < 0)
		return NULL;
	if (!*path)
		entry.kind = SB_DIR;
	return found ? sb_xasprintf("k:%s", letter(entry.kind)) : print_absent(build, path, err);
}

static char *print_app(struct sb_build *build, const char *path, struct sb_error *err)
{
	struct sb_entry entry = { 0 };
	size_t n = strlen(path);
	int found;

	if (!*path)
		return print_folder(build, build->tree, "", err);
	if (path[n - 1] == '/') {
		SB_AUTO_FREE char *bare = sb_span_dup((struct sb_span) { path, n - 1 });

		return print_kind(build, bare, err);
	}
	found = sb_tree_find(build->repo, build->tree, path, &entry, err);
	if (found < 0)
		return NULL;
	if (!found)
		return print_absent(build, path, err);
	if (entry.kind == SB_DIR)
		return print_folder(build, entry.oid, path, err);
	return sb_xasprintf("%s:%s", letter(entry.kind),
			    entry.kind == SB_SUBMODULE ? "" : entry.oid);
}

static char *print_host(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return sb_xasprintf("-%d", errno);
	if (path[strlen(path) - 1] == '/')
		return sb_xasprintf("k:%o", st.st_mode & S_IFMT);
	return sb_xasprintf("%o:%lld:%llu:%lld.%09ld:%lld.%09ld", st.st_mode, (long long)st.st_size,
			    (unsigned long long)st.st_ino, (long long)st.st_mtim.tv_sec,
			    st.st_mtim.tv_nsec, (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}

static char *print_kernel(const char *path)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(KERNEL_FILE_MAX);
	SB_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct sb_error unseen = { 0 };
	char hex[SB_DIGEST_HEX];

	if (fd < 0 || sb_read_fd(&text, fd, &unseen) < 0)
		return sb_xstrdup("-");
	sb_sha256_of(sb_buffer_span(&text), hex);
	return sb_xasprintf("c:%s", hex);
}

char *sb_fingerprint(struct sb_build *build, const char *path, struct sb_error *err)
{
	switch (sb_place_of(build, path)) {
	case SB_PLACE_APP:
		path += strlen("/app");
		return print_app(build, *path ? path + 1 : path, err);
	case SB_PLACE_HOST:
		return print_host(path);
	case SB_PLACE_KERNEL:
		return print_kernel(path);
	default:
		return sb_xstrdup("");
	}
}

bool sb_changed_since(const char *path, int64_t when)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_ctim.tv_sec >= when;
}
