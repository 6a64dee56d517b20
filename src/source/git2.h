#ifndef SB_GIT2_H
#define SB_GIT2_H

#include "source/backend.h"

/* Objects by libgit2; what each does is said in backend.h. */

int sb_git2_header(struct sb_repo *repo, const char *hex, enum sb_object_type *type, int64_t *size,
		   struct sb_error *err) SB_MUST_CHECK;
int sb_git2_read(struct sb_object **out, struct sb_repo *repo, const char *hex,
		 enum sb_object_type type, size_t max, struct sb_error *err) SB_MUST_CHECK;
int sb_git2_stream(struct sb_repo *repo, const char *hex,
		   int (*take)(void *ctx, struct sb_span part, struct sb_error *err), void *ctx,
		   struct sb_error *err) SB_MUST_CHECK;
bool sb_git2_descends(struct sb_repo *repo, const char *hex, const char *ancestor);

#endif
