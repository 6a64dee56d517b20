/*
 * A collectstatic for the soundness test: does what the lines of manage.py say, each one way of
 * learning something of the tree, writes all that it learned to staticfiles/learned, and ends.
 *
 *	#!collector
 *	read static/a.css
 *	list static
 *	env
 *
 * It stands where an app's interpreter would ("#!sh" and "#!py" have the rest of the file run by
 * those). `collector --ways` names the ways. Nothing that it says differs between two runs of
 * the same tree, but for the ways whose names begin with "chance-".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sched.h>
#include <signal.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static char *said;
static size_t said_n, said_max;

static void say_bytes(const void *bytes, size_t n)
{
	if (said_n + n + 1 > said_max) {
		said_max = (said_n + n + 1) * 2;
		said = realloc(said, said_max);
	}
	memcpy(said + said_n, bytes, n);
	said_n += n;
}

static void say(const char *fmt, ...)
{
	char line[5000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	say_bytes(line, strlen(line));
	say_bytes("\n", 1);
}

/* A call's end in words: never a number that the kernel picks. */
static int ended(long result)
{
	if (result < 0)
		say("failed: %d", errno);
	else
		say("worked");
	return result < 0;
}

static void drain(int fd)
{
	char part[4096];
	ssize_t n;

	if (fd < 0) {
		say("failed: %d", errno);
		return;
	}
	while ((n = read(fd, part, sizeof(part))) > 0)
		say_bytes(part, (size_t)n);
	if (n < 0)
		say("read failed: %d", errno);
	close(fd);
}

static int dir_of(const char *path, char *name)
{
	char copy[4096];
	char *slash;

	snprintf(copy, sizeof(copy), "%s", path);
	slash = strrchr(copy, '/');
	snprintf(name, 4096, "%s", slash ? slash + 1 : copy);
	if (slash)
		slash[slash == copy] = '\0';
	return open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void say_stat(const struct stat *st)
{
	say("%o %lld %ld", st->st_mode, S_ISDIR(st->st_mode) ? 0 : (long long)st->st_size,
	    st->st_mtime < 1400000000 ? (long)st->st_mtime : 0);
}

static void list_fd(int fd)
{
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		say("failed: %d", errno);
		return;
	}
	while ((entry = readdir(dir)))
		say("%s %d", entry->d_name, entry->d_type);
	closedir(dir);
}

/* The ways ------------------------------------------------------------------------------- */

static void way_read(const char *p, const char *q)
{
	(void)q;
	drain(open(p, O_RDONLY | O_CLOEXEC));
}

static void way_openat(const char *p, const char *q)
{
	char name[4096];
	int dir = dir_of(p, name);

	(void)q;
	drain(dir < 0 ? -1 : openat(dir, *name ? name : ".", O_RDONLY | O_NOFOLLOW));
	if (dir >= 0)
		close(dir);
}

static void way_openat2(const char *p, const char *q)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH };

	(void)q;
	drain((int)syscall(SYS_openat2, AT_FDCWD, p, &how, sizeof(how)));
	how.resolve = RESOLVE_NO_SYMLINKS;
	drain((int)syscall(SYS_openat2, AT_FDCWD, p, &how, sizeof(how)));
}

static void way_openat2_root(const char *p, const char *q)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_IN_ROOT };
	int dir = open(q, O_RDONLY | O_DIRECTORY);

	drain((int)syscall(SYS_openat2, dir, p, &how, sizeof(how)));
	close(dir);
}

static void way_stat(const char *p, const char *q)
{
	struct stat st;

	(void)q;
	if (!ended(syscall(SYS_newfstatat, AT_FDCWD, p, &st, 0)))
		say_stat(&st);
#ifdef SYS_stat
	if (!ended(syscall(SYS_stat, p, &st)))
		say_stat(&st);
#endif
}

static void way_lstat(const char *p, const char *q)
{
	struct stat st;

	(void)q;
	if (!ended(lstat(p, &st)))
		say_stat(&st);
}

static void way_statx(const char *p, const char *q)
{
	struct statx st;

	(void)q;
	if (!ended(statx(AT_FDCWD, p, 0, STATX_BASIC_STATS, &st)))
		say("%o %lld", st.stx_mode, S_ISDIR(st.stx_mode) ? 0 : (long long)st.stx_size);
}

