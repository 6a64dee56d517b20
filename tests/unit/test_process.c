#include "state.h"
#include "release/health.h"
#include "release/process.h"
#include "slug/slug.h"
#include "sys/files.h"

#include <sys/wait.h>

/* Facts of a slug with an app layer and a python layer, written to store/tmp and kept. */
static json_t *make_slug(struct state *state)
{
	struct sb_layer layers[2] = { { 0 }, { 0 } };
	SB_AUTO(sb_slug) slug = { 0 };
	static const char *const names[] = { "app", "python" };
	struct sb_piece_store pieces;
	json_t *out = sb_json_new_object();
	json_t *list = sb_json_new_array();
	SB_AUTO_CLOSE int tmp = sb_open_dir(state->store.dir, "tmp", &state->err);

	OK(sb_store_pieces(&pieces, &state->store, &state->err));
	for (size_t i = 0; i < 2; i++) {
		SB_AUTO_CLOSE int dir = sb_open_dir(AT_FDCWD, at(names[i]), &state->err);

		OK(sb_layer_from_folder(&layers[i], names[i], dir, NULL, &pieces, &state->settings,
					&state->err));
		sb_json_push_take(list, sb_layer_json(&layers[i]));
	}
	OK(sb_slug_write(&slug, layers, 2, tmp, "x.tar.gz", &state->settings, &state->err));
	OK(sb_store_stage_slug(&state->store, "x.tar.gz", slug.sha256, &state->err));
	OK(sb_store_keep_slug(&state->store, slug.sha256, &state->err));
	sb_json_set_text(out, "sha256", slug.sha256);
	sb_json_set_int(out, "size", slug.size);
	sb_json_set_take(out, "layers", list);
	sb_layer_release(&layers[0]);
	sb_layer_release(&layers[1]);
	return out;
}

/* A release with a file of the app, a launcher of this text, and a dependency in a kept layer. */
static void make_release(struct sb_release *out, struct state *state, const char *launch)
{
	SB_AUTO_FREE char *kept = NULL;
	SB_AUTO(sb_buffer) facts = SB_BUFFER_INIT(65536);
	SB_AUTO(sb_list) vars = { 0 };
	SB_AUTO_JSON json_t *object = NULL;
	FILE *file;

	sh("rm -rf app python; mkdir -p app/.slugbuild python/.slugbuild/python; "
	   "echo hello > app/app.txt; echo dep > python/.slugbuild/python/dep");
	file = fopen(at("app/.slugbuild/launch"), "w");
	fprintf(file, "#!/bin/sh\n%s\n", launch);
	fclose(file);
	sh("chmod 755 app/.slugbuild/launch");
	object = sb_json_parse(sb_span_of("{\"commit\":\"" COMMIT_A "\",\"deps_key\":\"" DIGEST_B
					  "\",\"processes\":{\"web\":\"x\"},"
					  "\"runtime\":{\"interpreter\":\"/usr/bin/python3\"}}"),
			       &state->err);
	sb_json_set_take(object, "slug", make_slug(state));
	sb_json_print(&facts, object);
	kept = sb_store_keep_layer(&state->store, DIGEST_B, at("python"), NULL, &state->err);
	assert_non_null(kept);
	sb_list_add(&vars, "GREETING=hi $there");
	OK(sb_ledger_load(out, &state->app, commit(state, "deploy", facts.p, &vars), &state->err));
}

static void unpack(struct sb_release *out, struct state *state, const char *launch)
{
	make_release(out, state, launch);
	OK(sb_release_unpack(&state->app, out, &state->settings, &state->err));
}

static void unpacked_release_links_to_its_layer(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_release) release = { 0 };
	SB_AUTO_FREE char *app = NULL;

	unpack(&release, state, "exit 0");
	app = sb_release_path(&state->app, release.number, "app");
	assert_string_equal(sh("cat %s/app.txt", app), "hello");
	assert_string_equal(sh("cat %s/.slugbuild/python/dep", app), "dep");
	assert_string_equal(
		sh("readlink %s/.slugbuild/python", app),
		sh("echo %s/layers/" DIGEST_B "/tree/.slugbuild/python", state->store.path));
	OK(sb_release_unpack(&state->app, &release, &state->settings, &state->err));
	assert_string_equal(sh("cd %s/..; ls -A | tr '\\n' ' '", app),
			    "app config.json env release.json ");
}

static void unpacked_release_is_a_copy_where_asked_or_where_the_layer_is_gone(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_release) one = { 0 };
	SB_AUTO(sb_release) two = { 0 };

	state->settings.release_copy = true;
	unpack(&one, state, "exit 0");
	sh("test ! -L %s/releases/v2/app/.slugbuild/python", state->app.path);
	state->settings.release_copy = false;
	make_release(&two, state, "exit 0");
	sh("rm -rf %s/layers/*", state->store.path);
	OK(sb_release_unpack(&state->app, &two, &state->settings, &state->err));
	assert_string_equal(sh("cat %s/releases/v3/app/.slugbuild/python/dep", state->app.path),
			    "dep");
}

