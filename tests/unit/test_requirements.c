#include "unit.h"
#include "base/buffer.h"
#include "check/requirements.h"

#include <stdio.h>
#include <string.h>

static const char *const kinds[] = { "package", "url",        "vcs",   "path",
				     "include", "constraint", "option" };

/* What was read, one item in brackets, then each finding. */
static char *parse(const char *bytes)
{
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_requirements) file = { 0 };
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(1 << 16);
	struct sb_text text = { "requirements.txt", sb_span_of(bytes), &findings, &settings };

	sb_settings_init(&settings);
	sb_requirements_parse(&file, &text);
	for (size_t i = 0; i < file.n; i++) {
		const struct sb_requirement *item = &file.item[i];

		sb_buffer_addf(&out, "[%u %s%s%s%s%s%s%s%s]", item->line,
			       item->editable ? "editable " : "", kinds[item->kind],
			       item->name ? " " : "", item->name ? item->name : "",
			       item->extras ? " +" : "", item->extras ? item->extras : "",
			       item->target ? " " : "", item->target ? item->target : "");
	}
	for (size_t i = 0; i < findings.n; i++)
		sb_buffer_addf(&out, "{%s %u %s}", findings.item[i].rule, findings.item[i].line,
			       findings.item[i].text);
	return sb_buffer_detach(&out);
}

static void lines_are_read_as_pip_reads_them(void **state)
{
	static const struct {
		const char *bytes, *says;
	} rows[] = {
		{ "", "" },
		{ "# only\n\n   \n", "" },
		{ "Django==3.2.11", "[1 package django]" },
		{ "Zope.Interface_x >= 1 , < 2\r\n", "[1 package zope-interface-x]" },
		{ "channels[daphne, redis]~=4.0 ; python_version < '3.9' # note",
		  "[1 package channels +daphne, redis]" },
		{ "a#b==1", "{requirements-line 1 pip cannot read what follows the name}" },
		{ "a==1 \\\n  --hash=sha256:1 \\\n  --hash=sha256:2\nb",
		  "[1 package a][4 package b]" },
		{ "a==1 \\\n# why\nb", "[1 package a][3 package b]" },
		{ "a==1 \\", "[1 package a]" },
		{ "-r base.txt\n-rmore.txt\n--requirement=x\n--requirement y # z\n",
		  "[1 include base.txt][2 include more.txt][3 include x][4 include y]" },
		{ "-c c.txt\n--constraint c2.txt", "[1 constraint c.txt][2 constraint c2.txt]" },
		{ "-r", "[1 include ]{requirements-line 1 the option names nothing}" },
		{ "--require-hashes\n-i https://x/simple\n-f ./w\n--pre",
		  "[1 option --require-hashes][2 option -i https://x/simple][3 option -f ./w][4 "
		  "option --pre]" },
		{ "-e .\n-e ./lib[x]\n--editable git+ssh://git@x/y.git@v1#egg=Foo_Bar",
		  "[1 editable path .][2 editable path ./lib][3 editable vcs foo-bar "
		  "git+ssh://git@x/y.git@v1#egg=Foo_Bar]" },
		{ "x @ https://h/x-1.whl ; python_version > '3'", "[1 url x https://h/x-1.whl]" },
		{ "x@git+https://h/x.git", "[1 vcs x git+https://h/x.git]" },
		{ "x @ file:///home/conda/x", "[1 path x /home/conda/x]" },
		{ "file:lib/x", "[1 path lib/x]" },
		{ "wheels/Some_pkg-1.0-py3-none-any.whl",
		  "[1 path some-pkg wheels/Some_pkg-1.0-py3-none-any.whl]" },
		{ "git://h/x.git", "[1 vcs git://h/x.git]" },
		{ "lib/x", "[1 path lib/x]" },
		{ "Django=5",
		  "{requirements-line 1 one '=' between name and version; pip wants \"==\"}" },
		{ "a==", "{requirements-line 1 pip cannot read what follows the name}" },
		{ "a[b", "{requirements-line 1 the [ of the extras has no ]}" },
		{ "?", "{requirements-line 1 neither a package, a URL, a path nor an option}" },
		{ "a ; x == '${HOME}'", "[1 package a]{requirements-variable 1 ${HOME} stays as it "
					"is: installers get no config vars}" },
		{ "a # ${HOME}\n-i ${PIP_INDEX_URL}\nb ; x == '${' ",
		  "[1 package a][2 option -i ${PIP_INDEX_URL}][3 package b]" },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		SB_AUTO_FREE char *got = parse(rows[i].bytes);

		assert_string_equal(got, rows[i].says);
	}
}

static void a_line_without_end_is_refused_once(void **state)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 18);

	(void)state;
	for (int i = 0; i < SB_REQUIREMENT_LINE_MAX + 10; i++)
		sb_buffer_addc(&text, 'a');
	sb_buffer_adds(&text, "\nb\n");

	SB_AUTO_FREE char *got = parse(text.p);

	assert_string_equal(got, "[2 package b]{requirements-line 1 a line of more than 64 KiB}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read_as_pip_reads_them),
		cmocka_unit_test(a_line_without_end_is_refused_once),
	};

	return cmocka_run_group_tests_name("requirements", tests, NULL, NULL);
}
