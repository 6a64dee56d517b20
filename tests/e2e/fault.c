/*
 * Preloaded into one hook of a test: a call that changes something below $SB_FAULT_ROOT fails, as on
 * a disk that is broken, full for that user, or read-only. For what strace's injection cannot do:
 * it counts calls of one thread, and this names places in the program, whatever thread gets there.
 *
 *	SB_FAULT_LIST=FILE    nothing fails; each place (a call and up to four callers in the program) is
 *	                      appended to FILE, once: "PLACE CALL PATH"
 *	SB_FAULT_AT=PLACE     the first call from there fails, and with SB_FAULT_ON=1 each after it
 *	SB_FAULT_ERRNO=N      with this
 *	SB_FAULT_OPENS=1      also calls that only open something to read it; EMFILE and ENFILE do by themselves
 *
 * Only the process that it was loaded into is touched: what it forks or starts is left alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACES 4096
#define CALLERS 24
#define DEPTH 4

static const char *root, *list;
static uint64_t wanted, seen[PLACES];
static int error, places, begun, goes_on, all;
static pid_t self;
static uintptr_t base;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static __thread int inside;

static int find_base(struct dl_phdr_info *info, size_t size, void *ctx)
{
	(void)size, (void)ctx;
	base = info->dlpi_addr;
	return 1; /* the program itself comes first */
}

__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("SB_FAULT_AT"), *code = getenv("SB_FAULT_ERRNO"), *on = getenv("SB_FAULT_ON");

	root = getenv("SB_FAULT_ROOT");
	list = getenv("SB_FAULT_LIST");
	wanted = at ? strtoull(at, NULL, 16) : 0;
	error = code ? atoi(code) : EIO;
	goes_on = on && *on == '1';
	all = getenv("SB_FAULT_OPENS") != NULL;
	self = getpid();
	dl_iterate_phdr(find_base, NULL);
	void *warm[2];
	backtrace(warm, 2);
}

static void path_of(char out[8192], int dir, const char *name)
{
	char link[64], folder[4096] = "";

	if (name && name[0] == '/') {
		snprintf(out, 8192, "%s", name);
		return;
	}
	snprintf(link, sizeof(link), dir == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", dir);
	ssize_t n = readlink(link, folder, sizeof(folder) - 1);
	folder[n < 0 ? 0 : n] = '\0';
	snprintf(out, 8192, "%s%s%s", folder, name ? "/" : "", name ? name : "");
}

static uint64_t place_of(const char *call)
{
	void *caller[CALLERS];
	int n = backtrace(caller, CALLERS);
	uint64_t hash = 1469598103934665603ull;

	for (const char *c = call; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211ull;
	for (int i = 3, depth = 0; i < n && depth < DEPTH; i++) { /* not this function's, nor its callers' here */
		uintptr_t offset = (uintptr_t)caller[i] - base;

		if (offset < (64u << 20)) { /* in the program: libraries lie elsewhere each time */
			hash = (hash ^ offset) * 1099511628211ull;
			depth++;
		}
	}
	return hash ? hash : 1;
}

static void note(uint64_t place, const char *call, const char *path)
{
	for (int i = 0; i < places; i++)
		if (seen[i] == place)
			return;
	if (places == PLACES)
		return;
	seen[places++] = place;
	FILE *out = fopen(list, "a");

	if (out) {
		fprintf(out, "%016llx %s %s\n", (unsigned long long)place, call, path);
		fclose(out);
	}
}

/* Does this call fail? errno is set then. */
static int fails(const char *call, int dir, const char *name)
{
	char path[8192];
	int saved = errno, yes = 0;

	if (!root || inside || getpid() != self)
		return 0;
	inside = 1;
	path_of(path, dir, name);
	/* What lies in a repository only where that is what was asked for. */
	if (!strncmp(path, root, strlen(root)) && (!strstr(path, "/repos/") || strstr(root, "/repos/"))) {
		uint64_t place = place_of(call);

		pthread_mutex_lock(&mutex);
		if (list)
			note(place, call, path);
		yes = wanted && (begun ? goes_on : place == wanted);
		begun |= yes;
		pthread_mutex_unlock(&mutex);
	}
	inside = 0;
	errno = yes ? error : saved;
	return yes;
}

#define WRAP(result, name, params, args, dir, path) \
	result name params \
	{ \
		static result(*real) params; \
		if (!real) \
			*(void **)&real = dlsym(RTLD_NEXT, #name); \
		return fails(#name, dir, path) ? -1 : real args; \
	}

/* A full or broken disk has no say in what is only read; too many open files do. */
static int opens(const char *call, int dir, const char *path, int flags)
{
	int changes = flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR), too_many = all || error == EMFILE || error == ENFILE;

	return (changes || too_many || list) && fails(call, dir, path);
}

#define OPEN(name, params, dir) \
	int name params \
	{ \
		va_list ap; \
		va_start(ap, flags); \
		mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0; \
		va_end(ap); \
		static int (*real)(int, const char *, int, ...); \
		if (!real) \
			*(void **)&real = dlsym(RTLD_NEXT, "openat"); \
		return opens(flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR) ? "make" : "open", dir, path, flags) \
			       ? -1 : real(dir, path, flags, mode); \
	}
OPEN(openat, (int dir, const char *path, int flags, ...), dir)
OPEN(openat64, (int dir, const char *path, int flags, ...), dir)
OPEN(open, (const char *path, int flags, ...), AT_FDCWD)
OPEN(open64, (const char *path, int flags, ...), AT_FDCWD)
int __openat_2(int dir, const char *path, int flags)
{
	return openat(dir, path, flags);
}
WRAP(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n), fd, NULL)
WRAP(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at), fd, NULL)
WRAP(ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t at), (fd, p, n, at), fd, NULL)
WRAP(ssize_t, copy_file_range, (int a, off64_t *i, int fd, off64_t *o, size_t n, unsigned f), (a, i, fd, o, n, f), fd, NULL)
WRAP(int, fsync, (int fd), (fd), fd, NULL)
WRAP(int, syncfs, (int fd), (fd), fd, NULL)
WRAP(int, ftruncate, (int fd, off_t n), (fd, n), fd, NULL)
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), fd, NULL)
WRAP(int, fchmodat, (int dir, const char *path, mode_t mode, int f), (dir, path, mode, f), dir, path)
WRAP(int, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode), dir, path)
WRAP(int, renameat, (int a, const char *from, int dir, const char *path), (a, from, dir, path), dir, path)
WRAP(int, renameat2, (int a, const char *from, int dir, const char *path, unsigned f), (a, from, dir, path, f), dir, path)
WRAP(int, linkat, (int a, const char *from, int dir, const char *path, int f), (a, from, dir, path, f), dir, path)
WRAP(int, symlinkat, (const char *to, int dir, const char *path), (to, dir, path), dir, path)
WRAP(int, utimensat, (int dir, const char *path, const struct timespec t[2], int f), (dir, path, t, f), dir, path)
WRAP(int, unlinkat, (int dir, const char *path, int f), (dir, path, f), dir, path)