static void damaged_slug_is_refused(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_release) release = { 0 };

	make_release(&release, state, "exit 0");
	sh("cd %s/slugs; printf x | dd of=$(ls) bs=1 seek=40 conv=notrunc 2>/dev/null",
	   state->store.path);
	assert_int_equal(sb_release_unpack(&state->app, &release, &state->settings, &state->err),
			 -1);
	assert_non_null(strstr(state->err.text, "damaged"));
	sh("rm %s/slugs/*", state->store.path);
	assert_int_equal(sb_release_unpack(&state->app, &release, &state->settings, &state->err),
			 -1);
	assert_string_equal(sh("ls -A %s/releases/v2 | tr '\\n' ' '", state->app.path),
			    "config.json env release.json ");
}

/* A release with the slug of `from`, as a rollback makes it. */
static void roll_back(struct sb_release *out, struct state *state, struct sb_release *from)
{
	SB_AUTO(sb_buffer) facts = SB_BUFFER_INIT(65536);
	SB_AUTO(sb_list) vars = { 0 };

	sb_json_set_text(from->facts, "kind", "rollback");
	sb_json_print(&facts, from->facts);
	OK(sb_ledger_load(out, &state->app, commit(state, "rollback", facts.p, &vars), &state->err));
}

/* A rollback reads no more of a slug than it uses, and yet no slug that was written to since. */
static void slug_that_was_written_to_is_hashed_before_a_rollback(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_release) release = { 0 }, back = { 0 };

	make_release(&release, state, "exit 0");
	roll_back(&back, state, &release);
	/* In the layer that is linked, which is not read: it lies last, before the end's own member. */
	sh("cd %s/slugs; f=$(ls); printf x | dd of=$f bs=1 seek=$(($(stat -c %%s $f) - 60)) "
	   "conv=notrunc 2>/dev/null", state->store.path);
	assert_int_equal(sb_release_unpack(&state->app, &back, &state->settings, &state->err), -1);
	assert_non_null(strstr(state->err.text, "its SHA-256 is another one"));
}

/* Unsealed by a restored backup, say: hashed once, and sealed again. */
static void hashed_slug_is_sealed_again(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_release) release = { 0 }, back = { 0 };
	struct stat st;

	make_release(&release, state, "exit 0");
	const char *sha256 = sb_json_text(release.facts, "slug.sha256", "");
	SB_AUTO_FREE char *path = sb_store_slug_path(&state->store, sha256);

	assert_int_equal(stat(path, &st), 0);
	assert_true(sb_store_slug_sealed(&st, sha256));
	sh("touch %s", path);
	assert_int_equal(stat(path, &st), 0);
	assert_false(sb_store_slug_sealed(&st, sha256));
	roll_back(&back, state, &release);
	OK(sb_release_unpack(&state->app, &back, &state->settings, &state->err));
	assert_int_equal(stat(path, &st), 0);
	assert_true(sb_store_slug_sealed(&st, sha256));
}

static struct sb_run run_of(struct state *state, const struct sb_release *release)
{
	return (struct sb_run) {
		.app = &state->app, .release = release, .settings = &state->settings, .type = "web"
	};
}

static void process_gets_its_own_environment_and_folders(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_release) release = { 0 };
	SB_AUTO(sb_box) box = { 0 };
	SB_AUTO(sb_list) argv = { 0 };
	SB_AUTO_FREE char *app = NULL;
	struct sb_run run;

	unpack(&release, state, "exit 0");
	app = sb_release_path(&state->app, release.number, "app");
	run = run_of(state, &release);
	run.port = 20000;
	state->settings.dyno = false;
	OK(sb_run_prepare(&box, &argv, &run, &state->err));
	assert_int_equal(argv.n, 2);
	assert_string_equal(argv.item[1], "web.1");
	assert_string_equal(sb_list_getenv(&box.env, "GREETING"), "hi $there");
	assert_string_equal(sb_list_getenv(&box.env, "PORT"), "20000");
	assert_string_equal(sb_list_getenv(&box.env, "HOME"), app);
	assert_string_equal(sb_list_getenv(&box.env, "SOURCE_VERSION"), COMMIT_A);
	assert_string_equal(sb_list_getenv(&box.env, "SLUGBUILD_RELEASE"), "v2");
	assert_string_equal(sb_list_getenv(&box.env, "SLUGBUILD_DYNO"), "0");
	assert_true(box.network && box.running_app);
	assert_int_equal(box.binds.n, 2);
	run.type = "clock";
	assert_int_equal(sb_run_prepare(&box, &argv, &run, &state->err), -1);
	assert_int_equal(state->err.code, SB_ENOENT);
	assert_non_null(strstr(state->err.fix, "web"));
}

