#ifndef SB_JSON_H
#define SB_JSON_H

#include <jansson.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/list.h"

/*
 * JSON, by jansson; the one place that includes it. Reading is strict (duplicate
 * keys are refused, strings hold no NUL); writing is canonical: sorted keys,
 * two spaces, ASCII only, one newline at the end, so that equal data is equal bytes.
 *
 *	SB_AUTO_JSON json_t *doc = NULL;
 *
 *	if (!(doc = sb_json_parse(text, err)))
 *		return sb_wrap(err, "app.json");
 *	const char *name = sb_json_text(doc, "name", "");
 */
#define SB_AUTO_JSON __attribute__((cleanup(sb_json_autofree)))

/* A new reference, or NULL with err (where is "line:column"). Any JSON value. */
json_t *sb_json_parse(struct sb_span text, struct sb_error *err) SB_MUST_CHECK;

void sb_json_print(struct sb_buffer *out, const json_t *value);         /* pretty, newline behind */
void sb_json_print_compact(struct sb_buffer *out, const json_t *value); /* one line, newline behind */

/* Members of an object by a dotted path ("slug.sha256"); the fallback where absent or of another type. Borrowed. */
const json_t *sb_json_at(const json_t *object, const char *path);
const char *sb_json_text(const json_t *object, const char *path, const char *fallback);
int64_t sb_json_int(const json_t *object, const char *path, int64_t fallback);
bool sb_json_flag(const json_t *object, const char *path, bool fallback);

/* Sets; NULL text sets null. Bytes that are no UTF-8 become U+FFFD. */
void sb_json_set_text(json_t *object, const char *key, const char *text);
void sb_json_set_int(json_t *object, const char *key, int64_t value);
void sb_json_set_flag(json_t *object, const char *key, bool value);
void sb_json_set_take(json_t *object, const char *key, json_t *value); /* takes the reference */
json_t *sb_json_new_object(void);
json_t *sb_json_new_array(void);
void sb_json_push_text(json_t *array, const char *text);
void sb_json_push_take(json_t *array, json_t *value);

void sb_json_autofree(json_t **value);

#endif