static void way_access(const char *p, const char *q)
{
	(void)q;
	ended(access(p, F_OK));
	ended(access(p, X_OK));
	ended(faccessat(AT_FDCWD, p, R_OK, AT_EACCESS));
}

static void way_readlink(const char *p, const char *q)
{
	char target[4096];
	ssize_t n = readlink(p, target, sizeof(target));

	(void)q;
	if (!ended(n))
		say_bytes(target, (size_t)n);
}

static void way_list(const char *p, const char *q)
{
	(void)q;
	list_fd(open(p, O_RDONLY | O_DIRECTORY));
}

static void way_getdents(const char *p, const char *q)
{
	struct entry {
		uint64_t ino, off;
		unsigned short len;
		unsigned char type;
		char name[];
	};
	char raw[65536];
	int fd = open(p, O_RDONLY);
	long n = syscall(SYS_getdents64, fd, raw, sizeof(raw));

	(void)q;
	ended(n);
	for (long at = 0; at < n;) {
		struct entry *entry = (struct entry *)(raw + at);

		say("%s %d", entry->name, entry->type);
		at += entry->len;
	}
	close(fd);
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)at;
	if (!strncmp(path, "/app/.slugbuild", 15) || !strncmp(path, "./.slugbuild", 12) ||
	    !strncmp(path, ".slugbuild", 10))
		return 0;
	say("%s %d", path, type);
	if (type == FTW_F)
		say_stat(st);
	return 0;
}

static void way_walk(const char *p, const char *q)
{
	(void)q;
	ended(nftw(p, visit, 20, FTW_PHYS));
}

static void way_glob(const char *p, const char *q)
{
	char pattern[5000];
	glob_t found = { 0 };

	(void)q;
	snprintf(pattern, sizeof(pattern), "%s/*", p);
	say("%d", glob(pattern, GLOB_MARK, NULL, &found));
	for (size_t i = 0; i < found.gl_pathc; i++)
		say("%s", found.gl_pathv[i]);
	globfree(&found);
	snprintf(pattern, sizeof(pattern), "*/%s", p);
	say("%d", glob(pattern, 0, NULL, &found));
	globfree(&found);
}

static void home(void)
{
	if (chdir("/app") < 0)
		say("not back");
}

static void way_chdir(const char *p, const char *q)
{
	if (!ended(chdir(p))) {
		way_read(q, NULL);
		way_read("../x", NULL);
		way_read("y", NULL);
		way_list("..", NULL);
	}
	home();
}

static void way_fchdir(const char *p, const char *q)
{
	int fd = open(p, O_PATH | O_DIRECTORY);

	if (!ended(fchdir(fd))) {
		char where[4096];

		say("%s", getcwd(where, sizeof(where)));
		way_stat(q, NULL);
		way_read("./a/../x", NULL);
	}
	close(fd);
	home();
}

static void way_up(const char *p, const char *q)
{
	char path[9000];

	snprintf(path, sizeof(path), "%s/../%s", p, q);
	way_read(path, NULL);
	snprintf(path, sizeof(path), "%s/.", p);
	way_stat(path, NULL);
	snprintf(path, sizeof(path), "%s/", p);
	way_stat(path, NULL);
	snprintf(path, sizeof(path), "/app//./%s/..", p);
	way_stat(path, NULL);
	snprintf(path, sizeof(path), "../../app/%s", p);
	way_read(path, NULL);
}

static void way_realpath(const char *p, const char *q)
{
	char path[PATH_MAX];

	(void)q;
	say("%s", realpath(p, path) ? path : "nowhere");
}

static void way_proc_cwd(const char *p, const char *q)
{
	char path[5000];
	int fd = open(q, O_RDONLY | O_DIRECTORY);

	snprintf(path, sizeof(path), "/proc/self/cwd/%s", p);
	way_read(path, NULL);
	snprintf(path, sizeof(path), "/proc/self/root/app/%s", p);
	way_read(path, NULL);
	snprintf(path, sizeof(path), "/proc/%d/cwd/%s", (int)getpid(), p);
	way_read(path, NULL);
	if (fd >= 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d/x", fd);
		way_read(path, NULL);
		snprintf(path, sizeof(path), "/dev/fd/%d/y", fd);
		way_stat(path, NULL);
		close(fd);
	}
}

