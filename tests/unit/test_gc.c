#include "quick_lock.h"
#include "state.h"
#include "release/gc.h"
#include "release/staged.h"
#include "sys/lock.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DIGEST_C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define DIGEST_D "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

/*
 * ctime cannot be set, so "old" is made by a clock of our own: gc asks sb_wall, which asks
 * the C library.
 */
static int64_t shift;

int clock_gettime(clockid_t clock, struct timespec *out)
{
	int done = (int)syscall(SYS_clock_gettime, clock, out);

	if (done == 0 && clock == CLOCK_REALTIME)
		out->tv_sec += shift;
	return done;
}

#define SLUG(digest) "\"slug\":{\"sha256\":\"" digest "\",\"size\":5}"

static void add_slug(struct state *state, const char *digest)
{
	sh("echo slug > %s/slugs/%s.tar.gz", state->store.path, digest);
}

static void add_layer(struct state *state, const char *key)
{
	SB_AUTO_FREE char *kept = NULL;

	sh("mkdir work; echo x > work/file");
	kept = sb_store_keep_layer(&state->store, key, at("work"), NULL, &state->err);
	assert_non_null(kept);
}

static struct sb_gc_result collect(struct state *state, bool dry_run)
{
	struct sb_gc_result result = { 0 };

	OK(sb_gc(&result, &state->store, &state->settings, dry_run, &state->err));
	return result;
}

static void fill(struct state *state)
{
	SB_AUTO(sb_staged) staged = { .facts = sb_json_new_object() };
	json_t *slug = sb_json_new_object();

	add_slug(state, DIGEST_A);
	add_slug(state, DIGEST_B);
	add_slug(state, DIGEST_C);
	add_layer(state, DIGEST_A);
	add_layer(state, DIGEST_B);
	sh("cd %s; echo s > tmp/%s.tar.gz; echo s > tmp/%s.tar.gz; "
	   "mkdir pieces/aa; echo p > pieces/aa/x.gz",
	   state->store.path, DIGEST_C, DIGEST_D);
	commit(state, "deploy", "{" SLUG(DIGEST_A) ",\"deps_key\":\"" DIGEST_A "\"}", NULL);
	memcpy(staged.commit, COMMIT_A, sizeof(COMMIT_A));
	sb_json_set_text(slug, "sha256", DIGEST_C);
	sb_json_set_take(staged.facts, "slug", slug);
	OK(sb_staged_write(&state->app, &staged, &state->err));
}

static const char *what_is_left(struct state *state)
{
	return sh("cd %s; find slugs tmp layers pieces -mindepth 1 -maxdepth 2 ! -name tree "
		  "! -name layer.json | sed -E 's/([abcd])\\1{60,}/\\1/' | sort | tr '\\n' ' '",
		  state->store.path);
}

static void gc_takes_nothing_that_is_young(void **out)
{
	struct state *state = *out;

	fill(state);
	shift = 3600;
	assert_int_equal(collect(state, false).files, 0);
	shift = 0;
}

static void gc_takes_what_no_release_names(void **out)
{
	struct state *state = *out;
	struct sb_gc_result tried, done;

	fill(state);
	shift = 8 * 86400;
	quick_lock_root = state->store.root;
	tried = collect(state, true);
	done = collect(state, false);
	quick_lock_root = -1;
	shift = 0;
	assert_true(looked_at > 0);
	assert_int_equal(slow_calls, 0);
	assert_int_equal(tried.files, done.files);
	assert_int_equal(tried.bytes, done.bytes);
	assert_true(done.files > 0);
	assert_string_equal(what_is_left(state),
			    "layers/a pieces/aa slugs/a.tar.gz slugs/c.tar.gz tmp/c.tar.gz ");
}

static void gc_prunes_releases_and_then_their_slugs(void **out)
{
	struct state *state = *out;
	int old;

	add_slug(state, DIGEST_A);
	add_slug(state, DIGEST_B);
	old = commit(state, "deploy", "{" SLUG(DIGEST_A) "}", NULL);
	settle(state, old, SB_SUPERSEDED);
	commit(state, "deploy", "{" SLUG(DIGEST_B) "}", NULL);
	settle(state, old + 1, SB_CURRENT);
	OK(sb_ledger_activate(&state->app, old + 1, &state->err));
	state->settings.keep_releases = 1;
	shift = 8 * 86400;

	struct sb_gc_result tried = collect(state, true), done = collect(state, false);

	assert_int_equal(done.releases, 2);
	assert_int_equal(tried.releases, 2);
	assert_int_equal(tried.bytes, done.bytes);
	shift = 0;
	assert_string_equal(what_is_left(state), "slugs/b.tar.gz ");
}

