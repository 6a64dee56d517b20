#include "base/base.h"
#include "base/buffer.h"
#include "sys/box.h"
#include "sys/files.h"
#include "sys/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define GIB (1LL << 30)

const char *sb_box_program(const struct sb_settings *settings)
{
	const char *own[] = { settings->bwrap, NULL };
	static const char *const usual[] = { "/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap",
					     NULL };

	return sb_first_program(settings->bwrap && settings->bwrap[0] ? own : usual);
}

/* Words, up to the NULL. */
static void add(struct sb_list *args, const char *const *words)
{
	sb_list_add_all(args, words);
}
#define ADD(args, ...) add(args, (const char *const[]) { __VA_ARGS__, NULL })

/* Bytes as a file that bwrap reads; returns its number as text in `word`, or -1. */
static int add_data(struct sb_box_command *out, const char *bytes, size_t n, char word[16],
		    struct sb_error *err)
{
	SB_AUTO_CLOSE int fd = memfd_create("box", MFD_CLOEXEC);

	if (fd < 0 || out->fds == SB_BOX_FDS)
		return sb_fail_sys(err, "make a file in memory");
	if (sb_write_all(fd, (struct sb_span) { bytes, n }, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return sb_fail_sys(err, "rewind a file in memory");
	snprintf(word, 16, "%d", fd);
	out->fd[out->fds++] = SB_STEAL_FD(fd);
	return 0;
}

static int add_file(struct sb_box_command *out, struct sb_list *args, const char *at,
		    const char *text, struct sb_error *err)
{
	char word[16];

	if (add_data(out, text, strlen(text), word, err) < 0)
		return -1;
	ADD(args, "--perms", "0444", "--ro-bind-data", word, at);
	return 0;
}

/* /bin and its like: links to /usr on a merged system, folders on others. */
static void add_like_host(struct sb_list *args, const char *path)
{
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n > 0) {
		target[n] = '\0';
		ADD(args, "--symlink", target, path);
	} else {
		ADD(args, "--ro-bind-try", path, path);
	}
}

static int add_etc(struct sb_box_command *out, struct sb_list *args, const struct sb_box *box,
		   struct sb_error *err)
{
	static const char *const always[] = {
		"/etc/ld.so.cache",
		"/etc/ld.so.conf",
		"/etc/ld.so.conf.d",
		"/etc/alternatives",
		"/etc/ssl",
		"/etc/ca-certificates",
		"/etc/ca-certificates.conf",
		"/etc/pki",
		"/etc/mime.types",
		"/etc/protocols",
		"/etc/services",
		"/etc/timezone",
		"/etc/debian_version",
		"/etc/os-release",
		"/sys/devices/system/cpu/online", /* for os.cpu_count */
	};
	static const char *const online[] = { "/etc/resolv.conf", "/etc/hosts", "/etc/gai.conf" };
	SB_AUTO_FREE char *passwd = sb_xasprintf(
		"app:x:%u:%u:app:/app:/bin/sh\n%s", geteuid(), getegid(),
		geteuid() ? "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"
			  : "nobody:x:65534:65534:nobody:/:/bin/sh\n");
	SB_AUTO_FREE char *group = sb_xasprintf("app:x:%u:\n%snogroup:x:65534:\n", getegid(),
						getegid() ? "root:x:0:\n" : "");

