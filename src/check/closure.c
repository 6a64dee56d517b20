#include "base/base.h"
#include "check/manager.h"

#include "check/near.h"
#include "check/requirements.h"

#include <string.h>

#define DEPTH_MAX 8

struct closure {
	struct sb_plan *plan;
	struct sb_needs *needs;
	const struct sb_view *view;
	struct sb_pins pins;
	struct sb_list seen; /* files read, by the path they were named by */
	const char
		*chain[DEPTH_MAX + 1]; /* those that are being read, each named by the one before */
};

static void add_input(struct closure *closure, const char *path)
{
	if (!sb_list_has(&closure->plan->inputs, path))
		sb_list_add(&closure->plan->inputs, path);
}

/* The file itself and each symlink on the way to it. */
static int add_place(struct closure *closure, const char *path, struct sb_error *err)
{
	SB_AUTO(sb_place) place = { 0 };

	if (sb_view_find(&place, closure->view, path, err) < 0)
		return -1;
	for (size_t i = 0; i < place.links.n; i++)
		add_input(closure, place.links.item[i]);
	if (place.kind == SB_PLACE_FILE)
		add_input(closure, place.path);
	return 0;
}

static struct sb_finding *complain(const struct sb_text *text, const struct sb_requirement *item,
				   const char *rule, const char *says)
{
	return sb_text_report(text, rule, item->line, item->column, "%s: %s", item->target, says);
}

static void outside(const struct sb_text *text, const struct sb_requirement *item)
{
	sb_finding_fix(complain(text, item, "requirements-outside", "leads out of the app"),
		       "put what it names into the repository and name it by a path in there");
}

/* A local path: 1 it is a good one and `out` is its path in the tree, 0 a finding says why not. */
static int local_path(char **out, struct closure *closure, const struct sb_text *text,
		      const struct sb_requirement *item, struct sb_span base, struct sb_error *err)
{
	SB_AUTO_FREE char *path = sb_path_join(base, sb_span_of(item->target));

	if (!path) {
		outside(text, item);
		return 0;
	}

	SB_AUTO(sb_place) place = { 0 };

	if (sb_view_find(&place, closure->view, path, err) < 0)
		return -1;
	if (place.kind == SB_PLACE_OUTSIDE) {
		outside(text, item);
		return 0;
	}
	if (place.ignored) {
		sb_finding_fix(complain(text, item, "file-ignored", ".slugignore leaves it out"),
			       "take it out of .slugignore");
		return 0;
	}
	if (place.kind == SB_PLACE_NONE || place.kind == SB_PLACE_DANGLING) {
		sb_finding_fix(
			complain(text, item, "requirements-include-missing", "not in the tree"),
			"git add %s, or remove the line", path);
		return 0;
	}
	*out = SB_STEAL(path);
	return 1;
}

/* pip reads these of a local package before it builds it. */
static int add_package_files(struct closure *closure, const char *folder, struct sb_error *err)
{
	static const char *const names[] = { "pyproject.toml", "setup.cfg", "setup.py" };

	for (size_t i = 0; i < SB_COUNT(names); i++) {
		SB_AUTO_FREE char *path = sb_path_join(sb_span_of(folder), sb_span_of(names[i]));

		if (path && add_place(closure, path, err) < 0)
			return -1;
	}
	return add_place(closure, folder, err);
}

static int read_file(struct closure *closure, const char *path, int depth, bool constraint,
		     struct sb_error *err);

static bool is_open(const struct closure *closure, const char *path, int depth)
{
	for (int i = 0; i <= depth; i++)
		if (!strcmp(closure->chain[i], path))
			return true;
	return false;
}

static int include(struct closure *closure, const struct sb_text *text,
		   const struct sb_requirement *item, int depth, bool constraint,
		   struct sb_error *err)
{
	SB_AUTO_FREE char *path = NULL;

	if (strstr(item->target, "://")) {
		sb_finding_fix(complain(text, item, "requirements-remote",
					"not in the repository; it may change at any time"),
			       "fetch it once and commit it");
		closure->plan->local_code = true;
		closure->needs->open = true;
		return 0;
	}

