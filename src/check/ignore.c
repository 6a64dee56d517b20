#include "base/base.h"
#include "check/ignore.h"

#include <stdlib.h>
#include <string.h>

/* Each path in the tree is held against each pattern: bounds on both keep that short. */
#define PATTERNS_MAX 2048
#define PATTERN_MAX 512

struct sb_ignore_rule {
	char *glob;    /* against the path from the root, or against the last name */
	bool anchored; /* it holds a '/': from the root */
	bool dirs;     /* it ended in '/': folders only */
};

/* "a  " → "a"; "a\ " stays. */
static struct sb_span trim_right(struct sb_span s)
{
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r')) {
		if (s.n > 1 && s.p[s.n - 2] == '\\')
			break;
		s.n--;
	}
	return s;
}

void sb_ignore_add(struct sb_ignore *out, struct sb_span line)
{
	struct sb_ignore_rule rule = { 0 };

	line = trim_right(line);
	if (!line.n || line.p[0] == '#' || line.p[0] == '!' || line.n > PATTERN_MAX ||
	    memchr(line.p, '\0', line.n))
		return;
	if (line.p[line.n - 1] == '/') {
		rule.dirs = true;
		line.n--;
	}
	rule.anchored = line.n && memchr(line.p, '/', line.n);
	if (line.n && line.p[0] == '/') {
		line.p++;
		line.n--;
	}
	if (!line.n)
		return;
	rule.glob = sb_span_dup(line);
	sb_grow(&out->rule, out->n, sizeof(*out->rule));
	out->rule[out->n++] = rule;
}

int sb_ignore_parse(struct sb_ignore *out, struct sb_span text)
{
	SB_AUTO(sb_ignore) made = { 0 };
	struct sb_span line;

	if (text.n > SB_IGNORE_MAX)
		return -1;
	if (sb_span_starts(text, "\xef\xbb\xbf"))
		text = (struct sb_span) { text.p + 3, text.n - 3 };
	while (made.n < PATTERNS_MAX && sb_span_line(&text, &line))
		sb_ignore_add(&made, line);
	*out = SB_STEAL(made);
	return 0;
}

/* The end of the bracket expression at p ("[a-z]"), or NULL where it is none. */
static const char *bracket_end(const char *p)
{
	const char *q = p + 1;

	if (*q == '!' || *q == '^')
		q++;
	if (*q == ']')
		q++;
	for (; *q && *q != ']'; q++)
		if (*q == '\\' && q[1])
			q++;
	return *q ? q : NULL;
}

static bool in_bracket(const char *p, const char *end, unsigned char c)
{
	bool negated = p[1] == '!' || p[1] == '^', hit = false;

	for (p += 1 + negated; p < end; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;

		unsigned char low = (unsigned char)*p, high = low;

		if (p + 2 < end && p[1] == '-') {
			p += p[2] == '\\' && p + 3 < end ? 3 : 2;
			high = (unsigned char)*p;
		}
		hit |= c >= low && c <= high;
	}
	return c != '/' && hit != negated;
}

/* One step of the pattern that takes exactly one byte: its length in the pattern, 0 when it does
 * not take c. */
static size_t take_one(const char *p, char c)
{
	const char *end;

	if (*p == '?')
		return c != '/' ? 1 : 0;
	if (*p == '[' && (end = bracket_end(p)))
		return in_bracket(p, end, (unsigned char)c) ? (size_t)(end - p) + 1 : 0;
	if (*p == '\\' && p[1])
		return p[1] == c ? 2 : 0;
	return *p == c ? 1 : 0;
}

/*
 * Two places to come back to, the last "*" and the last "**": a later star makes an earlier one
 * of its kind needless, so that each is moved over the path once. No recursion, no stack.
 */
struct star {
	const char *pattern, *path; /* where to go on when what follows does not match */
};

static bool double_star(const char *glob, const char *p)
{
	return p[0] == '*' && p[1] == '*' && (p == glob || p[-1] == '/') && (!p[2] || p[2] == '/');
}

static bool matches(const char *glob, const char *path)
{
	struct star one = { 0 }, two = { 0 };
	const char *p = glob, *s = path;

	for (;;) {
		size_t n;

		if (double_star(glob, p)) {
			if (!p[2])
				return *s != '\0'; /* all that is inside */
			p += 3;
			two = (struct star) { p, s };
			one = (struct star) { 0 };
		} else if (*p == '*') {
			while (*p == '*')
				p++;
			one = (struct star) { p, s };
		} else if (*s && (n = take_one(p, *s))) {
			p += n;
			s++;
		} else if (!*s && !*p) {
			return true;
		} else if (one.pattern && *one.path && *one.path != '/') {
			p = one.pattern;
			s = ++one.path;
		} else if (two.pattern && (two.path = strchr(two.path, '/'))) {
			p = two.pattern;
			s = ++two.path;
			one = (struct star) { 0 };
		} else {
			return false;
		}
	}
}

static bool rule_matches(const struct sb_ignore_rule *rule, const char *path, bool is_dir)
{
	const char *slash = strrchr(path, '/');

	if (rule->dirs && !is_dir)
		return false;
	return matches(rule->glob, rule->anchored || !slash ? path : slash + 1);
}

bool sb_ignore_matches_itself(const struct sb_ignore *ignore, const char *path, bool is_dir)
{
	for (size_t i = 0; i < ignore->n; i++)
		if (rule_matches(&ignore->rule[i], path, is_dir))
			return true;
	return false;
}

bool sb_ignore_matches(const struct sb_ignore *ignore, const char *path, bool is_dir)
{
	if (!ignore->n)
		return false;

	SB_AUTO_FREE char *copy = sb_xstrdup(path);

	for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (sb_ignore_matches_itself(ignore, copy, true))
			return true;
		*slash = '/';
	}
	return sb_ignore_matches_itself(ignore, copy, is_dir);
}

bool sb_ignore_matches_name(const struct sb_ignore *ignore, const char *name)
{
	for (size_t i = 0; i < ignore->n; i++)
		if (!ignore->rule[i].anchored && matches(ignore->rule[i].glob, name))
			return true;
	return false;
}

/* By the folders that stand in the pattern before its first wildcard, and by its depth. */
static bool may_reach(const char *glob, struct sb_span folder)
{
	size_t n = strcspn(glob, "*?[\\");

	if (!strstr(glob, "**") &&
	    sb_span_count(sb_span_of(glob), '/') <= sb_span_count(folder, '/'))
		return false;
	while (n && glob[n - 1] != '/')
		n--;
	if (!n)
		return true;
	n--;

	size_t both = n < folder.n ? n : folder.n;

	return !memcmp(glob, folder.p, both) && (n == folder.n || (n < folder.n ? folder.p[n] : glob[both]) == '/');
}

bool sb_ignore_may_reach(const struct sb_ignore *ignore, const char *folder)
{
	for (size_t i = 0; i < ignore->n; i++)
		if (ignore->rule[i].anchored && may_reach(ignore->rule[i].glob, sb_span_of(folder)))
			return true;
	return false;
}

void sb_ignore_release(struct sb_ignore *ignore)
{
	for (size_t i = 0; i < ignore->n; i++)
		free(ignore->rule[i].glob);
	free(ignore->rule);
	*ignore = (struct sb_ignore) { 0 };
}
