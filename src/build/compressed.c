#include "build/compressed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"
#include "sys/files.h"
#include "sys/process.h"

#define AT "/slugbuild/collect"
#define KEPT "/slugbuild/compressed/kept"
#define NEW "/slugbuild/compressed/new"
#define FRESH "compressed"
#define FILE_MAX (16 << 20)
#define FILES_MAX 50000           /* of one app */
#define BYTES_MAX (1LL << 30)     /* the same */
#define USED_MAX (FILES_MAX * 65) /* bytes: a digest a line */

void sb_compressed_show(struct sb_step *step)
{
	SB_AUTO_FREE char *path = sb_xasprintf("%s/collect", sb_datadir());
	const char *own;

	if (!sb_box_works(step->build->settings, NULL) || access(path, R_OK) < 0)
		return;
	sb_box_read(&step->box, path, AT);
	own = sb_list_getenv(&step->box.env, "PYTHONPATH");

	SB_AUTO_FREE char *search = sb_xasprintf(AT "%s%s", own ? ":" : "", own ? own : "");

	sb_list_setenv(&step->box.env, "PYTHONPATH", search);
}

/* Where the app's is kept; NULL where there is no app by a name of ours. */
static char *kept_path(const struct sb_build *build)
{
	if (!build->app || !sb_is_app_name(build->app))
		return NULL;
	return sb_xasprintf("%s/../compressed/%s", build->cache_path, build->app);
}

static void offer(struct sb_step *step, const char *kept, const char *fresh)
{
	struct sb_box *box = &step->box;

	/* Each run of a step has folders of its own. */
	for (size_t i = 0; i < box->binds.n;) {
		char *at = strrchr(box->binds.item[i], '|') + 1;

		if (strcmp(at, KEPT) != 0 && strcmp(at, NEW) != 0) {
			i++;
			continue;
		}
		free(box->binds.item[i]);
		memmove(&box->binds.item[i], &box->binds.item[i + 1],
			(box->binds.n - i) * sizeof(*box->binds.item));
		box->binds.n--;
	}
	if (kept)
		sb_box_read(box, kept, KEPT);
	sb_box_write(box, fresh, NEW);
}

void sb_compressed_offer(struct sb_compressed *memo, struct sb_step *step, bool empty)
{
	struct sb_build *build = step->build;
	struct sb_error unseen = { 0 };

	sb_compressed_release(memo);
	if (!sb_box_works(build->settings, NULL))
		return;
	memo->fresh = sb_step_fresh_folder(build, FRESH, &unseen);
	if (!memo->fresh)
		return;
	memo->build = build;
	if (!empty && build->settings->remember && !build->no_cache)
		memo->kept = kept_path(build);
	if (memo->kept) {
		SB_AUTO_CLOSE int dir = sb_make_dirs(memo->kept, 0750, &unseen);

		if (dir < 0)
			free(SB_STEAL(memo->kept));
	}
	offer(step, memo->kept, memo->fresh);
}

/* What was used is not swept. */
static void note_used(int kept, int fresh)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(USED_MAX);
	struct sb_error unseen = { 0 };
	struct sb_span rest, line;

	(void)!sb_read_file(&text, fresh, "used", &unseen);
	rest = sb_buffer_span(&text);
	while (sb_span_line(&rest, &line)) {
		char name[SB_DIGEST_HEX];

		if (line.n != SB_DIGEST_HEX - 1)
			continue;
		sb_span_copy(name, sizeof(name), line);
		if (sb_is_digest(name))
			(void)utimensat(kept, name, NULL, AT_SYMLINK_NOFOLLOW);
	}
}

static int64_t bytes_in(int dir, const struct sb_list *names)
{
	struct stat st;
	int64_t sum = 0;

	for (size_t i = 0; i < names->n; i++)
		if (fstatat(dir, names->item[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			sum += st.st_size;
	return sum;
}

static void take_one(int kept, int fresh, const char *name)
{
	struct stat st;

	if (!sb_is_digest(name) || fstatat(fresh, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_size > FILE_MAX)
		return;
	(void)!renameat(fresh, name, kept, name);
}

void sb_compressed_take(struct sb_compressed *memo)
{
	SB_AUTO(sb_list) names = { 0 };
	SB_AUTO(sb_list) there = { 0 };
	struct sb_error unseen = { 0 };

	if (!memo->kept)
		return;

	SB_AUTO_CLOSE int kept = sb_open_dir(AT_FDCWD, memo->kept, &unseen);
	SB_AUTO_CLOSE int fresh = sb_open_dir(AT_FDCWD, memo->fresh, &unseen);

	if (kept < 0 || fresh < 0 || sb_list_dir(&names, fresh, ".", &unseen) < 0)
		return;
	note_used(kept, fresh);
	if (!names.n || sb_list_dir(&there, kept, ".", &unseen) < 0 ||
	    bytes_in(kept, &there) + bytes_in(fresh, &names) > BYTES_MAX)
		return;
	for (size_t i = 0; i < names.n && there.n + i < FILES_MAX; i++)
		take_one(kept, fresh, names.item[i]);
}

void sb_compressed_forget(struct sb_build *build)
{
	SB_AUTO_FREE char *path = kept_path(build);
	struct sb_error unseen = { 0 };

	if (path)
		(void)!sb_remove_tree(AT_FDCWD, path, &unseen);
}

void sb_compressed_release(struct sb_compressed *memo)
{
	free(memo->kept);
	free(memo->fresh);
	*memo = (struct sb_compressed) { 0 };
}
