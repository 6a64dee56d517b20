#ifndef SB_COMPRESSED_H
#define SB_COMPRESSED_H

#include "build/step.h"

/*
 * What WhiteNoise compressed before, for the next collectstatic of the same app
 * (templates/collect/sitecustomize.py does the other half):
 *
 *	SB_AUTO(sb_compressed) memo = { 0 };
 *
 *	sb_compressed_show(&step);                    // once, before the step is remembered by its
 *	                                              // environment
 *	sb_compressed_offer(&memo, &step, empty);     // for each run; adds binds to the step's box
 *	…the step runs…
 *	sb_compressed_take(&memo);                    // it went well: what is new is kept
 *
 * The box sees what is kept read-only, and a fresh folder for what is new, of which only plain
 * files of a digest's name are taken in. All of it is the app's own: its code could put wrong
 * bytes there, and would harm itself only. The second run of a remembered result is offered
 * nothing, so that it compresses all anew and shows what is wrong.
 *
 * On disk: <store>/compressed/APP/DIGEST; swept by gc a week after the last use.
 */
struct sb_compressed {
	struct sb_build *build; /* borrowed; NULL: nothing is offered */
	char *kept, *fresh;     /* folders; kept NULL: nothing is taken in */
};

void sb_compressed_show(struct sb_step *step);

/* Never fails: what does not work is not offered. `empty`: offer nothing, keep nothing. */
void sb_compressed_offer(struct sb_compressed *memo, struct sb_step *step, bool empty);

void sb_compressed_take(struct sb_compressed *memo);

/* A result that two runs did not agree on: what was kept may be why. */
void sb_compressed_forget(struct sb_build *build);

void sb_compressed_release(struct sb_compressed *memo);

#endif
