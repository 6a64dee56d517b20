#ifndef SB_LIST_H
#define SB_LIST_H

#include "base/base.h"

/*
 * Owned strings behind a NULL: an argv, an environment, a list of paths.
 *
 *	SB_AUTO(sb_list) argv = { 0 };
 *
 *	sb_list_add(&argv, "/usr/bin/git");
 *	sb_list_addf(&argv, "--git-dir=%s", dir);
 *	run(argv.item);
 */
struct sb_list {
	char **item; /* item[n] is NULL; NULL itself while nothing was ever added */
	size_t n;
};

void sb_list_add(struct sb_list *list, const char *cstr); /* copies */
void sb_list_addf(struct sb_list *list, const char *fmt, ...) SB_PRINTF(2, 3);
void sb_list_add_take(struct sb_list *list, char *cstr);
void sb_list_add_all(struct sb_list *list, const char *const *items); /* up to its NULL */
bool sb_list_has(const struct sb_list *list, const char *cstr);
void sb_list_sort(struct sb_list *list); /* by bytes */

/* An environment: sets or replaces NAME=value; the value of NAME or NULL (borrowed). */
void sb_list_setenv(struct sb_list *env, const char *name, const char *value);
const char *sb_list_getenv(const struct sb_list *env, const char *name);

/* The items with `sep` between. Owned: free(3). */
char *sb_list_join(const struct sb_list *list, const char *sep) SB_MUST_CHECK;

void sb_list_release(struct sb_list *list);

#endif
