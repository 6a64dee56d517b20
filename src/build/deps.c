#include "build/deps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sha256.h"
#include "build/again.h"
#include "build/bytecode.h"
#include "build/diagnose.h"
#include "build/finish.h"
#include "build/install.h"
#include "build/locks.h"
#include "build/partial.h"
#include "build/setuptools.h"
#include "build/venv.h"
#include "source/tree.h"
#include "sys/files.h"

#define FORMAT "3" /* of the layer: change it when its making changes */
#define FACTS_MAX (1 << 20)

static void make_key(char key[65], const struct sb_build *build, const struct sb_install *install,
		     const struct sb_inputs *inputs, bool with_tree)
{
	SB_AUTO(sb_sha256) hash = { 0 };
	const struct sb_python *python = install->python;

	sb_sha256_field(&hash, "slugbuild dependencies " FORMAT);
	sb_sha256_field(&hash, python->path);
	sb_sha256_field(&hash, python->version);
	sb_sha256_field(&hash, python->platform);
	sb_sha256_field(&hash, python->digest);
	sb_sha256_field(&hash, install->tool);
	sb_sha256_field(&hash, sb_manager_name(build->plan->manager));
	sb_sha256_field(&hash, build->settings->bundle_python ? "bundled" : "");
	sb_install_add_settings(&hash);
	for (size_t i = 0; i < inputs->n; i++) {
		sb_sha256_field(&hash, inputs->item[i].path);
		sb_sha256_field(&hash, inputs->item[i].is_link ? "link" : "file");
		sb_sha256_field(&hash, inputs->item[i].oid);
	}
	sb_sha256_field(&hash, with_tree ? build->tree : "");
	sb_sha256_finish(&hash, key);
}

/* The key of a layer whose making ran somebody's code. */
static void make_foreign_key(char out[65], const char *key, const char *app)
{
	SB_AUTO(sb_sha256) hash = { 0 };

	sb_sha256_field(&hash, "of one app");
	sb_sha256_field(&hash, key);
	sb_sha256_field(&hash, app ? app : "");
	sb_sha256_finish(&hash, out);
}

static void note_locks(struct sb_build *build, const struct sb_inputs *inputs)
{
	json_t *locks = sb_json_new_object();

	for (size_t i = 0; i < inputs->n; i++) {
		char hex[SB_DIGEST_HEX];

		sb_sha256_of(sb_buffer_span(&inputs->item[i].text), hex);
		sb_json_set_text(locks, inputs->item[i].path, hex);
	}
	sb_json_set_take(build->facts, "locks", locks);
}

/* What a layer says of itself, into the build's facts. */
static void load_facts(struct sb_build *build)
{
	SB_AUTO_CLOSE int dir = -1;
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(FACTS_MAX);
	SB_AUTO_JSON json_t *facts = NULL;
	struct sb_error unseen = { 0 };

	dir = sb_open_dir(AT_FDCWD, build->deps_path, &unseen);
	if (dir < 0 || sb_read_file(&text, dir, SB_DEPS_FACTS, &unseen) < 0)
		return;
	facts = sb_json_parse(sb_buffer_span(&text), &unseen);
	if (json_is_object(facts))
		json_object_update(build->facts, facts);
}

static bool reuse(struct sb_build *build, const char *key, bool foreign)
{
	char used[SB_DIGEST_HEX];

	memcpy(used, key, sizeof(used));

	char *path = build->no_cache ? NULL : sb_again_find(build, used);

	if (!path)
		return false;
	build->deps_path = path;
	memcpy(build->deps_key, used, sizeof(used));
	build->deps_reused = true;
	build->deps_foreign = foreign;
	load_facts(build);
	return true;
}

static int explain(struct sb_install *install, const struct sb_inputs *inputs, struct sb_error *err)
{
	struct sb_source_file *files = sb_xcalloc(inputs->n + 1, sizeof(*files));
	struct sb_diagnose about = { .output = sb_buffer_span(&install->output),
				     .tool = install->tool,
				     .app = install->build->app,
				     .root = "/app",
				     .python = install->python->version,
				     .files = files,
				     .n = inputs->n };

	for (size_t i = 0; i < inputs->n; i++)
		files[i] = (struct sb_source_file) { inputs->item[i].path,
						     sb_buffer_span(&inputs->item[i].text) };
	sb_diagnose_install(&about, err);
	free(files);
	return -1;
}

/* An environment with nothing in it yet. */
static int make_env(struct sb_install *install, struct sb_error *err)
{
	struct sb_build *build = install->build;
	SB_AUTO_FREE char *deps = sb_step_fresh_folder(build, "deps", err);
	SB_AUTO_CLOSE int env = -1;

	if (!deps)
		return -1;
	free(install->folder);
	install->folder = sb_xasprintf("%s/.slugbuild", deps);
	env = sb_make_dirs_at(build->work, "deps/.slugbuild/python", 0755, err);
	return env < 0 ? -1 : sb_venv_make(env, install->python, err);
}

/* Folders and requests: what the installer is given. */
static int prepare(struct sb_install *install, const struct sb_inputs *inputs, bool with_tree,
		   const struct sb_pythons *all, struct sb_error *err)
{
	struct sb_build *build = install->build;
	SB_AUTO_CLOSE int app = -1;

	if (make_env(install, err) < 0)
		return -1;
	install->app =
		with_tree ? sb_checkout(build, err) : sb_step_fresh_folder(build, "inputs", err);
	if (!install->app)
		return -1;
	app = sb_open_dir(AT_FDCWD, install->app, err);
	if (app < 0 || (!with_tree && sb_inputs_write(inputs, app, err) < 0))
		return -1;
	if (mkdirat(app, ".slugbuild", 0755) < 0 && errno != EEXIST)
		return sb_fail_sys(err, "make .slugbuild");
	if (build->plan->manager == SB_NO_MANAGER || !inputs->n)
		return 0;
	if (build->plan->manager != SB_PIP)
		return sb_locks_requests(install, all, err);
	install->request[0].file = sb_xstrdup("/app/requirements.txt");
	install->requests = 1;
	return 0;
}

