#include "source/memory.h"

#include <git2.h>
#include <git2/sys/alloc.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local size_t ceiling;

size_t sb_memory_ceiling(size_t bytes)
{
	size_t was = ceiling;

	ceiling = bytes;
	return was;
}

static bool fits(size_t n, size_t size)
{
	size_t all;

	return !__builtin_mul_overflow(n, size, &all) && (!ceiling || all <= ceiling);
}

static void *take(size_t n, SB_UNUSED const char *file, SB_UNUSED int line)
{
	return fits(n, 1) ? malloc(n) : NULL;
}

static void *take_zeros(size_t n, size_t size, SB_UNUSED const char *file, SB_UNUSED int line)
{
	return fits(n, size) ? calloc(n, size) : NULL;
}

static char *copy_bytes(const char *text, size_t n, SB_UNUSED const char *file, SB_UNUSED int line)
{
	char *out = n < SIZE_MAX && fits(n + 1, 1) ? malloc(n + 1) : NULL;

	if (out) {
		memcpy(out, text, n);
		out[n] = '\0';
	}
	return out;
}

static char *copy_at_most(const char *text, size_t n, const char *file, int line)
{
	return copy_bytes(text, strnlen(text, n), file, line);
}

static char *copy(const char *text, const char *file, int line)
{
	return copy_bytes(text, strlen(text), file, line);
}

static void *resize(void *p, size_t n, SB_UNUSED const char *file, SB_UNUSED int line)
{
	return fits(n, 1) ? realloc(p, n) : NULL;
}

static void *resize_array(void *p, size_t n, size_t size, SB_UNUSED const char *file,
			  SB_UNUSED int line)
{
	return fits(n, size) ? realloc(p, n * size) : NULL;
}

static void *take_array(size_t n, size_t size, const char *file, int line)
{
	return resize_array(NULL, n, size, file, line);
}

void sb_memory_start(void)
{
	static git_allocator ours = {
		.gmalloc = take,
		.gcalloc = take_zeros,
		.gstrdup = copy,
		.gstrndup = copy_at_most,
		.gsubstrdup = copy_bytes,
		.grealloc = resize,
		.greallocarray = resize_array,
		.gmallocarray = take_array,
		.gfree = free,
	};

	git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, &ours);
}
