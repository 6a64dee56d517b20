#ifndef SB_TRACING_H
#define SB_TRACING_H

#include <sched.h>

#include "sys/trace.h"

/*
 * The lower half of sys/trace.c: which calls are stopped (trace_calls.c), what a path of a
 * process means (trace_path.c), the clocks (trace_clock.c), and where all of it runs
 * (trace_place.c).
 */

#define SB_TRACE_PATH 4096

enum sb_call_kind {
	SB_CALL_PATH,    /* one or two paths */
	SB_CALL_MOVE,    /* two paths, the first of which becomes the second */
	SB_CALL_EXEC,    /* a program */
	SB_CALL_OPEN2,   /* openat2: its flags lie in memory */
	SB_CALL_LINK,    /* a path that is made; the other string is no path */
	SB_CALL_BIND,    /* an address in argument `path`, its length in `path2` */
	SB_CALL_PEER,    /* the same, of somebody else */
	SB_CALL_MESSAGE, /* a struct msghdr in argument `path` */
	SB_CALL_MOMENT,  /* only what it answers matters, and only with a shift */
	SB_CALL_PLACE,   /* what it answers is our doing */
	SB_CALL_REFUSED, /* brings in what cannot be told */
};

/* What of a call's answer is of the moment, and is made another one in a run with a shift. */
enum sb_answer {
	SB_ANSWER_LASTS,
	SB_ANSWER_TIME,    /* seconds come first */
	SB_ANSWER_SECONDS, /* and are the result, too */
	SB_ANSWER_STAT,
	SB_ANSWER_STATX,
	SB_ANSWER_STATFS,
	SB_ANSWER_SYSINFO,
	SB_ANSWER_PLACE, /* with a shift or without */
};

/* A call and where its paths stand among its arguments; -1: none. `out`: where the answer goes. */
struct sb_call {
	const char *name;
	enum sb_call_kind kind;
	signed char dir, path, dir2, path2;
	enum sb_answer answer;
	signed char out;
};

/* By the kernel's number; NULL: one that is newer than this program. What a filter of the
 * process's own says of a call counts for nothing. */
const struct sb_call *sb_call_of(unsigned long long number);

/* A stop is two switches between the process and us: on one processor they cost a fifth of what
 * they do between two, one of which has to be woken each time. So both are kept on one while stops
 * are many, and let go while they are few: threads that compute have all processors. The process
 * is told of all (sched_getaffinity). */
struct sb_trace_place {
	bool known, together;
	cpu_set_t all, one;
	pid_t *tid; /* what we have seen and not seen ending */
	size_t n;
	size_t stops;
	int64_t since; /* of the last look */
};

/* By the thread that traces, before anything is stopped. */
void sb_trace_place_begin(struct sb_trace_place *place);
void sb_trace_place_stop(struct sb_trace_place *place, pid_t tid);
void sb_trace_place_gone(struct sb_trace_place *place, pid_t tid);
/* An answer of `n` bytes to sched_getaffinity. False: it could not be changed. */
bool sb_trace_place_hide(const struct sb_trace_place *place, pid_t tid, unsigned long long at, int64_t n);
void sb_trace_place_release(struct sb_trace_place *place);

/* One set of paths, and the state of the whole run. */
struct sb_tracer_run {
	pthread_t thread;
	bool started;
	int info, block;
	int root; /* the box's root, O_PATH; -1 until the first call */
	struct sb_tracer *tracer;
	size_t *slot, slots; /* of tracer->paths, by hash; 0: free, else index + 1 */
	int64_t recent;      /* a file's time after this is the run's own doing */
	struct sb_waiting {  /* calls whose end is awaited */
		pid_t tid;
		unsigned long long at;
		enum sb_answer answer;
	} * waiting;
	size_t waits;
	struct sb_trace_place place;
};

/* Both keep what comes first. */
void sb_trace_refuse(struct sb_tracer_run *run, const char *fmt, ...) SB_PRINTF(2, 3);
void sb_trace_add(struct sb_tracer_run *run, const char *path);

/* Bytes of a stopped process; false where they are not mapped. */
bool sb_trace_peek(pid_t tid, unsigned long long at, void *out, size_t n);
bool sb_trace_poke(pid_t tid, unsigned long long at, const void *bytes, size_t n);
/* A string of it; false where it is not mapped or too long. */
bool sb_trace_peek_string(pid_t tid, unsigned long long at, char out[SB_TRACE_PATH]);

/* Adds what `path` means to `tid`, below descriptor `dir` where it is relative. `out` (or NULL)
 * gets the resolved path, "" where there is none. */
void sb_trace_path(struct sb_tracer_run *run, pid_t tid, int dir, const char *path, char *out);

/* A program, and the interpreters and the loader that it names. */
void sb_trace_program(struct sb_tracer_run *run, pid_t tid, int dir, const char *path);
/* What the kernel mapped for it: the loader. */
void sb_trace_mapped(struct sb_tracer_run *run, pid_t tid);

/* Lets a new program ask the kernel for the time, not the page that tells it without a call. */
void sb_trace_hide_clock(struct sb_tracer_run *run, pid_t tid);
/* A call begins; true: its end is to be awaited, which sb_trace_answered is for. */
bool sb_trace_awaits(struct sb_tracer_run *run, pid_t tid, const struct sb_call *call,
		     const unsigned long long *args);
void sb_trace_answered(struct sb_tracer_run *run, pid_t tid);

#endif