	for (size_t i = 0; i < SB_COUNT(always); i++)
		ADD(args, "--ro-bind-try", always[i], always[i]);
	add_like_host(args, "/etc/localtime");
	if (!access("/etc/ssl/private", F_OK))
		ADD(args, "--perms", "0700", "--tmpfs", "/etc/ssl/private");
	for (size_t i = 0; box->network && i < SB_COUNT(online); i++)
		ADD(args, "--ro-bind-try", online[i], online[i]);
	if (!box->network &&
	    add_file(out, args, "/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n", err) < 0)
		return -1;
	if (add_file(out, args, "/etc/passwd", passwd, err) < 0 ||
	    add_file(out, args, "/etc/group", group, err) < 0)
		return -1;
	return add_file(out, args, "/etc/nsswitch.conf",
			"passwd: files\ngroup: files\nhosts: files dns\n", err);
}

static bool binds_at(const struct sb_box *box, const char *at)
{
	for (size_t i = 0; i < box->binds.n; i++)
		if (!strcmp(strrchr(box->binds.item[i], '|') + 1, at))
			return true;
	return false;
}

static void add_tmpfs(struct sb_list *args, const struct sb_box *box, const char *at)
{
	int64_t limit = box->settings->build_memory / 2;
	SB_AUTO_FREE char *size = sb_xasprintf(
		"%lld", (long long)(box->running_app || limit > 4 * GIB ? 4 * GIB : limit));

	if (!binds_at(box, at))
		ADD(args, "--perms", "1777", "--size", size, "--tmpfs", at);
}

static int add_binds(struct sb_list *args, const struct sb_box *box, struct sb_error *err)
{
	for (size_t i = 0; i < box->binds.n; i++) {
		const char *item = box->binds.item[i], *from = item + 2;
		const char *at = strrchr(item, '|') + 1;
		SB_AUTO_FREE char *source =
			sb_span_dup((struct sb_span) { from, (size_t)(at - 1 - from) });

		switch (item[0]) {
		case 'r':
			ADD(args, "--ro-bind", source, at);
			break;
		case 'w':
			ADD(args, "--bind", source, at);
			break;
		case 'l':
			ADD(args, "--symlink", source, at);
			break;
		case 'd':
			ADD(args, "--dir", at);
			break;
		default:
			return sb_fail(err, SB_ESYS, "a bind of no kind: %s", item);
		}
	}
	return 0;
}

static void add_spaces(struct sb_list *args, const struct sb_box *box, enum sb_box_session session)
{
	ADD(args, "--unshare-all", "--die-with-parent", "--cap-drop", "ALL");
	if (box->network)
		ADD(args, "--share-net");
	if (session == SB_BOX_OWN_SESSION)
		ADD(args, "--new-session");
	if (!box->running_app)
		ADD(args, "--hostname", "slugbuild");
}

static void add_env(struct sb_list *args, const struct sb_box *box)
{
	ADD(args, "--clearenv");
	for (size_t i = 0; i < box->env.n; i++) {
		const char *is = strchr(box->env.item[i], '=');
		SB_AUTO_FREE char *name = sb_span_dup(
			(struct sb_span) { box->env.item[i], (size_t)(is - box->env.item[i]) });

		ADD(args, "--setenv", name, is + 1);
	}
}

/* What is denied stays denied when it is also to be traced: of two filters the sterner one counts. */
static int add_filters(struct sb_box_command *out, struct sb_list *args, const struct sb_box *box,
		       struct sb_error *err)
{
	int filter = sb_box_filter(err);

	if (filter < 0)
		return -1;
	out->fd[out->fds++] = filter;
	sb_list_add(args, out->block > 0 ? "--add-seccomp-fd" : "--seccomp");
	sb_list_addf(args, "%d", filter);
	if (out->block <= 0)
		return 0;
	filter = sb_tracer_filter(box->tracer, err);
	if (filter < 0)
		return -1;
	out->fd[out->fds++] = filter;
	sb_list_add(args, "--add-seccomp-fd");
	sb_list_addf(args, "%d", filter);
	return 0;
}

static int add_args(struct sb_box_command *out, struct sb_list *args, const struct sb_box *box,
		    enum sb_box_session session, struct sb_error *err)
{
	static const char *const like_host[] = { "/bin",   "/sbin",  "/lib",
						 "/lib64", "/lib32", "/libx32" };
	char word[16];