static int phase(struct state *state, const char *launch, char *shown, size_t size)
{
	SB_AUTO(sb_release) release = { 0 };
	SB_AUTO(sb_log) log = SB_LOG_INIT;
	FILE *file = fopen(at("log"), "w+");
	struct sb_run run;

	log.file = fileno(file);
	sb_log_mask(&log, "PASSWORD", "hunter2hunter2");
	unpack(&release, state, launch);
	run = run_of(state, &release);

	int result = sb_run_release_phase(&run, "migrate \"a b\"", &log, &state->err);

	rewind(file);
	shown[fread(shown, 1, size - 1, file)] = '\0';
	fclose(file);
	return result;
}

static void release_phase_runs_in_the_box_and_is_recorded(void **out)
{
	struct state *state = *out;
	char shown[8192];

	OK(phase(state,
		 "for a; do echo \"<$a>\"; done; echo $GREETING hunter2hunter2; cat app.txt "
		 ".slugbuild/python/dep; echo mine > written; ls ../config.json 2>&1",
		 shown, sizeof(shown)) == -1 &&
			   state->err.code == SB_EBUILD
		   ? 0
		   : -1);
	/* ls failed: the config vars' file is not to be seen in the box. */
	assert_non_null(strstr(shown, "<run>"));
	assert_non_null(strstr(shown, "<sh>"));
	assert_non_null(strstr(shown, "<migrate \"a b\">"));
	assert_non_null(strstr(shown, "hi $there"));
	assert_non_null(strstr(shown, "hello"));
	assert_null(strstr(shown, "hunter2hunter2"));
	sh("grep -q 'hi .there' %s/releases/v2/output", state->app.path);
	sh("! grep hunter2 %s/releases/v2/output", state->app.path);
	assert_string_equal(sh("cat %s/releases/v2/app/written", state->app.path), "mine");
}

static void release_phase_that_fails_says_how(void **out)
{
	struct state *state = *out;
	char shown[8192];

	assert_int_equal(phase(state, "exit 9", shown, sizeof(shown)), -1);
	assert_int_equal(state->err.code, SB_EBUILD);
	assert_non_null(strstr(state->err.text, "ended with status 9"));
	state->settings.release_seconds = 1;
	assert_int_equal(phase(state, "sleep 60", shown, sizeof(shown)), -1);
	assert_non_null(strstr(state->err.text, "took longer than 1 s"));
	assert_non_null(strstr(state->err.fix, "releaseTimeout"));
}

static int try_web(struct state *state, const char *launch, char *shown, size_t size)
{
	SB_AUTO(sb_release) release = { 0 };
	SB_AUTO(sb_log) log = SB_LOG_INIT;
	FILE *file = fopen(at("log"), "w+");
	struct sb_health health = { .path = "/app.txt", .host = "x", .seconds = 10 };
	struct sb_run run;

	log.file = fileno(file);
	unpack(&release, state, launch);
	run = run_of(state, &release);

	int result = sb_trial(&run, &health, &log, &state->err);

	rewind(file);
	shown[fread(shown, 1, size - 1, file)] = '\0';
	fclose(file);
	return result;
}

static void trial_starts_checks_and_ends_web(void **out)
{
	struct state *state = *out;
	char shown[8192];

	OK(try_web(state, "echo starting; exec python3 -m http.server --bind 127.0.0.1 $PORT",
		   shown, sizeof(shown)));
	assert_null(strstr(shown, "starting"));
	sh("grep -q starting %s/releases/v2/output", state->app.path);
}

static void trial_that_fails_shows_the_output(void **out)
{
	struct state *state = *out;
	char shown[8192];

	assert_int_equal(
		try_web(state, "seq 100; echo ImportError: x >&2; exit 1", shown, sizeof(shown)),
		-1);
	assert_int_equal(state->err.code, SB_EBUILD);
	assert_non_null(strstr(state->err.text, "ended with status 1"));
	assert_non_null(strstr(shown, "ImportError: x"));
	assert_non_null(strstr(shown, "100"));
	assert_null(strstr(shown, "60"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(unpacked_release_links_to_its_layer),
		STATE_TEST(unpacked_release_is_a_copy_where_asked_or_where_the_layer_is_gone),
		STATE_TEST(damaged_slug_is_refused),
		STATE_TEST(slug_that_was_written_to_is_hashed_before_a_rollback),
		STATE_TEST(hashed_slug_is_sealed_again),
		STATE_TEST(process_gets_its_own_environment_and_folders),
		STATE_TEST(release_phase_runs_in_the_box_and_is_recorded),
		STATE_TEST(release_phase_that_fails_says_how),
		STATE_TEST(trial_starts_checks_and_ends_web),
		STATE_TEST(trial_that_fails_shows_the_output),
	};

	return cmocka_run_group_tests_name("process", tests, scratch_make, scratch_drop);
}
