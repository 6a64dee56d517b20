#include "base/base.h"
#include "source/loose_nodes.h"
#include "source/name.h"

#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sb_loose *sb_loose_begin(const struct sb_settings *settings, size_t id_digits)
{
	struct sb_loose *loose = sb_xcalloc(1, sizeof(*loose));
	struct sb_loose_node *root = sb_xcalloc(1, sizeof(*root));

	*loose = (struct sb_loose) { .dir = -1,
				     .spool = -1,
				     .id_digits = id_digits,
				     .max_files = settings->max_files,
				     .max_depth = settings->max_depth,
				     .max_blob = settings->max_blob };
	root->kind = SB_DIR;
	root->id = 1;
	root->name = sb_xstrdup("");
	sb_grow(&loose->node, 0, sizeof(struct sb_loose_node *));
	loose->node[loose->n++] = root;
	return loose;
}

static int by_folder_and_name(const void *a, const void *b)
{
	const struct sb_loose_node *x = a, *y = b;

	if (x->above != y->above)
		return x->above->id < y->above->id ? -1 : 1;
	return strcmp(x->name, y->name);
}

struct sb_loose_node *sb_loose_node_find(struct sb_loose *loose, struct sb_loose_node *above,
					 struct sb_span name)
{
	SB_AUTO_FREE char *text = sb_span_dup(name);
	struct sb_loose_node wanted = { .above = above, .name = text };
	void *found = tfind(&wanted, &loose->names, by_folder_and_name);

	return found ? *(struct sb_loose_node **)found : NULL;
}

char *sb_loose_node_path(const struct sb_loose_node *node)
{
	if (!node->above)
		return sb_xstrdup("");
	if (!node->above->above)
		return sb_xstrdup(node->name);
	SB_AUTO_FREE char *above = sb_loose_node_path(node->above);

	return sb_xasprintf("%s/%s", above, node->name);
}

/* What is wrong with one more name there, or NULL. */
static char *fault_of(struct sb_loose *loose, const struct sb_loose_node *above, struct sb_span name,
		      const char *path)
{
	const char *fault = sb_name_fault(name);

	if (fault)
		return sb_xasprintf("the name \"%s\" %s", path, fault);
	if (strlen(path) > SB_PATH_MAX)
		return sb_xasprintf("\"%.80s…\": the path has more than %d bytes", path, SB_PATH_MAX);
	if (loose->max_files > 0 && (int64_t)loose->n > loose->max_files)
		return sb_xasprintf("\"%s\": more files and folders than may be; the limit is %lld",
				    path, (long long)loose->max_files);
	if (loose->max_depth > 0 && (int64_t)above->depth >= loose->max_depth)
		return sb_xasprintf("\"%s\": too many folders in folders; the limit is %lld", path,
				    (long long)loose->max_depth);
	return NULL;
}

struct sb_loose_node *sb_loose_node_add(struct sb_loose *loose, struct sb_loose_node *above,
					struct sb_span name, enum sb_kind kind, struct sb_error *err)
{
	SB_AUTO_FREE char *text = sb_span_dup(name);
	SB_AUTO_FREE char *folder = sb_loose_node_path(above);
	SB_AUTO_FREE char *path = sb_xasprintf("%s%s%s", folder, *folder ? "/" : "", text);
	SB_AUTO_FREE char *fault = fault_of(loose, above, name, path);
	struct sb_loose_node *node;

	if (fault) {
		(void)!sb_fail(err, sb_name_fault(name) ? SB_EINPUT : SB_ELIMIT, "%s", fault);
		return NULL;
	}
	node = sb_xcalloc(1, sizeof(*node));
	*node = (struct sb_loose_node) { .above = above,
					 .name = SB_STEAL(text),
					 .kind = kind,
					 .id = loose->n + 1,
					 .depth = above->depth + 1 };
	if (*(struct sb_loose_node **)tsearch(node, &loose->names, by_folder_and_name) != node) {
		(void)!sb_fail(err, SB_EINPUT, "\"%s\" stands twice", path);
		free(node->name);
		free(node);
		return NULL;
	}
	sb_grow(&loose->node, loose->n, sizeof(struct sb_loose_node *));
	loose->node[loose->n++] = node;
	sb_grow(&above->child, above->n, sizeof(struct sb_loose_node *));
	above->child[above->n++] = node;
	return node;
}

