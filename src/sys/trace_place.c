#include "base/base.h"
#include "sys/tracing.h"

#include "sys/clock.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW 64 /* stops between two looks */
#define WINDOW_MS 40 /* they took less: the stops are what it waits for */

/* The nth of the processors we may use. */
static int processor(const cpu_set_t *all, unsigned n)
{
	int count = CPU_COUNT(all);

	if (count < 1)
		return -1;
	n %= (unsigned)count;
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, all) && !n--)
			return i;
	return -1;
}

/* Two tracers of one program are not in each other's way. */
static unsigned turn(void)
{
	static atomic_uint turns;

	return (unsigned)getpid() + atomic_fetch_add(&turns, 1);
}

static void put(const struct sb_trace_place *place, pid_t tid)
{
	/* One that ended, or is another user's, runs where it runs: only slower. */
	(void)!sched_setaffinity(tid, sizeof(cpu_set_t), place->together ? &place->one : &place->all);
}

void sb_trace_place_begin(struct sb_trace_place *place)
{
	int cpu;

	if (sched_getaffinity(0, sizeof(place->all), &place->all) < 0 || CPU_COUNT(&place->all) < 2)
		return;
	cpu = processor(&place->all, turn());
	if (cpu < 0)
		return;
	CPU_ZERO(&place->one);
	CPU_SET(cpu, &place->one);
	place->known = place->together = true;
	place->since = sb_now_ms();
	put(place, 0);
}

static void add(struct sb_trace_place *place, pid_t tid)
{
	for (size_t i = 0; i < place->n; i++)
		if (place->tid[i] == tid)
			return;
	sb_grow(&place->tid, place->n, sizeof(*place->tid));
	place->tid[place->n++] = tid;
	put(place, tid);
}

void sb_trace_place_gone(struct sb_trace_place *place, pid_t tid)
{
	for (size_t i = 0; i < place->n; i++)
		if (place->tid[i] == tid) {
			place->tid[i] = place->tid[--place->n];
			return;
		}
}

static void change(struct sb_trace_place *place, bool together)
{
	if (place->together == together)
		return;
	place->together = together;
	put(place, 0);
	for (size_t i = 0; i < place->n; i++)
		put(place, place->tid[i]);
}

void sb_trace_place_stop(struct sb_trace_place *place, pid_t tid)
{
	int64_t now;

	if (!place->known)
		return;
	add(place, tid);
	if (++place->stops % WINDOW)
		return;
	now = sb_now_ms();
	change(place, now - place->since < WINDOW_MS);
	place->since = now;
}

void sb_trace_place_release(struct sb_trace_place *place)
{
	free(place->tid);
}

/* The mask we have given it is none of its business. False: the answer could not be written. */
bool sb_trace_place_hide(const struct sb_trace_place *place, pid_t tid, unsigned long long at, int64_t n)
{
	size_t size = n > 0 ? (size_t)n : 0;

	if (!place->known)
		return true;
	return sb_trace_poke(tid, at, &place->all, size < sizeof(place->all) ? size : sizeof(place->all));
}
