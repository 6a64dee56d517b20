#ifndef SB_HOOK_H
#define SB_HOOK_H

#include "base/json.h"
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
#define SB_NAMED_MAX 5     /* branches of a push that deploy nothing and are told of one by one */
#define SB_DEPLOY_MAX 1000 /* refs of one push that may deploy; of others there is no limit */

/*
 * A bare repository and GitLab run us once, when nothing but git can still refuse the push. Gitea
 * runs every file of pre-receive.d even after its own check has refused: there we check the
 * files and stop, and build from update.d, which is run only for a push that Gitea lets in.
 */
enum sb_part { SB_PART_ALL, SB_PART_CHECK, SB_PART_BUILD, SB_PART_DELIVER /* post-receive */ };

struct sb_hook {
	enum sb_part part;
	struct sb_push push; /* of it what deploys, or is to be named */
	size_t deploying, others; /* refs that deploy; branches that do not and were not deleted */
	struct sb_repo repo;
	struct sb_settings settings; /* all apps' */
	struct sb_log log;
	struct sb_store store;
	struct sb_ancestry ancestry;
	char head[SB_REF_MAX + 1];
	char *object_dir; /* the quarantine, or NULL */
	bool dry_run, no_cache, verbose;
	json_t *note; /* what SB_PART_CHECK left for SB_PART_BUILD, see app/note.h; or NULL */
};

/* `line`: an update hook's words (ref, old id, new id), or NULL: the push stands on standard input. */
int sb_hook_begin(struct sb_hook *hook, enum sb_part part, const char *const *line,
		  struct sb_error *err) SB_MUST_CHECK;
void sb_hook_release(struct sb_hook *hook);

/* What the push deploys: each app once. Several refs of one app that hold one commit are one target; with
 * several commits the push is refused, in pre-receive. Release the targets also after a failure. */
struct sb_targets;
int sb_hook_targets(struct sb_targets *out, struct sb_hook *hook, bool refuse, struct sb_error *err) SB_MUST_CHECK;

/* A push that a Git host makes for itself, or one to its wiki: not ours to look at. */
bool sb_hook_aside(void);

/* The hooks. They print what there is to say and return the exit status. */
int sb_accept(enum sb_part part, const char *const *line); /* pre-receive, update: check, build, stage */
int sb_deliver(void);                                      /* post-receive: publish what was staged */

#endif
