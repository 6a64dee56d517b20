#include "base/base.h"
#include "source/backend.h"
#include "source/loose_nodes.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PART 65536 /* bytes read at a time */

/* Ids of ours are numbers: the nodes from 1 on, then the commit. The first digits of all others,
 * which are digests, are not that many zeros. */
#define ZEROS 24

static void id_text(char out[SB_OID_MAX + 1], const struct sb_loose *loose, size_t id)
{
	snprintf(out, SB_OID_MAX + 1, "%0*zx", (int)loose->id_digits, id);
}

/* Whose object it is: 0: the repository's; else the number. */
static size_t ours(const struct sb_loose *loose, const char *hex)
{
	if (strspn(hex, "0") < ZEROS)
		return 0;

	size_t id = strtoul(hex + ZEROS, NULL, 16);

	return id <= loose->n + 1 ? id : 0;
}

static const struct sb_loose_node *node_of(const struct sb_loose *loose, size_t id)
{
	return id <= loose->n ? loose->node[id - 1] : NULL;
}

/* git's order: a folder as if its name ended in '/'. */
static int in_order(const void *a, const void *b)
{
	const struct sb_loose_node *x = *(struct sb_loose_node *const *)a;
	const struct sb_loose_node *y = *(struct sb_loose_node *const *)b;
	size_t i = 0;

	while (x->name[i] && x->name[i] == y->name[i])
		i++;

	unsigned char p = (unsigned char)x->name[i], q = (unsigned char)y->name[i];

	p = !p && x->kind == SB_DIR ? '/' : p;
	q = !q && y->kind == SB_DIR ? '/' : q;
	return p - q;
}

static void add_id(struct sb_buffer *out, const char *hex)
{
	for (; hex[0] && hex[1]; hex += 2) {
		char two[3] = { hex[0], hex[1], '\0' };

		sb_buffer_addc(out, (char)strtoul(two, NULL, 16));
	}
}

/* The folder as git writes a tree object. */
static void write_tree(struct sb_buffer *out, const struct sb_loose *loose,
		       const struct sb_loose_node *node)
{
	static const char *const modes[] = { [SB_FILE] = "100644",
					     [SB_PROGRAM] = "100755",
					     [SB_LINK] = "120000",
					     [SB_DIR] = "40000",
					     [SB_SUBMODULE] = "160000" };

	if (node->n)
		qsort(node->child, node->n, sizeof(struct sb_loose_node *), in_order);
	for (size_t i = 0; i < node->n; i++) {
		const struct sb_loose_node *child = node->child[i];
		char id[SB_OID_MAX + 1];

		id_text(id, loose, child->id);
		sb_buffer_addf(out, "%s %s", modes[child->kind], child->name);
		sb_buffer_addc(out, '\0');
		add_id(out, child->oid ? child->oid : id);
	}
}

static void write_commit(struct sb_buffer *out, const struct sb_loose *loose)
{
	char root[SB_OID_MAX + 1];

	id_text(root, loose, 1);
	sb_buffer_addf(out, "tree %s\nauthor - <> 0 +0000\ncommitter - <> 0 +0000\n\n", root);
}

static void write_object(struct sb_buffer *out, enum sb_object_type *type, const struct sb_loose *loose,
			 size_t id)
{
	const struct sb_loose_node *node = node_of(loose, id);

	*type = !node                  ? SB_OBJECT_COMMIT
		: node->kind == SB_DIR ? SB_OBJECT_TREE
				       : SB_OBJECT_BLOB;
	if (*type == SB_OBJECT_COMMIT)
		write_commit(out, loose);
	else if (*type == SB_OBJECT_TREE)
		write_tree(out, loose, node);
	else if (node->link)
		sb_buffer_adds(out, node->link);
}

static int header(struct sb_repo *repo, const char *hex, enum sb_object_type *type, int64_t *size,
		  struct sb_error *err)
{
	struct sb_loose *loose = repo->git;
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(SB_TREE_BYTES + 1);
	size_t id = ours(loose, hex);

	if (!id)
		return loose->base.git ? loose->base.backend->header(&loose->base, hex, type, size, err)
				       : sb_object_missing(repo, hex, err);
	write_object(&bytes, type, loose, id);
	*size = *type == SB_OBJECT_BLOB ? node_of(loose, id)->size : (int64_t)bytes.n;
	return bytes.full ? sb_fail(err, SB_ELIMIT, "a folder holds too many files") : 0;
}

/* Where a file's bytes are; owned only where it is a folder's. */
static int open_content(const struct sb_loose *loose, const struct sb_loose_node *node, int *own,
			struct sb_error *err)
{
	if (loose->dir < 0)
		return loose->spool;
	SB_AUTO_FREE char *path = sb_loose_node_path(node);