static void way_proc_other(const char *p, const char *q)
{
	char path[5000];

	(void)q;
	snprintf(path, sizeof(path), "/proc/1/root/app/%s", p);
	way_read(path, NULL);
}

static void way_proc_task(const char *p, const char *q)
{
	char path[5000];

	(void)q;
	snprintf(path, sizeof(path), "/proc/self/task/%d/cwd/%s", (int)getpid(), p);
	way_read(path, NULL);
}

static void way_proc_meminfo(const char *p, const char *q)
{
	(void)p, (void)q;
	way_read("/proc/meminfo", NULL);
}

static void way_proc_constant(const char *p, const char *q)
{
	(void)p, (void)q;
	way_read("/proc/sys/kernel/osrelease", NULL);
	way_read("/proc/filesystems", NULL);
}

static void way_mmap(const char *p, const char *q)
{
	int fd = open(p, O_RDONLY);
	struct stat st = { 0 };
	void *at;

	(void)q;
	if (ended(fd) || fstat(fd, &st) < 0 || !st.st_size || !S_ISREG(st.st_mode)) {
		close(fd);
		return;
	}
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (at != MAP_FAILED) {
		say_bytes(at, (size_t)st.st_size);
		munmap(at, (size_t)st.st_size);
	}
}

static void way_o_path(const char *p, const char *q)
{
	char path[64];
	int fd = open(p, O_PATH);

	if (ended(fd))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	way_read(path, NULL);
	way_stat(path, NULL);
	drain(openat(fd, q, O_RDONLY));
	close(fd);
}

static void way_empty_path(const char *p, const char *q)
{
	int fd = open(p, O_PATH | O_NOFOLLOW);
	struct stat st;
	char target[4096];
	ssize_t n;

	(void)q;
	if (!ended(fstatat(fd, "", &st, AT_EMPTY_PATH)))
		say_stat(&st);
	n = readlinkat(fd, "", target, sizeof(target));
	if (n > 0)
		say_bytes(target, (size_t)n);
	close(fd);
}

static int out_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "staticfiles/%s", name);
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
}

static void way_sendfile(const char *p, const char *q)
{
	int from = open(p, O_RDONLY), to = out_file("sent");

	(void)q;
	ended(from);
	if (from >= 0)
		ended(sendfile(to, from, NULL, 1 << 20));
	close(from);
	close(to);
}

static void way_copy_range(const char *p, const char *q)
{
	int from = open(p, O_RDONLY), to = out_file("copied");

	(void)q;
	if (!ended(from))
		ended(copy_file_range(from, NULL, to, NULL, 1 << 20, 0));
	close(from);
	close(to);
}

static void way_splice(const char *p, const char *q)
{
	int from = open(p, O_RDONLY), to = out_file("spliced"), ends[2];
	ssize_t n;

	(void)q;
	if (!ended(from) && pipe(ends) == 0) {
		n = splice(from, NULL, ends[1], NULL, 4096, SPLICE_F_NONBLOCK);
		if (!ended(n) && n > 0)
			ended(splice(ends[0], NULL, to, NULL, (size_t)n, 0));
		close(ends[0]);
		close(ends[1]);
	}
	close(from);
	close(to);
}

static void way_preadv2(const char *p, const char *q)
{
	char part[512];
	struct iovec to = { part, sizeof(part) };
	int fd = open(p, O_RDONLY);
	ssize_t n = preadv2(fd, &to, 1, 0, 0);

	(void)q;
	if (!ended(n))
		say_bytes(part, (size_t)n);
	close(fd);
}

static void way_hardlink(const char *p, const char *q)
{
	(void)q;
	if (!ended(link(p, "made-link")))
		way_read("made-link", NULL);
	unlink("made-link");
}

static void way_rename(const char *p, const char *q)
{
	(void)q;
	if (!ended(rename(p, "made-name"))) {
		way_read("made-name", NULL);
		way_list("made-name", NULL);
		ended(rename("made-name", p));
	}
}

static void way_exchange(const char *p, const char *q)
{
	if (!ended(renameat2(AT_FDCWD, p, AT_FDCWD, q, RENAME_EXCHANGE))) {
		way_read(p, NULL);
		way_list(q, NULL);
		ended(renameat2(AT_FDCWD, p, AT_FDCWD, q, RENAME_EXCHANGE));
	}
}

