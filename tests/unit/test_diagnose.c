#include "unit.h"
#include "base/buffer.h"
#include "build/diagnose.h"

#include <stdlib.h>
#include <string.h>

struct row {
	const char *output, *says, *where, *fix;
};

static const char requirements[] = "# base\nsix\nDjango==5.1.99\npsycopg2==2.9.9\nnosuch_pkg==1\n";

static void installing(const struct row *row, enum sb_code code)
{
	const struct sb_source_file file = { (char *)"requirements.txt", sb_span_of(requirements) };
	const struct sb_diagnose about = { .output = sb_span_of(row->output),
					   .tool = "pip 23.0.1",
					   .app = "blog",
					   .root = "/app",
					   .python = "3.11.2",
					   .files = &file,
					   .n = 1 };
	struct sb_error err = { 0 };

	assert_int_equal(sb_diagnose_install(&about, &err), -1);
	assert_int_equal(err.code, code);
	if (!strstr(err.text, row->says) || strcmp(err.where, row->where) ||
	    !strstr(err.fix, row->fix))
		fail_msg("%s\n%s\n%s", err.text, err.where, err.fix);
}

static void installers_say_what_is_wrong_where(void **state)
{
	static const struct row rows[] = {
		{ "ERROR: Could not find a version that satisfies the requirement nosuch-pkg==1 "
		  "(from versions: none)\nERROR: No matching distribution found for "
		  "nosuch-pkg==1\n",
		  "has no package nosuch-pkg", "requirements.txt:5", "spelled right" },
		{ "ERROR: Could not find a version that satisfies the requirement Django==5.1.99 "
		  "(from versions: 4.2, 5.1.1, 5.1.15, 5.2a1, 5.2)\n",
		  "there is no Django==5.1.99", "requirements.txt:3", "Django==5.1.15" },
		{ "ERROR: Ignored the following versions that require a different python version: "
		  "5.1.99 Requires-Python >=3.12; 6.0 Requires-Python >=3.13\nERROR: Could not "
		  "find "
		  "a version that satisfies the requirement Django==5.1.99 (from versions: 4.2)\n",
		  "Django needs another Python than 3.11.2 (it wants >=3.12)", "requirements.txt:3",
		  ".python-version" },
		{ "ERROR: Package 'six' requires a different Python: 3.11.2 not in '>=3.12'\n",
		  "six needs another Python", "requirements.txt:2", "" },
		{ "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n    "
		  "six==1.16.0 from https://x/six.whl (from -r r.txt (line 1)):\n        Expected "
		  "sha256 00\n             Got        8abb\n",
		  "six: the file of the package index has another hash", "requirements.txt:2",
		  "8abb" },
		{ "      Error: pg_config executable not found.\nerror: "
		  "subprocess-exited-with-error\n"
		  "ERROR: Failed building wheel for psycopg2\n",
		  "psycopg2 could not be built: the server lacks libpq-dev", "requirements.txt:4",
		  "apt install libpq-dev" },
		{ "x.c:1:10: fatal error: Python.h: No such file or directory\nFailed to build "
		  "six\n",
		  "the server lacks python3-dev", "requirements.txt:2", "apt install python3-dev" },
		{ "error: No solution found when resolving dependencies\n  cause: Because there is "
		  "no "
		  "version of django==5.1.99 and you require django==5.1.99, we can conclude\n",
		  "there is no django==5.1.99", "requirements.txt:3", "" },
		{ "error: No solution found when resolving dependencies\n  cause: Because the "
		  "current "
		  "Python version (3.11.7) does not satisfy Python>=3.12 and django==6.0 depends "
		  "on "
		  "Python>=3.12, we\n",
		  "django needs another Python", "requirements.txt:3", "" },
		{ "", "could not install", "requirements.txt", "" },
	};
	static const struct row network = {
		"WARNING: Retrying (Retry(total=4)) after connection broken by "
		"'NewConnectionError: Temporary failure in name resolution'\nERROR: Could not find "
		"a "
		"version that satisfies the requirement six (from versions: none)\n",
		"could not be reached", "", "nothing is wrong with the app"
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++)
		installing(&rows[i], SB_EBUILD);
	installing(&network, SB_EAGAIN);
}

static char *read_file(void *ctx, const char *path)
{
	(void)ctx;
	if (!strcmp(path, "manage.py"))
		return sb_xstrdup(
			"os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\n");
	if (!strcmp(path, "site/settings.py"))
		return sb_xstrdup(
			"import os\nPROJECT_ROOT = os.path.join(os.path.abspath(__file__))\n"
			"SECRET_KEY = os.environ.get('SECRET_KEY')\n");
	return NULL;
}

#define TRACE "Traceback (most recent call last):\n"
#define FRAME "  File \"/app/site/settings.py\", line 7, in <module>\n"

