#include "base/base.h"
#include "sys/tracing.h"

#include "base/buffer.h"
#include "sys/files.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel has it */
#define SCRIPTS_MAX 5
#define PAGE 4096

bool sb_trace_peek(pid_t tid, unsigned long long at, void *out, size_t n)
{
	struct iovec to = { out, n }, from = { (void *)(uintptr_t)at, n };

	return process_vm_readv(tid, &to, 1, &from, 1, 0) == (ssize_t)n;
}

bool sb_trace_peek_string(pid_t tid, unsigned long long at, char out[SB_TRACE_PATH])
{
	size_t n = 0;

	while (n < SB_TRACE_PATH) {
		size_t part = PAGE - (size_t)((at + n) % PAGE);
		const char *end;

		part = part < SB_TRACE_PATH - n ? part : SB_TRACE_PATH - n;
		if (!sb_trace_peek(tid, at + n, out + n, part))
			return false;
		end = memchr(out + n, '\0', part);
		if (end)
			return true;
		n += part;
	}
	return false;
}

/* A link of the process's in the host's /proc: "cwd", "fd/3". */
static bool read_own(pid_t tid, const char *name, char out[SB_TRACE_PATH])
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)tid, name);
	n = readlink(path, out, SB_TRACE_PATH - 1);
	if (n < 0)
		return false;
	out[n] = '\0';
	return true;
}

static bool is_number(struct sb_span word)
{
	return sb_span_all(word, "0123456789");
}

static bool among(struct sb_span word, const char *const *list)
{
	for (; *list; list++)
		if (sb_span_is(word, *list))
			return true;
	return false;
}

/* Where a walk stands: `done` is resolved and has no symlink in it, `rest` is still to come. */
struct walk {
	struct sb_tracer_run *run;
	pid_t tid;
	char done[SB_TRACE_PATH]; /* "" is the root */
	char rest[2 * SB_TRACE_PATH];
	int links;
};

static bool set_rest(struct walk *walk, const char *first, struct sb_span behind)
{
	char all[2 * SB_TRACE_PATH];
	int n = snprintf(all, sizeof(all), "%s%s%.*s", first, behind.n ? "/" : "",
			 SB_SPAN_ARG(behind));

	if (n < 0 || (size_t)n >= sizeof(all))
		return false;
	memcpy(walk->rest, all, (size_t)n + 1);
	if (*first == '/')
		*walk->done = '\0';
	return true;
}

/* What a process may know of itself: made by its own doing, by the limits, or by chance. */
static const char *const own[] = { "maps",    "smaps",   "smaps_rollup",  "stat",     "statm",
				   "cmdline", "environ", "comm",          "auxv",     "limits",
				   "fd",      "task",    "attr",          "exe",      "cwd",
				   "root",    "oom_score_adj", "loginuid", NULL };

/* The same for all processes for as long as the machine runs; its contents are compared later. */
static const char *const constant[] = { "filesystems",
					"version",
					"sys/vm/overcommit_memory",
					"sys/kernel/cap_last_cap",
					"sys/kernel/ngroups_max",
					"sys/kernel/osrelease",
					"sys/kernel/ostype",
					"sys/kernel/pid_max",
					"sys/kernel/threads-max",
					NULL };

/* The first part of `rest`, which is left with what follows it. */
static struct sb_span first_part(struct sb_span *rest)
{
	struct sb_span part;

	if (sb_span_cut(rest, '/', &part))
		return part;
	part = *rest;
	*rest = (struct sb_span) { 0 };
	return part;
}

/* /proc/self/fd/3, cwd, root, exe: on to where it leads. 1: go on; 0: nothing more to be known. */
static int follow_own(struct walk *walk, struct sb_span what, struct sb_span rest)
{
	char target[SB_TRACE_PATH], name[32];

	if (sb_span_is(what, "root"))
		return set_rest(walk, "/", rest);
	if (sb_span_is(what, "fd")) {
		struct sb_span number = first_part(&rest);

		if (!is_number(number) || number.n > 9)
			return 0;
		snprintf(name, sizeof(name), "fd/%.*s", SB_SPAN_ARG(number));
	} else {
		sb_span_copy(name, sizeof(name), what);
	}
	if (!read_own(walk->tid, name, target) || *target != '/')
		return 0;
	if (rest.n && sb_span_ends(sb_span_of(target), " (deleted)"))
		sb_trace_refuse(walk->run, "it looked into a folder that is gone");
	return set_rest(walk, target, rest);
}

