#include "build/beside.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/statics.h"
#include "sys/files.h"

#define FOLDER "beside"
#define LOOK_MS 200 /* for lines to show, where it goes on when the probe is done */
#define SAID_MAX (64 << 20)

static int collect(struct sb_build *build, size_t step, struct sb_error *err)
{
	if (sb_statics_make(build, err) < 0)
		return -1;
	sb_timing_end(build->timings, step, build->static_reused, "%s",
		      build->static_note ? build->static_note : "");
	return 0;
}

static void *run(void *arg)
{
	struct sb_beside *beside = arg;

	beside->result = collect(&beside->own, beside->step, &beside->err);
	sb_repo_release(&beside->repo); /* by who started its `git cat-file` */
	sb_autoclose(&beside->ends[1]); /* who waits is told */
	beside->ends[1] = -1;
	return NULL;
}

static int prepare(struct sb_beside *beside, struct sb_error *err)
{
	struct sb_build *build = beside->build;

	if (sb_repo_open_again(&beside->repo, build->repo, err) < 0)
		return -1;
	beside->work = sb_make_dirs_at(build->work, FOLDER, 0755, err);
	beside->said = memfd_create("collectstatic", MFD_CLOEXEC);
	if (beside->work < 0 || beside->said < 0 || pipe2(beside->ends, O_CLOEXEC) < 0)
		return -1;
	beside->path = sb_xasprintf("%s/" FOLDER, build->work_path);
	beside->log = *build->log; /* borrows what is masked */
	beside->log.fd = -1;
	beside->log.file = beside->said;
	beside->log.tail = NULL;
	beside->own = *build;
	beside->own.repo = &beside->repo;
	beside->own.work = beside->work;
	beside->own.work_path = beside->path;
	beside->own.log = &beside->log;
	beside->own.stop = &beside->stop;
	return 0;
}

void sb_beside_begin(struct sb_beside *beside, struct sb_build *build, bool now)
{
	struct sb_error unseen = { 0 };

	beside->build = build;
	beside->step = sb_timing_begin(build->timings, "collectstatic");
	if (!now)
		return;
	sb_box_works(build->settings, NULL); /* found out once, and here */
	if (prepare(beside, &unseen) == 0)
		beside->threaded = sb_thread_start(&beside->thread, run, beside);
}

/* What it has said by now, whole lines of it. */
static void show(struct sb_beside *beside)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(SAID_MAX);
	char part[16384];
	ssize_t n;

	while ((n = pread(beside->said, part, sizeof(part), (off_t)(beside->shown + text.n))) > 0 && !text.full)
		sb_buffer_add(&text, (struct sb_span) { part, (size_t)n });
	while (text.n && text.p[text.n - 1] != '\n')
		text.n--;
	beside->shown += text.n;
	sb_log_replay(beside->build->log, sb_buffer_span(&text));
}

static void follow(struct sb_beside *beside)
{
	struct pollfd over = { .fd = beside->ends[0], .events = POLLIN };

	do {
		show(beside);
		sb_log_tick(beside->build->log);
		(void)sb_cancel_asked(); /* for the thread, whose child hears of it then */
	} while (poll(&over, 1, LOOK_MS) <= 0);
	pthread_join(beside->thread, NULL);
	beside->threaded = false;
	show(beside);
}

int sb_beside_end(struct sb_beside *beside, struct sb_error *err)
{
	struct sb_build *build = beside->build, *own = &beside->own;

	if (!beside->threaded)
		return collect(build, beside->step, err);
	follow(beside);
	build->static_path = own->static_path;
	build->static_root = own->static_root;
	build->static_note = own->static_note;
	build->static_reused = own->static_reused;
	memcpy(build->static_key, own->static_key, sizeof(build->static_key));
	if (beside->result < 0)
		*err = beside->err;
	return beside->result;
}

static void drop(struct sb_build *own)
{
	free(own->static_path);
	free(own->static_root);
	free(own->static_note);
}

void sb_beside_release(struct sb_beside *beside)
{
	atomic_store(&beside->stop, true);
	if (beside->threaded) {
		pthread_join(beside->thread, NULL);
		drop(&beside->own);
	}
	sb_repo_release(&beside->repo);
	sb_autoclose(&beside->work);
	sb_autoclose(&beside->said);
	sb_autoclose(&beside->ends[0]);
	sb_autoclose(&beside->ends[1]);
	free(beside->path);
}
