#include "build/relocate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "sys/files.h"

#define TEXT_MAX (4 << 20)  /* bytes of a file that is looked at */
#define UP "../../../../.." /* from site-packages to the app's folder */

/* A shell finds the python beside it; Python reads the same two lines as a string. */
#define TRAMPOLINE "#!/bin/sh\n'''exec' \"${0%/*}/python\" \"$0\" \"$@\"\n' '''\n"

static bool names_python(struct sb_span path)
{
	const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;
	struct sb_span base = path;

	if (!slash || *path.p != '/')
		return false;
	base.p = slash + 1;
	base.n = (size_t)(path.p + path.n - base.p);
	return sb_span_starts(base, "python");
}

bool sb_relocate_script(struct sb_buffer *out, struct sb_span text)
{
	struct sb_span rest = text, line, path;

	if (!sb_span_starts(text, "#!") || !sb_span_line(&rest, &line))
		return false;
	if (sb_span_is(line, "#!/bin/sh")) { /* what installers write for long or odd paths */
		if (!sb_span_line(&rest, &line) || !sb_span_starts(line, "'''exec' ") ||
		    sb_span_starts(text, TRAMPOLINE) || !sb_span_line(&rest, &line))
			return false;
	} else {
		path = sb_span_trim((struct sb_span) { line.p + 2, line.n - 2 });
		for (size_t i = 0; i < path.n; i++)
			if (path.p[i] == ' ')
				path.n = i;
		if (!names_python(path))
			return false;
	}
	sb_buffer_adds(out, TRAMPOLINE);
	sb_buffer_add(out, rest);
	return true;
}

/* Whether `text` is `root` or lies below it; `rest` is what follows. */
static bool below(struct sb_span text, const char *root, struct sb_span *rest)
{
	size_t n = strlen(root);

	if (!sb_span_starts(text, root) || (text.n > n && text.p[n] != '/'))
		return false;
	*rest = (struct sb_span) { text.p + n, text.n - n };
	return true;
}

bool sb_relocate_paths(struct sb_buffer *out, struct sb_span text, const char *root)
{
	struct sb_span rest = text, line, tail;
	bool changed = false;

	while (sb_span_line(&rest, &line)) {
		if (below(line, root, &tail)) {
			sb_buffer_adds(out, UP);
			sb_buffer_add(out, tail);
			changed = true;
		} else {
			sb_buffer_add(out, line);
		}
		sb_buffer_addc(out, '\n');
	}
	return changed;
}

bool sb_relocate_finder(struct sb_buffer *out, struct sb_span text, const char *root)
{
	bool changed = false;
	size_t i = 0;

	while (i < text.n) {
		char quote = text.p[i];
		struct sb_span inner = { text.p + i + 1, text.n - i - 1 }, tail;
		const char *end =
			quote == '\'' || quote == '"' ? memchr(inner.p, quote, inner.n) : NULL;

		if (end)
			inner.n = (size_t)(end - inner.p);
		if (end && below(inner, root, &tail)) {
			sb_buffer_adds(out,
				       "__import__('os').path.normpath(__import__('os').path.join("
				       "__import__('os').path.dirname(__file__), ");
			sb_buffer_addc(out, quote);
			sb_buffer_adds(out, UP);
			sb_buffer_add(out, tail);
			sb_buffer_addc(out, quote);
			sb_buffer_adds(out, "))");
			i += inner.n + 2;
			changed = true;
			continue;
		}
		sb_buffer_addc(out, quote);
		i++;
	}
	return changed;
}

/* Files beside RECORD that tell of the build's machine: mend_metadata removes them. */
static bool tells_of_build(struct sb_span path)
{
	return sb_span_ends(path, ".dist-info/uv_cache.json");
}

bool sb_relocate_record(struct sb_buffer *out, struct sb_span text, bool local)
{
	struct sb_span rest = text, line, name;
	bool changed = false;

	while (sb_span_line(&rest, &line)) {
		struct sb_span tail = line;
		bool cut = sb_span_cut(&tail, ',', &name);

		if (cut && (tells_of_build(name) ||
			    (local && sb_span_ends(name, ".dist-info/direct_url.json")))) {
			changed = true;
			continue;
		}
		if (cut && sb_span_starts(line, "../../../bin/") && !sb_span_is(tail, ",")) {
			sb_buffer_add(out, name);
			sb_buffer_adds(out, ",,");
			changed = true;
		} else {
			sb_buffer_add(out, line);
		}
		sb_buffer_addc(out, '\n');
	}
	return changed;
}

