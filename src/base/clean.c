#include "base/base.h"
#include "base/clean.h"
#include "base/utf8.h"

#include <string.h>
#include <strings.h>

#define MASK_MIN 6 /* bytes: what is shorter is found in innocent text */

/* Names whose values are no secrets and stand in every second message. */
static const char *const open_names[] = {
	"ALLOWED_HOSTS",
	"DISABLE_COLLECTSTATIC",
	"DJANGO_SETTINGS_MODULE",
	"HOME",
	"LANG",
	"LANGUAGE",
	"LC_ALL",
	"PATH",
	"PORT",
	"PYTHONPATH",
	"TMPDIR",
	"TZ",
	"WEB_CONCURRENCY",
	"APP_ENV",
	"ENVIRONMENT",
};

static const char *const open_values[] = {
	"console",   "debug",   "default",    "develop", "development", "disabled",
	"enabled",   "locale",  "localhost",  "master",  "postgres",    "postgresql",
	"preview",   "private", "production", "public",  "python",      "release",
	"sqlite",    "sqlite3", "staging",    "static",  "testing",     "warning",
	"127.0.0.1", "0.0.0.0", "django",     "WARNING", "critical",
};

static bool is_open(const char *name, struct sb_span value)
{
	if (value.n < MASK_MIN)
		return true;
	for (size_t i = 0; i < SB_COUNT(open_names); i++)
		if (!strcmp(name, open_names[i]))
			return true;
	for (size_t i = 0; i < SB_COUNT(open_values); i++)
		if (value.n == strlen(open_values[i]) &&
		    !strncasecmp(value.p, open_values[i], value.n))
			return true;
	return false;
}

static void add(struct sb_list *masks, const char *name, struct sb_span value)
{
	SB_AUTO_FREE char *pair = NULL;

	if (is_open(name, value))
		return;
	pair = sb_xasprintf("%s=%.*s", name, SB_SPAN_ARG(value));
	if (!sb_list_has(masks, pair))
		sb_list_add_take(masks, SB_STEAL(pair));
}

/* The password in scheme://user:password@host. */
static struct sb_span password(struct sb_span url)
{
	const char *start = sb_span_find(url, "://");
	struct sb_span rest, user;

	if (!start)
		return (struct sb_span) { 0 };
	rest = (struct sb_span) { start + 3, url.n - (size_t)(start + 3 - url.p) };
	rest.n = 0;
	for (const char *p = start + 3; p < url.p + url.n && *p != '/' && *p != '?'; p++)
		if (*p == '@')
			rest.n = (size_t)(p - rest.p);
	if (!rest.n || !sb_span_cut(&rest, ':', &user))
		return (struct sb_span) { 0 };
	return rest;
}

void sb_mask_add(struct sb_list *masks, const char *name, const char *value)
{
	struct sb_span whole = sb_span_of(value), rest = whole, line;

	add(masks, name, whole);
	add(masks, name, sb_span_trim(whole));
	add(masks, name, password(whole));
	if (sb_span_count(whole, '\n'))
		while (sb_span_line(&rest, &line))
			add(masks, name, sb_span_trim(line));
}

struct mask {
	const char *name;
	size_t name_n;
	struct sb_span value;
};

static struct mask mask_of(const char *pair)
{
	const char *value = strchr(pair, '=') + 1;

	return (struct mask) { pair, (size_t)(value - 1 - pair), sb_span_of(value) };
}

/* The longest masked value that `text` starts with. */
static struct mask longest(const struct sb_list *masks, struct sb_span text)
{
	struct mask best = { 0 };

	for (size_t i = 0; i < masks->n; i++) {
		struct mask mask = mask_of(masks->item[i]);

		if (mask.value.n > best.value.n && mask.value.n <= text.n &&
		    !memcmp(mask.value.p, text.p, mask.value.n))
			best = mask;
	}
	return best;
}

/* Bytes of the SGR sequence (ESC [ digits ; : m) that `text` starts with, or 0. */
static size_t colour_at(struct sb_span text)
{
	size_t n = 2;

	if (text.n < 3 || text.p[0] != '\x1b' || text.p[1] != '[')
		return 0;
	while (n < text.n && n < 32 && text.p[n] && strchr("0123456789;:", text.p[n]))
		n++;
	return n < text.n && text.p[n] == 'm' ? n + 1 : 0;
}

/* Characters that reorder, hide or break a line without being seen. */
static bool is_unseen(uint32_t rune)
{
	static const uint32_t ranges[][2] = {
		{ 0x80, 0x9f },     { 0x61c, 0x61c },     { 0x180e, 0x180e }, { 0x200b, 0x200b },
		{ 0x200e, 0x200f }, { 0x2028, 0x202e },   { 0x2060, 0x2069 }, { 0xfeff, 0xfeff },
		{ 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
	};

	for (size_t i = 0; i < SB_COUNT(ranges); i++)
		if (rune >= ranges[i][0] && rune <= ranges[i][1])
			return true;
	return false;
}

/* One character as it may be shown; returns how many bytes of `text` it took. */
static size_t show(struct sb_buffer *out, struct sb_span text)
{
	uint32_t rune;
	size_t n = sb_utf8_next(text, &rune);

	if (!n || (rune < 0x20 && rune != '\t') || rune == 0x7f)
		sb_buffer_addf(out, "\\x%02x", (unsigned char)text.p[0]);
	else if (is_unseen(rune))
		sb_buffer_addf(out, rune > 0xffff ? "\\U%08x" : "\\u%04x", rune);
	else
		sb_buffer_add(out, (struct sb_span) { text.p, n });
	return n ? n : 1;
}

void sb_clean(struct sb_buffer *out, struct sb_span text, const struct sb_list *masks, bool colour)
{
	bool first[256] = { false };
	bool coloured = false;

	for (size_t i = 0; masks && i < masks->n; i++)
		first[(unsigned char)mask_of(masks->item[i]).value.p[0]] = true;
	while (text.n) {
		struct mask mask = { 0 };
		size_t n = 0;

		if (first[(unsigned char)text.p[0]])
			mask = longest(masks, text);
		if (mask.name) {
			sb_buffer_addf(out, "[%.*s hidden]", (int)mask.name_n, mask.name);
			n = mask.value.n;
		} else if (colour && (n = colour_at(text))) {
			sb_buffer_add(out, (struct sb_span) { text.p, n });
			coloured = true;
		} else {
			n = show(out, text);
		}
		text.p += n;
		text.n -= n;
	}
	if (coloured)
		sb_buffer_adds(out, "\x1b[0m");
}
