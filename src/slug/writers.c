#include "base/base.h"
#include "slug/writers.h"
#include "sys/files.h"
#include "sys/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS_MAX 4
#define LOADS (THREADS_MAX + 2)
#define LOAD_BYTES (512 << 10)
#define LOAD_FILES 64

struct file {
	char *path;  /* owned */
	size_t name; /* where the name begins in it */
	struct sb_slug_entry entry;
};

struct load {
	struct load *next;
	struct sb_held *folder;
	struct file file[LOAD_FILES];
	size_t files, n;
	char bytes[LOAD_BYTES];
};

/* The lock covers all but the loads, each of which one thread has. */
struct sb_writers {
	pthread_mutex_t lock;
	pthread_cond_t has_load, has_room;
	pthread_t thread[THREADS_MAX];
	unsigned threads;
	struct load *first, **last, *empty;
	unsigned loads;
	struct load *filling; /* the reader's */
	bool closing, failed;
	struct sb_error err; /* the first one */
};

/* ---- folders that are held ---- */

struct sb_held *sb_held_new(int fd)
{
	struct sb_held *held = sb_xcalloc(1, sizeof(*held));

	*held = (struct sb_held){ fd, 1 };
	return held;
}

void sb_held_drop(struct sb_held *held)
{
	if (!held || __atomic_sub_fetch(&held->users, 1, __ATOMIC_ACQ_REL))
		return;
	sb_autoclose(&held->fd);
	free(held);
}

/* ---- one file ---- */

int sb_entry_make_way(int at, const char *name, const char *path, struct sb_error *err)
{
	if (unlinkat(at, name, 0) < 0 && errno != ENOENT)
		return sb_fail_sys(err, "replace %s", path);
	return 0;
}

int sb_entry_create(int at, const char *name, const struct sb_slug_entry *entry, struct sb_error *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(at, name, flags, 0600);

	if (fd < 0 && errno == EEXIST) {
		if (sb_entry_make_way(at, name, entry->path, err) < 0)
			return -1;
		fd = openat(at, name, flags, 0600);
	}
	return fd < 0 ? sb_fail_sys(err, "make %s", entry->path) : fd;
}

int sb_entry_close(int fd, const struct sb_slug_entry *entry, struct sb_error *err)
{
	const struct timespec times[2] = { { .tv_sec = entry->mtime }, { .tv_sec = entry->mtime } };
	SB_AUTO_CLOSE int own = fd;

	if (fchmod(own, entry->mode & 0111 ? 0755 : 0644) < 0 || futimens(own, times) < 0)
		return sb_fail_sys(err, "make %s", entry->path);
	return close(SB_STEAL_FD(own)) < 0 ? sb_fail_sys(err, "write %s", entry->path) : 0;
}

static int write_file(int at, const char *name, const struct sb_slug_entry *entry, const char *bytes,
		      struct sb_error *err)
{
	SB_AUTO_CLOSE int fd = sb_entry_create(at, name, entry, err);

	if (fd < 0)
		return -1;
	if (sb_write_all(fd, (struct sb_span){ bytes, (size_t)entry->size }, err) < 0)
		return sb_wrap(err, "write %s", entry->path);
	return sb_entry_close(SB_STEAL_FD(fd), entry, err);
}

/* ---- the threads ---- */

static void empty_load(struct load *load)
{
	for (size_t i = 0; i < load->files; i++)
		free(load->file[i].path);
	sb_held_drop(load->folder);
	load->folder = NULL;
	load->files = load->n = 0;
}

static int write_load(struct load *load, struct sb_error *err)
{
	const char *bytes = load->bytes;

	for (size_t i = 0; i < load->files; i++) {
		const struct file *file = &load->file[i];

		if (write_file(load->folder->fd, file->path + file->name, &file->entry, bytes, err) < 0)
			return -1;
		bytes += file->entry.size;
	}
	return 0;
}

static struct load *next_load(struct sb_writers *w)
{
	pthread_mutex_lock(&w->lock);
	while (!w->first && !w->closing)
		pthread_cond_wait(&w->has_load, &w->lock);

	struct load *load = w->first;

	if (load) {
		w->first = load->next;
		if (!w->first)
			w->last = &w->first;
	}
	pthread_mutex_unlock(&w->lock);
	return load;
}

