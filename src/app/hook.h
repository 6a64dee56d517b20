#ifndef SB_HOOK_H
#define SB_HOOK_H

#include "base/log.h"
#include "base/settings.h"
#include "release/store.h"
#include "source/push.h"
#include "source/repo.h"
#include "sys/process.h"

/*
 * What both receive hooks begin with: signals, umask, standard input read to its end,
 * the repository opened as the environment says, settings, push options, the log to the
 * pusher. Nothing of the environment is a setting.
 */
#define SB_PUSH_BYTES (4 << 20) /* of standard input */

struct sb_hook {
	struct sb_push push;
	struct sb_repo repo;
	struct sb_settings settings; /* all apps' */
	struct sb_log log;
	struct sb_store store;
	struct sb_ancestry ancestry;
	char head[SB_REF_MAX + 1];
	char *object_dir; /* the quarantine, or NULL */
	bool dry_run, no_cache;
};

int sb_hook_begin(struct sb_hook *hook, struct sb_error *err) SB_MUST_CHECK;
void sb_hook_release(struct sb_hook *hook);

/* The two hooks. They print what there is to say and return the exit status. */
int sb_accept(void);  /* pre-receive: check, build, stage */
int sb_deliver(void); /* post-receive: publish what was staged */

#endif