static void way_symlink(const char *p, const char *q)
{
	char path[5000];

	snprintf(path, sizeof(path), "/app/%s", p);
	if (!ended(symlink(path, "made-symlink"))) {
		way_read("made-symlink", NULL);
		snprintf(path, sizeof(path), "made-symlink/%s", q);
		way_stat(path, NULL);
	}
	unlink("made-symlink");
}

static void way_moved_symlink(const char *p, const char *q)
{
	(void)q;
	if (!ended(rename(p, "made-moved"))) {
		way_read("made-moved/x", NULL);
		ended(rename("made-moved", p));
	}
}

static void way_made_folder(const char *p, const char *q)
{
	char path[5000];

	ended(mkdir("made", 0755));
	snprintf(path, sizeof(path), "made/%s", q);
	way_stat(path, NULL);
	ended(rename(p, "made/taken"));
	ended(rename("made", "made2"));
	way_read("made2/taken", NULL);
	ended(rename("made2/taken", p));
	ended(rmdir("made2"));
}

static void way_delete_create(const char *p, const char *q)
{
	int fd;

	(void)q;
	if (ended(unlink(p)))
		return;
	way_stat(p, NULL);
	fd = open(p, O_RDWR | O_CREAT | O_EXCL, 0644);
	if (!ended(fd))
		ended(write(fd, "made anew", 9));
	close(fd);
	way_read(p, NULL);
}

static void way_create_excl(const char *p, const char *q)
{
	int fd = open(p, O_RDWR | O_CREAT | O_EXCL, 0644);

	(void)q;
	if (!ended(fd))
		ended(write(fd, "new", 3));
	close(fd);
}

static void way_mkdir(const char *p, const char *q)
{
	(void)q;
	if (!ended(mkdir(p, 0755)))
		ended(rmdir(p));
	if (!ended(mkfifo(p, 0644)))
		ended(unlink(p)); /* who opens it waits for a partner, and for its time limit */
}

static void way_rmdir(const char *p, const char *q)
{
	(void)q;
	ended(rmdir(p));
}

static void way_touch(const char *p, const char *q)
{
	const struct timespec both[2] = { { 5, 0 }, { 6, 0 } };

	(void)q;
	ended(utimensat(AT_FDCWD, p, both, 0));
}

static void way_touch_fd(const char *p, const char *q)
{
	const struct timespec both[2] = { { 5, 0 }, { 6, 0 } };
	int fd = open(p, O_RDONLY);

	(void)q;
	ended(futimens(fd, both));
	close(fd);
}

static void way_chmod(const char *p, const char *q)
{
	(void)q;
	ended(chmod(p, 0700));
	way_access(p, NULL);
}

static void way_truncate(const char *p, const char *q)
{
	(void)q;
	ended(truncate(p, 3));
}

static void way_append(const char *p, const char *q)
{
	int fd = open(p, O_WRONLY | O_APPEND);

	(void)q;
	if (!ended(fd))
		ended(write(fd, "more", 4));
	close(fd);
}

static void way_shared_map(const char *p, const char *q)
{
	int fd = open(p, O_RDWR);
	struct stat st = { 0 };
	char *at;

	(void)q;
	if (ended(fd) || fstat(fd, &st) < 0 || !st.st_size || !S_ISREG(st.st_mode)) {
		close(fd);
		return;
	}
	at = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at != MAP_FAILED) {
		*at = '!';
		munmap(at, (size_t)st.st_size);
	}
}

static void run(const char *program, char *const *argv, int dir)
{
	int ends[2], status = 0;
	pid_t pid;

	if (pipe(ends) < 0)
		return;
	pid = fork();
	if (!pid) {
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		if (dir >= 0)
			syscall(SYS_execveat, dir, "", argv, environ, AT_EMPTY_PATH);
		else
			execve(program, argv, environ);
		_exit(100 + errno);
	}
	close(ends[1]);
	drain(ends[0]);
	waitpid(pid, &status, 0);
	say("status %x", status);
}

static void way_exec(const char *p, const char *q)
{
	char *argv[] = { (char *)"exec", NULL };

	(void)q;
	run(p, argv, -1);
}

