#include "unit.h"
#include "base/buffer.h"
#include "check/shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is found, and where: "AT TEXT"; "" where nothing may be said. */
static const struct {
	const char *command, *says;
} rows[] = {
	{ "gunicorn x", "" },
	{ "", "" },
	{ "a && b || c; d &", "" },
	{ "a &&", "2 nothing follows this operator" },
	{ "a ||  # b", "2 nothing follows this operator" },
	{ "a |", "2 nothing follows this operator" },
	{ "&& a", "0 nothing stands before this operator" },
	{ "; a", "0 nothing stands before this operator" },
	{ "a && && b", "5 an operator follows another one" },
	{ "a ; ; b", "4 an operator follows another one" },
	{ "a 'b", "2 the ' has no end" },
	{ "a \"b $(c", "5 the ( has no )" },
	{ "a \"b", "2 the \" has no end" },
	{ "a `b", "2 the ` has no end" },
	{ "a ${b", "2 the ${ has no }" },
	{ "(a; b", "0 the ( has no )" },
	{ "a; b)", "4 the ) has no ( before it" },
	{ "(a &&)", "3 nothing follows this operator" },
	{ "a >", "2 the redirection names no file" },
	{ "a > ; b", "2 the redirection names no file" },
	{ "a > b 2>&1 < /dev/null >> c", "" },
	{ "it\\'s", "" },
	{ "\"it's\" 'say \"'", "" },
	{ "(a; b) && (c &)", "" },
	{ "a \"$(b \"$(c 'd)')\")\"", "" },
	{ "a ${b:-c} ${#b} $# $$ `c \"d\"`", "" },
	/* taken as right, whatever it is */
	{ "case x in a) b;; esac", "" },
	{ "cat << X", "" },
	{ "f() { a; }; f", "" },
	{ "echo $((1+2))", "" },
	{ "a |& b &> c", "" },
	{ "a=(1 2)", "" },
	{ "diff <(a) <(b)", "" },
};

static void each_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		struct sb_shell_fault fault = { 0 };
		SB_AUTO_FREE char *got = NULL;

		if (sb_shell_faulty(&fault, sb_span_of(rows[i].command)))
			got = sb_xasprintf("%zu %s", fault.at, fault.says);
		if (strcmp(got ? got : "", rows[i].says))
			fail_msg("%s: expected \"%s\", got \"%s\"", rows[i].command, rows[i].says,
				 got ? got : "");
	}
}

static const char *const pieces[] = { "a",  "b ",  " ",  "'",  "\"", "`",  "$(",    ")",
				      "(",  "${",  "}",  "&&", "||", "|",  ";",	    "&",
				      ">",  "<",   "2>", "#",  "\\", "$x", "if a;", "then b;",
				      "fi", "{ a", "!",  "=",  "[",  "do", ">&1",   "-" };

/* Random commands, always the same ones: all that is called faulty, /bin/sh refuses as well. */
static void the_shell_agrees(void **state)
{
	char script[] = "/tmp/sb-shell-XXXXXX";
	int fd = mkstemp(script);
	FILE *f = fdopen(fd, "w");
	unsigned long seed = 12345;
	int faulty = 0;

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 30000; i++) {
		SB_AUTO(sb_buffer) command = SB_BUFFER_INIT(1024);
		struct sb_shell_fault fault;

		for (int k = 0; k < 7; k++) {
			seed = seed * 6364136223846793005UL + 1442695040888963407UL;
			sb_buffer_adds(&command, pieces[(seed >> 33) % SB_COUNT(pieces)]);
		}
		if (!sb_shell_faulty(&fault, sb_buffer_span(&command)) || ++faulty > 400)
			continue;
		/* a here-document that nothing of the command can end */
		fprintf(f, "if sh -n <<'__END__' 2>/dev/null\n%s\n__END__\nthen cat <<'__END__'\n%s\n"
			   "__END__\nfi\n",
			command.p, command.p);
	}
	assert_int_equal(fclose(f), 0);
	assert_true(faulty > 400);

	SB_AUTO_FREE char *run = sb_xasprintf("sh %s", script);
	FILE *out = popen(run, "r");
	char taken[4096];
	size_t n = fread(taken, 1, sizeof(taken) - 1, out);

	taken[n] = '\0';
	assert_int_equal(pclose(out), 0);
	remove(script);
	assert_string_equal(taken, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row),
		cmocka_unit_test(the_shell_agrees),
	};

	return cmocka_run_group_tests_name("shell", tests, NULL, NULL);
}
