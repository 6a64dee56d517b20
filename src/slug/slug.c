#include "base/base.h"
#include "slug/gzip.h"
#include "slug/slug.h"
#include "slug/largest.h"
#include "sys/child.h"
#include "sys/files.h"
#include "sys/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The file is copied together by the kernel; its digest is made beside it, by a thread that reads
 * the same pieces. The two meet at the end.
 */
#define READ_BYTES (256 << 10)
#define WRITE_BYTES (8 << 20)

struct copy {
	int to;
	int64_t at, begun; /* bytes that are there, and those of them that are on their way to the disk */
};

struct digest {
	const struct sb_layer *layers;
	size_t n;
	char hex[SB_DIGEST_HEX];
	bool failed;
	struct sb_error err;
};

static int open_piece(const struct sb_piece *piece, struct sb_error *err)
{
	SB_AUTO_CLOSE int fd = open(piece->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return sb_fail_sys(err, "open %s", piece->path);
	if (fstat(fd, &st) < 0 || st.st_size != piece->size)
		return sb_fail(err, SB_ESYS, "%s has another size than it had", piece->path);
	return SB_STEAL_FD(fd);
}

static int hash_piece(struct sb_sha256 *hash, const struct sb_piece *piece, char *room,
		      struct sb_error *err)
{
	SB_AUTO_CLOSE int fd = open_piece(piece, err);
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, room, READ_BYTES)) > 0)
		sb_sha256_add(hash, (struct sb_span) { room, (size_t)n });
	return n < 0 ? sb_fail_sys(err, "read %s", piece->path) : 0;
}

static void *make_digest(void *arg)
{
	struct digest *d = arg;
	struct sb_sha256 hash = { 0 };
	SB_AUTO_FREE char *room = sb_xcalloc(1, READ_BYTES);

	for (size_t i = 0; i < d->n; i++)
		for (size_t j = 0; j < d->layers[i].n && !d->failed; j++)
			d->failed = hash_piece(&hash, &d->layers[i].piece[j], room, &d->err) < 0;
	sb_sha256_add(&hash, sb_gzip_end());
	sb_sha256_finish(&hash, d->hex);
	return NULL;
}

/* The disk begins with what is there, instead of with all of it at the end. It syncs nothing. */
static void begin_writing(struct copy *copy)
{
	if (copy->at - copy->begun < WRITE_BYTES)
		return;
	(void)sync_file_range(copy->to, copy->begun, copy->at - copy->begun, SYNC_FILE_RANGE_WRITE);
	copy->begun = copy->at;
}

static int copy_layer(struct copy *copy, const struct sb_layer *layer, struct sb_error *err)
{
	for (size_t i = 0; i < layer->n; i++) {
		SB_AUTO_CLOSE int fd = open_piece(&layer->piece[i], err);

		if (sb_cancel_asked())
			return sb_fail(err, SB_ECANCEL, "cancelled: %s", sb_cancel_asked());
		if (fd < 0 || sb_copy_bytes(copy->to, fd, layer->piece[i].size, err) < 0)
			return -1;
		copy->at += layer->piece[i].size;
		begin_writing(copy);
	}
	return 0;
}

static int copy_layers(int to, const struct sb_layer *layers, size_t n, struct sb_error *err)
{
	struct copy copy = { .to = to };

	for (size_t i = 0; i < n; i++)
		if (copy_layer(&copy, &layers[i], err) < 0)
			return sb_wrap(err, "write layer %s", layers[i].name);
	return sb_write_all(to, sb_gzip_end(), err);
}

static int copy_and_hash(int to, struct digest *d, struct sb_error *err)
{
	pthread_t thread;
	bool beside = sb_thread_start(&thread, make_digest, d);
	int copied = copy_layers(to, d->layers, d->n, err);

	if (beside)
		pthread_join(thread, NULL);
	else
		make_digest(d);
	if (copied < 0)
		return -1;
	if (d->failed)
		*err = d->err;
	return d->failed ? -1 : 0;
}

static int check_size(const struct sb_slug *slug, const struct sb_layer *layers, size_t n,
		      const struct sb_settings *settings, struct sb_error *err)
{
	SB_AUTO_FREE char *largest = NULL;

	if (slug->size <= settings->slug_bytes)
		return 0;
	largest = sb_largest_paths(layers, n);
	sb_fail(err, SB_ELIMIT, "the slug has %.1f MiB, the limit is %.1f MiB",
		(double)slug->size / (1 << 20), (double)settings->slug_bytes / (1 << 20));
	sb_error_fix(err,
		     "%s"
		     "list what the app does not need in .slugignore, or raise slugbuild.slugLimit",
		     largest);
	return -1;
}

int sb_slug_write(struct sb_slug *out, const struct sb_layer *layers, size_t n, int dir,
		  const char *name, const struct sb_settings *settings, struct sb_error *err)
{
	SB_AUTO(sb_newfile) file = SB_NEWFILE_INIT;
	struct sb_slug made = { .size = (int64_t)sb_gzip_end().n };
	struct digest digest = { .layers = layers, .n = n };

	for (size_t i = 0; i < n; i++) {
		made.size += layers[i].size;
		made.files += layers[i].files;
		made.unpacked += layers[i].unpacked;
	}
	if (check_size(&made, layers, n, settings, err) < 0)
		return -1;
	if (sb_newfile_open(&file, dir, name, 0640, err) < 0 ||
	    copy_and_hash(file.fd, &digest, err) < 0 || sb_newfile_finish(&file, err) < 0)
		return -1;
	memcpy(made.sha256, digest.hex, sizeof(made.sha256));
	*out = made;
	return 0;
}

void sb_slug_release(struct sb_slug *slug)
{
	*slug = (struct sb_slug) { 0 };
}
