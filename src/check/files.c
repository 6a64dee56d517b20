#include "base/base.h"
#include "check/files.h"

#include "base/sha256.h"
#include "check/rules.h"

#include <ctype.h>
#include <string.h>

#define SHOWN_MAX 10 /* paths named in one finding */

static struct sb_finding *report(const struct sb_view *view, const char *rule, const char *path,
				 const char *says)
{
	struct sb_finding *f = sb_report(view->findings, view->check->settings, rule, "%s", says);

	sb_finding_at(f, path, 0, 0);
	return f;
}

/* The text of a file whatever its lines are like; 1, 0, -1. */
static int prepare_ignore(struct sb_plan *plan, struct sb_view *view, struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(SB_IGNORE_MAX);
	struct sb_text text;
	int got = sb_view_text(&text, &bytes, view, ".slugignore", false, err);

	if (got < 1)
		return got;

	struct sb_span rest = text.bytes, line;

	for (unsigned n = 1; sb_text_line(&rest, &line); n++)
		if (sb_span_starts(line, "!"))
			sb_finding_fix(sb_text_report(&text, "slugignore-negation", n, 1,
						      "lines that start with \"!\" have no meaning "
						      "in .slugignore"),
				       "remove the line, and name more exactly what to leave out");
	plan->ignore = sb_span_dup(text.bytes);
	sb_sha256_of(text.bytes, plan->ignore_key);
	return sb_ignore_parse(&view->ignore, text.bytes);
}

/* The patterns of .gitattributes that have filter=lfs. */
static int prepare_lfs(struct sb_view *view, struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(1 << 16), patterns = SB_BUFFER_INIT(1 << 16);
	const struct sb_entry *entry = sb_tree_entry(&view->root, ".gitattributes");
	struct sb_span rest, line;
	int64_t size;

	if (!entry || (entry->kind != SB_FILE && entry->kind != SB_PROGRAM))
		return 0;
	if (sb_blob_size(view->check->repo, entry->oid, &size, err) < 0)
		return -1;
	if ((uint64_t)size >= bytes.max)
		return 0;
	if (sb_blob_read(&bytes, view->check->repo, entry->oid, err) < 0)
		return -1;
	rest = sb_buffer_span(&bytes);
	while (sb_text_line(&rest, &line)) {
		struct sb_span body = sb_span_trim(line), pattern;

		if (!sb_span_find(body, "filter=lfs") || sb_span_starts(body, "[") ||
		    !sb_span_cut(&body, ' ', &pattern))
			continue;
		/* means the same without it, and need not be looked for in each folder's path */
		if (sb_span_starts(pattern, "**/") && sb_span_count(pattern, '/') == 1)
			pattern = (struct sb_span) { pattern.p + 3, pattern.n - 3 };
		sb_buffer_add(&patterns, pattern);
		sb_buffer_addc(&patterns, '\n');
	}
	if (patterns.n)
		sb_sha256_of(sb_buffer_span(&patterns), view->lfs_key);
	return sb_ignore_parse(&view->lfs, sb_buffer_span(&patterns));
}

int sb_files_prepare(struct sb_plan *plan, struct sb_view *view, struct sb_error *err)
{
	if (prepare_ignore(plan, view, err) < 0 || prepare_lfs(view, err) < 0)
		return sb_wrap(err, "the pushed tree");
	return 0;
}

/* "a, b, c and 4 more" */
static char *some(const struct sb_list *paths)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(16384);

	for (size_t i = 0; i < paths->n && i < SHOWN_MAX; i++)
		sb_buffer_addf(&out, "%s%s", i ? ", " : "", paths->item[i]);
	if (paths->n > SHOWN_MAX)
		sb_buffer_addf(&out, " and %zu more", paths->n - SHOWN_MAX);
	return sb_buffer_detach(&out);
}

/* Of .gitmodules only the lines "path = …" count. */
static bool declared(struct sb_span text, const char *path)
{
	struct sb_span line, key;

	while (sb_text_line(&text, &line))
		if (sb_span_cut(&line, '=', &key) && sb_span_is(sb_span_trim(key), "path") &&
		    sb_span_is(sb_span_trim(line), path))
			return true;
	return false;
}

/* Of the whole repository: an app may lie in a folder of it. */
static int read_modules(struct sb_buffer *out, const struct sb_view *view, struct sb_error *err)
{
	const struct sb_check *check = view->check;
	struct sb_entry entry;
	int found = sb_tree_find(check->repo, check->top ? check->top : check->tree, ".gitmodules", &entry, err);

	if (found < 1 || (entry.kind != SB_FILE && entry.kind != SB_PROGRAM))
		return found < 0 ? -1 : 0;
	return sb_blob_read(out, check->repo, entry.oid, err);
}

