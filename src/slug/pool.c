#include "base/base.h"
#include "slug/gzip.h"
#include "slug/pool.h"
#include "sys/child.h"
#include "sys/files.h"
#include "sys/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS_MAX 8

struct sb_pool_job {
	struct sb_pool_piece *piece;
	struct sb_pool_job *next;
	size_t number; /* of the member in its piece */
	bool last;
	size_t n;
	char raw[SB_MEMBER_BYTES];
};

/* What the threads share; the lock covers all of it, and each piece's `written` and `reused`. */
struct sb_pool_works {
	pthread_mutex_t lock;
	pthread_cond_t has_job, has_room, turn;
	pthread_t thread[THREADS_MAX];
	unsigned threads;
	struct sb_pool_job *first, **last; /* full buffers, in the order they were filled */
	struct sb_pool_job *empty;
	unsigned buffers; /* made so far */
	bool closing, failed;
	struct sb_error err; /* the first one */
	const struct sb_piece_store *store;
	atomic_uint made; /* numbers temporary names */
};

static void report(struct sb_pool_works *w, const struct sb_error *err)
{
	pthread_mutex_lock(&w->lock);
	if (!w->failed)
		w->err = *err;
	w->failed = true;
	pthread_cond_broadcast(&w->turn);
	pthread_cond_broadcast(&w->has_room);
	pthread_mutex_unlock(&w->lock);
}

/* One thread's way with one job. */

static int open_piece(struct sb_pool_works *w, struct sb_pool_piece *p, struct sb_error *err)
{
	p->tmp = sb_xasprintf(".tmp-%d-%lx-%u", (int)getpid(), (unsigned long)(uintptr_t)w,
			      atomic_fetch_add(&w->made, 1));
	p->fd = openat(w->store->dir, p->tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		       0640);
	return p->fd < 0 ? sb_fail_sys(err, "make %s/%s", w->store->path, p->tmp) : 0;
}

/* Its last member is written: the piece gets its name, its own digest. */
static int close_piece(struct sb_pool_works *w, struct sb_pool_piece *p, struct sb_error *err)
{
	int fd = SB_STEAL_FD(p->fd);

	if (close(fd) < 0)
		return sb_fail_sys(err, "write %s/%s", w->store->path, p->tmp);
	sb_sha256_finish(&p->hash, p->piece.sha256);

	SB_AUTO_FREE char *name = sb_piece_place(w->store, p->piece.sha256, ".gz", err);

	if (!name)
		return -1;
	/* Also over one that is there: after a power cut that one may be short. */
	if (renameat(w->store->dir, p->tmp, w->store->dir, name) < 0)
		return sb_fail_sys(err, "make %s/%s", w->store->path, name);
	free(SB_STEAL(p->tmp));
	p->piece.path = sb_xasprintf("%s/%s", w->store->path, name);
	return 0;
}

/* Whether the raw bytes of a piece were compressed before. */
static bool known(struct sb_pool_works *w, const struct sb_pool_job *job)
{
	struct sb_pool_piece *p = job->piece;
	SB_AUTO(sb_pieces) found = { 0 };
	struct sb_sha256 hash = { 0 };

	if (!p->by_content || job->number || !job->last)
		return false;
	sb_sha256_add(&hash, (struct sb_span) { job->raw, job->n });
	sb_pool_content_key(w->store, &hash, p->memo);
	if (!sb_recipe_find(&found, w->store, p->memo) || found.n != 1)
		return false;

	int64_t files = p->piece.files, unpacked = p->piece.unpacked;

	p->piece = SB_STEAL(found.item[0]);
	p->piece.files = files;
	p->piece.unpacked = unpacked;
	p->reused = true;
	return true;
}

static int write_member(struct sb_pool_works *w, const struct sb_pool_job *job,
			struct sb_span member, struct sb_error *err)
{
	struct sb_pool_piece *p = job->piece;

	if (job->number == 0 && open_piece(w, p, err) < 0)
		return -1;
	if (sb_write_all(p->fd, member, err) < 0)
		return -1;
	sb_sha256_add(&p->hash, member);
	p->piece.size += (int64_t)member.n;
	p->piece.raw += (int64_t)job->n;
	return job->last ? close_piece(w, p, err) : 0;
}

