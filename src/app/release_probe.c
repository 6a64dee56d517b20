#include "base/base.h"
#include "app/release_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "build/probe_answer.h"
#include "check/report.h"
#include "release/process.h"
#include "sys/files.h"
#include "sys/process.h"
#include "sys/thread.h"

#define SECONDS 30
#define OUTPUT_MAX (1 << 20)

static bool has_django(const struct sb_release *release, const char *directory)
{
	const char *version = sb_json_text(release->facts, "runtime.python", "");
	size_t n = strcspn(version, ".");
	size_t minor = version[n] ? n + 1 + strcspn(version + n + 1, ".") : n;
	SB_AUTO_FREE char *path =
		sb_xasprintf("%s/.slugbuild/python/lib/python%.*s/site-packages/django/__init__.py", directory,
			     (int)minor, version);

	return access(path, F_OK) == 0;
}

/* The app's folder of the release before, or NULL. Owned. */
static char *former(const struct sb_activate *way, const struct sb_release *release)
{
	int number = (int)sb_json_int(release->facts, "previous", 0);
	SB_AUTO_FREE char *path = number > 0 ? sb_release_path(way->app, number, "app") : NULL;

	return path && access(path, R_OK | X_OK) == 0 ? SB_STEAL(path) : NULL;
}

static json_t *make_question(const struct sb_activate *way, const struct sb_release *release, const char *root,
			     const char *before)
{
	json_t *out = sb_json_new_object(), *processes = json_object_get(release->facts, "processes");

	sb_json_set_text(out, "step", "release");
	sb_json_set_flag(out, "all", way->settings->probe == SB_PROBE_AFTER);
	sb_json_set_text(out, "manage", sb_json_text(release->facts, "manage_py", NULL));
	sb_json_set_take(out, "processes", processes ? json_incref(processes) : sb_json_new_object());
	sb_json_set_flag(out, "migrates",
			 strstr(sb_json_text(release->facts, "release_command", ""), "migrate") != NULL);
	sb_json_set_text(out, "root", root);
	sb_json_set_text(out, "old_root", before);
	sb_json_set_take(out, "said", sb_json_new_array());
	sb_json_set_text(out, "app", way->app->name);
	sb_probe_seal(out);
	return out;
}

static void keep_line(void *ctx, struct sb_span line)
{
	struct sb_buffer *output = ctx;

	sb_buffer_add(output, line);
	sb_buffer_addc(output, '\n');
}

static void drop_line(void *ctx, struct sb_span line)
{
	(void)ctx;
	(void)line;
}

/* How the run ended where it did not end well; else NULL. Owned. */
static char *run(const struct sb_activate *way, const struct sb_release *release, const json_t *question,
		 const char *before, struct sb_buffer *output)
{
	SB_AUTO(sb_box) box = { 0 };
	SB_AUTO(sb_list) argv = { 0 };
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(4 << 20);
	SB_AUTO_FREE char *probes = sb_xasprintf("%s/probes", sb_datadir());
	SB_AUTO_FREE char *script = sb_xasprintf("%s/django_probe.py", probes);
	const char *words[] = { "python", script, "-", NULL };
	struct sb_run process = { .app = way->app,
				  .release = release,
				  .settings = way->settings,
				  .type = "run",
				  .command = words };
	struct sb_child_result end = { 0 };
	struct sb_error err = { 0 };

	if (sb_run_prepare(&box, &argv, &process, &err) < 0)
		return sb_xstrdup(err.text);
	sb_box_read(&box, probes, NULL);
	if (before)
		sb_box_read(&box, before, NULL);
	sb_list_setenv(&box.env, "PYTHONDONTWRITEBYTECODE", "1");
	sb_json_print_compact(&text, question);
	struct sb_child child = { .argv = (const char *const *)argv.item,
				  .cwd = -1,
				  .input = sb_buffer_span(&text),
				  .seconds = SECONDS,
				  .bytes = OUTPUT_MAX,
				  .memory = way->settings->build_memory,
				  .line = keep_line,
				  .separate = true,
				  .error_line = drop_line,
				  .ctx = output };

	if (sb_box_run(&box, &child, &end, &err) < 0)
		return sb_xstrdup(err.text);
	if (end.end == SB_CHILD_EXITED && end.value == 0)
		return NULL;
	return sb_xasprintf("the interpreter %s", sb_child_end_text(&child, &end));
}