static int submodules(struct sb_plan *plan, const struct sb_view *view, struct sb_error *err)
{
	const char *prefix = view->check->top ? view->check->settings->path : "";

	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(1 << 20);
	enum sb_submodules policy = view->check->settings->submodules;
	struct sb_list *known = &plan->gitlinks;

	if (!view->gitlinks.n)
		return 0;
	if (read_modules(&bytes, view, err) < 0)
		return -1;
	for (size_t i = 0; i < view->gitlinks.n; i++) {
		const char *path = view->gitlinks.item[i];

		SB_AUTO_FREE char *whole = *prefix ? sb_xasprintf("%s/%s", prefix, path) : sb_xstrdup(path);

		if (declared(sb_buffer_span(&bytes), whole)) {
			sb_list_add(known, path);
			continue;
		}
		sb_finding_fix(report(view, "submodule", path,
				      "a git repository inside this one: only a reference was "
				      "committed, no files"),
			       "git rm --cached %s && rm -rf %s/.git && git add %s", path, path,
			       path);
	}
	if (known->n && policy != SB_SUBMODULES_FETCH) {
		SB_AUTO_FREE char *names = some(known);
		SB_AUTO_FREE char *says =
			sb_xasprintf("submodules are not deployed, their folders stay empty: %s", names);
		struct sb_finding *f =
			sb_report_as(view->findings, view->check->settings, "submodule-left-out",
				     policy == SB_SUBMODULES_IGNORE ? SB_WARNING : SB_ERROR, says);

		sb_finding_at(f, ".gitmodules", 0, 0);
		sb_finding_fix(f, "install the code as a dependency, or commit it: git subtree add\n"
				  "or, on the server: git config slugbuild.submodules fetch");
	}
	return 0;
}

int sb_files_look(struct sb_plan *plan, const struct sb_view *view, struct sb_error *err)
{
	if (sb_tree_entry(&view->root, ".slugbuild"))
		sb_finding_fix(report(view, "name-reserved", ".slugbuild",
				      ".slugbuild is where slugbuild puts its own files"),
			       "git rm -r --cached .slugbuild && echo .slugbuild/ >> .gitignore");
	if (view->pointers.n && !*view->check->settings->lfs_store) {
		SB_AUTO_FREE char *names = some(&view->pointers);
		struct sb_finding *f = sb_report(
			view->findings, view->check->settings, "lfs-pointer",
			"git-lfs keeps the content elsewhere; these are deployed as pointers: %s",
			names);

		sb_finding_at(f, view->pointers.item[0], 0, 0);
		sb_finding_fix(f, "git lfs untrack PATTERN && git add --renormalize .");
	}
	sb_list_add_all(&plan->pointers, (const char *const *)view->pointers.item);
	return submodules(plan, view, err);
}

void sb_files_find_manage(struct sb_plan *plan, const struct sb_view *view)
{
	const char *best = NULL;

	for (size_t i = 0; i < view->manages.n; i++) {
		const char *path = view->manages.item[i];
		size_t depth = sb_span_count(sb_span_of(path), '/');
		size_t best_depth = best ? sb_span_count(sb_span_of(best), '/') : 0;

		if (!best || depth < best_depth || (depth == best_depth && strcmp(path, best) < 0))
			best = path;
	}
	plan->manage_py = best ? sb_xstrdup(best) : NULL;
}

/* How likely it is that this wsgi.py is the app's: higher is better. */
static int rank(const struct sb_plan *plan, const struct sb_view *view, const char *path)
{
	struct sb_span folder = sb_path_folder(path);
	SB_AUTO_FREE char *beside = sb_span_dup(folder);
	struct sb_span base =
		plan->manage_py ? sb_path_folder(plan->manage_py) : (struct sb_span) { 0 };
	int depth = (int)sb_span_count(sb_span_of(path), '/');
	bool below = folder.n > base.n && !memcmp(folder.p, base.n ? base.p : "", base.n) &&
		     (!base.n || folder.p[base.n] == '/');

	return (sb_list_has(&view->settings, beside) ? 100 : 0) + (below ? 50 : 0) - depth;
}

void sb_files_find_wsgi(struct sb_plan *plan, const struct sb_view *view)
{
	const char *best = NULL;
	int best_rank = 0;

	for (size_t i = 0; i < view->programs.n; i++) {
		const char *path = view->programs.item[i];

		if (!sb_span_ends(sb_span_of(path), "wsgi.py"))
			continue;
		if (!best || rank(plan, view, path) > best_rank) {
			best = path;
			best_rank = rank(plan, view, path);
		}
	}
	if (!best)
		return;

	struct sb_span base =
		plan->manage_py ? sb_path_folder(plan->manage_py) : (struct sb_span) { 0 };
	bool below = base.n && !strncmp(best, base.p, base.n) && best[base.n] == '/';

	plan->wsgi = sb_xstrdup(below ? best + base.n + 1 : best);
	plan->wsgi[strlen(plan->wsgi) - 3] = '\0';
	for (char *p = plan->wsgi; *p; p++)
		*p = *p == '/' ? '.' : *p;
}

