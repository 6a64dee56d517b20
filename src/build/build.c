#include "build/build.h"

#include <stdlib.h>

#include "build/beside.h"
#include "build/deps.h"
#include "build/launch.h"
#include "build/probe.h"
#include "build/present.h"
#include "build/statics.h"
#include "source/tree.h"

static int choose(struct sb_build *build, const struct sb_pythons *all, struct sb_error *err)
{
	const struct sb_python *chosen = sb_python_choose(
		all, &build->plan->python, build->last_python, build->settings, build->log, err);

	if (!chosen)
		return -1;
	sb_python_copy(&build->python, chosen);
	return 0;
}

/* Heroku runs these two; here nothing but installers and collectstatic runs, and that is said. */
static void tell_hooks(struct sb_build *build)
{
	static const char *const hooks[] = { "bin/pre_compile", "bin/post_compile" };
	struct sb_entry entry = { 0 };
	struct sb_error unseen = { 0 };

	for (size_t i = 0; i < SB_COUNT(hooks); i++)
		if (sb_tree_find(build->repo, build->tree, hooks[i], &entry, &unseen) == 1)
			sb_log_warn(build->log,
				    "%s is not run: a \"release:\" line in the "
				    "Procfile is the place for such commands",
				    hooks[i]);
}

static void tell_sandbox(struct sb_build *build)
{
	const char *why = NULL;

	if (build->settings->sandbox == SB_SANDBOX_OFF)
		sb_log_warn(build->log, "building without a sandbox: slugbuild.sandbox is off");
	else if (build->settings->sandbox == SB_SANDBOX_AUTO &&
		 !sb_box_works(build->settings, &why))
		sb_log_warn(build->log, "building without a sandbox: %s", why ? why : "no bwrap");
}

/* Runs the probe and shows what it added. With `after` the release step asks, and refuses nothing. */
static int probe(struct sb_build *build, size_t step, struct sb_error *err)
{
	size_t errors;

	if (sb_probe_run(build, err) < 0)
		return -1;
	sb_timing_end(build->timings, step, build->probe_reused, "%s",
		      build->probe_reused ? "nothing it read has changed" : "");
	errors = build->probed.errors;
	if (build->probed.n)
		sb_log_findings(build->log, &build->probed);
	sb_findings_take(build->findings, &build->probed);
	if (errors)
		return sb_fail(err, SB_EREFUSED, "What stands above must be mended first.");
	return 0;
}

/* What runs the app: the probe, and collectstatic beside it. */
static int run_app(struct sb_build *build, struct sb_error *err)
{
	__attribute__((cleanup(sb_beside_release))) struct sb_beside beside = SB_BESIDE_INIT;

	bool asked = sb_probe_wanted(build);
	size_t step = asked ? sb_timing_begin(build->timings, "probe") : 0;

	sb_beside_begin(&beside, build, asked);
	if (asked && probe(build, step, err) < 0)
		return -1;
	return sb_beside_end(&beside, err);
}

static int dependencies(struct sb_build *build, const struct sb_pythons *all, struct sb_error *err)
{
	size_t step = sb_timing_begin(build->timings, "dependencies");

	if (sb_deps_make(build, all, err) < 0)
		return -1;
	if (build->deps_kept)
		sb_timing_end(build->timings, step, false, "a requirement changed: %zu packages are those of the layer before",
			      build->deps_kept);
	else
		sb_timing_end(build->timings, step, build->deps_reused, "%s",
			      build->deps_reused     ? ""
			      : build->no_cache      ? "asked to make all again"
						     : "its key is new: a requirement, the interpreter or the installer changed");
	if (build->layer_ready)
		build->layer_ready(build->ctx, build->deps_path, build->deps_key);
	return 0;
}

/* The second run: what came before it is looked up, and nothing of that is said again. */
static int confirm(struct sb_build *build, struct sb_error *err)
{
	SB_AUTO(sb_pythons) all = { 0 };
	struct sb_log silent = SB_LOG_INIT, *log = build->log;
	int done;

	build->log = &silent;
	done = sb_pythons_find(&all, build->settings, err) < 0 || choose(build, &all, err) < 0 ||
			       sb_deps_make(build, &all, err) < 0
		       ? -1
		       : 0;
	build->log = log;
	sb_log_release(&silent);
	if (done < 0 || !build->deps_path)
		return done;
	if (sb_probe_run(build, err) < 0)
		return -1;
	return sb_statics_make(build, err);
}

int sb_build_run(struct sb_build *build, struct sb_error *err)
{
	SB_AUTO(sb_pythons) all = { 0 };
	size_t step = sb_timing_begin(build->timings, "interpreters");

	if (build->confirm)
		return confirm(build, err);
	if (sb_pythons_find(&all, build->settings, err) < 0 || choose(build, &all, err) < 0)
		return -1;
	tell_hooks(build);
	tell_sandbox(build);
	sb_timing_end(build->timings, step, false, "%zu found", all.n);
	if (dependencies(build, &all, err) < 0 || sb_programs_present(build, err) < 0 ||
	    run_app(build, err) < 0)
		return -1;
	return sb_launch_make(build, err);
}

void sb_build_release(struct sb_build *build)
{
	sb_python_release(&build->python);
	free(build->deps_path);
	free(build->static_path);
	free(build->static_root);
	free(build->launch_path);
	free(build->static_note);
	sb_findings_release(&build->probed);
	json_decref(build->facts);
	json_decref(build->engine);
	build->deps_path = build->static_path = build->static_root = build->launch_path = NULL;
	build->facts = build->engine = NULL;
}