/* Whether the box calls this process by that number. */
static bool is_own_number(pid_t tid, struct sb_span number)
{
	SB_AUTO(sb_buffer) status = SB_BUFFER_INIT(16384);
	struct sb_error unseen = { 0 };
	struct sb_span rest, line;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	SB_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || sb_read_fd(&status, fd, &unseen) < 0)
		return false;
	rest = sb_buffer_span(&status);
	while (sb_span_line(&rest, &line)) {
		if (!sb_span_starts(line, "NStgid:") || line.n <= number.n)
			continue;
		return line.p[line.n - number.n - 1] == '\t' &&
		       !memcmp(line.p + line.n - number.n, number.p, number.n);
	}
	return false;
}

static int refuse_proc(struct walk *walk, struct sb_span path)
{
	sb_trace_refuse(walk->run, "it read /proc/%.*s", SB_SPAN_ARG(path));
	return 0;
}

/* Below the folder of a process; `what` is not empty, `path` is for the refusal. */
static int enter_process(struct walk *walk, bool self, struct sb_span what, struct sb_span rest,
			 struct sb_span path)
{
	static const char *const leading[] = { "cwd", "root", "exe", NULL };
	bool leads = among(what, leading) || (sb_span_is(what, "fd") && rest.n);

	if (!among(what, own) || (leads && !self))
		return refuse_proc(walk, path);
	/* A thread's own folder may lead out, too. */
	if (sb_span_is(what, "task") && sb_span_count(rest, '/'))
		return refuse_proc(walk, path);
	return leads ? follow_own(walk, what, rest) : 0;
}

/* Below /proc: `path` is without it. The same values as follow_own. */
static int enter_proc(struct walk *walk, struct sb_span path)
{
	static const char *const selves[] = { "self", "thread-self", NULL };
	struct sb_span rest, who, what;
	bool self;

	while (path.n && path.p[path.n - 1] == '/')
		path.n--;
	if (among(path, constant)) {
		char whole[128];

		snprintf(whole, sizeof(whole), "/proc/%.*s", SB_SPAN_ARG(path));
		sb_trace_add(walk->run, whole);
		return 0;
	}
	rest = path;
	who = first_part(&rest);
	if (!who.n) /* its own processes, and names that are the kernel's */
		return 0;
	self = among(who, selves) || (is_number(who) && is_own_number(walk->tid, who));
	if (!self && !is_number(who))
		return refuse_proc(walk, path);
	what = first_part(&rest);
	return what.n ? enter_process(walk, self, what, rest, path) : 0;
}

/* The kernel's own name for `done`/`part` where that is a symlink: 1; 0 it is none; -1 absent. */
static int read_link(const struct walk *walk, char target[SB_TRACE_PATH])
{
	ssize_t n = readlinkat(walk->run->root, *walk->done ? walk->done + 1 : ".", target,
			       SB_TRACE_PATH - 1);

	if (n < 0)
		return errno == EINVAL ? 0 : -1;
	target[n] = '\0';
	return 1;
}

static void cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	*(slash ? slash : path) = '\0';
}

/* One part more in `done`. 1: go on; 0: the end of the way; -1: it cannot be told. */
static int step(struct walk *walk, struct sb_span part, struct sb_span rest)
{
	char target[SB_TRACE_PATH];
	size_t n = strlen(walk->done);
	int link;

	if (n + part.n + 2 > sizeof(walk->done))
		return -1;
	walk->done[n] = '/';
	memcpy(walk->done + n + 1, part.p, part.n);
	walk->done[n + 1 + part.n] = '\0';
	link = read_link(walk, target);
	if (link < 0) {
		sb_trace_add(walk->run, walk->done);
		return 0;
	}
	if (link == 0)
		return set_rest(walk, "", rest) ? 1 : -1;
	sb_trace_add(walk->run, walk->done);
	cut_last(walk->done);
	if (++walk->links > LINKS_MAX)
		return 0;
	return set_rest(walk, target, rest) ? 1 : -1;
}

/* What a way leads through and out of again has to be a folder; what is in it does not matter. */
static void add_as_folder(struct walk *walk)
{
	char path[SB_TRACE_PATH + 1];

	snprintf(path, sizeof(path), "%s/", walk->done);
	if (*walk->done)
		sb_trace_add(walk->run, path);
}