static void way_execveat(const char *p, const char *q)
{
	char *argv[] = { (char *)"exec", NULL };
	int fd = open(p, O_RDONLY);

	(void)q;
	if (!ended(fd))
		run(NULL, argv, fd);
	close(fd);
}

static void way_cat(const char *p, const char *q)
{
	char *argv[] = { (char *)"cat", (char *)p, (char *)q, NULL };

	run("/bin/cat", argv, -1);
}

static void way_find(const char *p, const char *q)
{
	char *argv[] = { (char *)"find", (char *)p, (char *)"-name", (char *)"[xyz]*", NULL };

	(void)q;
	run("/usr/bin/find", argv, -1);
}

static void way_cp(const char *p, const char *q)
{
	char *argv[] = { (char *)"cp", (char *)"-R", (char *)p, (char *)"staticfiles/", NULL };

	(void)q;
	run("/bin/cp", argv, -1);
}

static void *thread_reads(void *path)
{
	int fd = open(path, O_RDONLY);
	char *part = calloc(1, 4096);

	if (fd >= 0 && read(fd, part, 4095) < 0)
		*part = '\0';
	if (fd >= 0)
		close(fd);
	return part;
}

static void way_threads(const char *p, const char *q)
{
	pthread_t thread[4];
	void *got;

	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, thread_reads, (void *)(i % 2 ? p : q));
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i], &got);
		say("%s", (char *)got);
		free(got);
	}
}

static void way_fork(const char *p, const char *q)
{
	int ends[2];

	(void)q;
	if (pipe(ends) < 0)
		return;
	if (!fork()) {
		char part[4096];
		int fd;
		ssize_t n;

		if (fork()) /* the grandchild goes on alone */
			_exit(0);
		fd = open(p, O_RDONLY);
		n = fd < 0 ? 0 : read(fd, part, sizeof(part));
		if (n > 0 && write(ends[1], part, (size_t)n) < 0)
			_exit(1);
		_exit(0);
	}
	close(ends[1]);
	drain(ends[0]);
	wait(NULL);
}

static void way_untraced(const char *p, const char *q)
{
	(void)p, (void)q;
	ended(syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0));
}

static void way_passed_fd(const char *p, const char *q)
{
	int ends[2];
	char space[CMSG_SPACE(sizeof(int))] = "", byte = 'x';
	struct iovec io = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &io,
			      .msg_iovlen = 1,
			      .msg_control = space,
			      .msg_controllen = sizeof(space) };
	int fd = open(p, O_RDONLY);

	(void)q;
	if (ended(fd) || socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) < 0) {
		close(fd);
		return;
	}
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	ended(sendmsg(ends[0], &msg, 0));
	close(fd);
	ended(recvmsg(ends[1], &msg, 0));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	drain(fd);
	close(ends[0]);
	close(ends[1]);
}

static void way_unix(const char *p, const char *q)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), dgram = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", p);
	ended(connect(fd, (struct sockaddr *)&at, sizeof(at)));
	ended(sendto(dgram, "x", 1, 0, (struct sockaddr *)&at, sizeof(at)));
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", q);
	if (!ended(bind(fd, (struct sockaddr *)&at, sizeof(at))))
		unlink(q);
	close(fd);
	close(dgram);
}

static void way_abstract(const char *p, const char *q)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "\0nobody" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)p, (void)q;
	ended(connect(fd, (struct sockaddr *)&at, sizeof(at)));
	close(fd);
}

static void way_network(const char *p, const char *q)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)p, (void)q;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ended(connect(fd, (struct sockaddr *)&at, sizeof(at)));
	close(fd);
}

static void way_inotify(const char *p, const char *q)
{
	int fd = inotify_init1(IN_NONBLOCK);

	(void)q;
	ended(inotify_add_watch(fd, p, IN_MODIFY));
	close(fd);
}

static void way_handle(const char *p, const char *q)
{
	struct {
		struct file_handle head;
		char bytes[128];
	} handle = { .head.handle_bytes = 128 };
	int mount;

	(void)q;
	ended(name_to_handle_at(AT_FDCWD, p, &handle.head, &mount, 0));
	ended(open_by_handle_at(AT_FDCWD, &handle.head, O_RDONLY));
}

static void way_xattr(const char *p, const char *q)
{
	char value[256];

	(void)q;
	ended(getxattr(p, "user.x", value, sizeof(value)));
	ended(lgetxattr(p, "user.x", value, sizeof(value)));
	ended(setxattr(p, "user.x", "y", 1, XATTR_REPLACE));
}

