#include "base/base.h"
#include "base/json.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* jansson answers NULL where memory is out, and for nothing else we ask of it. */
static json_t *made(json_t *value)
{
	if (!value) {
		fputs("slugbuild: out of memory\n", stderr);
		exit(4);
	}
	return value;
}

json_t *sb_json_parse(struct sb_span text, struct sb_error *err)
{
	json_error_t why;
	json_t *value = json_loadb(text.n ? text.p : "", text.n,
				   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);

	if (!value) {
		sb_fail(err, SB_EINPUT, "not JSON: %s", why.text);
		if (why.line > 0)
			sb_error_where(err, "%d:%d", why.line, why.column);
	}
	return value;
}

static int append(const char *bytes, size_t n, void *ctx)
{
	sb_buffer_add(ctx, (struct sb_span) { bytes, n });
	return 0;
}

static void print(struct sb_buffer *out, const json_t *value, size_t flags)
{
	if (json_dump_callback(value, append, out,
			       flags | JSON_SORT_KEYS | JSON_ENSURE_ASCII | JSON_ENCODE_ANY) < 0)
		out->full = true;
	sb_buffer_addc(out, '\n');
}

void sb_json_print(struct sb_buffer *out, const json_t *value)
{
	print(out, value, JSON_INDENT(2));
}

void sb_json_print_compact(struct sb_buffer *out, const json_t *value)
{
	print(out, value, JSON_COMPACT);
}

const json_t *sb_json_at(const json_t *object, const char *path)
{
	struct sb_span rest = sb_span_of(path), key;

	while (object && sb_span_cut(&rest, '.', &key)) {
		SB_AUTO_FREE char *name = sb_span_dup(key);

		object = json_object_get(object, name);
	}
	return object ? json_object_get(object, rest.p) : NULL;
}

const char *sb_json_text(const json_t *object, const char *path, const char *fallback)
{
	const char *text = json_string_value(sb_json_at(object, path));

	return text ? text : fallback;
}

int64_t sb_json_int(const json_t *object, const char *path, int64_t fallback)
{
	const json_t *value = sb_json_at(object, path);

	return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool sb_json_flag(const json_t *object, const char *path, bool fallback)
{
	const json_t *value = sb_json_at(object, path);

	return json_is_boolean(value) ? json_is_true(value) : fallback;
}

/* A string of any bytes: what is no UTF-8 becomes U+FFFD. */
static json_t *string(const char *text)
{
	struct sb_span rest = sb_span_of(text);
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(SIZE_MAX / 2);
	uint32_t rune;

	while (rest.n) {
		size_t n = sb_utf8_next(rest, &rune);

		if (n)
			sb_buffer_add(&out, (struct sb_span) { rest.p, n });
		else
			sb_buffer_adds(&out, "\xef\xbf\xbd");
		rest.p += n ? n : 1;
		rest.n -= n ? n : 1;
	}
	return made(json_stringn_nocheck(out.p ? out.p : "", out.n));
}

void sb_json_set_take(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, made(value)) < 0)
		made(NULL);
}

void sb_json_set_text(json_t *object, const char *key, const char *text)
{
	sb_json_set_take(object, key, text ? string(text) : json_null());
}

void sb_json_set_int(json_t *object, const char *key, int64_t value)
{
	sb_json_set_take(object, key, json_integer(value));
}

void sb_json_set_flag(json_t *object, const char *key, bool value)
{
	sb_json_set_take(object, key, json_boolean(value));
}

json_t *sb_json_new_object(void)
{
	return made(json_object());
}

json_t *sb_json_new_array(void)
{
	return made(json_array());
}

void sb_json_push_take(json_t *array, json_t *value)
{
	if (json_array_append_new(array, made(value)) < 0)
		made(NULL);
}

void sb_json_push_text(json_t *array, const char *text)
{
	sb_json_push_take(array, text ? string(text) : json_null());
}

void sb_json_autofree(json_t **value)
{
	json_decref(*value);
}
