#ifndef SB_NOTE_H
#define SB_NOTE_H

#include "app/hook.h"
#include "app/targets.h"

/*
 * What the part of us in Gitea's pre-receive.d tells the part in its update.d, which git
 * gives no push options: $root/pushes/PID-START.json, named by the git-receive-pack above
 * both (see sb_ancestry). Another push has another receive-pack, so two at once never read
 * each other's, and nothing that a pusher sends is part of the name. Holds nothing secret.
 *
 * Written only for a push that deploys something. post-receive removes it; what a refused
 * push leaves is swept by the next one that writes.
 */

/* After the check: the push options, and what was found fit: each ref that deploys. Without a receive-pack
 * above us: nothing. */
int sb_note_write(const struct sb_hook *hook, struct sb_error *err) SB_MUST_CHECK;

/* Fills hook->note and the options; the store must be open. No note is as good as an empty one. */
void sb_note_read(struct sb_hook *hook);
void sb_note_drop(const struct sb_hook *hook);

/* Whether this commit was checked for this app, earlier in this push. */
bool sb_note_has(const struct sb_hook *hook, const char *app, const struct sb_update *update);
/* How many refs of this push deploy the app. */
size_t sb_note_refs(const struct sb_hook *hook, const char *app);

#endif
