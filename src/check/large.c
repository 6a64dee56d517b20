#include "base/base.h"
#include "check/large.h"

#include "check/rules.h"

#include <stdlib.h>
#include <string.h>

#define LARGE (25 << 20)

/* Keeps the largest ones in their order; `file` is owned from here on. */
static void insert(struct sb_large *large, struct sb_large_file file)
{
	size_t at = large->n;

	while (at && large->file[at - 1].size < file.size)
		at--;
	if (large->n == SB_LARGE_SHOWN) {
		large->more++;
		free(at == large->n ? file.path : large->file[large->n - 1].path);
		if (at == large->n)
			return;
		large->n--;
	}
	memmove(&large->file[at + 1], &large->file[at], (large->n - at) * sizeof(file));
	large->file[at] = file;
	large->n++;
}

bool sb_large_note(struct sb_large *large, const struct sb_view *view, const char *path, const char *oid)
{
	struct sb_error unseen = { 0 }; /* what is not there is git's matter */
	int64_t size = 0;

	if (sb_blob_size(view->check->repo, oid, &size, &unseen) < 0)
		return true;
	if (size <= LARGE)
		return false;
	if (!sb_ignore_matches(&view->ignore, path, false))
		insert(large, (struct sb_large_file) { sb_xstrdup(path), size });
	return true;
}

void sb_large_report(const struct sb_large *large, const struct sb_view *view)
{
	SB_AUTO(sb_list) names = { 0 };

	if (!large->n)
		return;
	for (size_t i = 0; i < large->n; i++)
		sb_list_addf(&names, "%s (%.1f MiB)", large->file[i].path,
			     (double)large->file[i].size / (1 << 20));
	if (large->more)
		sb_list_addf(&names, "and %zu more", large->more);

	SB_AUTO_FREE char *words = sb_list_join(&names, ", ");
	struct sb_finding *f = sb_report(view->findings, view->check->settings, "file-large",
					 "more than %d MiB, in each clone and each slug: %s", LARGE >> 20, words);

	sb_finding_at(f, large->file[0].path, 0, 0);
	sb_finding_fix(f,
		       "what the app does not read: a line in .slugignore; what it serves: an object store;\n"
		       "else: git lfs migrate import --include='%s'",
		       large->file[0].path);
}

void sb_large_release(struct sb_large *large)
{
	for (size_t i = 0; i < large->n; i++)
		free(large->file[i].path);
	*large = (struct sb_large) { 0 };
}