/* What a release links to: its packages, and the static files that it shares. Notes are a cache. */
static void gc_keeps_every_layer_that_a_release_links_to(void **out)
{
	struct state *state = *out;

	add_slug(state, DIGEST_A);
	add_layer(state, DIGEST_A);
	add_layer(state, DIGEST_B);
	add_layer(state, DIGEST_C);
	sh("chmod 555 %s/layers/*/tree; echo note > %s/notes/uv-1", state->store.path, state->store.path);
	commit(state, "deploy",
	       "{\"slug\":{\"sha256\":\"" DIGEST_A "\",\"layers\":[{\"name\":\"static\",\"key\":\"" DIGEST_B
	       "\"}]},\"deps_key\":\"" DIGEST_A "\"}",
	       NULL);
	shift = 8 * 86400;
	collect(state, false);
	shift = 0;
	assert_string_equal(what_is_left(state), "layers/a layers/b slugs/a.tar.gz ");
	assert_string_equal(sh("ls %s/notes", state->store.path), "");
}

static void gc_leaves_a_busy_app_alone(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_lock) lock = SB_LOCK_INIT;

	for (int i = 2; i <= 4; i++) {
		commit(state, "config", NULL, NULL);
		settle(state, i, SB_SUPERSEDED);
	}
	state->settings.keep_releases = 1;
	OK(sb_lock_take(&lock, state->app.dir, "lock.publish", "a test", 0, NULL, NULL,
			&state->err));

	struct sb_gc_result result = collect(state, false);

	assert_int_equal(result.busy, 1);
	assert_int_equal(result.releases, 0);
	assert_int_equal(sb_ledger_newest(&state->app, &state->err), 4);
}

static void gc_removes_nothing_when_a_record_cannot_be_read(void **out)
{
	struct state *state = *out;
	struct sb_gc_result result;

	fill(state);
	sh("echo '{' > %s/releases/v2/release.json", state->app.path);
	shift = 8 * 86400;
	assert_int_equal(sb_gc(&result, &state->store, &state->settings, false, &state->err), -1);
	shift = 0;
	sh("test -e %s/slugs/%s.tar.gz", state->store.path, DIGEST_A);
}

static void gc_sweeps_what_a_killed_process_left(void **out)
{
	struct state *state = *out;

	sh("cd %s; for d in apps apps/blog apps/blog/releases apps/blog/builds store/layers "
	   "store/tmp store/pieces; do mkdir -p $d/.tmp-0123456789abcdef/x; done",
	   state->store.root_path);
	collect(state, false);
	assert_string_equal(sh("find %s -name '.tmp-*' | wc -l", state->store.root_path), "7");
	shift = 2 * 86400;
	collect(state, true);
	assert_string_equal(sh("find %s -name '.tmp-*' | wc -l", state->store.root_path), "7");
	collect(state, false);
	shift = 0;
	assert_string_equal(sh("find %s -name '.tmp-*' | wc -l", state->store.root_path), "0");
}

static void gc_takes_what_is_remembered_by_age(void **state)
{
	struct state *s = *state;

	sh("mkdir -p %s/traces %s/compressed/blog", s->store.path, s->store.path);
	sh("echo {} >%s/traces/" DIGEST_A ".json; echo x >%s/compressed/blog/" DIGEST_B, s->store.path,
	   s->store.path);
	shift = 6 * 86400;
	collect(s, false);
	assert_string_equal(sh("ls %s/traces %s/compressed/blog | grep -c ...", s->store.path,
			       s->store.path),
			    "4");
	shift = 8 * 86400;
	collect(s, true);
	assert_string_equal(sh("ls %s/traces | wc -l", s->store.path), "1");
	collect(s, false);
	shift = 0;
	assert_string_equal(sh("find %s/traces %s/compressed -type f", s->store.path, s->store.path), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(gc_takes_nothing_that_is_young),
		STATE_TEST(gc_takes_what_no_release_names),
		STATE_TEST(gc_prunes_releases_and_then_their_slugs),
		STATE_TEST(gc_keeps_every_layer_that_a_release_links_to),
		STATE_TEST(gc_leaves_a_busy_app_alone),
		STATE_TEST(gc_removes_nothing_when_a_record_cannot_be_read),
		STATE_TEST(gc_sweeps_what_a_killed_process_left),
		STATE_TEST(gc_takes_what_is_remembered_by_age),
	};

	return cmocka_run_group_tests_name("gc", tests, scratch_make, scratch_drop);
}
