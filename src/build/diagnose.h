#ifndef SB_DIAGNOSE_H
#define SB_DIAGNOSE_H

#include "base/error.h"
#include "base/list.h"
#include "base/span.h"

/*
 * What a tool's output means: the bytes that pip, uv or manage.py printed become an
 * error with the place and the cure. Pure: bytes in, error out; any bytes will do.
 *
 *	struct sb_diagnose about = { .output = …, .app = "blog", .root = "/app",
 *				     .files = files, .n = n };
 *
 *	return sb_diagnose_install(&about, err);
 */
struct sb_source_file {
	char *path;          /* in the app: "requirements/base.txt" */
	struct sb_span text; /* borrowed */
};

/* What an error has no room for: all of a long list, up to 64 KiB. Both owned; NULL: err has it all. */
struct sb_diagnosis {
	char *text, *fix;
};
void sb_diagnosis_release(struct sb_diagnosis *diagnosis);

struct sb_diagnose {
	struct sb_span output;
	int status;                         /* that it ended with; 128 and the signal; 0: not told */
	const char *tool;                   /* "pip 23.0.1" */
	const char *app;                    /* for the fix lines: "-a blog" */
	const char *root;                   /* what the app's folder was called: "/app" */
	const char *python;                 /* "3.11.2" */
	const char *manage;                 /* path of manage.py, or NULL */
	const struct sb_source_file *files; /* the dependency files, or what else is of use */
	size_t n;
	/* The text of a file of the app, for the line that is to blame; owned, NULL: not there. May
	 * be NULL. */
	char *(*read)(void *ctx, const char *path);
	void *ctx;
	struct sb_diagnosis *whole; /* out; NULL: err alone is of use, and counts what it leaves out */
};

/* Both return -1 with err: SB_EBUILD, or SB_EAGAIN where the network is to blame. */
int sb_diagnose_install(const struct sb_diagnose *about, struct sb_error *err);
int sb_diagnose_static(const struct sb_diagnose *about, struct sb_error *err);

/* Whether the package index could not be reached. */
bool sb_diagnose_network(struct sb_span output);

/* Whether "no such version" may only mean "not as a wheel". */
bool sb_diagnose_no_wheel(struct sb_span output);

#endif
