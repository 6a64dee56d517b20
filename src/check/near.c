#include "base/base.h"
#include "check/near.h"

#include "check/rules.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MANAGE_MAX (1 << 20)

/* Whether one letter is missing, too many, another one, or two are swapped. */
static bool one_slip(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), i = 0, k = 0;

	if (n > m)
		return one_slip(b, a);
	if (m - n > 1)
		return false;
	while (i < n && a[i] == b[i])
		i++;
	while (k < n - i && a[n - 1 - k] == b[m - 1 - k])
		k++;
	if (n == m && n - i - k == 2)
		return a[i] == b[i + 1] && a[i + 1] == b[i];
	return m - i - k <= 1;
}

static const struct name {
	const char *right;
	bool slips; /* long and odd enough that a slip of one letter is surely meant */
} names[] = {
	{ "manage.py", true },	  { "Pipfile", false },	    { "Pipfile.lock", true },
	{ "poetry.lock", true },  { "uv.lock", false },	    { "pylock.toml", true },
	{ "app.json", false },	  { ".slugignore", true },  { "pyproject.toml", true },
};

static bool is_near(const char *name, const struct name *row)
{
	/* words of their own */
	static const char *const others[] = { "manager.py", "managed.py", "manages.py" };
	size_t n = strlen(row->right);

	for (size_t i = 0; i < SB_COUNT(others); i++)
		if (!strcmp(name, others[i]))
			return false;

	if (!strcasecmp(name, row->right))
		return true;
	if (!strncmp(name, row->right, n) && !strcmp(name + n, ".txt"))
		return true;
	if (row->right[0] == '.' && !strcmp(name, row->right + 1))
		return true; /* the dot forgotten */
	return row->slips && one_slip(name, row->right);
}

static void misspelt(const struct sb_view *view)
{
	for (size_t i = 0; i < SB_COUNT(names); i++) {
		const char *right = names[i].right;

		if (sb_tree_entry(&view->root, right))
			continue;
		for (size_t k = 0; k < view->root.n; k++) {
			const struct sb_entry *entry = &view->root.entry[k];

			if (entry->kind == SB_DIR || entry->kind == SB_SUBMODULE ||
			    !is_near(entry->name, &names[i]))
				continue;

			struct sb_finding *f =
				sb_report(view->findings, view->check->settings, "file-misspelt",
					  "%s is not read; its name should be %s", entry->name, right);

			sb_finding_at(f, entry->name, 0, 0);
			sb_finding_fix(f, "git mv %s %s", entry->name, right);
			break;
		}
	}
}

static void misplaced(const struct sb_view *view)
{
	static const char *const rooted[] = { "runtime.txt", ".python-version", ".slugignore" };

	for (size_t i = 0; i < SB_COUNT(rooted); i++) {
		const char *only = NULL;
		size_t n = 0;

		if (sb_tree_entry(&view->root, rooted[i]))
			continue;
		for (size_t k = 0; k < view->rooted.n; k++)
			if (sb_span_ends(sb_span_of(view->rooted.item[k]), rooted[i]) && !n++)
				only = view->rooted.item[k];
		if (n != 1)
			continue;

		struct sb_finding *f = sb_report(view->findings, view->check->settings, "file-misplaced",
						 "%s is read in the root of the app only", rooted[i]);

		sb_finding_at(f, only, 0, 0);
		sb_finding_fix(f, "git mv %s %s", only, rooted[i]);
	}
}

bool sb_near_is_manage(const char *name)
{
	return (name[0] == 'm' || name[0] == 'M') && strcmp(name, names[0].right) != 0 &&
	       is_near(name, &names[0]);
}

/* A file in a folder that was surely meant to be manage.py: the only one, and no other is there. */
static bool misspelt_below(const struct sb_view *view)
{
	const char *path = view->near_manages.n == 1 ? view->near_manages.item[0] : NULL;
	struct sb_span folder = path ? sb_path_folder(path) : (struct sb_span) { 0 };

	if (!folder.n)
		return false;

	struct sb_finding *f = sb_report(view->findings, view->check->settings, "file-misspelt",
					 "%s is not found: its name should be manage.py", path);

	sb_finding_at(f, path, 0, 0);
	sb_finding_fix(f, "git mv %s %.*s/manage.py", path, SB_SPAN_ARG(folder));
	return true;
}

/* manage.py as a text: an encoding or a merge that Python cannot read. */
static int manage(const struct sb_plan *plan, const struct sb_needs *needs, const struct sb_view *view,
		  struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(MANAGE_MAX);
	const char *path = plan->manage_py ? plan->manage_py : "manage.py";
	struct sb_text text;
	int got = sb_view_text(&text, &bytes, view, path, true, err);

	if (got < 0)
		return -1;
	if (got > 0 && !text.bytes.n)
		sb_near_empty(view, path, SB_WARNING);
	if (plan->manage_py || sb_tree_entry(&view->root, "manage.py") || needs->open ||
	    !sb_list_has(&needs->names, "django") || misspelt_below(view))
		return 0;
	sb_finding_fix(sb_report(view->findings, view->check->settings, "manage-missing",
				 "Django is installed, but there is no manage.py at most three folders "
				 "deep: no static files are collected and nothing can migrate"),
		       "git add manage.py (look into .gitignore if it is in there)");
	return 0;
}

void sb_near_empty(const struct sb_view *view, const char *path, enum sb_severity severity)
{
	SB_AUTO_FREE char *says = sb_xasprintf("%s is empty", path);
	struct sb_finding *f = sb_report_as(view->findings, view->check->settings, "file-empty", severity,
					    says);

	sb_finding_at(f, path, 0, 0);
	sb_finding_fix(f, "write it again, or: git rm %s", path);
}

int sb_near_look(const struct sb_plan *plan, const struct sb_needs *needs, const struct sb_view *view,
		 struct sb_error *err)
{
	misspelt(view);
	misplaced(view);
	return manage(plan, needs, view, err);
}
