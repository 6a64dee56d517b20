#include "base/base.h"
#include "app/complete.h"
#include "source/command.h"
#include "sys/child.h"
#include "sys/files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GIT_SECONDS 600
#define POINTER_BYTES 1024
#define NAMED_MAX 10

void sb_completed_release(struct sb_completed *completed)
{
	struct sb_error ignored = { 0 };

	sb_repo_release(&completed->repo);
	if (completed->name)
		(void)!sb_remove_tree(completed->tmp, completed->name, &ignored);
	sb_autoclose(&completed->tmp);
	free(completed->name);
	free(completed->path);
	free(completed->git);
	sb_list_release(&completed->env);
	*completed = (struct sb_completed)SB_COMPLETED_INIT;
}

int sb_complete_git(const struct sb_completed *at, struct sb_buffer *out, struct sb_span input,
		    const char *const *words, struct sb_error *err)
{
	SB_AUTO(sb_list) argv = { 0 };
	struct sb_child child = { .env = (const char *const *)at->env.item, .cwd = -1, .input = input,
				  .seconds = GIT_SECONDS, .bytes = 64 << 20 };

	sb_list_add(&argv, at->git);
	sb_list_add_all(&argv, words);
	child.argv = (const char *const *)argv.item;
	sb_buffer_clear(out);
	if (sb_child_capture(&child, out, err) < 0)
		return sb_wrap(err, "git %s", words[0]);
	while (out->n && out->p[out->n - 1] == '\n')
		out->n--;
	return 0;
}

/* Where the pushed objects lie: in a hook the quarantine too. */
static int write_alternates(const struct sb_completed *at, const struct sb_produce *make, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(64 << 10);
	const char *quarantine = make->repo->from_environment ? getenv("GIT_OBJECT_DIRECTORY") : NULL;
	SB_AUTO_FREE char *real = quarantine ? realpath(quarantine, NULL) : NULL;
	SB_AUTO_FREE char *info = sb_xasprintf("%s/objects/info", at->path);
	SB_AUTO_CLOSE int dir = sb_make_dirs(info, 0755, err);

	if (dir < 0)
		return -1;
	if (real)
		sb_buffer_addf(&text, "%s\n", real);
	sb_buffer_addf(&text, "%s/objects\n", make->repo->common);
	return sb_write_file(dir, "alternates", 0644, sb_buffer_span(&text), err);
}

static int begin(struct sb_completed *out, const struct sb_produce *make, struct sb_error *err)
{
	SB_AUTO(sb_buffer) said = SB_BUFFER_INIT(64 << 10);
	SB_AUTO_FREE char *format = sb_xasprintf("--object-format=%s", make->repo->id_digits == 64 ? "sha256" : "sha1");

	out->git = sb_git_find(make->settings, err);
	out->tmp = out->git ? sb_make_dirs_at(make->store->dir, "tmp", 0755, err) : -1;
	if (out->tmp < 0)
		return -1;
	SB_AUTO_CLOSE int dir = sb_make_temp_dir(out->tmp, &out->name, 0755, err);

	if (dir < 0)
		return -1;
	out->path = sb_xasprintf("%s/tmp/%s", make->store->path, out->name);
	sb_git_env(&out->env, NULL, false);
	const char *const init[] = { "init", "--quiet", "--bare", "--template=", format, out->path, NULL };

	if (sb_complete_git(out, &said, (struct sb_span) { 0 }, init, err) < 0 ||
	    write_alternates(out, make, err) < 0)
		return -1;
	sb_list_setenv(&out->env, "GIT_DIR", out->path);
	const char *const read[] = { "read-tree", make->tree, NULL };

	return sb_complete_git(out, &said, (struct sb_span) { 0 }, read, err);
}

static int find(const struct sb_produce *make, const char *path, struct sb_entry *entry, struct sb_error *err)
{
	int found = sb_tree_find(make->repo, make->tree, path, entry, err);

	return found == 1 ? 0 : found < 0 ? -1 : sb_fail(err, SB_EINPUT, "%s is not in the tree", path);
}

static int edit_index(struct sb_completed *out, struct sb_buffer *edits, struct sb_error *err)
{
	static const char *const words[] = { "update-index", "-z", "--index-info", NULL };
	SB_AUTO(sb_buffer) said = SB_BUFFER_INIT(64 << 10);

	return edits->n ? sb_complete_git(out, &said, sb_buffer_span(edits), words, err) : 0;
}

