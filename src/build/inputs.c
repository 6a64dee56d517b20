#include "build/deps.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build/step.h"
#include "check/ignore.h"
#include "source/tree.h"
#include "sys/files.h"

static void input_release(struct sb_input *input)
{
	free(input->path);
	sb_buffer_release(&input->text);
}

void sb_inputs_release(struct sb_inputs *inputs)
{
	for (size_t i = 0; i < inputs->n; i++)
		input_release(&inputs->item[i]);
	free(inputs->item);
	*inputs = (struct sb_inputs) { 0 };
}

static int read_one(struct sb_inputs *out, struct sb_build *build, const char *path,
		    struct sb_error *err)
{
	struct sb_entry entry = { 0 };
	struct sb_input input = { .text = SB_BUFFER_INIT(SB_INPUT_MAX) };
	int found = sb_tree_find(build->repo, build->tree, path, &entry, err);

	if (found <= 0 || entry.kind == SB_DIR || entry.kind == SB_SUBMODULE)
		return found < 0 ? -1 : 0;
	if (sb_blob_read(&input.text, build->repo, entry.oid, err) < 0) {
		sb_buffer_release(&input.text);
		return sb_wrap(err, "%s", path);
	}
	sb_span_copy(input.oid, sizeof(input.oid), sb_span_of(entry.oid));
	input.path = sb_xstrdup(path);
	input.is_link = entry.kind == SB_LINK;
	sb_grow(&out->item, out->n, sizeof(*out->item));
	out->item[out->n++] = input;
	return 0;
}

int sb_inputs_read(struct sb_inputs *out, struct sb_build *build, struct sb_error *err)
{
	const struct sb_list *paths = &build->plan->inputs;
	SB_AUTO(sb_inputs) made = { 0 };

	for (size_t i = 0; i < paths->n; i++)
		if (read_one(&made, build, paths->item[i], err) < 0)
			return -1;
	*out = SB_STEAL(made);
	return 0;
}

static int write_one(const struct sb_input *input, int dir, struct sb_error *err)
{
	const char *slash = strrchr(input->path, '/');
	SB_AUTO_FREE char *folder = NULL;
	SB_AUTO_CLOSE int at = -1;
	const char *name = slash ? slash + 1 : input->path;

	folder =
		slash ? sb_span_dup((struct sb_span) { input->path, (size_t)(slash - input->path) })
		      : sb_xstrdup(".");
	at = slash ? sb_make_dirs_at(dir, folder, 0755, err) : sb_open_dir(dir, ".", err);
	if (at < 0)
		return -1;
	if (!input->is_link)
		return sb_write_scratch(at, name, 0644, sb_buffer_span(&input->text), err);
	if (symlinkat(input->text.p ? input->text.p : "", at, name) < 0)
		return sb_fail_sys(err, "make the symlink %s", input->path);
	return 0;
}

int sb_inputs_write(const struct sb_inputs *inputs, int dir, struct sb_error *err)
{
	for (size_t i = 0; i < inputs->n; i++)
		if (write_one(&inputs->item[i], dir, err) < 0)
			return sb_wrap(err, "%s", inputs->item[i].path);
	return 0;
}

static bool is_requirements(const struct sb_input *input)
{
	struct sb_span path = sb_span_of(input->path);

	return !input->is_link && (sb_span_ends(path, ".txt") || sb_span_ends(path, ".in") ||
				   sb_span_ends(path, ".pip"));
}

static bool asks_for_code(struct sb_span line)
{
	static const char *const vcs[] = { "git+", "hg+", "svn+", "bzr+", "--no-binary", "git://" };
	struct sb_span url = line;
	const char *hash;

	for (size_t i = 0; i < SB_COUNT(vcs); i++)
		if (sb_span_find(line, vcs[i]))
			return true;
	if (sb_span_starts(line, "-e") || sb_span_starts(line, "--editable"))
		return true;
	if (sb_span_starts(line, "-") || !sb_span_find(line, "://"))
		return false;
	hash = memchr(line.p, '#', line.n);
	if (hash)
		url.n = (size_t)(hash - line.p);
	return !sb_span_find(url, ".whl");
}

static bool names_folder(struct sb_span line)
{
	bool links = sb_span_starts(line, "--find-links") || sb_span_starts(line, "-f ");

	return links && !sb_span_find(line, "://");
}

static bool any_line(const struct sb_inputs *inputs, bool (*is)(struct sb_span line))
{
	for (size_t i = 0; i < inputs->n; i++) {
		struct sb_span rest = sb_buffer_span(&inputs->item[i].text), line;

		if (!is_requirements(&inputs->item[i]))
			continue;
		while (sb_span_line(&rest, &line)) {
			line = sb_span_trim(line);
			if (line.n && *line.p != '#' && is(line))
				return true;
		}
	}
	return false;
}

bool sb_inputs_run_code(const struct sb_inputs *inputs)
{
	return any_line(inputs, asks_for_code);
}

bool sb_inputs_need_files(const struct sb_inputs *inputs)
{
	return any_line(inputs, names_folder);
}

static bool is_ignored(void *ctx, const char *path, bool is_dir)
{
	return sb_ignore_matches(ctx, path, is_dir);
}

char *sb_checkout(struct sb_build *build, struct sb_error *err)
{
	SB_AUTO_FREE char *path = sb_xasprintf("%s/app", build->work_path);
	const char *lines = build->plan->ignore ? build->plan->ignore : "";
	SB_AUTO(sb_ignore) ignore = { 0 };
	SB_AUTO_CLOSE int dir = -1;

	if (access(path, F_OK) == 0)
		return SB_STEAL(path);
	if (sb_ignore_parse(&ignore, sb_span_of(lines)) < 0) {
		sb_fail(err, SB_ELIMIT, ".slugignore is over %d bytes", SB_IGNORE_MAX);
		return NULL;
	}
	dir = sb_make_dirs_at(build->work, "app", 0755, err);
	if (dir < 0 || sb_tree_checkout(build->repo, build->tree, dir, build->settings, is_ignored,
					&ignore, err) < 0)
		return NULL;
	return SB_STEAL(path);
}
