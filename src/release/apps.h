#ifndef SB_APPS_H
#define SB_APPS_H

#include "base/json.h"
#include "base/list.h"
#include "release/store.h"

/*
 * An app: its folder under $root/apps, its durable facts, its config vars.
 *
 *	SB_AUTO(sb_app) app = SB_APP_INIT;
 *
 *	if (sb_app_open(&app, &store, "blog", err) < 0)
 *		return -1;
 */
struct sb_app {
	const struct sb_store *store; /* borrowed */
	char *name;
	int dir;            /* $root/apps/NAME */
	char *path;
	char *repo;         /* the repository's path, "" none */
	int port;           /* durable */
	json_t *formation;  /* {"web": 1}: what ps:scale set; owned */
};
#define SB_APP_INIT { .dir = -1 }

/* Makes the folder, a durable port of its own and v1 (kind "create", no slug, current), all in one
 * rename. SB_EUSAGE when the app exists. `repo` "" or NULL: none. */
int sb_app_create(struct sb_app *out, const struct sb_store *store, const char *name, const char *repo,
		  const struct sb_settings *settings, struct sb_error *err) SB_MUST_CHECK;
int sb_app_open(struct sb_app *out, const struct sb_store *store, const char *name, struct sb_error *err) SB_MUST_CHECK;
int sb_app_save(const struct sb_app *app, struct sb_error *err) SB_MUST_CHECK; /* repo, formation; the rest of app.json stays */
/* The app's repository was moved here (renamed, given to another owner), if the one that it had is gone. */
int sb_app_follow(struct sb_app *app, const char *repo, struct sb_error *err) SB_MUST_CHECK;
int sb_apps_list(struct sb_list *out, const struct sb_store *store, struct sb_error *err) SB_MUST_CHECK;
int sb_app_destroy(struct sb_app *app, struct sb_error *err) SB_MUST_CHECK; /* its folder; runner and add-ons are the caller's */
void sb_app_release(struct sb_app *app);

/* Config vars. "K=V" lists, sorted. Names are checked; 32 kB in all; values UTF-8 without NUL. */
#define SB_CONFIG_MAX 32768
int sb_config_load(struct sb_list *out, int dir, struct sb_error *err) SB_MUST_CHECK; /* config.json of an app or a release */
int sb_config_save(int dir, const struct sb_list *vars, struct sb_error *err) SB_MUST_CHECK; /* 0600 */
int sb_config_check(const char *name, const char *value, struct sb_error *err) SB_MUST_CHECK;
void sb_config_remove(struct sb_list *vars, const char *name);
/* systemd's EnvironmentFile syntax, for foreign runners. */
void sb_config_print_env(struct sb_buffer *out, const struct sb_list *vars);

#endif