static void way_statfs(const char *p, const char *q)
{
	struct statfs disk;

	(void)q;
	if (!ended(statfs(p, &disk)))
		say("%ld", (long)disk.f_type);
}

static void way_memfd(const char *p, const char *q)
{
	int from = open(p, O_RDONLY), fd = memfd_create("m", 0);
	char path[64];

	(void)q;
	if (!ended(from) && !ended(sendfile(fd, from, NULL, 4096))) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		way_read(path, NULL);
	}
	close(from);
	close(fd);
}

static void way_shm(const char *p, const char *q)
{
	int from = open(p, O_RDONLY), fd = open("/dev/shm/s", O_RDWR | O_CREAT | O_EXCL, 0600);

	(void)q;
	ended(fd);
	if (from >= 0)
		ended(sendfile(fd, from, NULL, 4096));
	close(from);
	close(fd);
	way_read("/dev/shm/s", NULL);
	unlink("/dev/shm/s");
}

static void way_tmpfile(const char *p, const char *q)
{
	int fd = open(p, O_TMPFILE | O_RDWR, 0644);
	char path[64];

	(void)q;
	if (ended(fd))
		return;
	ended(write(fd, "tmp", 3));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ended(linkat(AT_FDCWD, path, AT_FDCWD, "staticfiles/linked", AT_SYMLINK_FOLLOW));
	close(fd);
}

static void way_denied(const char *p, const char *q)
{
	char space[256] = "";

	(void)p, (void)q;
	ended(syscall(SYS_io_uring_setup, 4, space));
	ended(syscall(SYS_fanotify_init, 0, 0));
	ended(syscall(SYS_userfaultfd, 0));
	ended(syscall(SYS_bpf, 0, space, sizeof(space)));
	ended(syscall(SYS_ptrace, 0, 0, 0, 0));
	ended(syscall(SYS_perf_event_open, space, 0, -1, -1, 0));
	ended(syscall(SYS_unshare, 0x10000000));
	ended(syscall(SYS_open_tree, AT_FDCWD, "static", 1));
	ended(syscall(SYS_chroot, "static"));
}

static void way_signalfd(const char *p, const char *q)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK);
	raise(SIGUSR1);
	struct signalfd_siginfo info = { 0 };

	if (read(fd, &info, sizeof(info)) == sizeof(info))
		way_read(info.ssi_signo == SIGUSR1 ? p : q, NULL);
	close(fd);
}

static void way_env(const char *p, const char *q)
{
	(void)p, (void)q;
	for (char **at = environ; *at; at++)
		say("%s", *at);
}

static void way_layer(const char *p, const char *q)
{
	(void)p, (void)q;
	way_read(".slugbuild/python/marker", NULL);
	way_list(".slugbuild/python", NULL);
}

static void way_host(const char *p, const char *q)
{
	(void)p, (void)q;
	way_read("/etc/os-release", NULL);
	way_stat("/usr/bin/env", NULL);
	way_read("/etc/passwd", NULL);
	way_read("/etc/shadow", NULL);
	way_list("/", NULL);
}

static void way_machine(const char *p, const char *q)
{
	struct utsname name;

	(void)p, (void)q;
	uname(&name);
	say("%s %s %s", name.nodename, name.release, name.machine);
	say("%ld %ld", sysconf(_SC_NPROCESSORS_ONLN), sysconf(_SC_NPROCESSORS_CONF));
	say("%d %d %d", (int)getuid(), (int)getgid(), (int)getppid());
}

/* What differs from run to run, finely or coarsely. */

static void way_chance_time(const char *p, const char *q)
{
	(void)p, (void)q;
	say("%ld", (long)time(NULL) / 86400);
}

static void way_chance_clock(const char *p, const char *q)
{
	struct timespec now;

	(void)p, (void)q;
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
	say("%ld", (long)now.tv_sec / 3600);
}

static void way_chance_mtime(const char *p, const char *q)
{
	struct stat st = { 0 };
	int fd = out_file("dated");

	(void)p, (void)q;
	fstat(fd, &st);
	close(fd);
	say("%ld", (long)st.st_mtime / 86400);
}

