#include "base/base.h"
#include "app/layers.h"
#include "app/complete.h"
#include "app/share.h"
#include "build/build.h"
#include "build/python.h"
#include "build/source_stage.h"
#include "sys/clock.h"
#include "sys/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* The app's tree in a commit; false where it cannot be told. */
static bool tree_of(struct sb_produce *make, const char *oid, char tree[SB_OID_MAX + 1])
{
	struct sb_commit commit;
	struct sb_entry entry;
	struct sb_error unseen = { 0 };
	const char *path = make->settings->path;

	if (!oid || !*oid || sb_repo_commit(make->repo, oid, &commit, &unseen) < 0)
		return false;
	if (!*path) {
		memcpy(tree, commit.tree, sizeof(commit.tree));
		return true;
	}
	if (sb_tree_find(make->repo, commit.tree, path, &entry, &unseen) != 1 || entry.kind != SB_DIR)
		return false;
	memcpy(tree, entry.oid, sizeof(entry.oid));
	return true;
}

/* What this push is compared with: what runs, else what the ref held; "" where there was nothing. */
static void find_old_tree(struct sb_produce *make)
{
	make->old_tree[0] = '\0';
	if (!tree_of(make, make->current, make->old_tree))
		(void)!tree_of(make, make->old, make->old_tree);
}

int sb_app_tree(char tree[SB_OID_MAX + 1], struct sb_repo *repo, const char *top, const struct sb_settings *settings,
		struct sb_error *err)
{
	struct sb_entry entry;
	const char *path = settings->path;

	if (!*path) {
		sb_span_copy(tree, SB_OID_MAX + 1, sb_span_of(top));
		return 0;
	}
	int found = sb_tree_find(repo, top, path, &entry, err);

	if (found < 0)
		return -1;
	if (!found || entry.kind != SB_DIR) {
		sb_fail(err, SB_EINPUT, "the pushed tree has no folder %s", path);
		sb_error_fix(err, "git config slugbuild.APP.path FOLDER in the server's repository");
		return -1;
	}
	memcpy(tree, entry.oid, sizeof(entry.oid));
	return 0;
}

/* What the settings say, by reading them, and of an app of this server, whether its Python is here. */
static int read_settings(struct sb_produce *make, struct sb_error *err)
{
	SB_AUTO(sb_findings) found = { 0 };
	bool reused = false;
	struct sb_source_stage stage = { .settings = make->settings,
					 .repo = make->repo,
					 .tree = make->tree,
					 .plan = &make->plan,
					 .config = make->config_known ? make->config : NULL,
					 .app = make->app,
					 .reused = &reused,
					 .checklist = make->checklist };

	size_t step = sb_timing_begin(&make->timings, "settings read");
	int done = sb_source_stage(&found, &stage, err);

	if (done == 0 && make->config_known)
		sb_python_look(&found, &make->plan.python, make->settings);
	sb_findings_take(&make->findings, &found);
	if (!make->static_told)
		sb_findings_sort(&make->findings);

	sb_timing_end(&make->timings, step, reused, "%s", "");
	return done;
}

static int check_files(struct sb_produce *make, struct sb_error *err)
{
	struct sb_check check = { .repo = make->repo, .top = make->commit.tree, .tree = make->tree,
				  .settings = make->settings, .heroku = make->heroku };

	check.known = *make->known ? make->known : make->only_static ? make->old_tree : NULL;
	if (make->completed)
		check.top = NULL;
	return sb_check_run(&make->plan, &make->findings, &check, err);
}

/* What the pushed tree only refers to is put in, and the whole is looked at again. */
static int complete(struct sb_produce *make, struct sb_error *err)
{
	struct sb_completed *made = sb_xcalloc(1, sizeof(*made));

	*made = (struct sb_completed)SB_COMPLETED_INIT;
	int done = make->findings.errors || make->only_static ? 0 : sb_complete(made, make, err);

	if (done < 1) {
		sb_completed_release(made);
		free(made);
		return done;
	}
	make->completed = made;
	make->pushed_repo = make->repo;
	make->repo = &made->repo;
	memcpy(make->tree, made->tree, sizeof(make->tree));
	sb_plan_release(&make->plan);
	sb_findings_release(&make->findings);
	return check_files(make, err);
}