enum kind { SCRIPT, PATHS, FINDER, RECORD, RECORD_OF_LOCAL };

static int rewrite(int dir, const char *name, enum kind kind, const char *root,
		   struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(TEXT_MAX);
	SB_AUTO(sb_buffer) made = SB_BUFFER_INIT(2 * TEXT_MAX);
	struct stat st;
	struct sb_error unseen = { 0 };
	struct sb_span span;
	bool changed;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > TEXT_MAX || sb_read_file(&text, dir, name, &unseen) < 0)
		return 0;
	span = sb_buffer_span(&text);
	if (kind == SCRIPT)
		changed = sb_relocate_script(&made, span);
	else if (kind == RECORD || kind == RECORD_OF_LOCAL)
		changed = sb_relocate_record(&made, span, kind == RECORD_OF_LOCAL);
	else
		changed = kind == PATHS ? sb_relocate_paths(&made, span, root)
					: sb_relocate_finder(&made, span, root);
	if (!changed)
		return 0;
	if (made.full)
		return sb_fail(err, SB_ELIMIT, "%s is too large to rewrite", name);
	return sb_write_scratch(dir, name, st.st_mode & 0777, sb_buffer_span(&made), err);
}

static int rewrite_bin(int python, struct sb_error *err)
{
	SB_AUTO_CLOSE int bin = sb_open_dir(python, "bin", err);
	SB_AUTO(sb_list) names = { 0 };

	if (bin < 0 || sb_list_dir(&names, bin, ".", err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (rewrite(bin, names.item[i], SCRIPT, "", err) < 0)
			return sb_wrap(err, "bin/%s", names.item[i]);
	return sb_remove_tree(bin, "__pycache__", err);
}

/* A direct_url.json that points to the build's own folder says nothing true elsewhere. */
static int mend_metadata(int packages, const char *name, struct sb_error *err)
{
	SB_AUTO_CLOSE int info =
		openat(packages, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(65536);
	struct sb_error unseen = { 0 };

	if (info < 0)
		return 0;
	if (unlinkat(info, "uv_cache.json", 0) < 0 && errno != ENOENT)
		return sb_fail_sys(err, "remove %s/uv_cache.json", name);

	bool local = sb_read_file(&text, info, "direct_url.json", &unseen) == 0 &&
		     sb_span_find(sb_buffer_span(&text), "file://");

	if (local && unlinkat(info, "direct_url.json", 0) < 0)
		return sb_fail_sys(err, "remove %s/direct_url.json", name);
	return rewrite(info, "RECORD", local ? RECORD_OF_LOCAL : RECORD, "", err);
}

static int rewrite_packages(int packages, const char *root, struct sb_error *err)
{
	SB_AUTO(sb_list) names = { 0 };

	if (sb_list_dir(&names, packages, ".", err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.item[i];
		struct sb_span span = sb_span_of(name);
		int done = 0;

		if (sb_span_ends(span, ".pth") || sb_span_ends(span, ".egg-link"))
			done = rewrite(packages, name, PATHS, root, err);
		else if (sb_span_starts(span, "__editable__") && sb_span_ends(span, ".py"))
			done = rewrite(packages, name, FINDER, root, err);
		else if (sb_span_ends(span, ".dist-info"))
			done = mend_metadata(packages, name, err);
		if (done < 0)
			return sb_wrap(err, "%s", name);
	}
	return 0;
}

int sb_relocate(int python, const char *packages, const char *root, struct sb_error *err)
{
	SB_AUTO_CLOSE int dir = sb_open_dir(python, packages, err);

	if (dir < 0 || rewrite_bin(python, err) < 0)
		return -1;
	if (unlinkat(python, ".lock", 0) < 0 && errno != ENOENT)
		return sb_fail_sys(err, "remove .lock");
	return rewrite_packages(dir, root, err);
}
