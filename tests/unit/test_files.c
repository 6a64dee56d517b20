#include "unit.h"
#include "base/list.h"
#include "sys/clock.h"
#include "sys/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct scratch {
	char path[64];
	int dir;
};

static int setup(void **state)
{
	struct scratch *scratch = sb_xcalloc(1, sizeof(*scratch));

	snprintf(scratch->path, sizeof(scratch->path), "/tmp/test-files-XXXXXX");
	if (!mkdtemp(scratch->path))
		return -1;
	scratch->dir = open(scratch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	umask(077);
	*state = scratch;
	return 0;
}

static int teardown(void **state)
{
	struct scratch *scratch = *state;
	struct sb_error err = { 0 };
	int failed = sb_remove_tree(AT_FDCWD, scratch->path, &err);

	close(scratch->dir);
	free(scratch);
	return failed;
}

static mode_t mode_of(int dir, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

static size_t count(int dir)
{
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error err = { 0 };

	assert_int_equal(sb_list_dir(&names, dir, ".", &err), 0);
	return names.n;
}

static void newfile_appears_whole_or_not(void **state)
{
	int dir = ((struct scratch *)*state)->dir;
	struct sb_error err = { 0 };

	{
		SB_AUTO(sb_newfile) file = SB_NEWFILE_INIT;

		assert_int_equal(sb_newfile_open(&file, dir, "a", 0644, &err), 0);
		assert_int_equal(sb_write_all(file.fd, sb_span_of("half"), &err), 0);
		assert_int_equal(faccessat(dir, "a", F_OK, 0), -1);
	}
	assert_int_equal(count(dir), 0);
	assert_int_equal(sb_write_file(dir, "a", 0644, sb_span_of("one"), &err), 0);
	assert_int_equal(mode_of(dir, "a"), 0644);
	assert_int_equal(sb_write_file(dir, "a", 0600, sb_span_of("two"), &err), 0);
	assert_int_equal(mode_of(dir, "a"), 0600);
	assert_int_equal(count(dir), 1);

	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(3);
	SB_AUTO(sb_buffer) small = SB_BUFFER_INIT(2);

	assert_int_equal(sb_read_file(&text, dir, "a", &err), 0);
	assert_string_equal(text.p, "two");
	assert_int_equal(sb_read_file(&small, dir, "a", &err), -1);
	assert_int_equal(err.code, SB_ELIMIT);
	assert_int_equal(sb_read_file(&text, dir, "none", &err), -1);
	assert_int_equal(err.code, SB_ENOENT);
}

static void newfile_can_refuse_to_replace(void **state)
{
	int dir = ((struct scratch *)*state)->dir;
	SB_AUTO(sb_newfile) file = SB_NEWFILE_INIT;
	struct sb_error err = { 0 };

	assert_int_equal(sb_write_file(dir, "a", 0644, sb_span_of("one"), &err), 0);
	assert_int_equal(sb_newfile_open(&file, dir, "a", 0644, &err), 0);
	file.keep = true;
	assert_int_equal(sb_newfile_finish(&file, &err), -1);
	assert_int_equal(err.code, SB_EAGAIN);
	sb_newfile_release(&file);
	assert_int_equal(count(dir), 1);
}

static void reading_follows_no_link_and_waits_for_no_fifo(void **state)
{
	int dir = ((struct scratch *)*state)->dir;
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(100);
	struct sb_error err = { 0 };

	assert_int_equal(symlinkat("/etc/passwd", dir, "link"), 0);
	assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
	assert_int_equal(sb_read_file(&text, dir, "link", &err), -1);
	assert_int_equal(sb_read_file(&text, dir, "fifo", &err), -1);
	assert_int_equal(err.code, SB_EINPUT);
}

static void folders_have_the_mode_asked_for(void **state)
{
	struct scratch *scratch = *state;
	SB_AUTO_FREE char *path = sb_xasprintf("%s//x/y/z/", scratch->path);
	struct sb_error err = { 0 };

	for (int i = 0; i < 2; i++) {
		int fd = sb_make_dirs(path, 0755, &err);

		assert_true(fd >= 0);
		close(fd);
	}
	assert_int_equal(mode_of(scratch->dir, "x/y"), 0755);
	assert_int_equal(sb_write_file(scratch->dir, "file", 0600, sb_span_of(""), &err), 0);
	assert_int_equal(sb_make_dirs_at(scratch->dir, "file/below", 0755, &err), -1);
}

static void renames_replace_nothing(void **state)
{
	int dir = ((struct scratch *)*state)->dir;
	struct sb_error err = { 0 };
	SB_AUTO_FREE char *name = NULL;
	int fd = sb_make_temp_dir(dir, &name, 0750, &err);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(mode_of(dir, name), 0750);
	assert_int_equal(mkdirat(dir, "v1", 0755), 0);
	assert_int_equal(sb_rename_new(dir, name, dir, "v1", &err), -1);
	assert_int_equal(err.code, SB_EAGAIN);
	assert_int_equal(sb_rename_new(dir, name, dir, "v2", &err), 0);
}

static void links_are_swapped(void **state)
{
	int dir = ((struct scratch *)*state)->dir;
	struct sb_error err = { 0 };
	char target[16] = { 0 };

	assert_int_equal(sb_swap_symlink(dir, "current", "releases/v1", &err), 0);
	assert_int_equal(sb_swap_symlink(dir, "current", "releases/v2", &err), 0);
	assert_int_equal(readlinkat(dir, "current", target, sizeof(target)), 11);
	assert_string_equal(target, "releases/v2");
	assert_int_equal(count(dir), 1);
}

static void below_is_below(void **state)
{
	static const char *const bad[] = { "../x", "/etc/passwd", "d/../../x", "out/passwd", "d/..",
					   "",     "away" };
	int dir = ((struct scratch *)*state)->dir;
	struct sb_error err = { 0 };
	int fd;

	assert_int_equal(mkdirat(dir, "d", 0755), 0);
	assert_int_equal(symlinkat("/etc", dir, "out"), 0);
	assert_int_equal(symlinkat("d/f", dir, "away"), 0);
	fd = sb_open_beneath(dir, "d/f", O_WRONLY | O_CREAT, 0664, &err);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(mode_of(dir, "d/f"), 0664);
	for (size_t i = 0; i < SB_COUNT(bad); i++) {
		assert_int_equal(sb_open_beneath(dir, bad[i], O_RDONLY, 0, &err), -1);
		assert_int_equal(err.code, SB_EINPUT);
	}
	assert_int_equal(sb_open_beneath(dir, "d/none", O_RDONLY, 0, &err), -1);
	assert_int_equal(err.code, SB_ENOENT);
}

/* A tree that a build may leave: deep, locked, with links that lead out. */
static int make_awkward(int dir)
{
	int at = dir;

	if (mkdirat(dir, "tree", 0755) || symlinkat("/etc", dir, "tree") == 0 ||
	    mkdirat(dir, "tree/locked", 0755) || mkdirat(dir, "tree/locked/in", 0755) ||
	    symlinkat("/tmp", dir, "tree/locked/link") || fchmodat(dir, "tree/locked/in", 0, 0) ||
	    fchmodat(dir, "tree/locked", 0555, 0))
		return 1;
	at = openat(dir, "tree", O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 3000; i++) {
		int next;

		if (mkdirat(at, "deeper", 0755))
			return 2;
		next = openat(at, "deeper", O_RDONLY | O_DIRECTORY);
		close(at);
		at = next;
	}
	close(at);
	return 0;
}

static int awkward_tree_goes(int dir)
{
	struct sb_error err = { 0 };
	struct stat st;

	if (make_awkward(dir))
		return 1;
	if (sb_remove_tree(dir, "tree", &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	return fstatat(dir, "tree", &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void trees_go_whatever_they_are(void **state)
{
	struct scratch *scratch = *state;
	struct sb_error err = { 0 };
	int status;
	pid_t pid;

	assert_int_equal(sb_remove_tree(scratch->dir, "never", &err), 0);
	chmod(scratch->path, 0777);
	pid = fork();
	if (!pid) { /* as one whom modes bind */
		if (!geteuid() && (setgid(65534) || setuid(65534)))
			_exit(9);
		_exit(awkward_tree_goes(scratch->dir));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void sweeping_takes_only_what_is_old(void **state)
{
	struct scratch *scratch = *state;
	struct sb_error err = { 0 };

	assert_int_equal(mkdirat(scratch->dir, ".tmp-0123", 0755), 0);
	assert_int_equal(sb_write_file(scratch->dir, "kept", 0600, sb_span_of("x"), &err), 0);
	sb_sweep(scratch->dir, 60);
	assert_int_equal(count(scratch->dir), 2);
	sb_sweep(scratch->dir, 0);
	assert_int_equal(count(scratch->dir), 1);
}

/* Across the turn of a second: time(2) may say the former one for a tick more. */
static void no_file_is_of_tomorrow(void **state)
{
	int dir = ((struct scratch *)*state)->dir;
	int64_t began = sb_wall();
	struct stat st;

	while (sb_wall() < began + 1) {
		int fd = openat(dir, "new", O_WRONLY | O_CREAT, 0600);

		assert_true(fd >= 0 && fstat(fd, &st) == 0);
		assert_true(st.st_ctim.tv_sec <= sb_wall());
		close(fd);
		assert_int_equal(unlinkat(dir, "new", 0), 0);
	}
}

static void copies_are_whole(void **state)
{
	int dir = ((struct scratch *)*state)->dir;
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(100);
	struct sb_error err = { 0 };
	int from, to;

	assert_int_equal(sb_write_file(dir, "a", 0600, sb_span_of("0123456789"), &err), 0);
	from = openat(dir, "a", O_RDONLY);
	to = openat(dir, "b", O_RDWR | O_CREAT, 0600);
	assert_int_equal(sb_copy_bytes(to, from, 4, &err), 0);
	assert_int_equal(sb_copy_bytes(to, from, -1, &err), 0);
	assert_int_equal(sb_copy_bytes(to, from, 1, &err), -1);
	close(from);
	close(to);
	assert_int_equal(sb_read_file(&text, dir, "b", &err), 0);
	assert_string_equal(text.p, "0123456789");
}

static void ids_and_stamps(void **state)
{
	char id[SB_BUILD_ID_MAX], stamp[SB_STAMP_MAX];

	(void)state;
	sb_build_id(id);
	assert_true(sb_is_build_id(id));
	assert_true(sb_is_build_id("20261121T030405-9f3a1c"));
	assert_false(sb_is_build_id("20261121T030405-9f3a1"));
	assert_false(sb_is_build_id("20261121T030405-9f3a1cc"));
	assert_false(sb_is_build_id("../../x"));
	sb_stamp(stamp, 1795230245);
	assert_string_equal(stamp, "2026-11-21T03:04:05Z");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(newfile_appears_whole_or_not),
		TEST(newfile_can_refuse_to_replace),
		TEST(reading_follows_no_link_and_waits_for_no_fifo),
		TEST(folders_have_the_mode_asked_for),
		TEST(renames_replace_nothing),
		TEST(links_are_swapped),
		TEST(below_is_below),
		TEST(trees_go_whatever_they_are),
		TEST(sweeping_takes_only_what_is_old),
		TEST(no_file_is_of_tomorrow),
		TEST(copies_are_whole),
		TEST(ids_and_stamps),
	};

	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