/* "." and ".." and the next part; the same values as step, 2: all parts are done. */
static int next(struct walk *walk)
{
	char rest[sizeof(walk->rest)];
	struct sb_span left, part;

	memcpy(rest, walk->rest, strlen(walk->rest) + 1);
	left = sb_span_of(rest);
	while (left.n && *left.p == '/')
		left.p++, left.n--;
	if (!left.n)
		return 2;
	if (!sb_span_cut(&left, '/', &part)) {
		part = left;
		left = (struct sb_span) { 0 };
	}
	if (sb_span_is(part, "..")) {
		add_as_folder(walk);
		cut_last(walk->done);
	}
	if (sb_span_is(part, "..") || sb_span_is(part, "."))
		return set_rest(walk, "", left) ? 1 : -1;
	return step(walk, part, left);
}

static bool is_below_proc(const char *path)
{
	return !strncmp(path, "/proc", 5) && (path[5] == '/' || !path[5]);
}

static bool in_proc(const struct walk *walk)
{
	return is_below_proc(walk->done);
}

/* The rest of the way from a place in /proc, whose links the kernel makes up for each process. */
static int through_proc(struct walk *walk)
{
	char path[3 * SB_TRACE_PATH];
	char *at = path;

	snprintf(path, sizeof(path), "%s/%s", walk->done + strlen("/proc"), walk->rest);
	while (*at == '/')
		at++;
	*walk->done = '\0';
	*walk->rest = '\0';
	return strstr(at, "..") || strstr(at, "//") || strstr(at, "/./")
		       ? -1
		       : enter_proc(walk, sb_span_of(at));
}

static void resolve(struct walk *walk)
{
	for (int i = 0; i < 4 * PAGE; i++) {
		int how = in_proc(walk) ? through_proc(walk) : next(walk);

		if (how < 0)
			sb_trace_refuse(walk->run, "it used a path that could not be followed");
		if (how == 2)
			sb_trace_add(walk->run, *walk->done ? walk->done : "/");
		if (how != 1)
			return;
	}
	sb_trace_refuse(walk->run, "it used a path without end");
}

/* The folder that a relative path counts from. */
static bool find_base(struct walk *walk, int dir)
{
	char name[32] = "cwd";

	if (dir != AT_FDCWD)
		snprintf(name, sizeof(name), "fd/%d", dir);
	if (!read_own(walk->tid, name, walk->done)) {
		if (dir == AT_FDCWD)
			sb_trace_refuse(walk->run, "the folder it stood in is unknown");
		return false;
	}
	if (sb_span_ends(sb_span_of(walk->done), " (deleted)"))
		sb_trace_refuse(walk->run, "it stood in a folder that is gone");
	if (!strcmp(walk->done, "/"))
		*walk->done = '\0';
	else if (*walk->done != '/') /* a pipe, a socket: the call fails */
		return false;
	return true;
}

/* Absolute, and no part of it is empty, "." or "..". */
static bool is_plain(const char *path)
{
	const char *at = path;

	if (*path != '/' || is_below_proc(path))
		return false;
	while (*at == '/') {
		const char *part = ++at;

		at += strcspn(at, "/");
		if (at == part || (*part == '.' && (at == part + 1 || (at == part + 2 && part[1] == '.'))))
			return false;
	}
	return (size_t)(at - path) < SB_TRACE_PATH;
}

/* -1 where any part of it, the last one too, is a symlink, or it is not there. */
static int open_plain(const struct sb_tracer_run *run, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };

	return (int)syscall(SYS_openat2, run->root, *path ? path + 1 : ".", &how, sizeof(how));
}

/* Most paths need no walk: the kernel says in one call that there is no symlink on the way, or that
 * the last part alone is absent. False: walk. */
static bool take_plain(struct sb_tracer_run *run, const char *path, char *out)
{
	char folder[SB_TRACE_PATH], unused;
	const char *last = strrchr(path, '/') + 1;
	SB_AUTO_CLOSE int whole = open_plain(run, path), above = -1;

	if (whole < 0) {
		if (errno != ENOENT)
			return false;
		sb_span_copy(folder, sizeof(folder), (struct sb_span) { path, (size_t)(last - path - 1) });
		above = open_plain(run, folder);
		if (above < 0 || readlinkat(above, last, &unused, 1) >= 0 || errno != ENOENT)
			return false;
	}
	sb_trace_add(run, path);
	if (out)
		memcpy(out, path, strlen(path) + 1);
	return true;
}

