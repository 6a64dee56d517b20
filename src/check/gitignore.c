#include "base/base.h"
#include "check/gitignore.h"

#include <stdlib.h>
#include <string.h>

#define LINES_MAX 2048

struct sb_gitignore_line {
	struct sb_ignore pattern; /* one rule */
	bool back;                /* "!pattern" */
};

static void add_line(struct sb_gitignore *out, struct sb_span line)
{
	struct sb_gitignore_line made = { .back = sb_span_starts(line, "!") };

	if (made.back)
		line = (struct sb_span) { line.p + 1, line.n - 1 };
	if (!sb_span_starts(line, "!"))
		sb_ignore_add(&made.pattern, line); /* a BOM is one at the start of the file only */
	if (!made.pattern.n) {
		sb_ignore_release(&made.pattern);
		return;
	}
	sb_grow(&out->line, out->n, sizeof(*out->line));
	out->line[out->n++] = made;
}

void sb_gitignore_parse(struct sb_gitignore *out, struct sb_span text)
{
	struct sb_span line;

	if (text.n > SB_IGNORE_MAX)
		return;
	if (sb_span_starts(text, "\xef\xbb\xbf"))
		text = (struct sb_span) { text.p + 3, text.n - 3 };
	while (out->n < LINES_MAX && sb_span_line(&text, &line))
		add_line(out, line);
}

/* The last line that fits the path itself. */
static bool decides(const struct sb_gitignore *ignore, const char *path, bool is_dir)
{
	for (size_t i = ignore->n; i-- > 0;)
		if (sb_ignore_matches_itself(&ignore->line[i].pattern, path, is_dir))
			return !ignore->line[i].back;
	return false;
}

bool sb_gitignore_matches(const struct sb_gitignore *ignore, const char *path, bool is_dir)
{
	SB_AUTO_FREE char *copy = sb_xstrdup(path);

	for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (decides(ignore, copy, true))
			return true;
		*slash = '/';
	}
	return decides(ignore, copy, is_dir);
}

void sb_gitignore_release(struct sb_gitignore *ignore)
{
	for (size_t i = 0; i < ignore->n; i++)
		sb_ignore_release(&ignore->line[i].pattern);
	free(ignore->line);
	*ignore = (struct sb_gitignore) { 0 };
}