static void give_back(struct sb_writers *w, struct load *load)
{
	pthread_mutex_lock(&w->lock);
	load->next = w->empty;
	w->empty = load;
	pthread_cond_signal(&w->has_room);
	pthread_mutex_unlock(&w->lock);
}

bool sb_writers_failed(struct sb_writers *w)
{
	pthread_mutex_lock(&w->lock);
	bool failed = w->failed;

	pthread_mutex_unlock(&w->lock);
	return failed;
}

static void *work(void *arg)
{
	struct sb_writers *w = arg;
	struct load *load;

	while ((load = next_load(w))) {
		struct sb_error err = { 0 };

		if (!sb_writers_failed(w) && write_load(load, &err) < 0) {
			pthread_mutex_lock(&w->lock);
			if (!w->failed)
				w->err = err;
			w->failed = true;
			pthread_mutex_unlock(&w->lock);
		}
		empty_load(load);
		give_back(w, load);
	}
	return NULL;
}

/* ---- the reader's side ---- */

struct sb_writers *sb_writers_start(void)
{
	unsigned wanted = sb_processors();

	if (wanted < 2)
		return NULL;

	struct sb_writers *w = sb_xcalloc(1, sizeof(*w));

	w->last = &w->first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->has_load, NULL);
	pthread_cond_init(&w->has_room, NULL);
	while (w->threads < wanted && w->threads < THREADS_MAX &&
	       sb_thread_start(&w->thread[w->threads], work, w))
		w->threads++;
	if (!w->threads)
		free(SB_STEAL(w));
	return w;
}

static void submit(struct sb_writers *w)
{
	struct load *load = SB_STEAL(w->filling);

	if (!load)
		return;
	load->next = NULL;
	pthread_mutex_lock(&w->lock);
	*w->last = load;
	w->last = &load->next;
	pthread_cond_signal(&w->has_load);
	pthread_mutex_unlock(&w->lock);
}

static struct load *take_empty(struct sb_writers *w)
{
	pthread_mutex_lock(&w->lock);
	while (!w->empty && w->loads == LOADS)
		pthread_cond_wait(&w->has_room, &w->lock);

	struct load *load = w->empty;

	if (load)
		w->empty = load->next;
	else
		w->loads++;
	pthread_mutex_unlock(&w->lock);
	if (!load) {
		load = sb_xrealloc(NULL, 1, sizeof(*load));
		load->files = load->n = 0;
		load->folder = NULL;
	}
	return load;
}

char *sb_writers_room(struct sb_writers *w, struct sb_held *folder, int64_t size)
{
	struct load *load = w->filling;

	if (size < 0 || size > LOAD_BYTES)
		return NULL;
	if (load && (load->folder != folder || load->files == LOAD_FILES ||
		     load->n + (size_t)size > LOAD_BYTES)) {
		submit(w);
		load = NULL;
	}
	if (!load) {
		load = w->filling = take_empty(w);
		load->folder = folder;
		__atomic_add_fetch(&folder->users, 1, __ATOMIC_ACQ_REL);
	}
	return load->bytes + load->n;
}

void sb_writers_take(struct sb_writers *w, const char *name, const struct sb_slug_entry *entry)
{
	struct load *load = w->filling;
	struct file *file = &load->file[load->files++];

	*file = (struct file){ sb_xstrdup(entry->path), (size_t)(name - entry->path), *entry };
	file->entry.path = file->path;
	load->n += (size_t)entry->size;
}

static void free_loads(struct load *load)
{
	while (load) {
		struct load *next = load->next;

		empty_load(load);
		free(load);
		load = next;
	}
}

int sb_writers_finish(struct sb_writers *w, struct sb_error *err)
{
	if (!w)
		return 0;
	submit(w);
	pthread_mutex_lock(&w->lock);
	w->closing = true;
	pthread_cond_broadcast(&w->has_load);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->threads; i++)
		pthread_join(w->thread[i], NULL);

	int done = w->failed ? -1 : 0;

	if (done < 0)
		*err = w->err;
	free_loads(w->empty);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->has_load);
	pthread_cond_destroy(&w->has_room);
	free(w);
	return done;
}

void sb_writers_drop(struct sb_writers *w)
{
	struct sb_error unseen = { 0 };

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->failed = true;
	pthread_mutex_unlock(&w->lock);
	(void)!sb_writers_finish(w, &unseen);
}
