#include "build/python.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/sha256.h"
#include "sys/child.h"
#include "sys/files.h"
#include "sys/process.h"

#define CACHE_NAME "pythons.json"
#define CACHE_MAX (1 << 20)
#define ANSWER_MAX 65536
#define DIGEST_CHUNK 65536

struct search {
	struct sb_pythons found;
	struct sb_list seen; /* resolved paths */
	json_t *cache;       /* "path size mtime inode": the probe's answer with the digest */
	json_t *answers;     /* the next cache */
	bool changed;
};

void sb_python_release(struct sb_python *python)
{
	free(python->path);
	free(python->prefix);
	free(python->stdlib);
	free(python->lib);
	free(python->library);
	free(python->version);
	free(python->platform);
	free(python->pip_wheel);
	*python = (struct sb_python) { 0 };
}

static char *copy(const char *text)
{
	return text ? sb_xstrdup(text) : NULL;
}

void sb_python_copy(struct sb_python *to, const struct sb_python *from)
{
	*to = *from;
	to->path = copy(from->path);
	to->prefix = copy(from->prefix);
	to->stdlib = copy(from->stdlib);
	to->lib = copy(from->lib);
	to->library = copy(from->library);
	to->version = copy(from->version);
	to->platform = copy(from->platform);
	to->pip_wheel = copy(from->pip_wheel);
}

void sb_pythons_release(struct sb_pythons *pythons)
{
	for (size_t i = 0; i < pythons->n; i++)
		sb_python_release(&pythons->item[i]);
	free(pythons->item);
	*pythons = (struct sb_pythons) { 0 };
}

static void digest_file(struct sb_sha256 *hash, const char *path)
{
	SB_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	char bytes[DIGEST_CHUNK];
	ssize_t n;

	while (fd >= 0 && (n = read(fd, bytes, sizeof(bytes))) > 0)
		sb_sha256_add(hash, (struct sb_span) { bytes, (size_t)n });
}

static char *identity(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || access(path, X_OK) < 0)
		return NULL;
	return sb_xasprintf("%s %lld %lld.%09ld %llu", path, (long long)st.st_size,
			    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			    (unsigned long long)st.st_ino);
}

/* The probe's answer with "digest" beside it, or NULL where this is no interpreter that runs. */
static json_t *ask(const char *path)
{
	SB_AUTO_FREE char *probe = sb_xasprintf("%s/probes/python.py", sb_datadir());
	const char *argv[] = { path, "-E", "-s", "-S", probe, NULL };
	const char *env[] = { "PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/nonexistent", NULL };
	struct sb_child child = {
		.argv = argv, .env = env, .cwd = -1, .seconds = 20, .bytes = ANSWER_MAX
	};
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(ANSWER_MAX);
	SB_AUTO(sb_sha256) hash = { 0 };
	struct sb_error err = { 0 };
	char hex[SB_DIGEST_HEX];
	json_t *answer;

	if (sb_child_capture(&child, &text, &err) < 0)
		return NULL;
	answer = sb_json_parse(sb_buffer_span(&text), &err);
	if (!answer)
		return NULL;
	digest_file(&hash, path);
	if (*sb_json_text(answer, "library", ""))
		digest_file(&hash, sb_json_text(answer, "library", ""));
	sb_sha256_finish(&hash, hex);
	sb_json_set_text(answer, "digest", hex);
	return answer;
}

static const json_t *answer_for(struct search *search, const char *path)
{
	SB_AUTO_FREE char *key = identity(path);
	json_t *answer;

	if (!key)
		return NULL;
	answer = search->cache ? json_object_get(search->cache, key) : NULL;
	if (answer) {
		json_incref(answer);
	} else {
		answer = ask(path);
		search->changed = true;
	}
	if (!answer)
		return NULL;
	sb_json_set_take(search->answers, key, answer);
	return answer;
}

static char *text_or_null(const json_t *answer, const char *key)
{
	const char *text = sb_json_text(answer, key, "");

	return *text ? sb_xstrdup(text) : NULL;
}

static void consider(struct search *search, const char *name)
{
	SB_AUTO_FREE char *path = realpath(name, NULL);
	struct sb_python made = { 0 };
	const json_t *answer;
	const char *wheel;

	if (!path || sb_list_has(&search->seen, path))
		return;
	sb_list_add(&search->seen, path);
	answer = answer_for(search, path);
	if (!answer || strcmp(sb_json_text(answer, "implementation", ""), "CPython") ||
	    !sb_json_flag(answer, "final", false) ||
	    sscanf(sb_json_text(answer, "version", ""), "%d.%d.%d", &made.major, &made.minor,
		   &made.patch) != 3)
		return;
	made.path = SB_STEAL(path);
	made.version = text_or_null(answer, "version");
	made.prefix = text_or_null(answer, "prefix");
	made.stdlib = text_or_null(answer, "stdlib");
	made.lib = text_or_null(answer, "platlibdir");
	made.library = text_or_null(answer, "library");
	made.platform = text_or_null(answer, "platform");
	wheel = sb_json_text(answer, "pip_wheel", "");
	made.pip_wheel = *wheel && access(wheel, R_OK) == 0 ? sb_xstrdup(wheel) : NULL;
	made.has_pip = sb_json_flag(answer, "has_pip", false);
	sb_span_copy(made.digest, sizeof(made.digest),
		     sb_span_of(sb_json_text(answer, "digest", "")));
	sb_grow(&search->found.item, search->found.n, sizeof(*search->found.item));
	search->found.item[search->found.n++] = made;
}

