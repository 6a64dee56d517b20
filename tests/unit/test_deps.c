#include "unit.h"
#include "build/deps.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/snapshot.h"
#include "sys/files.h"
#include "sys/settle.h"

static struct sb_input input_of(const char *path, const char *text)
{
	struct sb_input input = { .path = sb_xstrdup(path), .text = SB_BUFFER_INIT(4096) };

	sb_buffer_adds(&input.text, text);
	return input;
}

static void a_line_that_runs_code_is_seen(void **state)
{
	static const struct {
		const char *path, *line;
		bool code, files;
	} cases[] = {
		{ "requirements.txt", "Django==5.2\n", false, false },
		{ "requirements.txt", "# git+https://x/y\n", false, false },
		{ "requirements.txt", "-i https://mirror/simple\n", false, false },
		{ "requirements.txt", "a @ https://x/a-1-py3-none-any.whl#sha256=00\n", false,
		  false },
		{ "requirements.txt", "a @ https://x/a.tar.gz#egg=a.whl\n", true, false },
		{ "requirements.txt", "git+https://x/y.git#egg=y\n", true, false },
		{ "requirements.txt", "  -e git://x/y.git#egg=y\n", true, false },
		{ "requirements.txt", "-e .\n", true, false },
		{ "requirements.txt", "--no-binary psycopg2\n", true, false },
		{ "requirements.txt", "--find-links wheels\n", false, true },
		{ "requirements.txt", "--find-links https://x/wheels\n", false, false },
		{ "Pipfile.lock", "\"git\": \"git+https://x\"\n", false, false },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(cases); i++) {
		struct sb_input one = input_of(cases[i].path, cases[i].line);
		struct sb_inputs inputs = { &one, 1 };

		if (sb_inputs_run_code(&inputs) != cases[i].code ||
		    sb_inputs_need_files(&inputs) != cases[i].files)
			fail_msg("%s", cases[i].line);
		free(one.path);
		sb_buffer_release(&one.text);
	}
}

static int temp_dir(char *path)
{
	assert_non_null(mkdtemp(path));
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void put(int dir, const char *name, const char *text)
{
	struct sb_error err = { 0 };

	assert_int_equal(sb_write_file(dir, name, 0644, sb_span_of(text), &err), 0);
}

static void only_what_is_new_or_changed_moves(void **state)
{
	char a[] = "/tmp/sb-unit-XXXXXX", b[] = "/tmp/sb-unit-XXXXXX";
	int from = temp_dir(a), to = temp_dir(b);
	SB_AUTO(sb_snapshot) before = { 0 };
	SB_AUTO(sb_list) moved = { 0 };
	SB_AUTO(sb_list) gone = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	put(from, "kept", "1");
	put(from, "changed", "1");
	put(from, "gone", "1");
	assert_int_equal(sb_snapshot_take(&before, from, &err), 0);
	assert_int_equal(mkdirat(from, "static", 0755), 0);
	put(from, "static/new.css", "x");
	put(from, "changed", "2");
	put(from, "x.pyc", "bytecode");
	assert_int_equal(symlinkat("new.css", from, "static/link.css"), 0);
	assert_int_equal(unlinkat(from, "gone", 0), 0);
	assert_int_equal(sb_snapshot_move_new(&before, from, to, &moved, &gone, &err), 0);
	assert_int_equal(moved.n, 3);
	assert_string_equal(moved.item[0], "changed");
	assert_string_equal(moved.item[1], "static/link.css");
	assert_string_equal(moved.item[2], "static/new.css");
	assert_int_equal(gone.n, 1);
	assert_string_equal(gone.item[0], "gone");
	assert_int_equal(faccessat(to, "static/new.css", F_OK, 0), 0);
	assert_int_equal(faccessat(from, "kept", F_OK, 0), 0);
	assert_int_equal(symlinkat("../../etc/passwd", from, "static/out"), 0);
	assert_int_equal(sb_snapshot_move_new(&before, from, to, &moved, &gone, &err), -1);
	assert_int_equal(err.code, SB_EBUILD);
	assert_string_equal(err.where, "static/out");
	close(from);
	close(to);
	assert_int_equal(sb_remove_tree(AT_FDCWD, a, &err), 0);
	assert_int_equal(sb_remove_tree(AT_FDCWD, b, &err), 0);
}

static void settled_times_and_modes_come_from_the_content(void **state)
{
	char a[] = "/tmp/sb-unit-XXXXXX";
	int dir = temp_dir(a);
	struct stat one, two, top;
	struct sb_error err = { 0 };

	(void)state;
	put(dir, "one", "same");
	put(dir, "two", "same");
	assert_int_equal(fchmodat(dir, "one", 0600, 0), 0);
	assert_int_equal(fchmodat(dir, "two", 0770, 0), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sb_folder_settle(dir, &err), 0);
		assert_int_equal(fstatat(dir, "one", &one, 0), 0);
		assert_int_equal(fstatat(dir, "two", &two, 0), 0);
		assert_int_equal(fstat(dir, &top), 0);
		assert_int_equal(one.st_mode & 07777, 0644);
		assert_int_equal(two.st_mode & 07777, 0755);
		assert_true(one.st_mtim.tv_sec == two.st_mtim.tv_sec && !one.st_mtim.tv_nsec);
		assert_true(one.st_mtim.tv_sec >= 315532800);
		assert_true(top.st_mtim.tv_sec == 315532800);
	}
	assert_int_equal(mkfifoat(dir, "pipe", 0600), 0);
	assert_int_equal(sb_folder_settle(dir, &err), -1);
	close(dir);
	assert_int_equal(sb_remove_tree(AT_FDCWD, a, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_that_runs_code_is_seen),
		cmocka_unit_test(only_what_is_new_or_changed_moves),
		cmocka_unit_test(settled_times_and_modes_come_from_the_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
