/*
 * Is what was remembered what a fresh run would make? Random trees, random collectors, random
 * edits, until N edits were judged:
 *
 *	soundness COLLECTOR N SEED      COLLECTOR: the program of collector.c
 *	soundness COLLECTOR --table     each way of learning something: what becomes of it
 *
 * The build library's own collectstatic step runs, box, tracer, record and all, as in a push;
 * only the tree, the interpreter and the store are made here. After each edit the step is asked
 * for its result as a push would; where it reuses one, a run that remembers nothing has to make
 * the same files with the same modes. Where it does not, the second run follows that makes it
 * reusable. Ends with 1 where one result was not the same, and says how to come there again.
 */
#include "base/base.h"
#include "base/sha256.h"
#include "build/deps.h"
#include "build/digest.h"
#include "build/statics.h"
#include "build/step.h"
#include "source/repo.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

#define EDITS_A_SITE 30
#define REUSED "nothing it read has changed"

struct lab {
	char top[64];
	char *work_path, *cache_path, *layers, *deps;
	git_repository *git;
	struct sb_repo repo;
	struct sb_settings settings;
	struct sb_plan plan;
	struct sb_list config, ways;
	struct site site;
	char tree[SB_OID_MAX + 1];
	char deps_key[65];
	int work;
	/* counts */
	long edits, reused, again, controls, twins, failed, unsound;
	struct sb_list reasons; /* "why" as often as it was said */
};

static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

/* The store -------------------------------------------------------------------------------- */

