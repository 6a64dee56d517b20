#include "base/base.h"
#include "source/backend.h"
#include "source/command.h"
#include "source/git.h"
#include "source/loose_nodes.h"

#include <stdlib.h>
#include <string.h>

#define LIST_BYTES (64 << 20) /* of what git lists */

static bool kind_of(unsigned mode, enum sb_kind *kind)
{
	switch (mode) {
	case 0100644:
		*kind = SB_FILE;
		return true;
	case 0100755:
		*kind = SB_PROGRAM;
		return true;
	case 0120000:
		*kind = SB_LINK;
		return true;
	case 0160000:
		*kind = SB_SUBMODULE;
		return true;
	default:
		return false;
	}
}

static int add(struct sb_loose *loose, const char *path, unsigned mode, const char *hex, int stage,
	       struct sb_error *err)
{
	struct sb_loose_file file = { .path = path, .oid = hex };

	if (stage) {
		sb_fail(err, SB_EINPUT, "%s: a merge is not resolved", path);
		sb_error_fix(err, "git status says what is left to do");
		return -1;
	}
	if (!kind_of(mode, &file.kind))
		return sb_fail(err, SB_EINPUT, "%s has mode %o, which is none of git's", path, mode);
	return sb_loose_add(loose, &file, err);
}

/* By libgit2. 1: it cannot read this index, git may. */
static int read_index(struct sb_loose *loose, const char *file, struct sb_error *err)
{
	git_index *index = NULL;
	int done = 0;

	if (git_index_open(&index, file) < 0)
		return 1;
	for (size_t i = 0; i < git_index_entrycount(index) && done == 0; i++) {
		const git_index_entry *entry = git_index_get_byindex(index, i);
		char hex[SB_OID_MAX + 1] = "";

		if (entry->flags_extended & GIT_INDEX_ENTRY_INTENT_TO_ADD)
			continue; /* git add -N: the next commit has it not */
		git_oid_tostr(hex, sizeof(hex), &entry->id);
		done = add(loose, entry->path, entry->mode, hex, GIT_INDEX_ENTRY_STAGE(entry), err);
	}
	git_index_free(index);
	return done;
}

/* "100644 ID 0\tPATH" */
static int parse_line(struct sb_loose *loose, struct sb_span line, struct sb_error *err)
{
	struct sb_span mode, id, stage;

	if (!sb_span_cut(&line, ' ', &mode) || !sb_span_cut(&line, ' ', &id) ||
	    !sb_span_cut(&line, '\t', &stage) || id.n != loose->id_digits)
		return sb_fail(err, SB_ESYS, "git ls-files said what was not expected");
	SB_AUTO_FREE char *path = sb_span_dup(line);
	SB_AUTO_FREE char *hex = sb_span_dup(id);
	SB_AUTO_FREE char *octal = sb_span_dup(mode);

	return add(loose, path, (unsigned)strtoul(octal, NULL, 8), hex, stage.p[0] != '0', err);
}

/* By git itself: SHA-256 ids, split and sparse indexes. */
static int ask_index(struct sb_loose *loose, struct sb_repo *repo, const char *file,
		     struct sb_error *err)
{
	static const char *const words[] = { "ls-files", "-s", "-z", NULL };
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(LIST_BYTES);
	struct sb_span rest, line;
	int status = -1;

	if (sb_git_ask_index(&out, &status, repo, file, words, err) < 0)
		return -1;
	if (status)
		return sb_fail(err, SB_EINPUT, "the index %s cannot be read", file);
	rest = sb_buffer_span(&out);
	while (sb_span_cut(&rest, '\0', &line))
		if (parse_line(loose, line, err) < 0)
			return -1;
	return 0;
}

int sb_loose_index(struct sb_repo *repo, const char *file, const struct sb_settings *settings,
		   char oid[SB_OID_MAX + 1], struct sb_error *err)
{
	SB_AUTO_FREE char *named = file ? realpath(file, NULL) : NULL;
	SB_AUTO_FREE char *usual = sb_xasprintf("%s/index", repo->path);
	const char *from = file ? named : usual;
	struct sb_loose *loose = sb_loose_begin(settings, repo->id_digits);
	SB_AUTO_FREE char *path = sb_xstrdup(repo->path);
	int done = -1;

	if (!from)
		done = sb_fail_sys(err, "the index %s", file);
	else
		done = repo->backend == &sb_git2_backend ? read_index(loose, from, err) : 1;
	if (done > 0) {
		sb_loose_free(loose);
		loose = sb_loose_begin(settings, repo->id_digits);
		done = ask_index(loose, repo, from, err);
	}
	if (done < 0) {
		sb_loose_free(loose);
		return -1;
	}

	struct sb_repo base = SB_STEAL(*repo);

	sb_loose_seal(repo, loose, &base, path, oid);
	return 0;
}
