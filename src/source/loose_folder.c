#include "base/base.h"
#include "source/loose_nodes.h"
#include "sys/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_link(struct sb_loose_node *node, int dir, struct sb_error *err)
{
	char target[SB_LINK_MAX + 2];
	ssize_t n = readlinkat(dir, node->name, target, sizeof(target) - 1);

	if (n < 0)
		return sb_fail_sys(err, "read the symlink %s", node->name);
	target[n] = '\0';
	node->link = sb_xstrdup(target);
	node->size = n;
	return 0;
}

/* One name of a folder; what git would not store is not there. */
static int take(struct sb_loose *loose, struct sb_loose_node *above, int dir, const char *name,
		struct sb_error *err)
{
	struct sb_loose_node *node;
	struct stat st;
	enum sb_kind kind;

	if (sb_loose_skips(name) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; /* or gone since */
	if (S_ISDIR(st.st_mode))
		kind = SB_DIR;
	else if (S_ISLNK(st.st_mode))
		kind = SB_LINK;
	else if (S_ISREG(st.st_mode))
		kind = st.st_mode & 0111 ? SB_PROGRAM : SB_FILE;
	else
		return 0;
	node = sb_loose_node_add(loose, above, sb_span_of(name), kind, err);
	if (!node)
		return -1;
	node->size = kind == SB_DIR ? 0 : st.st_size;
	return kind == SB_LINK ? read_link(node, dir, err) : 0;
}

static int list(struct sb_loose *loose, struct sb_loose_node *folder, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };
	SB_AUTO_FREE char *path = sb_loose_node_path(folder);
	const char *at = *path ? path : ".";
	SB_AUTO_CLOSE int dir = sb_open_beneath(loose->dir, at, O_RDONLY | O_DIRECTORY, 0, err);

	if (dir < 0 || sb_list_dir(&names, dir, ".", err) < 0)
		return sb_wrap(err, "%s", at);
	for (size_t i = 0; i < names.n; i++)
		if (take(loose, folder, dir, names.item[i], err) < 0)
			return -1;
	return 0;
}

int sb_loose_folder(struct sb_repo *out, const char *path, const struct sb_settings *settings,
		    char oid[SB_OID_MAX + 1], struct sb_error *err)
{
	struct sb_loose *loose = sb_loose_begin(settings, 40);
	SB_AUTO_FREE char *real = realpath(path, NULL);

	loose->dir = sb_open_dir(AT_FDCWD, path, err);
	if (loose->dir < 0) {
		sb_loose_free(loose);
		return -1;
	}
	/* The list grows while it is read: folders are behind the one they lie in. */
	for (size_t i = 0; i < loose->n; i++)
		if (loose->node[i]->kind == SB_DIR && list(loose, loose->node[i], err) < 0) {
			sb_loose_free(loose);
			return -1;
		}
	sb_loose_seal(out, loose, NULL, real ? real : path, oid);
	return 0;
}
