#include "slug/cuts.h"

#include <string.h>

#define PACKAGE_MIN (192 << 10) /* tar bytes in a piece that may end at a package */
#define PIECE_MIN (384 << 10)   /* … that may end at any path whose digest says so */

/* Once in 2^bits paths. FNV-1a: the cuts need spread, not secrecy. */
static bool chosen(const char *path, unsigned bits)
{
	uint64_t h = 14695981039346656037ULL;

	for (; *path; path++)
		h = (h ^ (unsigned char)*path) * 1099511628211ULL;
	return !((h >> 32) & ((1U << bits) - 1));
}

/* The name, where its folder is one that packages lie in; else NULL. */
static const char *package_name(const char *path)
{
	static const char *const folders[] = { "site-packages/", "dist-packages/" };
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash + 1 - path) : 0;

	for (size_t i = 0; i < SB_COUNT(folders); i++) {
		size_t of = strlen(folders[i]);

		if (n >= of && !memcmp(path + n - of, folders[i], of) &&
		    (n == of || path[n - of - 1] == '/'))
			return slash + 1;
	}
	return NULL;
}

bool sb_cut_before(struct sb_cuts *cuts, const char *path, int64_t bytes)
{
	const char *package = package_name(path);
	bool ends = cuts->bytes + bytes > SB_PIECE_MAX ||
		    (package && (cuts->bytes >= PACKAGE_MIN || chosen(package, 2)));

	if (ends)
		cuts->bytes = 0;
	return ends;
}

bool sb_cut_after(struct sb_cuts *cuts, const char *path, int64_t bytes, bool is_file)
{
	bool ends;

	cuts->bytes += bytes;
	ends = is_file && cuts->bytes >= PIECE_MIN && chosen(path, 3);
	if (ends)
		cuts->bytes = 0;
	return ends;
}