	*own = sb_open_beneath(loose->dir, path, O_RDONLY | O_NONBLOCK, 0, err);
	return *own;
}

/* No more than it had when it was listed. */
static int stream_node(const struct sb_loose *loose, const struct sb_loose_node *node,
		       int (*take)(void *ctx, struct sb_span part, struct sb_error *err), void *ctx,
		       struct sb_error *err)
{
	SB_AUTO_CLOSE int own = -1;
	SB_AUTO_FREE char *part = sb_xcalloc(1, PART);

	if (node->link)
		return take(ctx, sb_span_of(node->link), err);

	int fd = open_content(loose, node, &own, err);

	if (fd < 0)
		return -1;
	for (int64_t done = 0; done < node->size;) {
		int64_t left = node->size - done;
		ssize_t n = pread(fd, part, left < PART ? (size_t)left : PART, node->at + done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sb_fail_sys(err, "read %s", node->name);
		if (!n)
			return 0; /* it was cut meanwhile */
		if (take(ctx, (struct sb_span) { part, (size_t)n }, err) < 0)
			return -1;
		done += n;
	}
	return 0;
}

static int stream(struct sb_repo *repo, const char *hex,
		  int (*take)(void *ctx, struct sb_span part, struct sb_error *err), void *ctx,
		  struct sb_error *err)
{
	struct sb_loose *loose = repo->git;
	size_t id = ours(loose, hex);
	const struct sb_loose_node *node = id ? node_of(loose, id) : NULL;

	if (!id && loose->base.git)
		return loose->base.backend->stream(&loose->base, hex, take, ctx, err);
	if (!node || node->kind == SB_DIR)
		return sb_object_missing(repo, hex, err);
	return stream_node(loose, node, take, ctx, err);
}

static int append(void *ctx, struct sb_span part, SB_UNUSED struct sb_error *err)
{
	sb_buffer_add(ctx, part);
	return 0;
}

static int read_object(struct sb_object **out, struct sb_repo *repo, const char *hex,
		       enum sb_object_type type, size_t max, struct sb_error *err)
{
	struct sb_loose *loose = repo->git;
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(max < SIZE_MAX / 2 ? max + 1 : SIZE_MAX / 2);
	enum sb_object_type found = SB_OBJECT_UNKNOWN;
	size_t id = ours(loose, hex);
	int64_t size = 0;

	if (!id && loose->base.git)
		return loose->base.backend->read(out, &loose->base, hex, type, max, err);
	if (header(repo, hex, &found, &size, err) < 0 ||
	    sb_object_unfit(hex, type, found, size, max, err) < 0)
		return -1;
	if (type != SB_OBJECT_BLOB)
		write_object(&bytes, &found, loose, id);
	else if (stream_node(loose, node_of(loose, id), append, &bytes, err) < 0)
		return -1;

	size_t n = bytes.n;
	char *own = sb_buffer_detach(&bytes);

	*out = sb_object_new((struct sb_span) { own, n }, own, free);
	return 0;
}

static bool descends(SB_UNUSED struct sb_repo *repo, SB_UNUSED const char *hex,
		     SB_UNUSED const char *ancestor)
{
	return false;
}

static int no_history(SB_UNUSED struct sb_repo *repo, SB_UNUSED const char *rev,
		      SB_UNUSED char oid[SB_OID_MAX + 1], struct sb_error *err)
{
	return sb_fail(err, SB_EUSAGE, "there are no revisions where there is no repository");
}

static int no_head(SB_UNUSED struct sb_repo *repo, SB_UNUSED char ref[SB_REF_MAX + 1],
		   struct sb_error *err)
{
	return sb_fail(err, SB_EUSAGE, "there are no branches where there is no repository");
}

static void close_loose(struct sb_repo *repo)
{
	sb_loose_free(repo->git);
}

static const struct sb_backend loose_backend = { .header = header,
						 .read = read_object,
						 .stream = stream,
						 .descends = descends,
						 .resolve = no_history,
						 .ref = no_history,
						 .head = no_head,
						 .close = close_loose };

void sb_loose_seal(struct sb_repo *out, struct sb_loose *loose, struct sb_repo *base, const char *path,
		   char oid[SB_OID_MAX + 1])
{
	id_text(oid, loose, loose->n + 1);
	if (base)
		loose->base = SB_STEAL(*base);
	*out = (struct sb_repo) { .git = loose,
				  .path = sb_xstrdup(path),
				  .common = sb_xstrdup(path),
				  .id_digits = loose->id_digits,
				  .backend = &loose_backend };
}

bool sb_repo_is_loose(const struct sb_repo *repo)
{
	return repo->backend == &loose_backend;
}