int sb_produce_check(struct sb_produce *make, struct sb_error *err)
{
	if (sb_repo_commit(make->repo, make->oid, &make->commit, err) < 0 ||
	    sb_app_tree(make->pushed_tree, make->repo, make->commit.tree, make->settings, err) < 0)
		return -1;
	memcpy(make->tree, make->pushed_tree, sizeof(make->tree));
	size_t step = sb_timing_begin(&make->timings, "check");

	if (make->only_static)
		find_old_tree(make); /* where no release can be looked up: what the host accepted */
	if (check_files(make, err) < 0 || complete(make, err) < 0)
		return -1;
	make->static_findings = make->findings.n;
	sb_timing_end(&make->timings, step, false, "%s", "");
	return make->only_static || make->heroku ? 0 : read_settings(make, err);
}

/* app.json's env: defaults and generated secrets for what has no value yet. */
static int app_env(struct sb_produce *make, struct sb_error *err)
{
	SB_AUTO(sb_list) missing = { 0 };

	for (size_t i = 0; i < make->plan.envs; i++) {
		const struct sb_env_default *env = &make->plan.env[i];
		unsigned char raw[32];
		char hex[SB_DIGEST_HEX];

		if (sb_list_getenv(make->config, env->name))
			continue;
		if (env->secret) {
			if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
				return sb_fail_sys(err, "a random %s", env->name);
			sb_sha256_of((struct sb_span) { (const char *)raw, sizeof(raw) }, hex);
			sb_list_setenv(&make->env_added, env->name, hex);
			sb_log_mask(make->log, env->name, hex);
		} else if (env->value) {
			sb_list_setenv(&make->env_added, env->name, env->value);
		} else if (env->required) {
			sb_list_addf(&missing, "%s=…", env->name);
		}
	}
	if (!missing.n)
		return 0;
	SB_AUTO_FREE char *words = sb_list_join(&missing, " ");

	sb_fail(err, SB_EREFUSED, "app.json requires %zu config var%s that %s no value", missing.n,
		missing.n == 1 ? "" : "s", missing.n == 1 ? "has" : "have");
	sb_error_where(err, "app.json");
	sb_error_fix(err, "slugbuild config:set %s -a %s", words, make->app);
	return -1;
}

static char *find_layer(void *ctx, const char *key)
{
	struct sb_produce *make = ctx;

	return sb_store_layer(make->store, key);
}

static char *keep_layer(void *ctx, const char *key, const char *path, const struct sb_contents *contents,
			struct sb_error *err)
{
	struct sb_produce *make = ctx;

	return sb_store_keep_layer(make->store, key, path, contents, err);
}

/* What is there before the end of the build becomes pieces meanwhile. */
static void layer_ready(void *ctx, const char *path, const char *key)
{
	struct sb_produce *make = ctx;

	sb_layers_folder(make->layers, SB_LAYER_PYTHON, path, key);
}

static json_t *processes_json(const struct sb_plan *plan)
{
	json_t *out = sb_json_new_object();

	for (size_t i = 0; i < plan->processes; i++)
		sb_json_set_text(out, plan->process[i].name, plan->process[i].command);
	return out;
}

static json_t *slug_json(const struct sb_produce *make, const struct sb_layers *layers)
{
	json_t *out = sb_json_new_object(), *list = sb_json_new_array();

	sb_json_set_text(out, "sha256", make->slug.sha256);
	sb_json_set_int(out, "size", make->slug.size);
	sb_json_set_int(out, "unpacked", make->slug.unpacked);
	sb_json_set_int(out, "files", make->slug.files);
	for (size_t i = 0; i < layers->n; i++)
		sb_json_push_take(list, sb_layer_json(&layers->item[i]));
	sb_json_set_take(out, "layers", list);
	return out;
}

static json_t *runtime_json(const struct sb_produce *make, const struct sb_python *python)
{
	json_t *out = sb_json_new_object();

	sb_json_set_text(out, "python", python->version);
	sb_json_set_text(out, "interpreter", python->path);
	sb_json_set_flag(out, "bundled", make->settings->bundle_python);
	sb_json_set_text(out, "platform", python->platform);
	return out;
}

static json_t *provenance_json(const struct sb_produce *make, const struct sb_build *build)
{
	json_t *out = build->facts ? json_deep_copy(build->facts) : sb_json_new_object();
	json_t *tools = json_object_get(out, "tools");

	if (!tools) {
		sb_json_set_take(out, "tools", sb_json_new_object());
		tools = json_object_get(out, "tools");
	}
	sb_json_set_text(tools, "slugbuild", SB_VERSION);
	sb_json_set_text(out, "commit", make->commit.oid);
	sb_json_set_text(out, "tree", make->tree);
	return out;
}