/* An app without WSGI: the first asgi.py, as a module seen from `base`; or NULL. */
static char *asgi_module(const struct sb_view *view, struct sb_span base)
{
	for (size_t i = 0; i < view->programs.n; i++) {
		const char *path = view->programs.item[i];
		bool below = base.n && !strncmp(path, base.p, base.n) && path[base.n] == '/';

		if (!sb_span_ends(sb_span_of(path), "asgi.py") || (base.n && !below))
			continue;

		char *name = sb_xstrdup(below ? path + base.n + 1 : path);

		name[strlen(name) - 3] = '\0';
		for (char *p = name; *p; p++)
			*p = *p == '/' ? '.' : *p;
		return name;
	}
	return NULL;
}

char *sb_files_web_line(const struct sb_plan *plan, const struct sb_view *view)
{
	struct sb_span base =
		plan->manage_py ? sb_path_folder(plan->manage_py) : (struct sb_span) { 0 };
	SB_AUTO_FREE char *asgi = plan->wsgi ? NULL : asgi_module(view, base);
	SB_AUTO_FREE char *from = base.n ? sb_xasprintf(" --chdir %.*s", SB_SPAN_ARG(base)) : NULL;

	return sb_xasprintf("web: gunicorn%s%s %s", from ? from : "",
			    asgi ? " -k uvicorn.workers.UvicornWorker" : "",
			    plan->wsgi ? plan->wsgi
			    : asgi     ? asgi
				       : "PROJECT.wsgi");
}

/* Procfile.dev and its like are read by other programs, on purpose. */
static bool is_near(const char *name)
{
	static const char *const others[] = { "dev",    "local",  "windows",  "development",
					      "test",   "docker", "sample",   "example",
					      "d",      "sh",     "template", "ci",
					      "staging" };

	if (strncasecmp(name, "procfile", 8))
		return !strcasecmp(name, "proc_file") || !strcasecmp(name, "proc-file") ||
		       !strcasecmp(name, "profile.txt");
	if (!name[8])
		return strcmp(name, "Procfile") != 0;
	if (name[8] != '.')
		return !strcasecmp(name + 8, "s"); /* Procfiles */
	for (size_t i = 0; i < SB_COUNT(others); i++)
		if (!strcasecmp(name + 9, others[i]))
			return false;
	return true;
}

static const char *misspelt(const struct sb_view *view)
{
	for (size_t i = 0; i < view->root.n; i++)
		if (view->root.entry[i].kind != SB_DIR &&
		    view->root.entry[i].kind != SB_SUBMODULE && is_near(view->root.entry[i].name) &&
		    !sb_ignore_matches(&view->ignore, view->root.entry[i].name, false))
			return view->root.entry[i].name;
	return NULL;
}

void sb_files_two_procfiles(const struct sb_view *view)
{
	for (size_t i = 0; i < view->root.n; i++) {
		const char *name = view->root.entry[i].name;

		if (strcasecmp(name, "Procfile") || !strcmp(name, "Procfile") ||
		    sb_ignore_matches(&view->ignore, name, view->root.entry[i].kind == SB_DIR))
			continue;
		sb_finding_fix(report(view, "procfile-misspelt", name,
				      "stands beside the Procfile: a checkout on a Mac or on Windows has one of "
				      "the two"),
			       "git rm --cached %s", name);
	}
}

void sb_files_no_procfile(const struct sb_plan *plan, const struct sb_view *view, bool gunicorn)
{
	const char *wrong = misspelt(view);
	struct sb_finding *f;

	if (wrong) {
		f = sb_report(view->findings, view->check->settings, "procfile-misspelt",
			      "%s must be named Procfile", wrong);
		sb_finding_at(f, wrong, 0, 0);
		sb_finding_fix(f,
			       strcasecmp(wrong, "Procfile") ? "git mv %s Procfile"
							     : "git mv -f %s Procfile",
			       wrong);
		return;
	}
	if (view->procfiles.n == 1) {
		const char *path = view->procfiles.item[0];
		struct sb_span folder = sb_path_folder(path);

		f = sb_report(view->findings, view->check->settings, "procfile-misplaced",
			      "the Procfile must be in the root of the app");
		sb_finding_at(f, path, 0, 0);
		sb_finding_fix(f,
			       "git mv %s Procfile\nor, if all of the app lies in %.*s, the "
			       "server's owner sets: "
			       "git config slugbuild.path %.*s",
			       path, SB_SPAN_ARG(folder), SB_SPAN_ARG(folder));
		return;
	}

	SB_AUTO_FREE char *line = sb_files_web_line(plan, view);

	f = sb_report(view->findings, view->check->settings, "procfile-missing",
		      "no Procfile: the release will have no processes, nothing will be started");
	sb_finding_fix(f, "echo \"%s\" > Procfile && git add Procfile%s", line,
		       gunicorn ? "" : "\nand add gunicorn to the dependencies");
}