static void collectstatic_names_the_variable_the_line_and_the_cure(void **state)
{
	static const struct row rows[] = {
		{ TRACE FRAME
		  "    KEY = os.environ['API_KEY']\n  File \"<frozen os>\", line 679, in "
		  "__getitem__\nKeyError: 'API_KEY'\n",
		  "config var API_KEY", "site/settings.py:7",
		  "slugbuild config:set API_KEY=… -a blog" },
		{ TRACE FRAME
		  "    x = config('MAIL')\ndecouple.UndefinedValueError: MAIL not found. "
		  "Declare it as envvar or define a default value.\n",
		  "config var MAIL", "site/settings.py:7", "config:set MAIL=…" },
		{ TRACE FRAME
		  "    x = env('MAIL')\ndjango.core.exceptions.ImproperlyConfigured: Set "
		  "the MAIL_URL environment variable\n",
		  "config var MAIL_URL", "site/settings.py:7", "config:set MAIL_URL=…" },
		{ TRACE
		  "  File \"/app/manage.py\", line 9, in <module>\n    main()\n"
		  "django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not "
		  "be empty.\n",
		  "config var SECRET_KEY", "site/settings.py:3", "config:set SECRET_KEY=…" },
		{ TRACE FRAME "    s = Settings()\npydantic_core._pydantic_core.ValidationError: 2 "
			      "validation errors for Settings\nsecret_key\n  Field required "
			      "[type=missing]\n    For further information visit x\nDEBUG\n  Input "
			      "should be a valid boolean\n",
		  "2 validation errors for Settings; secret_key: Field required [type=missing]; "
		  "DEBUG: Input should be a valid boolean",
		  "site/settings.py:7", "config:set SECRET_KEY=… DEBUG=… -a blog" },
		{ TRACE
		  "django.core.exceptions.ImproperlyConfigured: You're using the staticfiles app "
		  "without having set the STATIC_ROOT setting to a filesystem path.\n",
		  "STATIC_ROOT is not set", "site/settings.py",
		  "STATIC_ROOT = os.path.join(BASE_DIR, \"staticfiles\")" },
		{ TRACE "OSError: [Errno 20] Not a directory: '/app/site/settings.py/static'\n",
		  "below the file site/settings.py", "site/settings.py:2",
		  "PROJECT_ROOT = os.path.dirname(os.path.abspath(__file__))" },
		{ TRACE FRAME "    DEBUG = = 1\n              ^\nSyntaxError: invalid syntax\n",
		  "SyntaxError: invalid syntax", "site/settings.py:7", "DEBUG = = 1" },
		{ TRACE FRAME "    import yaml\nModuleNotFoundError: No module named 'yaml'\n",
		  "no module named yaml", "site/settings.py:7", "add PyYAML" },
		{ TRACE
		  "whitenoise.storage.MissingFileError: The file 'a/b.png' could not be found "
		  "with <storage>.\n\nThe CSS file 'a/x.css' references a file which could not "
		  "be found:\n  a/b.png\n",
		  "'a/b.png' could not be found", "a/x.css", "add the file" },
		{ TRACE FRAME "    1/0\nZeroDivisionError: division by zero\n",
		  "ZeroDivisionError: division by zero", "site/settings.py:7", "" },
		{ "Killed\n", "collectstatic failed", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(rows); i++) {
		const struct sb_diagnose about = { .output = sb_span_of(rows[i].output),
						   .app = "blog",
						   .root = "/app",
						   .python = "3.11.2",
						   .manage = "manage.py",
						   .read = read_file };
		struct sb_error err = { 0 };

		assert_int_equal(sb_diagnose_static(&about, &err), -1);
		if (!strstr(err.text, rows[i].says) || strcmp(err.where, rows[i].where) ||
		    !strstr(err.fix, rows[i].fix) ||
		    !strstr(err.fix, "slugbuild config:set DISABLE_COLLECTSTATIC=1 -a blog"))
			fail_msg("%s\n%s\n%s", err.text, err.where, err.fix);
	}
}

/* Forty fields are more than an error has room for: it counts the rest, and the whole has them all. */
static void nothing_of_a_long_list_is_lost(void **state)
{
	SB_AUTO(sb_buffer) output = SB_BUFFER_INIT(1 << 16);
	SB_AUTO(sb_diagnosis) whole = { 0 };
	struct sb_error err = { 0 };

	(void)state;
	sb_buffer_adds(&output, TRACE FRAME "    s = Settings()\npydantic_core._pydantic_core.ValidationError: "
					    "40 validation errors for Settings\n");
	for (int i = 0; i < 40; i++)
		sb_buffer_addf(&output, "provider_token_%d\n  Field required [type=missing, input_value={}, "
					"input_type=dict]\n    For further information visit x\n", i);

	const struct sb_diagnose about = { .output = sb_buffer_span(&output),
					   .app = "blog",
					   .root = "/app",
					   .whole = &whole };

	assert_int_equal(sb_diagnose_static(&about, &err), -1);
	assert_non_null(strstr(err.text, "; provider_token_1: Field required"));
	assert_non_null(strstr(err.text, " more, which stand above"));
	assert_non_null(strstr(err.fix, " PROVIDER_TOKEN_1=… "));
	assert_non_null(strstr(err.fix, " more in the same way"));
	assert_null(strstr(err.text, "provider_token_39"));
	for (int i = 0; i < 40; i++) {
		SB_AUTO_FREE char *field = sb_xasprintf("; provider_token_%d: Field required [type=missing", i);
		SB_AUTO_FREE char *set = sb_xasprintf(" PROVIDER_TOKEN_%d=… ", i);

		assert_non_null(strstr(whole.text, field));
		assert_non_null(strstr(whole.fix, set));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(installers_say_what_is_wrong_where),
		cmocka_unit_test(collectstatic_names_the_variable_the_line_and_the_cure),
		cmocka_unit_test(nothing_of_a_long_list_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