static char *find_layer(void *ctx, const char *key)
{
	struct lab *lab = ctx;
	char *path = sb_xasprintf("%s/%s", lab->layers, key);

	if (access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static char *keep_layer(void *ctx, const char *key, const char *path, const struct sb_contents *contents,
			struct sb_error *err)
{
	struct lab *lab = ctx;
	char *kept = sb_xasprintf("%s/%s", lab->layers, key);

	(void)contents;
	if (access(kept, F_OK) == 0 ? sb_remove_tree(AT_FDCWD, path, err) < 0
				    : rename(path, kept) < 0) {
		free(kept);
		return NULL;
	}
	return kept;
}

/* Made anew, it is another layer. */
static void make_deps(struct lab *lab, long number)
{
	SB_AUTO_FREE char *marker = sb_xasprintf("%s/.slugbuild/python/marker", lab->deps);
	SB_AUTO_FREE char *text = sb_xasprintf("layer %ld\n", number);
	SB_AUTO(sb_sha256) hash = { 0 };
	struct sb_error err = { 0 };

	unlink(marker);
	if (sb_write_file(AT_FDCWD, marker, 0644, sb_span_of(text), &err) < 0)
		die("%s", err.text);
	sb_sha256_field(&hash, text);
	sb_sha256_finish(&hash, lab->deps_key);
}

static void make_interpreter(struct lab *lab, const char *collector)
{
	struct sb_error err = { 0 };
	SB_AUTO(sb_buffer) program = SB_BUFFER_INIT(64 << 20);
	SB_AUTO_CLOSE int fd = open(collector, O_RDONLY | O_CLOEXEC);
	SB_AUTO_FREE char *bin = sb_xasprintf("%s/.slugbuild/python/bin", lab->deps);
	SB_AUTO_FREE char *django = sb_xasprintf(
		"%s/.slugbuild/python/lib/python3.11/site-packages/django", lab->deps);
	SB_AUTO_CLOSE int bin_dir = sb_make_dirs(bin, 0755, &err);
	SB_AUTO_CLOSE int django_dir = sb_make_dirs(django, 0755, &err);

	if (fd < 0 || bin_dir < 0 || django_dir < 0 || sb_read_fd(&program, fd, &err) < 0 ||
	    sb_write_file(bin_dir, "python", 0755, sb_buffer_span(&program), &err) < 0 ||
	    sb_write_file(django_dir, "__init__.py", 0644, (struct sb_span) { 0 }, &err) < 0)
		die("%s: %s", collector, err.text);
	make_deps(lab, 0);
}

static void lab_open(struct lab *lab, const char *collector)
{
	struct sb_error err = { 0 };
	SB_AUTO_FREE char *repo = NULL;
	git_repository_init_options how;

	snprintf(lab->top, sizeof(lab->top), "/tmp/slugbuild-sound-XXXXXX");
	if (!mkdtemp(lab->top))
		die("%s: %s", lab->top, strerror(errno));
	chmod(lab->top, 0755);
	lab->work_path = sb_xasprintf("%s/work", lab->top);
	lab->cache_path = sb_xasprintf("%s/cache", lab->top);
	lab->layers = sb_xasprintf("%s/layers", lab->top);
	lab->deps = sb_xasprintf("%s/deps", lab->top);
	repo = sb_xasprintf("%s/repo.git", lab->top);
	mkdir(lab->layers, 0755);
	mkdir(lab->cache_path, 0755);
	lab->work = sb_make_dirs(lab->work_path, 0755, &err);
	make_interpreter(lab, collector);
	sb_settings_init(&lab->settings);
	lab->settings.remember = true;
	lab->settings.sandbox = SB_SANDBOX_REQUIRE;
	lab->plan.manage_py = sb_xstrdup("manage.py");
	git_libgit2_init();
	git_repository_init_options_init(&how, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	how.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH;
	if (lab->work < 0 || git_repository_init_ext(&lab->git, repo, &how) < 0 ||
	    sb_repo_open(&lab->repo, repo, &err) < 0)
		die("the lab cannot be set up: %s", err.text);
}

static void lab_close(struct lab *lab)
{
	struct sb_error err = { 0 };

	git_repository_free(lab->git);
	git_libgit2_shutdown();
	sb_repo_release(&lab->repo);
	sb_settings_release(&lab->settings);
	sb_plan_release(&lab->plan);
	sb_list_release(&lab->config);
	sb_list_release(&lab->ways);
	sb_list_release(&lab->reasons);
	site_release(&lab->site);
	close(lab->work);
	if (sb_remove_tree(AT_FDCWD, lab->top, &err) < 0)
		fprintf(stderr, "%s\n", err.text);
	free(lab->work_path);
	free(lab->cache_path);
	free(lab->layers);
	free(lab->deps);
}

/* One answer of the step --------------------------------------------------------------------- */

struct answer {
	bool worked, reused, remembered;
	char files[65]; /* all that it made, with modes; "" nothing */
	char *root;     /* STATIC_ROOT */
	char *said;     /* the log */
};

static void answer_release(struct answer *answer)
{
	free(answer->root);
	free(answer->said);
	*answer = (struct answer) { 0 };
}

static void digest_files(char out[65], const char *path)
{
	struct sb_error err = { 0 };

	*out = '\0';
	if (path && sb_folder_digest(out, path, &err) < 0)
		die("%s", err.text);
}

static char *read_log(int fd)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(8 << 20);
	struct sb_error err = { 0 };

	if (lseek(fd, 0, SEEK_SET) < 0 || sb_read_fd(&text, fd, &err) < 0)
		die("the log: %s", err.text);
	return sb_buffer_detach(&text);
}

static void fill_python(struct sb_python *python)
{
	*python = (struct sb_python) { .path = sb_xstrdup("/usr/bin/python3"),
				       .prefix = sb_xstrdup("/usr"),
				       .stdlib = sb_xstrdup("/usr/lib/python3.11"),
				       .lib = sb_xstrdup("lib"),
				       .major = 3,
				       .minor = 11,
				       .patch = 2,
				       .version = sb_xstrdup("3.11.2"),
				       .platform = sb_xstrdup("linux") };
}

enum question { PUSH, CONFIRM, FRESH };

static void ask(struct lab *lab, struct answer *out, enum question question)
{
	SB_AUTO_CLOSE int file = memfd_create("log", MFD_CLOEXEC);
	struct sb_log log = SB_LOG_INIT;
	struct sb_error err = { 0 };
	struct sb_build build = { .settings = &lab->settings,
				  .log = &log,
				  .repo = &lab->repo,
				  .tree = lab->tree,
				  .plan = &lab->plan,
				  .config = &lab->config,
				  .app = "sound",
				  .work = lab->work,
				  .work_path = lab->work_path,
				  .cache_path = lab->cache_path,
				  .no_cache = question == FRESH,
				  .followed = question == PUSH,
				  .confirm = question == CONFIRM,
				  .find_layer = find_layer,
				  .keep_layer = keep_layer,
				  .ctx = lab };

	log.file = file;
	fill_python(&build.python);
	build.deps_path = sb_xstrdup(lab->deps);
	memcpy(build.deps_key, lab->deps_key, sizeof(build.deps_key));
	out->worked = sb_statics_make(&build, &err) == 0;
	digest_files(out->files, build.static_path);
	out->root = build.static_root ? sb_xstrdup(build.static_root) : NULL;
	sb_log_release(&log);
	out->said = read_log(file);
	out->reused = strstr(out->said, REUSED) != NULL;
	out->remembered = !strstr(out->said, "not re");
	if (!out->worked && err.code != SB_EBUILD && err.code != SB_EINPUT && err.code != SB_ELIMIT)
		die("%s", err.text);
	sb_build_release(&build);
}

static bool is_same(const struct answer *a, const struct answer *b)
{
	return a->worked == b->worked && !strcmp(a->files, b->files) &&
	       !strcmp(a->root ? a->root : "", b->root ? b->root : "");
}

/* The trial ----------------------------------------------------------------------------------- */

static void write_tree(struct lab *lab)
{
	site_write(&lab->site, lab->git, lab->tree);
}

/* What was remembered lies in the store, what was made last in the work folder. */
static void show_difference(struct lab *lab, const char *key)
{
	SB_AUTO_FREE char *command = sb_xasprintf("diff -r '%s/%s' '%s/static' | head -c 4000 | cat -v",
						  lab->layers, key, lab->work_path);
	FILE *pipe = popen(command, "r");
	char line[512];

	while (pipe && fgets(line, sizeof(line), pipe))
		printf("# %s", line);
	if (pipe)
		pclose(pipe);
}

static void tell_unsound(struct lab *lab, const char *what, uint64_t seed, const char *edit,
			 const struct answer *now, const struct answer *fresh)
{
	lab->unsound++;
	printf("not ok - UNSOUND (%s), site of seed %llu, after: %s\n", what,
	       (unsigned long long)seed, edit);
	printf("# %d %s %s | %d %s %s\n# %s\n", now->worked, now->files, now->root, fresh->worked,
	       fresh->files, fresh->root, fresh->said);
	show_difference(lab, now->files);
	site_show(&lab->site);
	fflush(stdout);
}

/* Other things than the tree that the outcome hangs on. */
static void edit_around(struct lab *lab, char edit[256])
{
	switch (dice(3)) {
	case 0:
		sb_list_release(&lab->config);
		sb_list_addf(&lab->config, "COLOUR=%u", dice(4));
		snprintf(edit, 256, "config var");
		break;
	case 1:
		make_deps(lab, (long)dice(1000000));
		snprintf(edit, 256, "dependency layer");
		break;
	default:
		free(lab->plan.ignore);
		lab->plan.ignore = dice(2) ? sb_xstrdup("*.css\n") : NULL;
		snprintf(edit, 256, "ignore rules");
	}
}

static void note_reason(struct lab *lab, const char *said)
{
	const char *at = strstr(said, "not re"), *end;

	if (!at)
		return;
	end = strchr(at, '\n');
	SB_AUTO_FREE char *line =
		sb_span_dup((struct sb_span) { at, end ? (size_t)(end - at) : strlen(at) });
	char *path = strchr(line, '/');

	if (path && !strstr(line, "somebody"))
		*path = '\0';
	sb_list_add(&lab->reasons, line);
}

/*
 * Whether two runs that are not traced differ, too. Some chances show once in many runs only: how
 * much of the disk is free, in steps of 256 MiB, differs when somebody else writes just then.
 */
static bool is_chance(struct lab *lab, const struct answer *fresh)
{
	__attribute__((cleanup(answer_release))) struct answer other = { 0 };

	if (site_has_chance(&lab->site))
		return true;
	ask(lab, &other, FRESH);
	return !is_same(&other, fresh);
}

static void judge(struct lab *lab, uint64_t seed, const char *edit)
{
	__attribute__((cleanup(answer_release))) struct answer now = { 0 };
	__attribute__((cleanup(answer_release))) struct answer fresh = { 0 };

	ask(lab, &now, PUSH);
	lab->edits++;
	lab->failed += !now.worked;
	if (now.reused) {
		lab->reused++;
	} else {
		lab->again++;
		note_reason(lab, now.said);
		if (dice(8)) { /* what is traced runs as what is not: tried now and then */
			answer_release(&now);
			ask(lab, &now, CONFIRM);
			note_reason(lab, now.said);
			return;
		}
		lab->twins++;
	}
	ask(lab, &fresh, FRESH);
	lab->controls++;
	if (!is_same(&now, &fresh) && (now.reused || !is_chance(lab, &fresh)))
		tell_unsound(lab, now.reused ? "reused" : "traced", seed, edit, &now, &fresh);
}

static void try_site(struct lab *lab, uint64_t seed, long until)
{
	char edit[256];

	dice_seed(seed);
	site_release(&lab->site);
	sb_list_release(&lab->config);
	site_make(&lab->site, &lab->ways);
	write_tree(lab);
	judge(lab, seed, "nothing");
	for (int i = 0; i < EDITS_A_SITE && lab->edits < until; i++) {
		if (!dice(20)) {
			edit_around(lab, edit);
		} else {
			site_edit(&lab->site, &lab->ways, edit);
			write_tree(lab);
		}
		judge(lab, seed, edit);
	}
}

static void show_reasons(struct lab *lab)
{
	sb_list_sort(&lab->reasons);
	for (size_t i = 0, n; i < lab->reasons.n; i += n) {
		for (n = 1; i + n < lab->reasons.n &&
			    !strcmp(lab->reasons.item[i], lab->reasons.item[i + n]);
		     n++)
			;
		printf("# %6zu %s\n", n, lab->reasons.item[i]);
	}
}

static int try_all(struct lab *lab, long n, uint64_t seed)
{
	long shown = 0;

	while (lab->edits < n) {
		try_site(lab, seed++, n);
		if (lab->edits - shown >= 1000) {
			shown = lab->edits;
			fprintf(stderr, "# %ld edits, %ld reused, %ld unsound\n", lab->edits,
				lab->reused, lab->unsound);
		}
	}
	printf("# %ld edits: %ld reused what was remembered, each against a fresh run; %ld ran again "
	       "(%ld of them against an untraced run); %ld failed\n",
	       lab->edits, lab->reused, lab->again, lab->twins, lab->failed);
	show_reasons(lab);
	printf("%s 1 - %ld of %ld results were not what a fresh run makes\n1..1\n",
	       lab->unsound ? "not ok" : "ok", lab->unsound, lab->controls);
	return lab->unsound != 0;
}

/* The table ----------------------------------------------------------------------------------- */

static const char *verdict(struct lab *lab, char why[256])
{
	__attribute__((cleanup(answer_release))) struct answer now = { 0 };
	const char *at;

	*why = '\0';
	for (enum question question = PUSH; question <= CONFIRM; question++) {
		answer_release(&now);
		ask(lab, &now, question);
		at = strstr(now.said, "not re");
		if (!now.worked)
			return "failed";
		if (at) {
			at = strstr(at, ": ") ? strstr(at, ": ") + 2 : at;
			snprintf(why, 256, "%.*s", (int)strcspn(at, "\n"), at);
			return question == PUSH ? "refused" : "unstable";
		}
	}
	answer_release(&now);
	ask(lab, &now, PUSH);
	return now.reused ? "traced" : "lost";
}

static int show_table(struct lab *lab)
{
	int lost = 0;

	for (size_t i = 0; i < lab->ways.n; i++) {
		char why[256];
		const char *what;

		site_release(&lab->site);
		site_plain(&lab->site, lab->ways.item[i]);
		write_tree(lab);
		what = verdict(lab, why);
		printf("%-16s %-9s %s\n", lab->ways.item[i], what, why);
		lost += !strcmp(what, "lost") || !strcmp(what, "failed") ||
			(!strncmp(lab->ways.item[i], "chance", 6) && strcmp(what, "unstable") != 0);
	}
	return lost != 0;
}

static void learn_ways(struct lab *lab, const char *collector)
{
	SB_AUTO_FREE char *command = sb_xasprintf("'%s' --ways", collector);
	FILE *pipe = popen(command, "r");
	char line[128];

	while (pipe && fgets(line, sizeof(line), pipe)) {
		line[strcspn(line, "\n")] = '\0';
		sb_list_add(&lab->ways, line);
	}
	if (!pipe || pclose(pipe) || !lab->ways.n)
		die("%s --ways does not work", collector);
}

int main(int argc, char **argv)
{
	struct lab lab = { 0 };
	const char *why;
	int done;

	umask(022);
	if (argc < 3)
		die("soundness COLLECTOR N SEED | COLLECTOR --table");
	lab_open(&lab, argv[1]);
	learn_ways(&lab, argv[1]);
	if (!sb_box_works(&lab.settings, &why)) {
		printf("1..0 # SKIP no sandbox here: %s\n", why);
		lab_close(&lab);
		return 0;
	}
	if (!strcmp(argv[2], "--table"))
		done = show_table(&lab);
	else
		done = try_all(&lab, strtol(argv[2], NULL, 10),
			       argc > 3 ? strtoull(argv[3], NULL, 10) : 1);
	lab_close(&lab);
	return done;
}
