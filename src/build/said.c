#include "build/said.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/buffer.h"
#include "check/requirements.h"

#define LINE_MAX_BYTES (4 << 20) /* of one with its continuations: a few thousand hashes */
#define NAME_BYTES                                                                                 \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

/* Up to a comment, as pip sees one: at the line's begin or behind a space. */
static struct sb_span without_comment(struct sb_span line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '#' && (!i || line.p[i - 1] == ' ' || line.p[i - 1] == '\t'))
			line.n = i;
	return sb_span_trim(line);
}

static void add_line(struct sb_said *said, struct sb_span line)
{
	struct sb_span name = line;
	char hex[SB_DIGEST_HEX];

	if (!line.n)
		return;
	for (name.n = 0; name.n < line.n && strchr(NAME_BYTES, line.p[name.n]);)
		name.n++;

	struct sb_span rest = sb_span_trim(
		(struct sb_span) { line.p + name.n, line.n - name.n });

	/* An option, an address or a path speaks of all. */
	if (!name.n || *line.p == '-' || *line.p == '.' || (rest.n && strchr(":/\\", *rest.p))) {
		sb_sha256_add(&said->of_all, line);
		sb_sha256_field(&said->of_all, "");
		return;
	}
	sb_sha256_of(line, hex);

	SB_AUTO_FREE char *package = sb_package_name(name);

	sb_list_addf(&said->lines, "%s %s", package, hex);
}

void sb_said_add(struct sb_said *said, struct sb_span text)
{
	SB_AUTO(sb_buffer) whole = SB_BUFFER_INIT(LINE_MAX_BYTES);
	struct sb_span line;

	while (sb_span_line(&text, &line)) {
		struct sb_span part = without_comment(line);
		bool goes_on = part.n && part.p[part.n - 1] == '\\';

		if (goes_on)
			part.n--;
		sb_buffer_add(&whole, sb_span_trim(part));
		if (goes_on) {
			sb_buffer_addc(&whole, ' ');
			continue;
		}
		if (whole.full) /* it counts for all, so that nothing is taken for the same */
			sb_sha256_add(&said->of_all, text);
		add_line(said, sb_span_trim(sb_buffer_span(&whole)));
		sb_buffer_clear(&whole);
	}
	add_line(said, sb_span_trim(sb_buffer_span(&whole)));
}

void sb_said_end(struct sb_said *said)
{
	sb_list_sort(&said->lines);
	sb_sha256_finish(&said->of_all, said->options);
}

/* The lines of one package: where they begin, and how many there are. */
static size_t lines_of(const struct sb_list *lines, const char *name, char ***first)
{
	size_t n = strlen(name), found = 0;

	for (size_t i = 0; i < lines->n; i++)
		if (!strncmp(lines->item[i], name, n) && lines->item[i][n] == ' ' && !found++)
			*first = &lines->item[i];
	return found;
}

bool sb_said_same(const struct sb_list *lines, const struct sb_list *others, const char *name)
{
	char **one = NULL, **other = NULL;
	size_t n = lines_of(lines, name, &one);

	if (lines_of(others, name, &other) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(one[i], other[i]))
			return false;
	return true;
}

void sb_said_release(struct sb_said *said)
{
	sb_list_release(&said->lines);
	sb_sha256_release(&said->of_all);
}