static void make_facts(struct sb_produce *make, const struct sb_build *build, const struct sb_layers *layers)
{
	json_t *facts = sb_json_new_object();
	char created[SB_STAMP_MAX];

	sb_stamp(created, sb_wall());
	sb_json_set_text(facts, "created", created);
	sb_json_set_text(facts, "commit", make->commit.oid);
	sb_json_set_text(facts, "tree", make->tree);
	sb_json_set_text(facts, "pushed_tree", make->pushed_tree);
	sb_json_set_text(facts, "subject", make->commit.subject);
	sb_json_set_text(facts, "author", make->commit.author);
	sb_json_set_text(facts, "repo", (make->pushed_repo ? make->pushed_repo : make->repo)->path);
	sb_json_set_take(facts, "slug", slug_json(make, layers));
	sb_json_set_take(facts, "processes", processes_json(&make->plan));
	sb_json_set_text(facts, "release_command", make->plan.release);
	sb_json_set_take(facts, "runtime", runtime_json(make, &build->python));
	sb_json_set_text(facts, "deps_key", build->deps_path ? build->deps_key : NULL);
	sb_json_set_text(facts, "manage_py", make->plan.manage_py);
	sb_json_set_text(facts, "shared_static", make->shared_static);
	sb_json_set_text(facts, "health_path", make->plan.health_path);
	sb_json_set_text(facts, "formation", make->plan.formation);
	if (build->engine)
		json_object_set(facts, "engine", build->engine);
	sb_json_set_take(facts, "provenance", provenance_json(make, build));
	make->facts = facts;
}

static void say_processes(const struct sb_produce *make)
{
	SB_AUTO(sb_list) names = { 0 };

	sb_log_step(make->log, "Discovering process types");
	if (make->plan.release)
		sb_list_add(&names, "release");
	for (size_t i = 0; i < make->plan.processes; i++)
		sb_list_add(&names, make->plan.process[i].name);
	SB_AUTO_FREE char *text = sb_list_join(&names, ", ");

	if (names.n)
		sb_log_say(make->log, "Procfile declares types -> %s", text);
	else
		sb_log_say(make->log, "No Procfile: the release will have no processes");
}

/* What releases share lies in the store; `shared` gets its place in the app. */
static int share(struct sb_produce *make, struct sb_build *build, struct sb_error *err)
{
	const char *root = sb_share_static(make, build);

	make->shared_static = root ? sb_xstrdup(root) : NULL;
	for (size_t i = 0; root && i < make->layers->n; i++)
		if (!strcmp(make->layers->item[i].name, "static"))
			return sb_share_keep(make, build, make->layers->item[i].key, err);
	return 0;
}

static int compress(struct sb_produce *make, struct sb_build *build, struct sb_error *err)
{
	struct sb_layers *layers = make->layers;
	size_t pieces = 0, reused = 0, step;

	sb_log_step(make->log, "Compressing...");
	if (build->static_path)
		sb_layers_folder(layers, SB_LAYER_STATIC, build->static_path,
				 *build->static_key ? build->static_key : NULL);
	sb_layers_folder(layers, SB_LAYER_LAUNCH, build->launch_path, NULL);
	if (sb_layers_wait(layers, err) < 0 || share(make, build, err) < 0)
		return -1;
	step = sb_timing_begin(&make->timings, "slug");
	if (sb_slug_write(&make->slug, layers->item, layers->n, make->dir, make->name, make->settings, err) < 0)
		return -1;
	sb_timing_end(&make->timings, step, false, "%.1f MB", (double)make->slug.size / 1e6);
	for (size_t i = 0; i < layers->n; i++) {
		pieces += layers->item[i].n;
		reused += layers->item[i].reused;
	}
	sb_log_say(make->log, "Done: %.1fM (%zu of %zu pieces reused)", (double)make->slug.size / 1e6, reused,
		   pieces);
	make_facts(make, build, layers);
	return 0;
}

/* The build's work folder: made here, gone when we leave, but for what the watcher sweeps. */
struct work {
	int tmp, dir;
	char *name;
	bool stays;
};

