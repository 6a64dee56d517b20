#include "base/base.h"
#include "sys/spawn.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One process as /proc shows it. */
struct member {
	pid_t pid, parent, session;
	bool ours;
};

struct family {
	struct member *item;
	size_t n;
};

static void family_release(struct family *family)
{
	free(family->item);
}

static size_t read_proc(pid_t pid, const char *name, char *out, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);

	SB_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	n = fd < 0 ? -1 : read(fd, out, size - 1);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static bool read_member(pid_t pid, struct member *out)
{
	char text[1024];
	const char *end;
	int parent, group, session;

	if (!read_proc(pid, "stat", text, sizeof(text)) || !(end = strrchr(text, ')')))
		return false;
	if (sscanf(end, ") %*c %d %d %d", &parent, &group, &session) != 3)
		return false;
	*out = (struct member) { .pid = pid, .parent = parent, .session = session };
	return true;
}

static int by_pid(const void *a, const void *b)
{
	const struct member *one = a, *two = b;

	return (one->pid > two->pid) - (one->pid < two->pid);
}

static void snapshot(struct family *out)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	struct member member;

	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !read_member((pid_t)strtol(entry->d_name, NULL, 10), &member))
			continue;
		sb_grow(&out->item, out->n, sizeof(*out->item));
		out->item[out->n++] = member;
	}
	if (proc)
		closedir(proc);
	if (out->n)
		qsort(out->item, out->n, sizeof(*out->item), by_pid);
}

static bool belongs(const struct family *family, const struct member *member, pid_t top)
{
	struct member key = { .pid = member->parent };
	const struct member *parent;

	if (member->pid == top || member->session == top)
		return true;
	parent = !family->n ? NULL : bsearch(&key, family->item, family->n, sizeof(key), by_pid);
	return parent && parent->ours;
}

/* Marks `top`, everything below it, its session and everything below that. */
static void mark(struct family *family, pid_t top)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < family->n; i++) {
			struct member *member = &family->item[i];

			if (!member->ours && belongs(family, member, top))
				member->ours = more = true;
		}
	}
}

static int64_t memory_of(pid_t pid)
{
	static const char *const fields[] = { "\nRssAnon:", "\nRssShmem:" };
	char text[4096];
	int64_t sum = 0;

	read_proc(pid, "status", text, sizeof(text));
	for (size_t i = 0; i < SB_COUNT(fields); i++) {
		const char *at = strstr(text, fields[i]);

		if (at)
			sum += strtoll(at + strlen(fields[i]), NULL, 10) * 1024;
	}
	return sum;
}

int64_t sb_family_memory(pid_t pid, int64_t *processes)
{
	__attribute__((cleanup(family_release))) struct family family = { 0 };
	int64_t sum = 0;

	snapshot(&family);
	mark(&family, pid);
	*processes = 0;
	for (size_t i = 0; i < family.n; i++) {
		if (!family.item[i].ours)
			continue;
		++*processes;
		sum += memory_of(family.item[i].pid);
	}
	return sum;
}

void sb_family_kill(pid_t pid)
{
	__attribute__((cleanup(family_release))) struct family family = { 0 };

	kill(-pid, SIGKILL);
	snapshot(&family);
	mark(&family, pid);
	for (size_t i = 0; i < family.n; i++)
		if (family.item[i].ours && family.item[i].pid != getpid())
			kill(family.item[i].pid, SIGKILL);
}

size_t sb_family_children(pid_t pid, pid_t *out, size_t max)
{
	__attribute__((cleanup(family_release))) struct family family = { 0 };
	size_t n = 0;

	snapshot(&family);
	for (size_t i = 0; i < family.n; i++) {
		if (family.item[i].parent != pid)
			continue;
		if (n < max)
			out[n] = family.item[i].pid;
		n++;
	}
	return n;
}

bool sb_family_exceeds(pid_t pid, int64_t limit)
{
	__attribute__((cleanup(family_release))) struct family family = { 0 };
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	struct member member;
	int64_t ours = 0;

	/* /proc lists by number, and a parent's is mostly lower than its children's. */
	while (proc && ours <= limit && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !read_member((pid_t)strtol(entry->d_name, NULL, 10), &member))
			continue;
		member.ours = belongs(&family, &member, pid);
		ours += member.ours;
		sb_grow(&family.item, family.n, sizeof(*family.item));
		family.item[family.n++] = member;
	}
	if (proc)
		closedir(proc);
	return ours > limit;
}

int64_t sb_crowd(void)
{
	SB_AUTO_CLOSE int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
	char text[128];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *slash;

	text[n > 0 ? n : 0] = '\0';
	slash = strchr(text, '/'); /* "0.1 0.2 0.3 2/345 6789": 345 */
	return slash ? strtoll(slash + 1, NULL, 10) : 0;
}