bool sb_loose_skips(const char *path)
{
	struct sb_span rest = sb_span_of(path), name;

	while (sb_span_cut(&rest, '/', &name))
		if (sb_span_is(name, ".git"))
			return true;
	return sb_span_is(rest, ".git");
}

/* The folder that a path lies in, made where it is missing; `rest` is left with the last name. */
static struct sb_loose_node *folder_of(struct sb_loose *loose, struct sb_span *rest,
				       struct sb_error *err)
{
	struct sb_loose_node *at = loose->node[0], *next;
	struct sb_span name;

	while (sb_span_cut(rest, '/', &name)) {
		next = sb_loose_node_find(loose, at, name);
		if (!next)
			next = sb_loose_node_add(loose, at, name, SB_DIR, err);
		if (!next)
			return NULL;
		if (next->kind != SB_DIR) {
			SB_AUTO_FREE char *path = sb_loose_node_path(next);

			(void)!sb_fail(err, SB_EINPUT, "\"%s\" is no folder, and has files below it",
				       path);
			return NULL;
		}
		at = next;
	}
	return at;
}

int sb_loose_add(struct sb_loose *loose, const struct sb_loose_file *file, struct sb_error *err)
{
	struct sb_span rest = sb_span_of(file->path);
	struct sb_loose_node *above, *node;

	if (file->size > loose->max_blob && loose->max_blob > 0)
		return sb_fail(err, SB_ELIMIT, "\"%s\" has %lld bytes; the limit is %lld", file->path,
			       (long long)file->size, (long long)loose->max_blob);
	above = folder_of(loose, &rest, err);
	if (!above)
		return -1;
	node = sb_loose_node_find(loose, above, rest);
	if (node && node->kind == SB_DIR && file->kind == SB_DIR)
		return 0;
	node = sb_loose_node_add(loose, above, rest, file->kind, err);
	if (!node)
		return -1;
	node->oid = file->oid ? sb_xstrdup(file->oid) : NULL;
	node->link = file->link ? sb_xstrdup(file->link) : NULL;
	node->at = file->at;
	node->size = file->link ? (int64_t)strlen(file->link) : file->size;
	return 0;
}

bool sb_loose_find(struct sb_loose *loose, const char *path, struct sb_loose_file *out)
{
	struct sb_loose_node *at = loose->node[0];
	struct sb_span rest = sb_span_of(path), name;

	while (at && sb_span_cut(&rest, '/', &name))
		at = sb_loose_node_find(loose, at, name);
	at = at ? sb_loose_node_find(loose, at, rest) : NULL;
	if (!at || (at->kind != SB_FILE && at->kind != SB_PROGRAM) || at->oid)
		return false;
	*out = (struct sb_loose_file) { .kind = at->kind, .at = at->at, .size = at->size };
	return true;
}

/* A file that no name leads to: gone with the last descriptor. */
int sb_loose_spool(struct sb_loose *loose, struct sb_error *err)
{
	const char *folder = getenv("TMPDIR");

	if (loose->spool >= 0)
		return loose->spool;
	folder = folder && *folder == '/' ? folder : "/tmp";
	SB_AUTO_FREE char *name = sb_xasprintf("%s/slugbuild-XXXXXX", folder);

	loose->spool = mkostemp(name, O_CLOEXEC);
	if (loose->spool < 0)
		return sb_fail_sys(err, "a file in %s", folder);
	if (unlink(name) < 0)
		return sb_fail_sys(err, "remove %s", name);
	return loose->spool;
}

static void keep_node(void *node)
{
	(void)node; /* the list owns it */
}

void sb_loose_free(struct sb_loose *loose)
{
	if (!loose)
		return;
	tdestroy(loose->names, keep_node);
	for (size_t i = 0; i < loose->n; i++) {
		free(loose->node[i]->name);
		free(loose->node[i]->oid);
		free(loose->node[i]->link);
		free(loose->node[i]->child);
		free(loose->node[i]);
	}
	free(loose->node);
	sb_autoclose(&loose->dir);
	sb_autoclose(&loose->spool);
	sb_repo_release(&loose->base);
	free(loose);
}