static void way_chance_ctime(const char *p, const char *q)
{
	struct statx st = { 0 };

	(void)p, (void)q;
	statx(AT_FDCWD, ".", 0, STATX_BASIC_STATS, &st);
	say("%ld", (long)st.stx_ctime.tv_sec / 86400);
}

static void way_chance_random(const char *p, const char *q)
{
	uint64_t number = 0;

	(void)p, (void)q;
	if (getrandom(&number, sizeof(number), 0) > 0)
		say("%llx", (unsigned long long)number);
}

static void way_chance_address(const char *p, const char *q)
{
	(void)p, (void)q;
	say("%p %p", (void *)&said, (void *)said);
}

static void way_chance_uptime(const char *p, const char *q)
{
	struct sysinfo info = { 0 };

	(void)p, (void)q;
	sysinfo(&info);
	say("%ld", info.uptime / 86400);
}

static void way_chance_disk(const char *p, const char *q)
{
	struct statfs disk = { 0 };

	(void)p, (void)q;
	statfs(".", &disk);
	say("%llu", (unsigned long long)disk.f_bavail >> 16);
}

static const struct way {
	const char *name;
	void (*go)(const char *p, const char *q);
} ways[] = {
#define WAY(name) { #name, way_##name }
	WAY(read), WAY(openat), WAY(openat2), WAY(openat2_root), WAY(stat), WAY(lstat),
	WAY(statx), WAY(access), WAY(readlink), WAY(list), WAY(getdents), WAY(walk), WAY(glob),
	WAY(chdir), WAY(fchdir), WAY(up), WAY(realpath), WAY(proc_cwd), WAY(proc_other),
	WAY(proc_task), WAY(proc_meminfo), WAY(proc_constant), WAY(mmap), WAY(o_path),
	WAY(empty_path), WAY(sendfile), WAY(copy_range), WAY(splice), WAY(preadv2), WAY(hardlink),
	WAY(rename), WAY(exchange), WAY(symlink), WAY(moved_symlink), WAY(made_folder),
	WAY(delete_create), WAY(create_excl), WAY(mkdir), WAY(rmdir), WAY(touch), WAY(touch_fd),
	WAY(chmod), WAY(truncate), WAY(append), WAY(shared_map), WAY(exec), WAY(execveat),
	WAY(cat), WAY(find), WAY(cp), WAY(threads), WAY(fork), WAY(untraced), WAY(passed_fd),
	WAY(unix), WAY(abstract), WAY(network), WAY(inotify), WAY(handle), WAY(xattr), WAY(statfs),
	WAY(memfd), WAY(shm), WAY(tmpfile), WAY(denied), WAY(signalfd), WAY(env), WAY(layer),
	WAY(host), WAY(machine), WAY(chance_time), WAY(chance_clock), WAY(chance_mtime),
	WAY(chance_ctime), WAY(chance_random), WAY(chance_address), WAY(chance_uptime),
	WAY(chance_disk),
};

static void obey(char *line)
{
	char *p = strchr(line, ' '), *q = NULL;

	if (p) {
		*p++ = '\0';
		q = strchr(p, ' ');
		if (q)
			*q++ = '\0';
	}
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(ways[i].name, line)) {
			say("== %s %s %s", line, p ? p : "", q ? q : "");
			ways[i].go(p ? p : "x", q ? q : "y");
			return;
		}
}

static char *read_script(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		exit(9);
	close(fd);
	text[n] = '\0';
	return text;
}

int main(int argc, char **argv)
{
	char *text, *line, *rest = NULL;
	int fd;

	if (argc == 2 && !strcmp(argv[1], "--ways")) {
		for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
			puts(ways[i].name);
		return 0;
	}
	text = read_script(argc > 1 ? argv[1] : "manage.py");
	umask(022);
	if (!strncmp(text, "#!sh", 4))
		execl("/bin/sh", "sh", argv[1], NULL);
	if (!strncmp(text, "#!py", 4))
		execl("/usr/bin/python3", "python3", "-S", "-E", argv[1], NULL);
	mkdir("staticfiles", 0755);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		obey(line);
	fd = open("staticfiles/learned", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, said, said_n) != (ssize_t)said_n || close(fd) < 0)
		return 8;
	puts("1 static file copied to '/app/staticfiles'.");
	return 0;
}