	int good = local_path(&path, closure, text, item, sb_path_folder(text->path), err);

	closure->needs->open |= good < 1;
	if (good < 1)
		return good;
	if (is_open(closure, path, depth)) {
		sb_finding_fix(complain(text, item, "requirements-depth",
					"names itself again: pip would never end"),
			       "remove the line");
		return 0;
	}
	if (depth == DEPTH_MAX) {
		complain(text, item, "requirements-depth", "the 9th file deep in a chain of files");
		return 0;
	}
	return read_file(closure, path, depth + 1, constraint || item->kind == SB_REQ_CONSTRAINT,
			 err);
}

static int one(struct closure *closure, const struct sb_text *text,
	       const struct sb_requirement *item, int depth, bool constraint, struct sb_error *err)
{
	SB_AUTO_FREE char *path = NULL;
	int good;

	if (item->name && !constraint)
		sb_list_add(&closure->needs->names, item->name);
	if (item->extras && !constraint)
		sb_list_add_take(&closure->needs->names, sb_package_name(sb_span_of(item->extras)));
	switch (item->kind) {
	case SB_REQ_INCLUDE:
	case SB_REQ_CONSTRAINT:
		return item->target[0] ? include(closure, text, item, depth, constraint, err) : 0;
	case SB_REQ_VCS:
	case SB_REQ_URL:
		closure->plan->local_code |= item->kind == SB_REQ_VCS;
		if (!item->name)
			sb_list_add_take(&closure->needs->names,
					 sb_package_name(sb_span_of(item->target)));
		return 0;
	case SB_REQ_PATH:
		closure->plan->local_code = true;
		closure->needs->open = true;
		/* pip takes these from the folder it is started in, which is the root */
		good = local_path(&path, closure, text, item, (struct sb_span) { 0 }, err);
		return good < 1 ? good : add_package_files(closure, path, err);
	case SB_REQ_OPTION:
		if (!strncmp(item->target, "-f", 2) || !strncmp(item->target, "--find-links", 12))
			closure->plan->local_code |= !strstr(item->target, "://");
		return 0;
	default:
		return 0;
	}
}

static int read_file(struct closure *closure, const char *path, int depth, bool constraint,
		     struct sb_error *err)
{
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(SB_REQUIREMENTS_MAX);
	SB_AUTO(sb_requirements) file = { 0 };
	struct sb_text text;

	if (sb_list_has(&closure->seen, path))
		return 0;
	sb_list_add(&closure->seen, path);
	closure->chain[depth] = path;
	if (add_place(closure, path, err) < 0)
		return -1;

	int got = sb_view_text(&text, &bytes, closure->view, path, false, err);

	size_t findings = closure->view->findings->n;

	if (got > 0 && !sb_text_is_utf8(&text, true))
		got = 0;
	closure->needs->open |= got < 1;
	if (got < 1)
		return got;
	sb_requirements_parse(&file, &text);
	closure->needs->open |= closure->view->findings->n >
				findings; /* who knows what the line would have named */
	if (!depth && !sb_span_trim(text.bytes).n)
		sb_near_empty(closure->view, path, SB_WARNING);
	sb_pins_note(&closure->pins, &text, &file, constraint);
	for (size_t i = 0; i < file.n; i++)
		if (one(closure, &text, &file.item[i], depth, constraint, err) < 0)
			return -1;
	return 0;
}

int sb_closure_look(struct sb_plan *plan, struct sb_needs *needs, const struct sb_view *view,
		    const char *path, struct sb_error *err)
{
	struct closure closure = { .plan = plan, .needs = needs, .view = view };
	int got = read_file(&closure, path, 0, false, err);

	sb_list_release(&closure.seen);
	sb_pins_report(&closure.pins, view);
	needs->django = SB_STEAL(closure.pins.django);
	sb_pins_release(&closure.pins);
	sb_list_sort(&plan->inputs);
	return got;
}
