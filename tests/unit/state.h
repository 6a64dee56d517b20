#ifndef SB_STATE_H
#define SB_STATE_H

#include "scratch.h"
#include "base/settings.h"
#include "release/apps.h"
#include "release/ledger.h"
#include "release/store.h"

#include <fcntl.h>
#include <sys/stat.h>

/* A state root in the scratch folder, an open store and settings for it, new for each test. */

struct state {
	struct sb_settings settings;
	struct sb_store store;
	struct sb_app app; /* "blog", just created */
	struct sb_error err;
};

#define OK(call) \
	do { \
		if ((call) < 0) \
			fail_msg("%s: %s", #call, state->err.text); \
	} while (0)

SB_UNUSED static int state_make(void **out)
{
	struct state *state = sb_xcalloc(1, sizeof(*state));
	static int turn;

	if (!scratch[0] && scratch_make(NULL) < 0)
		return -1;
	sb_settings_init(&state->settings);
	free(state->settings.root);
	state->settings.root = sb_xasprintf("%s/root%d", scratch, turn++);
	state->store = (struct sb_store)SB_STORE_INIT;
	state->app = (struct sb_app)SB_APP_INIT;
	*out = state;
	if (sb_store_open(&state->store, &state->settings, &state->err) < 0 ||
	    sb_app_create(&state->app, &state->store, "blog", "/srv/blog.git", &state->settings,
			  &state->err) < 0) {
		fprintf(stderr, "# %s\n", state->err.text);
		return -1;
	}
	return 0;
}

SB_UNUSED static int state_drop(void **out)
{
	struct state *state = *out;

	sb_app_release(&state->app);
	sb_store_release(&state->store);
	sb_settings_release(&state->settings);
	free(state);
	return 0;
}

/* A release committed with these facts (JSON, or NULL); its number. */
SB_UNUSED static int commit(struct state *state, const char *kind, const char *facts,
			    const struct sb_list *vars)
{
	SB_AUTO(sb_release) release = { 0 };
	struct sb_list none = { 0 };

	sb_release_init(&release, kind, "a test's");
	if (facts) {
		json_t *more = sb_json_parse(sb_span_of(facts), &state->err);

		if (!more)
			fail_msg("%s", state->err.text);
		json_object_update(release.facts, more);
		json_decref(more);
	}
	OK(sb_ledger_commit(&state->app, &release, vars ? vars : &none, &state->err));
	return release.number;
}

SB_UNUSED static void settle(struct state *state, int number, enum sb_release_state as)
{
	SB_AUTO(sb_release) release = { 0 };

	OK(sb_ledger_load(&release, &state->app, number, &state->err));
	OK(sb_ledger_set_state(&state->app, &release, as, NULL, &state->err));
}

/* The octal mode of a path below the root. */
SB_UNUSED static unsigned mode_of(struct state *state, const char *path)
{
	struct stat st;

	if (fstatat(state->store.root, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		fail_msg("no %s", path);
	return st.st_mode & 07777;
}

#define STATE_TEST(name) cmocka_unit_test_setup_teardown(name, state_make, state_drop)

#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define COMMIT_A "1111111111111111111111111111111111111111"
#define COMMIT_B "2222222222222222222222222222222222222222"

#endif