/* A config var that is the URL of a database server. */
static bool names_server(const struct sb_list *vars)
{
	static const char *const schemes[] = { "postgres", "postgis", "mysql", "mariadb", "oracle",  "mssql",
					       "cockroach", "redshift", "timescale", "percona" };

	for (size_t i = 0; i < vars->n; i++) {
		const char *value = strchr(vars->item[i], '=') + 1;

		for (size_t s = 0; strstr(value, "://") && s < SB_COUNT(schemes); s++)
			if (!strncmp(value, schemes[s], strlen(schemes[s])))
				return true;
	}
	return false;
}

/* What the build's probe has seen: no database, or a file that this release does not have. */
static bool nothing_to_ask(const struct sb_activate *way, const struct sb_release *release, const char *root)
{
	const char *vendor = sb_json_text(release->facts, "engine.vendor", "");
	const char *file = sb_json_text(release->facts, "engine.file", "");
	SB_AUTO_FREE char *folder = sb_release_path(way->app, release->number, NULL);
	SB_AUTO_FREE char *path = *file == '/' ? sb_xstrdup(file) : sb_xasprintf("%s/%s", root, file);
	struct sb_error unseen = { 0 };
	SB_AUTO_CLOSE int dir = sb_open_dir(AT_FDCWD, folder, &unseen);
	SB_AUTO(sb_list) vars = { 0 };

	if (strcmp(vendor, "none") != 0 &&
	    (strcmp(vendor, "sqlite") != 0 || (*file && faccessat(AT_FDCWD, path, F_OK, 0) == 0)))
		return false;
	return dir >= 0 && sb_config_load(&vars, dir, &unseen) == 0 && !names_server(&vars);
}

bool sb_probe_applies(const struct sb_activate *way, const struct sb_release *release)
{
	SB_AUTO_FREE char *root = sb_release_path(way->app, release->number, "app");

	if (way->settings->probe == SB_PROBE_OFF || !has_django(release, root))
		return false;
	return way->settings->probe == SB_PROBE_AFTER || !nothing_to_ask(way, release, root);
}

static void *ask(void *arg)
{
	struct sb_probed *probed = arg;
	const struct sb_activate *way = probed->way;
	const struct sb_release *release = &probed->own;
	SB_AUTO_FREE char *root = sb_release_path(way->app, release->number, "app");
	SB_AUTO(sb_buffer) output = SB_BUFFER_INIT(OUTPUT_MAX + 4096);
	SB_AUTO_FREE char *before = former(way, release);
	SB_AUTO_JSON json_t *question = make_question(way, release, root, before);
	size_t step = sb_timing_begin(way->timings, "release probe");
	SB_AUTO_FREE char *why = run(way, release, question, before, &output);
	struct sb_probe_about about = { .findings = &probed->findings,
					.settings = way->settings,
					.app = way->app->name,
					.root = root,
					.python = sb_json_text(release->facts, "runtime.python", ""),
					.manage = sb_json_text(release->facts, "manage_py", NULL),
					.certain = true,
					.question = question };

	probed->answer = sb_probe_answer(&about, sb_buffer_span(&output), why);
	sb_timing_end(way->timings, step, false, "%s", "");
	return NULL;
}

void sb_probe_begin(struct sb_probed *probed, const struct sb_activate *way, struct sb_release *release)
{
	*probed = (struct sb_probed) { .way = way, .release = release, .own = *release, .begun = true };
	probed->own.facts = json_deep_copy(release->facts);
	sb_box_works(way->settings, NULL); /* what it notes is for one thread to note */
	probed->threaded = sb_thread_start(&probed->thread, ask, probed);
	if (!probed->threaded)
		ask(probed);
}

void sb_probe_wait(struct sb_probed *probed)
{
	while (probed->threaded) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		probed->threaded = pthread_timedjoin_np(probed->thread, NULL, &until) == ETIMEDOUT;
		(void)sb_cancel_asked(); /* its child hears of it then */
	}
}

void sb_probe_end(struct sb_probed *probed)
{
	if (!probed->begun)
		return;
	sb_probe_wait(probed);
	probed->begun = false;

	json_t *facts = probed->release->facts;
	const json_t *database = sb_json_at(probed->answer, "state.database");
	SB_AUTO_JSON json_t *report = sb_report_json(&probed->findings, NULL, &probed->way->log->mask);

	if (probed->findings.n)
		sb_log_findings(probed->way->log, &probed->findings);
	json_object_set(facts, "findings", json_object_get(report, "findings"));
	if (database)
		json_object_set(facts, "database", (json_t *)database);
}

void sb_probed_release(struct sb_probed *probed)
{
	sb_probe_wait(probed);
	sb_findings_release(&probed->findings);
	sb_release_release(&probed->own);
	json_decref(probed->answer);
	*probed = (struct sb_probed)SB_PROBED_INIT;
}
