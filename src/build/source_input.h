#ifndef SB_SOURCE_INPUT_H
#define SB_SOURCE_INPUT_H

#include "build/source_stage.h"

/*
 * What the scripts of the source stage get on standard input, as templates/probes/settings_source.py
 * has it: the few files of the tree that count, the names of the rest.
 */
int sb_source_input(struct sb_buffer *out, const struct sb_source_stage *stage,
		    struct sb_error *err) SB_MUST_CHECK;

/* {"locks": {NAME: TEXT}} of those files in the root that are there. */
void sb_source_input_locks(struct sb_buffer *out, const struct sb_source_stage *stage, const char *const *names,
			   size_t n);

#endif
