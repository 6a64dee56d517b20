#ifndef SB_BASE_H
#define SB_BASE_H

/*
 * The words every file uses. Every .c file includes this first.
 *
 * Memory: the sb_x… functions never return NULL; where memory is out they end
 * the program with status 4. Inputs have ceilings, so a push cannot cause it,
 * and what was half made lies under a temporary name that no reader looks at.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SB_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SB_MUST_CHECK __attribute__((warn_unused_result))
#define SB_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define SB_UNUSED __attribute__((unused))

/* A variable that releases itself at the end of its scope; start it at SB_..._INIT or { 0 }. */
#define SB_AUTO(type) __attribute__((cleanup(type##_release))) struct type
#define SB_AUTO_FREE __attribute__((cleanup(sb_autofree)))
#define SB_AUTO_CLOSE __attribute__((cleanup(sb_autoclose))) /* int fd = -1 */

/* The value of `x`, which is left empty: what it owned is now the caller's. */
#define SB_STEAL(x) \
	__extension__({ \
		__typeof__(x) stolen_ = (x); \
		(x) = (__typeof__(x)) { 0 }; \
		stolen_; \
	})

/* The descriptor in `fd`, which is left at -1. */
#define SB_STEAL_FD(fd) \
	__extension__({ \
		int stolen_ = (fd); \
		(fd) = -1; \
		stolen_; \
	})

void *sb_xcalloc(size_t n, size_t size) SB_MUST_CHECK;
void *sb_xrealloc(void *p, size_t n, size_t size) SB_MUST_CHECK;
char *sb_xstrdup(const char *s) SB_MUST_CHECK;
char *sb_xasprintf(const char *fmt, ...) SB_PRINTF(1, 2) SB_MUST_CHECK;
char *sb_xvasprintf(const char *fmt, va_list ap) SB_PRINTF(1, 0) SB_MUST_CHECK;

/* Room for one more item: grows `*items` (of `size` bytes each, `n` in use) by doubling. */
void sb_grow(void *items, size_t n, size_t size);

void sb_autofree(void *p);  /* free(3) of the pointer at p */
void sb_autoclose(int *fd); /* close(2) unless -1; for descriptors whose close cannot lose data */

#endif