void sb_trace_path(struct sb_tracer_run *run, pid_t tid, int dir, const char *path, char *out)
{
	if (out)
		*out = '\0';
	if (!*path) /* the descriptor itself, or nothing */
		return;
	if (is_plain(path) && take_plain(run, path, out))
		return;

	SB_AUTO_FREE struct walk *walk = sb_xcalloc(1, sizeof(*walk));

	walk->run = run;
	walk->tid = tid;
	if (*path != '/' && !find_base(walk, dir))
		return;
	snprintf(walk->rest, sizeof(walk->rest), "%s", path);
	resolve(walk);
	if (out)
		memcpy(out, walk->done, strlen(walk->done) + 1);
}

/* The first line of a script: the program it names. */
static bool read_first_line(struct sb_span head, char out[SB_TRACE_PATH])
{
	struct sb_span line = { 0 };
	size_t n = 0;

	if (!sb_span_starts(head, "#!"))
		return false;
	head.p += 2;
	head.n -= 2;
	if (!sb_span_line(&head, &line))
		return false;
	line = sb_span_trim(line);
	while (n < line.n && !memchr(" \t\r", line.p[n], 3))
		n++;
	snprintf(out, SB_TRACE_PATH, "%.*s", (int)n, line.p);
	return *out != '\0';
}

/* The loader that a compiled program names: absent, the program cannot run. */
static bool read_loader(int fd, struct sb_span head, char out[SB_TRACE_PATH])
{
	Elf64_Ehdr elf;
	Elf64_Phdr part;

	if (head.n < sizeof(elf) || memcmp(head.p, ELFMAG, SELFMAG) != 0)
		return false;
	memcpy(&elf, head.p, sizeof(elf));
	for (unsigned i = 0; elf.e_phentsize == sizeof(part) && i < elf.e_phnum; i++) {
		off_t at = (off_t)(elf.e_phoff + i * sizeof(part));
		size_t n = SB_TRACE_PATH - 1;

		if (pread(fd, &part, sizeof(part), at) != (ssize_t)sizeof(part))
			return false;
		if (part.p_type != PT_INTERP)
			continue;
		n = part.p_filesz < n ? part.p_filesz : n;
		if (pread(fd, out, n, (off_t)part.p_offset) != (ssize_t)n)
			return false;
		out[n] = '\0';
		return *out != '\0';
	}
	return false;
}

/* What a program's own bytes say is to run it. */
static bool read_interpreter(struct sb_tracer_run *run, const char *path, char out[SB_TRACE_PATH])
{
	SB_AUTO_CLOSE int fd = openat(run->root, path + 1, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char head[512];
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));
	struct sb_span bytes = { head, n > 0 ? (size_t)n : 0 };

	return read_first_line(bytes, out) || read_loader(fd, bytes, out);
}

void sb_trace_program(struct sb_tracer_run *run, pid_t tid, int dir, const char *path)
{
	char found[SB_TRACE_PATH], program[SB_TRACE_PATH], name[48];

	if (!*path) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", dir);
		path = name;
	}
	sb_trace_path(run, tid, dir, path, found);
	for (int i = 0; i < SCRIPTS_MAX && *found && read_interpreter(run, found, program); i++)
		sb_trace_path(run, tid, AT_FDCWD, program, found);
}

void sb_trace_mapped(struct sb_tracer_run *run, pid_t tid)
{
	SB_AUTO(sb_buffer) maps = SB_BUFFER_INIT(1 << 20);
	struct sb_error unseen = { 0 };
	struct sb_span rest, line;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)tid);
	SB_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || sb_read_fd(&maps, fd, &unseen) < 0) {
		sb_trace_refuse(run, "the files it was started from are unknown");
		return;
	}
	rest = sb_buffer_span(&maps);
	while (sb_span_line(&rest, &line)) {
		const char *at = memchr(line.p, '/', line.n);

		if (!at)
			continue;
		SB_AUTO_FREE char *file =
			sb_span_dup((struct sb_span) { at, (size_t)(line.p + line.n - at) });

		sb_trace_path(run, tid, AT_FDCWD, file, NULL);
	}
}