/* What the tool is asked for, package by package. false: that cannot be told. */
static bool listen(struct sb_said *said, const struct sb_install *install,
		   const struct sb_inputs *inputs)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(SB_INPUT_MAX);
	SB_AUTO_FREE char *lock = NULL;
	struct sb_error unseen = { 0 };

	if (install->generated) {
		lock = sb_xasprintf("%s/hashed.txt", install->generated);
		if (sb_read_file(&text, AT_FDCWD, lock, &unseen) < 0)
			return false;
		sb_said_add(said, sb_buffer_span(&text));
	}
	for (size_t i = 0; !lock && i < inputs->n; i++) {
		if (inputs->item[i].is_link)
			return false;
		sb_said_add(said, sb_buffer_span(&inputs->item[i].text));
	}
	sb_said_end(said);
	return true;
}

/* 1: the layer is there, with what stays of the one before it; 0: all must be installed. */
static int make_partly(struct sb_install *install, const struct sb_said *said, struct sb_error *err)
{
	SB_AUTO(sb_partial) partial = SB_PARTIAL_INIT;
	SB_AUTO_CLOSE int deps = sb_open_dir(install->build->work, "deps", err);
	int done = deps < 0 ? -1 : sb_partial_install(&partial, install, said, err);

	if (done == 1)
		done = sb_finish(install, &partial, deps, err);
	if (done != 1)
		return done < 0 || make_env(install, err) < 0 ? -1 : 0;
	install->build->deps_kept = partial.kept;
	return 1;
}

static int make_whole(struct sb_install *install, const struct sb_inputs *inputs,
		      struct sb_error *err)
{
	SB_AUTO_CLOSE int deps = sb_open_dir(install->build->work, "deps", err);
	int done = 0;

	size_t step = sb_timing_begin(install->build->timings, "installer");

	if (deps < 0 || sb_setuptools_add(install, err) < 0)
		return -1;
	if (install->requests)
		done = sb_install_run(install, err);
	sb_timing_end(install->build->timings, step, false, "%s", install->tool);
	if (done)
		return done < 0 ? -1 : explain(install, inputs, err);
	return sb_finish(install, NULL, deps, err) < 0 ? -1 : 0;
}

static int make(struct sb_install *install, const struct sb_inputs *inputs, bool with_tree,
		const struct sb_pythons *all, struct sb_said *said, struct sb_error *err)
{
	struct sb_build *build = install->build;
	int done = 0;

	if (prepare(install, inputs, with_tree, all, err) < 0)
		return -1;
	sb_log_step(build->log, "Installing dependencies using %s", install->tool);
	install->known = !with_tree && !install->runs_code && listen(said, install, inputs);
	if (install->known)
		done = make_partly(install, said, err);
	if (done < 0 || (!done && make_whole(install, inputs, err) < 0))
		return -1;
	/* What an installer did to the app's files is not for collectstatic to see. */
	return sb_remove_tree(build->work, "app", err);
}

static int keep(struct sb_install *install, const struct sb_said *said, const char *key,
		const char *foreign_key, struct sb_error *err)
{
	struct sb_build *build = install->build;
	SB_AUTO_FREE char *path = sb_xasprintf("%s/deps", build->work_path);
	const char *base = install->foreign ? foreign_key : key;
	char its_key[SB_DIGEST_HEX];

	memcpy(its_key, base, sizeof(its_key));
	if (sb_again_key(build, &install->contents, its_key, err) < 0)
		return -1;
	build->deps_foreign = install->foreign;
	memcpy(build->deps_key, its_key, sizeof(its_key));
	size_t step = sb_timing_begin(build->timings, "packages kept");

	build->deps_path = build->keep_layer(build->ctx, its_key, path, &install->contents, err);
	sb_timing_end(build->timings, step, false, "%s", "");
	if (!build->deps_path || sb_again_keep(build, base, its_key, err) < 0)
		return -1;
	sb_bytecode_note(install, its_key);
	if (install->known && !install->foreign)
		sb_former_note(install, said, its_key);
	load_facts(build);
	return 0;
}

int sb_deps_make(struct sb_build *build, const struct sb_pythons *all, struct sb_error *err)
{
	SB_AUTO(sb_inputs) inputs = { 0 };
	SB_AUTO(sb_install) install = { .build = build, .python = &build->python };
	SB_AUTO(sb_said) said = { 0 };
	char key[65], foreign_key[65];
	bool with_tree;

	if (!build->facts)
		build->facts = sb_json_new_object();
	if (sb_inputs_read(&inputs, build, err) < 0 || sb_install_tool(&install, err) < 0)
		return -1;
	install.runs_code = build->plan->local_code || sb_inputs_run_code(&inputs);
	with_tree = build->plan->local_code || sb_inputs_need_files(&inputs);
	make_key(key, build, &install, &inputs, with_tree);
	make_foreign_key(foreign_key, key, build->app);
	note_locks(build, &inputs);
	if ((!install.runs_code && reuse(build, key, false)) || reuse(build, foreign_key, true)) {
		sb_log_step(build->log, "Using cached dependencies");
		return 0;
	}
	if (build->confirm) /* the layer it was made with is gone */
		return 0;
	if (make(&install, &inputs, with_tree, all, &said, err) < 0)
		return -1;
	return keep(&install, &said, key, foreign_key, err);
}
