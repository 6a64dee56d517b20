#ifndef SB_SETTINGS_H
#define SB_SETTINGS_H

#include "base/error.h"
#include "base/list.h"
#include "base/span.h"

/*
 * What the server's owner set, in git config's syntax, section `slugbuild`.
 * One const table declares each key: loading, range checks, `slugbuild doctor`,
 * the manual and the tests read it. This module knows no git and no files:
 * source/repo.c walks git config and calls sb_settings_set.
 *
 *	SB_AUTO(sb_settings) settings = { 0 };
 *
 *	sb_settings_init(&settings);
 *	if (sb_settings_set(&settings, "slugbuild.buildtimeout", "900", err) < 0) …
 *
 * Keys of one app, `slugbuild.APP.key` ([slugbuild "APP"] key = …), are kept as
 * they come and laid over the rest by sb_settings_for_app. `slugbuild.rule.ID`
 * and `slugbuild.addon.NAME` are kept as lists. An unknown key is an error that
 * names the nearest one.
 */

enum sb_sandbox_mode { SB_SANDBOX_AUTO, SB_SANDBOX_REQUIRE, SB_SANDBOX_OFF };
enum sb_policy { SB_CANCEL, SB_FINISH };  /* slugbuild.onDisconnect */
enum sb_probe { SB_PROBE_BEFORE, SB_PROBE_AFTER, SB_PROBE_OFF }; /* slugbuild.probe */
enum sb_submodules { SB_SUBMODULES_REFUSE, SB_SUBMODULES_FETCH, SB_SUBMODULES_IGNORE };
enum sb_force { SB_ALLOW, SB_REFUSE };    /* slugbuild.force */

struct sb_settings {
	char *root;         /* the state root */
	char *app;          /* default app of this repository; "" none */
	char *branch;       /* "" = the repository's HEAD; "main", "main staging", "main=blog dev=blog-dev" */
	char *path;         /* the app's folder in the repository; "" its root */
	char *runner;       /* a shipped one's name or an absolute path */
	char *domain;       /* "" none */
	char *health_path;  /* "" = app.json's, else "/" */
	char *ports;        /* "20000-29999" */
	char *python_path;  /* folders to look for interpreters in, ":" between; "" none */
	char *hooks;        /* GitLab's custom_hooks_dir, where the hooks are there; "": in the repository */
	char *ssh_key, *ssh_known_hosts; /* what submodules are fetched with over ssh; "" none, ssh's own */
	char *lfs_store;    /* a folder of git-lfs objects; "" none */
	char *netrc;        /* credentials of package indexes; "" none */
	char *uv, *git, *bwrap; /* absolute paths; "" = found in the usual places */
	bool python_strict, bundle_python, use_uv, dyno, config_in_build, release_copy, log_colour, remember;
	enum sb_sandbox_mode sandbox;
	enum sb_policy on_disconnect;
	enum sb_force force;
	enum sb_submodules submodules;
	enum sb_probe probe;
	int64_t build_seconds, step_seconds, release_seconds, runner_seconds, health_seconds;
	int64_t lock_seconds, settle_seconds, stall_seconds;
	int64_t slug_bytes, build_memory, build_disk, build_output, disk_floor;
	int64_t build_processes, keep_releases, keep_builds, level, max_builds;
	int64_t max_files, max_bytes, max_blob, max_depth;
	struct sb_list rules;    /* "ID=error" */
	struct sb_list addons;   /* "postgresql=URL" */
	struct sb_list app_keys; /* "APP\nkey=value", in the order set */
};

enum sb_setting_kind { SB_TEXT, SB_PATH, SB_FLAG, SB_SECONDS, SB_BYTES, SB_COUNT_OF, SB_CHOICE };

struct sb_setting {
	const char *key; /* as in the manual: "buildTimeout" */
	enum sb_setting_kind kind;
	size_t at;            /* offset in struct sb_settings */
	const char *fallback; /* parsed like a value the owner wrote */
	int64_t min, max;
	const char *choices; /* "auto|require|off": SB_CHOICE, the enum's order */
	bool per_app;        /* may stand in [slugbuild "APP"] */
	const char *help;
};

extern const struct sb_setting sb_setting_table[];
extern const size_t sb_setting_count;

void sb_settings_init(struct sb_settings *settings); /* every fallback */

/* What an empty slugbuild.root stands for: /var/lib/slugbuild where that can be written, else
 * $XDG_STATE_HOME/slugbuild or ~/.local/state/slugbuild. Owned: free(3). settings->root is never empty. */
char *sb_settings_default_root(void) SB_MUST_CHECK;

/* `key` as git gives it: section and name in lower case, the subsection as written. NULL for a
 * value: the key stands there without "=", which is true for a flag. */
int sb_settings_set(struct sb_settings *settings, const char *key, const char *value,
		    struct sb_error *err) SB_MUST_CHECK;

/* A copy with the keys of [slugbuild "app"] laid over it. */
int sb_settings_for_app(struct sb_settings *out, const struct sb_settings *all, const char *app,
			struct sb_error *err) SB_MUST_CHECK;

/* The value of one row as text, as `slugbuild doctor` shows it. Owned: free(3). */
char *sb_settings_show(const struct sb_settings *settings, const struct sb_setting *row) SB_MUST_CHECK;

/* "512m", "2g", "100k", "7" → bytes; "90", "15m", "2h" → seconds. False when it is neither. */
bool sb_parse_bytes(struct sb_span text, int64_t *out) SB_MUST_CHECK;
bool sb_parse_seconds(struct sb_span text, int64_t *out) SB_MUST_CHECK;

/* App names: [a-z][a-z0-9-]{0,29}, not ending in '-', not "addon", "rule", "all". */
bool sb_is_app_name(const char *name);

/* Which of `words` (NULL at the end) is nearest to `word`, or NULL where none is near. */
const char *sb_nearest(const char *word, const char *const *words);

void sb_settings_release(struct sb_settings *settings);

#endif