/* "python3.11", "python2.7": exactly that. */
static bool is_versioned(const char *name)
{
	struct sb_span rest = sb_span_of(name), major;

	if (!sb_span_starts(rest, "python"))
		return false;
	rest.p += 6;
	rest.n -= 6;
	return sb_span_cut(&rest, '.', &major) && sb_span_all(major, "0123456789") &&
	       sb_span_all(rest, "0123456789");
}

static void look_in_bin(struct search *search, const char *bin)
{
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error err = { 0 };

	if (sb_list_dir(&names, AT_FDCWD, bin, &err) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		SB_AUTO_FREE char *path = sb_xasprintf("%s/%s", bin, names.item[i]);

		if (is_versioned(names.item[i]))
			consider(search, path);
	}
}

/* A folder of installations: each has a bin. */
static void look_in_versions(struct search *search, const char *dir)
{
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error err = { 0 };

	if (sb_list_dir(&names, AT_FDCWD, dir, &err) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		SB_AUTO_FREE char *bin = sb_xasprintf("%s/%s/bin", dir, names.item[i]);

		if (access(bin, X_OK) == 0)
			look_in_bin(search, bin);
	}
}

/* What slugbuild.pythonPath names: a program, a folder of programs, an installation, or a folder of
 * those. */
static void look_anywhere(struct search *search, const char *path)
{
	SB_AUTO_FREE char *bin = sb_xasprintf("%s/bin", path);
	struct stat st;

	if (stat(path, &st) < 0)
		return;
	if (S_ISREG(st.st_mode)) {
		consider(search, path);
		return;
	}
	look_in_bin(search, path);
	look_in_bin(search, bin);
	look_in_versions(search, path);
}

static void look_below_home(struct search *search)
{
	char room[4096];
	struct passwd entry, *user = NULL;

	if (getpwuid_r(geteuid(), &entry, room, sizeof(room), &user) || !user)
		return;

	SB_AUTO_FREE char *pyenv = sb_xasprintf("%s/.pyenv/versions", user->pw_dir);
	SB_AUTO_FREE char *uv = sb_xasprintf("%s/.local/share/uv/python", user->pw_dir);

	look_in_versions(search, pyenv);
	look_in_versions(search, uv);
}

static void look_everywhere(struct search *search, const struct sb_settings *settings)
{
	struct sb_span rest = sb_span_of(settings->python_path ? settings->python_path : "");
	SB_AUTO(sb_list) opt = { 0 };
	struct sb_error err = { 0 };

	while (rest.n) {
		struct sb_span part = rest;

		if (sb_span_cut(&rest, ':', &part) == false)
			rest.n = 0;

		SB_AUTO_FREE char *path = sb_span_dup(part);

		if (*path == '/')
			look_anywhere(search, path);
	}
	look_below_home(search);
	if (sb_list_dir(&opt, AT_FDCWD, "/opt", &err) == 0)
		for (size_t i = 0; i < opt.n; i++) {
			SB_AUTO_FREE char *path = sb_xasprintf("/opt/%s", opt.item[i]);

			if (!strncmp(opt.item[i], "python", 6))
				look_anywhere(search, path);
		}
	look_in_bin(search, "/usr/local/bin");
	look_in_bin(search, "/usr/bin");
}

static int newest_first(const void *a, const void *b)
{
	const struct sb_python *x = a, *y = b;

	if (x->major != y->major)
		return y->major - x->major;
	return x->minor != y->minor ? y->minor - x->minor : y->patch - x->patch;
}

static char *cache_folder(const struct sb_settings *settings)
{
	if (!settings->root || !*settings->root)
		return NULL;
	return sb_xasprintf("%s/store/cache", settings->root);
}

static void load_cache(struct search *search, int dir)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(CACHE_MAX);
	struct sb_error err = { 0 };

	if (dir >= 0 && sb_read_file(&text, dir, CACHE_NAME, &err) == 0)
		search->cache = sb_json_parse(sb_buffer_span(&text), &err);
	if (search->cache && !json_is_object(search->cache)) {
		json_decref(search->cache);
		search->cache = NULL;
	}
}

/* Best effort: without it each interpreter is asked again. */
static void save_cache(const struct search *search, int dir)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(CACHE_MAX);
	struct sb_error err = { 0 };

	if (dir < 0 || !search->changed)
		return;
	sb_json_print(&text, search->answers);
	if (!text.full && sb_write_file(dir, CACHE_NAME, 0644, sb_buffer_span(&text), &err) < 0)
		return;
}

int sb_pythons_find(struct sb_pythons *out, const struct sb_settings *settings,
		    struct sb_error *err)
{
	SB_AUTO_FREE char *folder = cache_folder(settings);
	SB_AUTO_CLOSE int dir = -1;
	struct search search = { .answers = sb_json_new_object() };
	struct sb_error unseen = { 0 };

	if (folder)
		dir = sb_open_dir(AT_FDCWD, folder, &unseen);
	load_cache(&search, dir);
	look_everywhere(&search, settings);
	save_cache(&search, dir);
	json_decref(search.answers);
	json_decref(search.cache);
	sb_list_release(&search.seen);
	if (!search.found.n) {
		sb_fail(err, SB_ECONFIG, "no Python interpreter was found on this machine");
		sb_error_fix(err, "apt install python3 python3-venv, or git config --global "
				  "slugbuild.pythonPath FOLDER");
		return -1;
	}
	qsort(search.found.item, search.found.n, sizeof(*search.found.item), newest_first);
	*out = search.found;
	return 0;
}

char *sb_pythons_list(const struct sb_pythons *all)
{
	SB_AUTO(sb_list) versions = { 0 };

	for (size_t i = all->n; i-- > 0;)
		if (!sb_list_has(&versions, all->item[i].version))
			sb_list_add(&versions, all->item[i].version);
	return sb_list_join(&versions, ", ");
}