static void work_release(struct work *work)
{
	struct sb_error ignored = { 0 };

	/* What cannot be removed now, the app's next build or gc sweeps. */
	if (work->name && !work->stays)
		(void)!sb_remove_tree(work->tmp, work->name, &ignored);
	sb_autoclose(&work->dir);
	sb_autoclose(&work->tmp);
	free(work->name);
}

static int run_build(struct sb_produce *make, struct sb_build *build, struct sb_error *err)
{
	SB_AUTO(sb_list) config = { 0 };
	SB_AUTO(sb_layers) layers = { .settings = make->settings,
				      .repo = make->repo,
				      .tree = make->tree,
				      .plan = &make->plan,
				      .store = make->store,
				      .timings = &make->timings,
				      .no_cache = make->no_cache };

	sb_list_add_all(&config, (const char *const *)make->config->item);
	sb_list_add_all(&config, (const char *const *)make->env_added.item);
	build->config = &config;
	if (make->second_run)
		return sb_build_run(build, err);
	make->layers = &layers;
	sb_layers_tree(&layers);
	int done = sb_build_run(build, err);

	build->config = NULL;
	if (done == 0) {
		say_processes(make);
		done = compress(make, build, err);
	}
	make->layers = NULL;
	return done;
}

/* A build that fills the disk takes the database beside it along: it does not begin. */
static int enough_room(const struct sb_produce *make, struct sb_error *err)
{
	int64_t left = sb_free_bytes(make->store->dir, NULL);

	if (left < 0 || left >= make->settings->disk_floor)
		return 0;
	sb_fail(err, SB_ESYS, "only %.1f MB of disk are free below %s; slugbuild.diskFloor wants %.1f MB",
		(double)left / 1e6, make->store->root_path, (double)make->settings->disk_floor / 1e6);
	sb_error_fix(err, "slugbuild gc, or more disk");
	return -1;
}

int sb_produce_slug(struct sb_produce *make, struct sb_error *err)
{
	__attribute__((cleanup(work_release))) struct work work = { -1, -1, NULL, false };
	SB_AUTO(sb_build) build = { 0 };

	if (app_env(make, err) < 0 || enough_room(make, err) < 0)
		return -1;
	find_old_tree(make);
	SB_AUTO_FREE char *parent = make->work ? sb_xstrdup(make->work)
					       : sb_xasprintf("%s/tmp", make->store->path);

	work.tmp = sb_make_dirs(parent, 0755, err);
	if (work.tmp < 0)
		return -1;
	work.dir = sb_make_temp_dir(work.tmp, &work.name, 0755, err);
	if (work.dir < 0)
		return -1;
	SB_AUTO_FREE char *work_path = sb_xasprintf("%s/%s", parent, work.name);
	SB_AUTO_FREE char *cache_path = sb_xasprintf("%s/cache", make->store->path);
	SB_AUTO_CLOSE int cache = sb_make_dirs(cache_path, 0755, err);

	if (cache < 0)
		return -1;
	build = (struct sb_build) { .settings = make->settings,
				    .log = make->log,
				    .repo = make->repo,
				    .tree = make->tree,
				    .plan = &make->plan,
				    .app = make->app,
				    .last_python = make->last_python,
				    .config_known = make->config_known,
				    .old_tree = make->old_tree,
				    .findings = &make->findings,
				    .work = work.dir,
				    .work_path = work_path,
				    .cache_path = cache_path,
				    .no_cache = make->no_cache,
				    .followed = make->followed,
				    .confirm = make->second_run,
				    .find_layer = find_layer,
				    .keep_layer = keep_layer,
				    .layer_ready = layer_ready,
				    .timings = &make->timings,
				    .ctx = make };
	if (run_build(make, &build, err) < 0)
		return -1;
	work.stays = make->followed && make->work;
	return 0;
}

void sb_produce_release(struct sb_produce *make)
{
	sb_plan_release(&make->plan);
	sb_findings_release(&make->findings);
	sb_list_release(&make->env_added);
	sb_slug_release(&make->slug);
	sb_timings_release(&make->timings);
	free(SB_STEAL(make->shared_static));
	json_decref(make->facts);
	make->facts = NULL;
	if (make->completed) {
		sb_completed_release(make->completed);
		free(make->completed);
		make->completed = NULL;
		make->repo = make->pushed_repo;
	}
}
