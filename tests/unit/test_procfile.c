#include "unit.h"
#include "base/buffer.h"
#include "check/procfile.h"

#include <stdio.h>
#include <string.h>

/* The rows of the table in which the parsers of six platforms disagree. `says`: "rule line:column
 * text", or "". */
static const struct row {
	const char *text, *entries, *says;
} rows[] = {
	{ "web: gunicorn x\n", "web=gunicorn x;", "" },
	{ "web: gunicorn x", "web=gunicorn x;", "" },
	{ "web:gunicorn x", "web=gunicorn x;",
	  "procfile-dialect 1:5 Heroku drops a line without a blank after the ':'" },
	{ "web gunicorn x", "web=gunicorn x;",
	  "procfile-dialect 1:4 the ':' after \"web\" is missing; only Heroku reads this" },
	{ "web gunicorn -b :80 x", "web=gunicorn -b :80 x;",
	  "procfile-dialect 1:4 the ':' after \"web\" is missing; only Heroku reads this" },
	{ "  web: x", "web=x;",
	  "procfile-dialect 1:3 some platforms drop a line that starts with a blank" },
	{ "web : x", "web=x;",
	  "procfile-dialect 1:4 the blank before the ':' becomes part of the command on Heroku" },
	{ "web:", "", "procfile-line 1:4 \"web\" has no command" },
	{ "web: ", "", "procfile-line 1:4 \"web\" has no command" },
	{ "web", "", "procfile-line 1:1 not a process type: there is no ':' in it" },
	{ ": x", "", "procfile-line 1:1 there is no process type before the ':'" },
	{ "foo bar: baz", "",
	  "procfile-line 1:4 \"foo bar\" is no process type: only letters, digits, - and _ may be "
	  "in it" },
	{ "Some prose here", "", "procfile-line 1:1 not a process type: there is no ':' in it" },
	{ "bad line:", "",
	  "procfile-line 1:4 \"bad line\" is no process type: only letters, digits, - and _ may be "
	  "in it" },
	{ "web.1: x", "",
	  "procfile-line 1:4 \"web.1\" is no process type: only letters, digits, - and _ may be in "
	  "it" },
	{ "../x: y", "",
	  "procfile-line 1:1 \"../x\" is no process type: only letters, digits, - and _ may be in "
	  "it" },
	{ "web: a\nweb: b\n", "web=b;",
	  "procfile-duplicate 2:1 \"web\" has another command on line 1" },
	{ "web: a\nweb: a\n", "web=a;", "procfile-dialect 2:1 \"web\" stands on line 1 already" },
	{ "Web: x", "web=x;", "procfile-dialect 1:1 \"Web\" is taken as \"web\"" },
	{ "Worker: x", "Worker=x;",
	  "procfile-dialect 1:1 some platforms turn a process type into small letters" },
	{ "my_worker: x", "my_worker=x;",
	  "procfile-dialect 1:1 some platforms turn _ into - in a process type" },
	{ "# web: x", "", "" },
	{ "#web: x", "", "" },
	{ "web: x # note", "web=x # note;",
	  "procfile-dialect 1:8 some platforms cut the command here, as if it were a comment" },
	{ "web: x //note", "web=x //note;",
	  "procfile-dialect 1:8 some platforms cut the command here, as if it were a comment" },
	{ "web: x http://a#b", "web=x http://a#b;", "" },
	{ "web: x   ", "web=x;", "" },
	{ "web: x\r\nb: y\r\n", "web=x;b=y;", "" },
	{ "web: x\rb: y", "web=x;b=y;", "" },
	{ "web: $(id); \"a\" 'b'", "web=$(id); \"a\" 'b';", "" },
	{ "web: a\x1b[2J", "", "procfile-line 1:7 byte 0x1b is neither text nor UTF-8" },
	{ "web: a\xff", "", "procfile-line 1:7 byte 0xff is neither text nor UTF-8" },
	{ "web: größe", "web=größe;", "" },
	{ "", "", "" },
};

static void each_row_is_read_as_its_writer_meant_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		SB_AUTO(sb_findings) findings = { 0 };
		SB_AUTO(sb_settings) settings = { 0 };
		SB_AUTO(sb_procfile) procfile = { 0 };
		SB_AUTO(sb_buffer) entries = SB_BUFFER_INIT(4096), says = SB_BUFFER_INIT(4096);
		struct sb_text text = { "Procfile", sb_span_of(rows[i].text), &findings,
					&settings };

		sb_settings_init(&settings);
		sb_procfile_parse(&procfile, &text);
		for (size_t k = 0; k < procfile.n; k++)
			sb_buffer_addf(&entries, "%s=%s;", procfile.entry[k].name,
				       procfile.entry[k].command);
		for (size_t k = 0; k < findings.n; k++)
			sb_buffer_addf(&says, "%s %u:%u %s", findings.item[k].rule,
				       findings.item[k].line, findings.item[k].column,
				       findings.item[k].text);
		assert_string_equal(entries.n ? entries.p : "", rows[i].entries);
		assert_string_equal(says.n ? says.p : "", rows[i].says);
	}
}

static void limits_hold(void **state)
{
	SB_AUTO(sb_buffer) many = SB_BUFFER_INIT(1 << 20);
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_procfile) procfile = { 0 };

	(void)state;
	sb_settings_init(&settings);
	for (int i = 0; i < 10000; i++)
		sb_buffer_addf(&many, "p%d: x\n", i);

	struct sb_text text = { "Procfile", sb_buffer_span(&many), &findings, &settings };

	sb_procfile_parse(&procfile, &text);
	assert_int_equal(procfile.n, SB_PROCFILE_TYPES);
	assert_string_equal(findings.item[0].text, "more than 100 process types");
	assert_in_range(findings.n, 1, 3 * SB_PROCFILE_TYPES);
}

static void a_finding_shows_its_line_and_the_cure(void **state)
{
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_procfile) procfile = { 0 };
	struct sb_text text = { "Procfile", sb_span_of("a: b\nweb gunicorn x\n"), &findings,
				&settings };

	(void)state;
	sb_settings_init(&settings);
	sb_procfile_parse(&procfile, &text);
	assert_int_equal(findings.n, 1);
	assert_string_equal(findings.item[0].source, "web gunicorn x");
	assert_string_equal(findings.item[0].fix, "web: gunicorn x");
	assert_int_equal(findings.item[0].severity, SB_WARNING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_read_as_its_writer_meant_it),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(a_finding_shows_its_line_and_the_cure),
	};

	return cmocka_run_group_tests_name("procfile", tests, NULL, NULL);
}
