#include "base/base.h"
#include "check/rules.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct sb_rule sb_rule_table[] = {
	/* files */
	{ "encoding-bom", SB_WARNING, "a text file starts with a byte order mark" },
	{ "encoding-nul", SB_ERROR, "a text file holds a NUL byte" },
	{ "encoding-utf16", SB_ERROR, "a text file is UTF-16" },
	{ "crlf", SB_WARNING, "a file has Windows line ends" },
	{ "merge-markers", SB_ERROR, "a merge was committed unresolved" },
	{ "file-ignored", SB_ERROR, "a file that is needed is left out by .slugignore" },
	{ "file-is-directory", SB_ERROR, "a folder stands where a file must" },
	{ "file-is-symlink-out", SB_ERROR,
	  "a symlink leads out of the app, in circles or nowhere" },
	{ "file-too-large", SB_ERROR, "a file is far larger than its kind is" },
	{ "name-reserved", SB_ERROR, "the tree has a .slugbuild of its own" },
	{ "submodule", SB_ERROR,
	  "a git repository was committed inside this one, without .gitmodules" },
	{ "submodule-left-out", SB_WARNING, "submodules are not deployed" },
	{ "lfs-pointer", SB_WARNING, "a file is a pointer of git-lfs; its content is not here" },
	{ "env-committed", SB_WARNING, "a .env file is committed; it is never read" },
	{ "slugignore-negation", SB_WARNING,
	  "a \"!\" line in .slugignore, which has no such lines" },
	/* Procfile */
	{ "procfile-missing", SB_WARNING, "no Procfile: the release will have no processes" },
	{ "procfile-misspelt", SB_ERROR, "a file that is nearly named Procfile" },
	{ "procfile-misplaced", SB_ERROR, "the Procfile is not in the root" },
	{ "procfile-line", SB_ERROR, "a line of the Procfile is not \"type: command\"" },
	{ "procfile-dialect", SB_WARNING,
	  "a line of the Procfile that other platforms read otherwise" },
	{ "procfile-duplicate", SB_ERROR, "a process type has two commands" },
	{ "procfile-no-web", SB_WARNING, "the Procfile has no web process" },
	{ "procfile-module-missing", SB_ERROR,
	  "a command names a Python module that is not there" },
	{ "procfile-program-missing", SB_ERROR, "a command names a program that is not there" },
	/* dependencies */
	{ "dependencies-missing", SB_ERROR, "no file says what to install" },
	{ "dependencies-multiple", SB_ERROR, "more than one package manager's files" },
	{ "pipfile-lock-missing", SB_ERROR, "a Pipfile without Pipfile.lock" },
	{ "pipfile-lock-invalid", SB_ERROR, "Pipfile.lock is no such file" },
	{ "pipfile-unused", SB_WARNING, "a Pipfile without lock, beside another manager's file" },
	{ "requirements-misspelt", SB_ERROR, "a file that is nearly named requirements.txt" },
	{ "requirements-line", SB_ERROR, "a line that pip cannot read" },
	{ "requirements-include-missing", SB_ERROR,
	  "a file named by -r, -c or a path is not in the tree" },
	{ "requirements-depth", SB_ERROR, "requirement files include each other too deeply" },
	{ "requirements-outside", SB_ERROR, "a path that leads out of the app" },
	{ "requirements-remote", SB_WARNING,
	  "a requirement file is fetched from elsewhere at each build" },
	{ "requirements-variable", SB_WARNING, "${NAME} in a requirement file" },
	/* Python */
	{ "python-version-invalid", SB_ERROR, "what should be a Python version is none" },
	{ "python-version-multiple", SB_ERROR, "more than one Python version" },
	{ "python-version-conflict", SB_WARNING, "two files want different Pythons" },
	{ "python-version-misspelt", SB_WARNING, "a file that is nearly named .python-version" },
	/* settings, read but not run */
	{ "settings-syntax", SB_ERROR, "Python cannot read the settings" },
	{ "settings-debug", SB_WARNING, "DEBUG is on" },
	{ "settings-allowed-hosts", SB_WARNING, "ALLOWED_HOSTS lets nobody through, or everybody" },
	{ "settings-static-root", SB_ERROR, "STATIC_ROOT is not set, or no folder can be there" },
	{ "settings-storage", SB_ERROR,
	  "a storage of static files that this version no longer has" },
	{ "settings-sqlite", SB_WARNING, "the database is a SQLite file in the app's folder" },
	{ "settings-database-url", SB_WARNING, "DATABASE_URL is set but read nowhere" },
	{ "settings-env-missing", SB_WARNING, "the settings read a config var that is not set" },
	{ "secret-key-literal", SB_WARNING, "SECRET_KEY is committed" },
	{ "whitenoise-missing", SB_WARNING, "nothing serves the static files" },
	{ "whitenoise-order", SB_WARNING, "WhiteNoise is not right behind SecurityMiddleware" },
	/* the app, with its dependencies */
	{ "probe-settings", SB_ERROR, "the settings cannot be imported" },
	{ "deploy-security", SB_WARNING, "a finding of Django's check --deploy" },
	{ "deploy-check", SB_ERROR, "an error of Django's system checks" },
	{ "wsgi-import", SB_ERROR, "what the web process serves cannot be imported" },
	{ "celery-import", SB_ERROR, "the Celery app cannot be imported" },
	{ "migrations-missing", SB_WARNING, "models have changed and no migration says so" },
	{ "migrations-conflict", SB_ERROR, "two migrations of one app follow the same one" },
	{ "migration-destructive", SB_WARNING,
	  "a new migration loses data or breaks what still runs" },
	/* app.json */
	{ "appjson-invalid", SB_ERROR, "app.json is not as it must be" },
	{ "appjson-process", SB_WARNING,
	  "app.json's formation names a process type that the Procfile has not" },
};
const size_t sb_rule_count = SB_COUNT(sb_rule_table);

