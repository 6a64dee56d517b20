#include "build/finish.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build/bundle.h"
#include "build/bytecode.h"
#include "build/relocate.h"
#include "build/venv.h"
#include "sys/files.h"
#include "sys/settle.h"

#define FACTS_MAX (1 << 20)

/* "Django-5.2.dist-info" → "Django==5.2". */
static json_t *list_packages(int python, const char *packages, const struct sb_partial *partial)
{
	json_t *out = sb_json_new_array();
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error unseen = { 0 };

	if (sb_list_dir(&names, python, packages, &unseen) < 0)
		return out;
	for (size_t i = 0; partial && i < partial->former.infos.n; i++)
		if (partial->stays[i])
			sb_list_add(&names, partial->former.infos.item[i]);
	sb_list_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		struct sb_span name = sb_span_of(names.item[i]), package;

		if (!sb_span_ends(name, ".dist-info") && !sb_span_ends(name, ".egg-info"))
			continue;
		name.n -= strlen(".dist-info") - (sb_span_ends(name, ".egg-info") ? 1 : 0);
		if (!sb_span_cut(&name, '-', &package))
			continue;

		struct sb_span version = name;

		if (!sb_span_cut(&name, '-', &version))
			version = name;

		SB_AUTO_FREE char *line =
			sb_xasprintf("%.*s==%.*s", SB_SPAN_ARG(package), SB_SPAN_ARG(version));

		sb_json_push_text(out, line);
	}
	return out;
}

static int write_facts(int deps, int python, const char *packages, const struct sb_install *install,
		       const struct sb_partial *partial, struct sb_error *err)
{
	SB_AUTO_JSON json_t *facts = sb_json_new_object();
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(FACTS_MAX);
	json_t *built = sb_json_new_array();

	for (size_t i = 0; i < install->built.n; i++)
		sb_json_push_text(built, install->built.item[i]);
	sb_json_set_text(facts, "installer", install->tool);
	sb_json_set_take(facts, "packages", list_packages(python, packages, partial));
	sb_json_set_take(facts, "sdists", built);
	sb_json_print(&text, facts);
	return sb_write_scratch(deps, SB_DEPS_FACTS, 0644, sb_buffer_span(&text), err);
}

static int no_git_in_sources(int deps, struct sb_error *err)
{
	SB_AUTO_CLOSE int src = openat(deps, ".slugbuild/src", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SB_AUTO(sb_list) names = { 0 };

	if (src < 0)
		return 0;
	if (sb_list_dir(&names, src, ".", err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		SB_AUTO_CLOSE int one =
			openat(src, names.item[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (one >= 0 && sb_remove_tree(one, ".git", err) < 0)
			return -1;
	}
	return 0;
}

int sb_finish(struct sb_install *install, struct sb_partial *partial, int deps,
	      struct sb_error *err)
{
	SB_AUTO_FREE char *packages = sb_venv_packages(install->python);
	struct sb_timings *timings = install->build->timings;
	SB_AUTO(sb_step) view = { 0 };
	SB_AUTO_CLOSE int python = sb_open_dir(deps, ".slugbuild/python", err);

	if (python < 0 || sb_install_step(&view, install, NULL, err) < 0)
		return -1;

	SB_AUTO_FREE char *root = sb_box_path(&view.box, "/app");

	if (sb_relocate(python, packages, root, err) < 0 || no_git_in_sources(deps, err) < 0)
		return -1;
	if (install->build->settings->bundle_python &&
	    sb_bundle(install->build, install->python, deps, err) < 0)
		return -1;
	/* Before Python 3.7 bytecode holds the time of its source. */
	if (install->python->major < 3 || (install->python->major == 3 && install->python->minor < 7))
		if (sb_folder_settle(deps, err) < 0)
			return -1;
	size_t step = sb_timing_begin(timings, "bytecode");

	if (sb_bytecode_make(install, packages, err) < 0 ||
	    write_facts(deps, python, packages, install, partial, err) < 0)
		return -1;
	sb_timing_end(timings, step, false, "%s", "");
	step = sb_timing_begin(timings, "packages hashed");
	sb_contents_release(&install->contents); /* of a try that did not fit */
	if (sb_folder_finish(deps, !partial, &install->contents, err) < 0)
		return -1;
	sb_timing_end(timings, step, false, "%zu entries", install->contents.n);
	return partial ? sb_partial_join(partial, install->build->work, &install->contents, err) : 1;
}
