#include "base/base.h"
#include "check/imports.h"

#include "check/rules.h"

#include <stdlib.h>
#include <string.h>

#define SETTINGS_MAX (1 << 20)
#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* The few that settings import most: what more there is the source stage judges, which has the whole
 * table (templates/probes/source_packages.py). `brings`: distributions that install the module as well, blanks between. */
static const struct module {
	const char *name, *package, *brings;
} modules[] = {
	{ "dj_database_url", "dj-database-url", "environs django-heroku django-configurations django-on-heroku" },
	{ "whitenoise", "whitenoise", "django-heroku django-on-heroku" },
	{ "dotenv", "python-dotenv", "environs pydantic-settings uvicorn django-dotenv dynaconf" },
	{ "pydantic_settings", "pydantic-settings", "" },
	{ "environ", "django-environ", "environ-config" },
	{ "environs", "environs", "" },
	{ "decouple", "python-decouple", "" },
	{ "configurations", "django-configurations", "" },
	{ "django_heroku", "django-heroku", "" },
	{ "split_settings", "django-split-settings", "" },
	{ "sentry_sdk", "sentry-sdk", "" },
	{ "corsheaders", "django-cors-headers", "" },
	{ "structlog", "structlog", "django-structlog" },
};

static bool turns(struct sb_span line, const char *quotes)
{
	bool odd = false;
	const char *at;

	while ((at = sb_span_find(line, quotes))) {
		odd = !odd;
		line = (struct sb_span) { at + 3, (size_t)(line.p + line.n - at - 3) };
	}
	return odd;
}

static void add_import(struct sb_list *out, struct sb_span line, unsigned number)
{
	size_t skip = sb_span_starts(line, "import ") ? 7 : sb_span_starts(line, "from ") ? 5 : 0;
	struct sb_span rest = sb_span_trim((struct sb_span) { line.p + skip, line.n - skip });
	size_t n = 0;

	while (skip && n < rest.n && rest.p[n] && strchr(WORD, rest.p[n]))
		n++;
	if (n)
		sb_list_addf(out, "%u %.*s", number, (int)n, rest.p);
}

void sb_imports_parse(struct sb_list *out, struct sb_span text)
{
	struct sb_span line;
	bool inside = false;

	for (unsigned n = 1; sb_text_line(&text, &line); n++) {
		if (!inside)
			add_import(out, line, n);
		inside ^= turns(line, "\"\"\"") ^ turns(line, "'''");
	}
}

static bool is_installed(const struct sb_needs *needs, const struct module *module)
{
	struct sb_span rest = sb_span_of(module->brings), name;
	bool last = false;

	if (sb_needs_have(needs, module->package))
		return true;
	while (!last) {
		last = !sb_span_cut(&rest, ' ', &name);

		SB_AUTO_FREE char *package = sb_span_dup(last ? rest : name);

		if (*package && sb_needs_have(needs, package))
			return true;
	}
	return false;
}

/* A module of the app's own with that name: 1, 0, -1. */
static int is_own(const struct sb_plan *plan, const struct sb_view *view, const char *name,
		  struct sb_error *err)
{
	struct sb_span base = plan->manage_py ? sb_path_folder(plan->manage_py) : (struct sb_span) { 0 };

	for (int i = 0; i < 2; i++) {
		SB_AUTO_FREE char *file = i ? sb_xasprintf("%s.py", name) : sb_xstrdup(name);
		SB_AUTO_FREE char *path = sb_path_join(base, sb_span_of(file));
		int has = path ? sb_view_has(view, path, err) : 0;

		if (has)
			return has;
	}
	return 0;
}

/* As templates/probes/source_packages.py says it. */
static const char *way_to_add(enum sb_manager manager)
{
	return manager == SB_PIPENV   ? "pipenv install"
	       : manager == SB_POETRY ? "poetry add"
	       : manager == SB_UV     ? "uv add"
				      : "add to requirements.txt: ";
}

static int judge(const struct sb_plan *plan, const struct sb_needs *needs, const struct sb_view *view,
		 const struct sb_text *text, const char *import, struct sb_error *err)
{
	char *name;
	unsigned line = (unsigned)strtoul(import, &name, 10);

	for (size_t i = 0; i < SB_COUNT(modules); i++) {
		int own;

		if (strcmp(name + 1, modules[i].name) != 0 || is_installed(needs, &modules[i]))
			continue;
		own = is_own(plan, view, modules[i].name, err);
		if (own)
			return own < 0 ? -1 : 0;
		sb_finding_fix(sb_text_report(text, "dependency-undeclared", line, 1,
					      "the settings use %s, and no dependency file names %s",
					      modules[i].name, modules[i].package),
			       "%s %s", way_to_add(plan->manager), modules[i].package);
	}
	return 0;
}

static int look_at_file(const struct sb_plan *plan, const struct sb_needs *needs, const struct sb_view *view,
			const char *path, struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(SETTINGS_MAX);
	SB_AUTO(sb_list) imports = { 0 };
	struct sb_text text;
	int got = sb_view_has(view, path, err);

	if (got > 0)
		got = sb_view_text(&text, &bytes, view, path, false, err);
	if (got < 1)
		return got;
	sb_imports_parse(&imports, text.bytes);
	for (size_t i = 0; i < imports.n; i++)
		if (judge(plan, needs, view, &text, imports.item[i], err) < 0)
			return -1;
	return 0;
}

int sb_imports_look(const struct sb_plan *plan, const struct sb_needs *needs, const struct sb_view *view,
		    struct sb_error *err)
{
	static const char *const names[] = { "settings.py", "settings/__init__.py", "settings/base.py",
					     "settings/production.py", "settings/prod.py" };

	if (needs->open)
		return 0;
	for (size_t i = 0; i < view->settings.n && i < 4; i++)
		for (size_t k = 0; k < SB_COUNT(names); k++) {
			SB_AUTO_FREE char *path =
				sb_path_join(sb_span_of(view->settings.item[i]), sb_span_of(names[k]));

			if (path && !sb_path_is_sample(path) &&
			    look_at_file(plan, needs, view, path, err) < 0)
				return -1;
		}
	return 0;
}
