#include "base/base.h"
#include "base/buffer.h"
#include "base/list.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sb_list_add_take(struct sb_list *list, char *cstr)
{
	list->item = sb_xrealloc(list->item, list->n + 2, sizeof(*list->item));
	list->item[list->n++] = cstr;
	list->item[list->n] = NULL;
}

void sb_list_add(struct sb_list *list, const char *cstr)
{
	sb_list_add_take(list, sb_xstrdup(cstr));
}

void sb_list_addf(struct sb_list *list, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	sb_list_add_take(list, n < 0 ? sb_xstrdup("") : text);
}

void sb_list_add_all(struct sb_list *list, const char *const *items)
{
	for (size_t i = 0; items && items[i]; i++)
		sb_list_add(list, items[i]);
}

bool sb_list_has(const struct sb_list *list, const char *cstr)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->item[i], cstr))
			return true;
	return false;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void sb_list_sort(struct sb_list *list)
{
	if (list->n)
		qsort(list->item, list->n, sizeof(*list->item), by_bytes);
}

static char **find(const struct sb_list *env, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < env->n; i++)
		if (!strncmp(env->item[i], name, n) && env->item[i][n] == '=')
			return &env->item[i];
	return NULL;
}

void sb_list_setenv(struct sb_list *env, const char *name, const char *value)
{
	char **at = find(env, name);
	char *pair = sb_xasprintf("%s=%s", name, value);

	if (!at) {
		sb_list_add_take(env, pair);
		return;
	}
	free(*at);
	*at = pair;
}

const char *sb_list_getenv(const struct sb_list *env, const char *name)
{
	char **at = find(env, name);

	return at ? *at + strlen(name) + 1 : NULL;
}

char *sb_list_join(const struct sb_list *list, const char *sep)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(SIZE_MAX / 2);

	for (size_t i = 0; i < list->n; i++) {
		if (i)
			sb_buffer_adds(&out, sep);
		sb_buffer_adds(&out, list->item[i]);
	}
	return sb_buffer_detach(&out);
}

void sb_list_release(struct sb_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->item[i]);
	free(list->item);
	*list = (struct sb_list) { 0 };
}
