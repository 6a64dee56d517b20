#include "base/base.h"
#include "base/timings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NOTE_MAX 300

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

size_t sb_timing_begin(struct sb_timings *timings, const char *step)
{
	int64_t now = now_us();

	if (!timings)
		return 0;
	pthread_mutex_lock(&timings->lock);
	if (!timings->n)
		timings->zero = now;
	sb_grow(&timings->item, timings->n, sizeof(*timings->item));
	timings->item[timings->n] = (struct sb_timing){ .step = step, .from = now - timings->zero, .us = -1 };

	size_t id = timings->n++;

	pthread_mutex_unlock(&timings->lock);
	return id;
}

void sb_timing_end(struct sb_timings *timings, size_t step, bool reused, const char *fmt, ...)
{
	int64_t now = now_us();
	char note[NOTE_MAX];
	va_list args;

	if (!timings)
		return;
	va_start(args, fmt);
	vsnprintf(note, sizeof(note), fmt, args);
	va_end(args);
	pthread_mutex_lock(&timings->lock);

	struct sb_timing *t = &timings->item[step];

	t->us = now - timings->zero - t->from;
	t->reused = reused;
	free(t->note);
	t->note = *note ? sb_xstrdup(note) : NULL;
	pthread_mutex_unlock(&timings->lock);
}

json_t *sb_timings_json(struct sb_timings *timings)
{
	json_t *list = sb_json_new_array();

	pthread_mutex_lock(&timings->lock);
	for (size_t i = 0; i < timings->n; i++) {
		const struct sb_timing *t = &timings->item[i];
		json_t *one = sb_json_new_object();

		sb_json_set_text(one, "step", t->step);
		sb_json_set_take(one, "from_ms", json_real((double)t->from / 1000));
		sb_json_set_take(one, "ms", t->us < 0 ? json_null() : json_real((double)t->us / 1000));
		sb_json_set_flag(one, "reused", t->reused);
		sb_json_set_text(one, "note", t->note);
		sb_json_push_take(list, one);
	}
	pthread_mutex_unlock(&timings->lock);
	return list;
}

void sb_timings_print(struct sb_buffer *out, struct sb_timings *timings)
{
	pthread_mutex_lock(&timings->lock);
	for (size_t i = 0; i < timings->n; i++) {
		const struct sb_timing *t = &timings->item[i];
		const char *note = t->note ? t->note : "";

		if (t->us < 0)
			sb_buffer_addf(out, "%-22s  from %9.1f ms   not ended", t->step, (double)t->from / 1000);
		else
			sb_buffer_addf(out, "%-22s  from %9.1f ms %11.1f ms%s", t->step, (double)t->from / 1000,
				       (double)t->us / 1000, t->reused ? "  reused" : "");
		sb_buffer_addf(out, *note ? "  (%s)\n" : "%s\n", note);
	}
	pthread_mutex_unlock(&timings->lock);
}

void sb_timings_release(struct sb_timings *timings)
{
	for (size_t i = 0; i < timings->n; i++)
		free(timings->item[i].note);
	free(timings->item);
	*timings = (struct sb_timings)SB_TIMINGS_INIT;
}
