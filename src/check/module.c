#include "base/base.h"
#include "check/programs.h"

#include "check/requirements.h"

#include <stdlib.h>
#include <string.h>

/* "mysite.wsgi:application" → "mysite.wsgi"; false where it is no dotted name. */
static bool module_of(const char *target, struct sb_span *out)
{
	*out = (struct sb_span) { target, strcspn(target, ":(") };
	if (!out->n || target[0] == '.' || out->p[out->n - 1] == '.')
		return false;
	return sb_span_all(*out,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") &&
	       !sb_span_find(*out, "..");
}

/* "a.b" below `folder` as a path without its ending. */
static char *path_of(struct sb_span folder, struct sb_span module)
{
	SB_AUTO_FREE char *name = sb_span_dup(module);

	for (char *p = name; *p; p++)
		*p = *p == '.' ? '/' : *p;
	return sb_path_join(folder, sb_span_of(name));
}

/* A module, a package, or a package without __init__.py: 1, 0, -1. */
static int is_there(const struct sb_view *view, struct sb_span folder, struct sb_span module,
		    struct sb_error *err)
{
	static const char *const endings[] = { ".py", "", ".pyc", ".so" };
	SB_AUTO_FREE char *base = path_of(folder, module);

	for (size_t i = 0; base && i < SB_COUNT(endings); i++) {
		SB_AUTO_FREE char *path = sb_xasprintf("%s%s", base, endings[i]);
		int has = sb_view_has(view, path, err);

		if (has)
			return has;
	}
	return 0;
}

/* The first name of the module is one of a package that gets installed. */
static bool is_installed(const struct sb_programs *programs, struct sb_span module)
{
	struct sb_span rest = module, first = module;
	SB_AUTO_FREE char *name = NULL;

	if (programs->needs->open)
		return true;
	if (!sb_span_cut(&rest, '.', &first))
		first = module;
	name = sb_package_name(first);
	return sb_needs_have(programs->needs, name);
}

/* Whether the app sets PYTHONPATH by itself at start. */
static bool sets_path(const struct sb_view *view)
{
	return sb_tree_entry(&view->root, ".profile") || sb_tree_entry(&view->root, ".profile.d");
}

/* "src/mysite/wsgi.py" → module "mysite.wsgi" found from "src". */
static char *dotted(const char *path, size_t skip)
{
	char *name = sb_xstrdup(path + skip);

	name[strlen(name) - 3] = '\0';
	for (char *p = name; *p; p++)
		*p = *p == '/' ? '.' : *p;
	return name;
}

/* The folder that the very module would be found from, when it is just not the one looked in. */
static char *elsewhere(const struct sb_view *view, struct sb_span module)
{
	SB_AUTO_FREE char *path = path_of((struct sb_span) { 0 }, module);
	SB_AUTO_FREE char *ending = sb_xasprintf("/%s.py", path ? path : "");

	for (size_t i = 0; i < view->programs.n; i++) {
		struct sb_span at = sb_span_of(view->programs.item[i]);

		if (sb_span_ends(at, ending))
			return sb_span_dup((struct sb_span) { at.p, at.n - strlen(ending) });
	}
	return NULL;
}

/* The module of the tree, seen from `folder`, that was most likely meant. */
static char *nearest(const struct sb_view *view, const char *folder, struct sb_span module)
{
	SB_AUTO_FREE char *wanted = sb_span_dup(module);
	SB_AUTO(sb_list) names = { 0 };
	const char *last = strrchr(wanted, '.');
	const char *file = last && !strcmp(last, ".asgi") ? "asgi.py" : "wsgi.py";
	size_t n = strlen(folder), skip = n ? n + 1 : 0;
	const char *found = NULL;

	for (size_t i = 0; i < view->programs.n; i++) {
		const char *path = view->programs.item[i];

		if (n && (strncmp(path, folder, n) || path[n] != '/'))
			continue;
		if (sb_span_ends(sb_span_of(path), file))
			sb_list_add_take(&names, dotted(path, skip));
	}
	if (names.n)
		found = sb_nearest(wanted, (const char *const *)names.item);
	if (!found && names.n == 1)
		found = names.item[0];
	return found ? sb_xstrdup(found) : NULL;
}

/* The Procfile's line with another module. */
static char *mended(const struct sb_programs *programs, struct sb_span module, const char *with)
{
	const char *command = programs->entry->command;
	SB_AUTO_FREE char *name = sb_span_dup(module);
	const char *at = strstr(command, name);

	if (!at)
		return sb_xasprintf("%s: … %s …", programs->entry->name, with);
	return sb_xasprintf("%s: %.*s%s%s", programs->entry->name, (int)(at - command), command,
			    with, at + module.n);
}

static void complain(const struct sb_programs *programs, const struct sb_word *word,
		     struct sb_span module, const char *folder)
{
	SB_AUTO_FREE char *from = *folder ? NULL : elsewhere(programs->view, module);
	SB_AUTO_FREE char *near = from ? NULL : nearest(programs->view, folder, module);
	SB_AUTO_FREE char *line = NULL;
	struct sb_finding *f;

	if (from) {
		SB_AUTO_FREE char *with =
			sb_xasprintf("--chdir %s %.*s", from, SB_SPAN_ARG(module));

		f = sb_programs_report(programs, word, "procfile-module-missing",
				       "%.*s is not found from the root; it is in %s",
				       SB_SPAN_ARG(module), from);
		line = mended(programs, module, with);
	} else {
		f = sb_programs_report(programs, word, "procfile-module-missing",
				       "no module %.*s in the tree, and no dependency of that name",
				       SB_SPAN_ARG(module));
		line = near ? mended(programs, module, near) : NULL;
	}
	if (line)
		sb_finding_fix(f, "%s", line);
	else
		sb_finding_fix(f, "name the module that has the application, such as mysite.wsgi");
}

/* celery -A proj.app takes an attribute as well: its package is enough. */
static struct sb_span package_of(struct sb_span module)
{
	struct sb_span rest = module, first;

	return sb_span_cut(&rest, '.', &first) ? first : module;
}

int sb_module_judge(const struct sb_programs *programs, const struct sb_word *word,
		    const char *target, bool whole, const char *folder, struct sb_error *err)
{
	struct sb_span module;
	int there;

	if (!module_of(target, &module) || is_installed(programs, module) ||
	    sets_path(programs->view))
		return 0;
	there = is_there(programs->view, sb_span_of(folder), whole ? module : package_of(module),
			 err);
	if (!there && programs->needs->pyproject.build_system) /* installed from src/ */
		there = is_there(programs->view, sb_span_of("src"), module, err);
	if (there)
		return there < 0 ? -1 : 0;
	complain(programs, word, module, folder);
	return 0;
}