const struct sb_rule *sb_rule_find(const char *id)
{
	for (size_t i = 0; i < sb_rule_count; i++)
		if (!strcmp(sb_rule_table[i].id, id))
			return &sb_rule_table[i];
	return NULL;
}

static bool severity_of(const char *word, enum sb_severity *out)
{
	static const char *const words[] = { "off", "warning", "error" };

	for (size_t i = 0; i < SB_COUNT(words); i++)
		if (!strcmp(words[i], word)) {
			*out = (enum sb_severity)i;
			return true;
		}
	return false;
}

/* The owner's word on a rule: the last one set wins. */
static enum sb_severity severity(const struct sb_settings *settings, const struct sb_rule *rule,
				 enum sb_severity fallback)
{
	enum sb_severity said = fallback;
	size_t n = strlen(rule->id);

	for (size_t i = 0; settings && i < settings->rules.n; i++) {
		const char *row = settings->rules.item[i];

		if (!strncmp(row, rule->id, n) && row[n] == '=' && !severity_of(row + n + 1, &said))
			said = fallback;
	}
	return said;
}

struct sb_finding *sb_report(struct sb_findings *list, const struct sb_settings *settings,
			     const char *id, const char *fmt, ...)
{
	const struct sb_rule *rule = sb_rule_find(id);
	SB_AUTO_FREE char *words = NULL;
	va_list ap;

	assert(rule);
	va_start(ap, fmt);
	int n = vasprintf(&words, fmt, ap);
	va_end(ap);
	if (n < 0)
		words = sb_xstrdup(fmt);
	return sb_findings_add(list, rule->id, severity(settings, rule, rule->severity), "%s",
			       words);
}

struct sb_finding *sb_report_as(struct sb_findings *list, const struct sb_settings *settings,
				const char *id, enum sb_severity fallback, const char *text)
{
	const struct sb_rule *rule = sb_rule_find(id);

	assert(rule);
	return sb_findings_add(list, rule->id, severity(settings, rule, fallback), "%s", text);
}

static int check_row(const char *row, struct sb_error *err)
{
	const char *ids[SB_COUNT(sb_rule_table) + 1] = { NULL };
	const char *eq = strchr(row, '=');
	SB_AUTO_FREE char *id =
		eq ? sb_span_dup((struct sb_span) { row, (size_t)(eq - row) }) : sb_xstrdup(row);
	enum sb_severity said;

	if (!sb_rule_find(id)) {
		for (size_t i = 0; i < sb_rule_count; i++)
			ids[i] = sb_rule_table[i].id;

		const char *near = sb_nearest(id, ids);

		sb_fail(err, SB_ECONFIG, "slugbuild.rule.%s: there is no such rule%s%s", id,
			near ? "; the nearest is " : "", near ? near : "");
		sb_error_fix(err, "git config --unset slugbuild.rule.%s", id);
		return -1;
	}
	if (!eq || !severity_of(eq + 1, &said))
		return sb_fail(err, SB_ECONFIG,
			       "slugbuild.rule.%s = %s: not one of error, warning, off", id,
			       eq ? eq + 1 : "");
	return 0;
}

int sb_rules_check_settings(const struct sb_settings *settings, struct sb_error *err)
{
	for (size_t i = 0; i < settings->rules.n; i++)
		if (check_row(settings->rules.item[i], err) < 0)
			return -1;
	return 0;
}