/* Members of one piece are compressed at the same time and written in turn. */
static bool wait_turn(struct sb_pool_works *w, const struct sb_pool_job *job)
{
	pthread_mutex_lock(&w->lock);
	while (!w->failed && job->piece->written != job->number)
		pthread_cond_wait(&w->turn, &w->lock);
	bool go = !w->failed;

	pthread_mutex_unlock(&w->lock);
	return go;
}

static bool has_failed(struct sb_pool_works *w)
{
	pthread_mutex_lock(&w->lock);
	bool failed = w->failed;

	pthread_mutex_unlock(&w->lock);
	return failed;
}

static void do_job(struct sb_pool_works *w, struct sb_gzip *gz, struct sb_buffer *out,
		   const struct sb_pool_job *job)
{
	struct sb_error err = { 0 };

	if (has_failed(w) || known(w, job))
		return;
	sb_buffer_clear(out);
	sb_gzip_member(gz, out, (struct sb_span) { job->raw, job->n });
	if (!wait_turn(w, job))
		return;
	if (write_member(w, job, sb_buffer_span(out), &err) < 0) {
		report(w, &err);
		return;
	}
	pthread_mutex_lock(&w->lock);
	job->piece->written++;
	pthread_cond_broadcast(&w->turn);
	pthread_mutex_unlock(&w->lock);
}

static struct sb_pool_job *next_job(struct sb_pool_works *w)
{
	pthread_mutex_lock(&w->lock);
	while (!w->first && !w->closing)
		pthread_cond_wait(&w->has_job, &w->lock);

	struct sb_pool_job *job = w->first;

	if (job) {
		w->first = job->next;
		if (!w->first)
			w->last = &w->first;
	}
	pthread_mutex_unlock(&w->lock);
	return job;
}

static void *work(void *arg)
{
	struct sb_pool_works *w = arg;
	struct sb_gzip *gz = sb_gzip_new(w->store->level);
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(2 * SB_MEMBER_BYTES);
	struct sb_pool_job *job;

	while ((job = next_job(w))) {
		do_job(w, gz, &out, job);
		pthread_mutex_lock(&w->lock);
		job->next = w->empty;
		w->empty = job;
		pthread_cond_signal(&w->has_room);
		pthread_mutex_unlock(&w->lock);
	}
	sb_gzip_free(gz);
	return NULL;
}

/* The producer's side. */

void sb_pool_open(struct sb_pool *pool, const struct sb_piece_store *store)
{
	struct sb_pool_works *w = sb_xcalloc(1, sizeof(*w));

	*pool = (struct sb_pool) { .store = *store, .works = w };
	w->threads = store->threads ? store->threads : sb_processors();
	if (w->threads > THREADS_MAX)
		w->threads = THREADS_MAX;
	w->last = &w->first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->has_job, NULL);
	pthread_cond_init(&w->has_room, NULL);
	pthread_cond_init(&w->turn, NULL);
}

/* Threads are started by the first job: a layer that is reused whole needs none. */
static void start(struct sb_pool *pool)
{
	struct sb_pool_works *w = pool->works;
	unsigned wanted = w->threads;

	w->store = &pool->store;
	for (w->threads = 0; w->threads < wanted; w->threads++)
		if (!sb_thread_start(&w->thread[w->threads], work, w))
			break;
	if (!w->threads) {
		fputs("slugbuild: no thread can be started\n", stderr);
		exit(4);
	}
}

static struct sb_pool_job *take_empty(struct sb_pool *pool)
{
	struct sb_pool_works *w = pool->works;

	if (!w->store)
		start(pool);
	pthread_mutex_lock(&w->lock);
	while (!w->empty && w->buffers == w->threads + 2)
		pthread_cond_wait(&w->has_room, &w->lock);

	struct sb_pool_job *job = w->empty;

	if (job)
		w->empty = job->next;
	else
		w->buffers++;
	pthread_mutex_unlock(&w->lock);
	if (!job)
		job = sb_xrealloc(NULL, 1, sizeof(*job));
	job->n = 0;
	job->next = NULL;
	job->last = false;
	return job;
}