static int put_submodules(struct sb_completed *out, const struct sb_produce *make, struct sb_error *err)
{
	const struct sb_list *paths = &make->plan.gitlinks;

	for (size_t i = 0; i < paths->n; i++) {
		SB_AUTO(sb_buffer) edit = SB_BUFFER_INIT(8192), said = SB_BUFFER_INIT(64 << 10);
		SB_AUTO_FREE char *prefix = sb_xasprintf("--prefix=%s/", paths->item[i]);
		struct sb_entry entry;
		char tree[SB_OID_MAX + 1];

		if (find(make, paths->item[i], &entry, err) < 0 ||
		    sb_submodule_fetch(out, make, paths->item[i], entry.oid, tree, err) < 0)
			return -1;
		sb_buffer_addf(&edit, "0 %0*d\t%s", (int)make->repo->id_digits, 0, paths->item[i]);
		sb_buffer_addc(&edit, '\0');
		const char *const read[] = { "read-tree", "-i", prefix, tree, NULL };

		if (edit_index(out, &edit, err) < 0 ||
		    sb_complete_git(out, &said, (struct sb_span) { 0 }, read, err) < 0)
			return -1;
	}
	return 0;
}

static int refuse_absent(const struct sb_produce *make, const struct sb_list *absent, struct sb_error *err)
{
	SB_AUTO(sb_list) named = { 0 };

	for (size_t i = 0; i < absent->n && i < NAMED_MAX; i++)
		sb_list_add(&named, absent->item[i]);
	SB_AUTO_FREE char *names = sb_list_join(&named, ", ");

	if (absent->n > NAMED_MAX)
		sb_fail(err, SB_EREFUSED, "not in the LFS store %s: %s and %zu more", make->settings->lfs_store, names,
			absent->n - NAMED_MAX);
	else
		sb_fail(err, SB_EREFUSED, "not in the LFS store %s: %s", make->settings->lfs_store, names);
	sb_error_where(err, "%s", absent->item[0]);
	sb_error_fix(err, "git lfs push --all REMOTE, to where that store is filled from; then push again");
	return -1;
}

static int put_contents(struct sb_completed *out, const struct sb_produce *make, struct sb_error *err)
{
	const struct sb_list *paths = &make->plan.pointers;
	SB_AUTO(sb_buffer) edits = SB_BUFFER_INIT(64 << 20);
	SB_AUTO(sb_list) absent = { 0 };

	for (size_t i = 0; i < paths->n; i++) {
		SB_AUTO(sb_buffer) pointer = SB_BUFFER_INIT(POINTER_BYTES + 1);
		struct sb_entry entry;
		char oid[SB_OID_MAX + 1];

		if (find(make, paths->item[i], &entry, err) < 0 ||
		    sb_blob_read(&pointer, make->repo, entry.oid, err) < 0)
			return -1;
		if (sb_lfs_take(out, make, sb_buffer_span(&pointer), oid, err) < 0) {
			if (err->code != SB_ENOENT)
				return sb_wrap(err, "%s", paths->item[i]);
			sb_list_add(&absent, paths->item[i]);
			continue;
		}
		sb_buffer_addf(&edits, "%o %s\t%s", entry.mode, oid, paths->item[i]);
		sb_buffer_addc(&edits, '\0');
	}
	if (absent.n)
		return refuse_absent(make, &absent, err);
	return edit_index(out, &edits, err);
}

int sb_complete(struct sb_completed *out, const struct sb_produce *make, struct sb_error *err)
{
	static const char *const words[] = { "write-tree", NULL };
	bool modules = make->plan.gitlinks.n && make->settings->submodules == SB_SUBMODULES_FETCH;
	bool contents = make->plan.pointers.n && *make->settings->lfs_store;
	SB_AUTO(sb_buffer) tree = SB_BUFFER_INIT(64 << 10);

	if (!make->store || (!modules && !contents))
		return 0;
	if (begin(out, make, err) < 0 || (modules && put_submodules(out, make, err) < 0) ||
	    (contents && put_contents(out, make, err) < 0) ||
	    sb_complete_git(out, &tree, (struct sb_span) { 0 }, words, err) < 0)
		return -1;
	if (tree.n != make->repo->id_digits)
		return sb_fail(err, SB_ESYS, "git write-tree gave no id");
	sb_span_copy(out->tree, sizeof(out->tree), sb_buffer_span(&tree));
	return sb_repo_open(&out->repo, out->path, err) < 0 ? -1 : 1;
}