	add_spaces(args, box, session);
	add_env(args, box);
	ADD(args, "--ro-bind", "/usr", "/usr");
	for (size_t i = 0; i < SB_COUNT(like_host); i++)
		add_like_host(args, like_host[i]);
	ADD(args, "--dir", "/etc", "--dir", "/var/tmp", "--dir", "/run");
	if (add_etc(out, args, box, err) < 0)
		return -1;
	ADD(args, "--proc", "/proc", "--dev", "/dev");
	/* How many processors there are: libc would else count the lines of /proc/stat, which also
	 * tells how busy they are. */
	ADD(args, "--ro-bind-try", SB_BOX_CPUS_ONLINE, SB_BOX_CPUS_ONLINE);
	ADD(args, "--ro-bind-try", SB_BOX_CPUS_POSSIBLE, SB_BOX_CPUS_POSSIBLE);
	add_tmpfs(args, box, "/tmp");
	add_tmpfs(args, box, "/dev/shm");
	if (add_binds(args, box, err) < 0)
		return -1;
	ADD(args, "--remount-ro", "/");
	if (box->cwd)
		ADD(args, "--chdir", box->cwd);
	if (out->block > 0) {
		snprintf(word, sizeof(word), "%d", out->block);
		ADD(args, "--block-fd", word);
	}
	return add_filters(out, args, box, err);
}

/* The limits are set inside: there RLIMIT_NPROC counts the box's own processes only. */
void sb_box_add_limits(const struct sb_box *box, struct sb_list *argv)
{
	static const char *const prlimit[] = { "/usr/bin/prlimit", "/bin/prlimit", NULL };
	const struct sb_settings *settings = box->settings;
	const char *program = sb_first_program(prlimit);

	if (!program)
		return;
	ADD(argv, program, "--core=0");
	if (!box->running_app) {
		/* Far above what may be resident: runtimes reserve address space they never touch.
		 */
		int64_t space = settings->build_memory * 8;

		if (!box->open)
			sb_list_addf(argv, "--nproc=%lld", (long long)settings->build_processes);
		sb_list_addf(argv, "--fsize=%lld", (long long)settings->build_disk);
		sb_list_addf(argv, "--as=%lld", (long long)(space < 32 * GIB ? 32 * GIB : space));
	}
	ADD(argv, "--");
}

/*
 * bubblewrap itself would die of a ^C or of a TERM to the group, and take the box with it
 * before the program in it could say goodbye: so it ignores them, and the program does not.
 */
static void add_signals(struct sb_list *argv, const char *option)
{
	static const char *const names[] = { "INT", "QUIT", "TERM", "HUP", "USR1", "USR2" };

	ADD(argv, "/usr/bin/env");
	for (size_t i = 0; i < SB_COUNT(names); i++)
		sb_list_addf(argv, "--%s-signal=%s", option, names[i]);
}

int sb_box_command(struct sb_box_command *out, const struct sb_box *box, const char *const *argv,
		   enum sb_box_session session, int info, struct sb_error *err)
{
	SB_AUTO(sb_list) args = { 0 };
	SB_AUTO(sb_buffer) bytes = SB_BUFFER_INIT(8 << 20);
	bool keeps_signals = box->running_app || session == SB_BOX_TERMINAL;
	char word[16];

	if (add_args(out, &args, box, session, err) < 0)
		return -1;
	if (info > 0) {
		snprintf(word, sizeof(word), "%d", info);
		ADD(&args, "--info-fd", word);
	}
	for (size_t i = 0; i < args.n; i++)
		sb_buffer_add(&bytes, (struct sb_span) { args.item[i], strlen(args.item[i]) + 1 });
	if (bytes.full)
		return sb_fail(err, SB_ELIMIT, "the sandbox's environment is too large");
	if (add_data(out, bytes.p, bytes.n, word, err) < 0)
		return -1;
	if (keeps_signals)
		add_signals(&out->argv, "ignore");
	ADD(&out->argv, sb_box_program(box->settings), "--args", word, "--");
	if (keeps_signals)
		add_signals(&out->argv, "default");
	sb_box_add_limits(box, &out->argv);
	sb_list_add_all(&out->argv, argv);
	return 0;
}

void sb_box_command_release(struct sb_box_command *command)
{
	for (size_t i = 0; i < command->fds; i++)
		close(command->fd[i]);
	sb_list_release(&command->argv);
	command->fds = 0;
}

pid_t sb_box_first_process(int fd)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(4096);
	struct sb_error ignored = { 0 };
	static const char key[] = "\"child-pid\":";
	const char *at;

	if ((sb_read_fd(&text, fd, &ignored) < 0 && !text.n) || !text.p ||
	    !(at = strstr(text.p, key)))
		return -1;
	return (pid_t)strtol(at + strlen(key), NULL, 10);
}