static void submit(struct sb_pool *pool, bool last)
{
	struct sb_pool_works *w = pool->works;
	struct sb_pool_job *job = SB_STEAL(pool->filling);
	struct sb_error err = { 0 };

	if (sb_cancel_asked()) {
		(void)sb_fail(&err, SB_ECANCEL, "cancelled: %s", sb_cancel_asked());
		report(w, &err);
	}
	job->last = last;
	job->number = job->piece->chunks++;
	pthread_mutex_lock(&w->lock);
	*w->last = job;
	w->last = &job->next;
	pthread_cond_signal(&w->has_job);
	pthread_mutex_unlock(&w->lock);
}

size_t sb_pool_begin(struct sb_pool *pool, const char *memo)
{
	struct sb_pool_piece *p = sb_xcalloc(1, sizeof(*p));

	p->fd = -1;
	if (memo)
		sb_span_copy(p->memo, sizeof(p->memo), sb_span_of(memo));
	sb_grow(&pool->piece, pool->n, sizeof(struct sb_pool_piece *));
	pool->piece[pool->n] = p;
	pool->filling = take_empty(pool);
	pool->filling->piece = p;
	return pool->n++;
}

size_t sb_pool_begin_by_content(struct sb_pool *pool)
{
	size_t id = sb_pool_begin(pool, NULL);

	pool->piece[id]->by_content = true;
	return id;
}

void sb_pool_add(struct sb_pool *pool, struct sb_span bytes)
{
	while (bytes.n) {
		struct sb_pool_job *job = pool->filling;
		size_t n = sizeof(job->raw) - job->n;

		if (!n) {
			struct sb_pool_piece *p = job->piece;

			submit(pool, false);
			pool->filling = take_empty(pool);
			pool->filling->piece = p;
			continue;
		}
		n = n < bytes.n ? n : bytes.n;
		memcpy(job->raw + job->n, bytes.p, n);
		job->n += n;
		bytes.p += n;
		bytes.n -= n;
	}
}

void sb_pool_end(struct sb_pool *pool, int64_t files, int64_t unpacked)
{
	struct sb_piece *piece = &pool->filling->piece->piece;

	piece->files = files;
	piece->unpacked = unpacked;
	submit(pool, true);
}

bool sb_pool_failed(struct sb_pool *pool)
{
	struct sb_error stopped = { 0 };

	if (pool->store.stop && atomic_load(pool->store.stop)) {
		sb_fail(&stopped, SB_ECANCEL, "stopped: nobody wants it any more");
		report(pool->works, &stopped);
	}
	return has_failed(pool->works);
}

static void join(struct sb_pool_works *w)
{
	if (!w->store || w->closing)
		return;
	pthread_mutex_lock(&w->lock);
	w->closing = true;
	pthread_cond_broadcast(&w->has_job);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->threads; i++)
		pthread_join(w->thread[i], NULL);
}

int sb_pool_finish(struct sb_pool *pool, struct sb_error *err)
{
	join(pool->works);
	if (pool->works->failed) {
		*err = pool->works->err;
		return -1;
	}
	return sb_pool_keep(pool, err);
}

static void free_piece(struct sb_pool *pool, struct sb_pool_piece *p)
{
	if (p->tmp)
		unlinkat(pool->store.dir, p->tmp, 0);
	if (p->fd >= 0)
		close(p->fd);
	sb_sha256_release(&p->hash);
	sb_piece_release(&p->piece);
	free(p->tmp);
	free(p);
}

static void free_jobs(struct sb_pool_job *job)
{
	while (job) {
		struct sb_pool_job *next = job->next;

		free(job);
		job = next;
	}
}

void sb_pool_release(struct sb_pool *pool)
{
	struct sb_pool_works *w = pool->works;

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->failed = w->failed || !w->closing; /* what waits for a turn that never comes */
	pthread_cond_broadcast(&w->turn);
	pthread_mutex_unlock(&w->lock);
	join(w);
	free_jobs(w->first);
	free_jobs(w->empty);
	free_jobs(pool->filling);
	for (size_t i = 0; i < pool->n; i++)
		free_piece(pool, pool->piece[i]);
	for (size_t i = 0; i < pool->recipes; i++)
		sb_ids_release(&pool->recipe[i].ids);
	free(pool->piece);
	free(pool->recipe);
	free(w);
	*pool = (struct sb_pool) { 0 };
}
