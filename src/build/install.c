#include "build/install.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build/diagnose.h"
#include "sys/files.h"
#include "sys/process.h"

#define CONF_MAX 65536
#define CERTIFICATES "/etc/ssl/certs/ca-certificates.crt"

void sb_install_release(struct sb_install *install)
{
	for (size_t i = 0; i < install->requests; i++)
		free(install->request[i].file);
	free(install->app);
	free(install->folder);
	free(install->generated);
	free(install->uv);
	free(install->tool);
	sb_list_release(&install->indexes);
	sb_list_release(&install->built);
	sb_buffer_release(&install->output);
	sb_contents_release(&install->contents);
}

static void add_settings_file(struct sb_sha256 *hash, const char *path)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(CONF_MAX);
	struct sb_error unseen = { 0 };

	if (sb_read_file(&text, AT_FDCWD, path, &unseen) < 0)
		sb_buffer_clear(&text);
	sb_sha256_field(hash, text.n ? text.p : "");
}

void sb_install_add_settings(struct sb_sha256 *hash)
{
	add_settings_file(hash, "/etc/pip.conf");
	add_settings_file(hash, "/etc/uv/uv.toml");
}

bool sb_install_uv_fits(void)
{
	static const char *const words[] = { "index-url", "index_url", "find-links", "find_links",
					     "no-index",  "no_index",  "proxy" };
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(CONF_MAX);
	struct sb_error unseen = { 0 };

	if (access("/etc/uv/uv.toml", R_OK) == 0 ||
	    sb_read_file(&text, AT_FDCWD, "/etc/pip.conf", &unseen) < 0)
		return true;
	for (size_t i = 0; i < SB_COUNT(words); i++)
		if (sb_span_find(sb_buffer_span(&text), words[i]))
			return false;
	return true;
}

static char *find_uv(const struct sb_settings *settings)
{
	static const char *const places[] = { "/usr/local/bin/uv", "/usr/bin/uv", NULL };
	static const char *const below_home[] = { ".local/bin/uv", ".cargo/bin/uv" };
	const char *found = sb_first_program(places);
	char room[4096];
	struct passwd entry, *user = NULL;

	if (settings->uv && *settings->uv)
		return sb_xstrdup(settings->uv);
	if (found)
		return sb_xstrdup(found);
	if (getpwuid_r(geteuid(), &entry, room, sizeof(room), &user) || !user)
		return NULL;
	for (size_t i = 0; i < SB_COUNT(below_home); i++) {
		SB_AUTO_FREE char *path = sb_xasprintf("%s/%s", user->pw_dir, below_home[i]);

		if (access(path, X_OK) == 0)
			return SB_STEAL(path);
	}
	return NULL;
}

int sb_install_tool(struct sb_install *install, struct sb_error *err)
{
	const struct sb_python *python = install->python;
	const struct sb_settings *settings = install->build->settings;

	if (settings->use_uv && (python->major > 3 || python->minor >= 8) && python->major > 2 &&
	    sb_install_uv_fits() && (install->uv = find_uv(settings)) != NULL)
		install->tool = sb_uv_version(install->build, install->uv);
	install->use_uv = install->tool != NULL;
	if (install->use_uv)
		return 0;
	if (!python->pip_wheel && !python->has_pip) {
		sb_fail(err, SB_ECONFIG, "Python %s on this server has no pip", python->version);
		sb_error_fix(err, "apt install python3-venv   (or: install uv)");
		return -1;
	}
	install->tool = sb_pip_version(python);
	return 0;
}

/* The owner's index settings and certificates, where there are any. */
static void show_settings(struct sb_box *box)
{
	static const char *const paths[] = { "/etc/pip.conf", "/etc/uv", "/etc/ssl",
					     "/etc/ca-certificates" };

	for (size_t i = 0; i < SB_COUNT(paths); i++)
		if (access(paths[i], R_OK) == 0)
			sb_box_read(box, paths[i], NULL);
	if (access(CERTIFICATES, R_OK) == 0)
		sb_list_setenv(&box->env, "SSL_CERT_FILE", CERTIFICATES);
}

int sb_install_step(struct sb_step *step, const struct sb_install *install, const char *cache,
		    struct sb_error *err)
{
	SB_AUTO_FREE char *tmp = sb_step_fresh_folder(install->build, "tmp", err);

	if (!tmp)
		return -1;
	sb_step_init(step, install->build);
	step->name = install->tool;
	sb_step_show_python(step, install->python);
	sb_box_write(&step->box, install->app, "/app");
	sb_box_write(&step->box, install->folder, "/app/.slugbuild");
	sb_box_write(&step->box, tmp, "/slugbuild/tmp");
	sb_step_env_path(step, "TMPDIR", "/slugbuild/tmp");
	sb_step_env_path(step, "HOME", "/slugbuild/tmp");
	if (cache)
		sb_box_write(&step->box, cache, "/slugbuild/cache");
	if (install->generated)
		sb_box_read(&step->box, install->generated, "/slugbuild/requirements");
	show_settings(&step->box);
	step->box.cwd = "/app";
	step->box.network = true;
	return sb_install_credentials(step, err);
}

char *sb_install_cache(const struct sb_install *install, const char *scope, struct sb_error *err)
{
	SB_AUTO_FREE char *path = sb_xasprintf("%s/%s/%s", install->build->cache_path,
					       install->use_uv ? "uv" : "pip", scope);
	SB_AUTO_CLOSE int dir = sb_make_dirs(path, 0755, err);

	return dir < 0 ? NULL : SB_STEAL(path);
}

/* A first try's complaint is no complaint yet. */
static bool is_chatter(struct sb_span line)
{
	line = sb_span_trim(line);
	return line.n && !sb_span_starts(line, "ERROR: ") && !sb_span_starts(line, "error: ") &&
	       !sb_span_starts(line, "WARNING: Running pip as") &&
	       !sb_span_starts(line, "Could not find a version") &&
	       !sb_span_starts(line, "No matching distribution") &&
	       !sb_span_starts(line, "DEPRECATION: Python") && !sb_span_starts(line, "[notice]");
}

static bool is_wanted(struct sb_span line)
{
	line = sb_span_trim(line);
	return line.n && !sb_span_starts(line, "WARNING: Running pip as") &&
	       !sb_span_starts(line, "DEPRECATION: Python") && !sb_span_starts(line, "[notice]");
}

/* uv's complaints have no mark on each line: on the first try nothing of it but its summary is
 * shown. */
static bool is_uv_summary(struct sb_span line)
{
	return sb_span_starts(line, "Resolved ") || sb_span_starts(line, "Prepared ") ||
	       sb_span_starts(line, "Installed ") || sb_span_starts(line, " + ");
}

static void note_built(struct sb_install *install, struct sb_span output)
{
	static const char *const marks[] = { "Successfully built ", "Running setup.py install for ",
					     "   Built " };
	struct sb_span line, word;

	while (sb_span_line(&output, &line))
		for (size_t i = 0; i < SB_COUNT(marks); i++) {
			struct sb_span rest = sb_span_trim(line);
			struct sb_span mark = sb_span_trim(sb_span_of(marks[i]));

			if (rest.n <= mark.n || memcmp(rest.p, mark.p, mark.n))
				continue;
			rest = sb_span_trim((struct sb_span) { rest.p + mark.n, rest.n - mark.n });
			while (rest.n) {
				word = rest;
				if (!sb_span_cut(&rest, ' ', &word))
					rest.n = 0;

				SB_AUTO_FREE char *name = sb_span_dup(word);

				if (word.n && strcmp(name, "...") && strcmp(name, "done") &&
				    !sb_list_has(&install->built, name))
					sb_list_add(&install->built, name);
				if (i)
					break;
			}
		}
}

/* `more`: a word for the tool, or NULL. With `hidden` nothing of what it says is shown. */
static int run_requests(struct sb_install *install, bool wheels_only, bool hidden, const char *more,
			const char *cache, struct sb_error *err)
{
	sb_buffer_release(&install->output);
	install->output = (struct sb_buffer)SB_BUFFER_INIT(2 * SB_STEP_OUTPUT);
	for (size_t i = 0; i < install->requests; i++) {
		SB_AUTO(sb_step) step = { 0 };
		const struct sb_request *request = &install->request[i];

		if (sb_install_step(&step, install, cache, err) < 0)
			return -1;
		if (install->use_uv)
			sb_uv_arguments(&step, install, request, wheels_only);
		else
			sb_pip_arguments(&step, install, request, wheels_only);
		if (more)
			sb_list_add(&step.argv, more);
		step.quiet = hidden;
		step.shown = !wheels_only      ? is_wanted
			     : install->use_uv ? is_uv_summary
					       : is_chatter;
		if (sb_step_run(&step, err) < 0)
			return -1;
		sb_buffer_add(&install->output, sb_buffer_span(&step.output));
		if (step.status)
			return 1;
		if (!wheels_only)
			note_built(install, sb_buffer_span(&step.output));
	}
	return 0;
}

int sb_install_wheels(struct sb_install *install, const char *more, struct sb_error *err)
{
	SB_AUTO_FREE char *shared = sb_install_cache(install, "shared", err);

	return shared ? run_requests(install, true, true, more, shared, err) : -1;
}

void sb_install_summary(const struct sb_install *install)
{
	struct sb_span rest = sb_buffer_span(&install->output), line;

	while (sb_span_line(&rest, &line))
		if (is_uv_summary(line))
			sb_log_line(install->build->log, line);
}

/* Shows what a first try said and kept to itself, now that it is the last word. */
static void show_complaint(struct sb_install *install)
{
	struct sb_span rest = sb_buffer_span(&install->output), line;
	bool (*seen)(struct sb_span) = install->use_uv ? is_uv_summary : is_chatter;

	while (sb_span_line(&rest, &line))
		if (!seen(line) && is_wanted(line))
			sb_log_line(install->build->log, line);
}

void sb_request_arguments(struct sb_step *step, const struct sb_install *install,
			  const struct sb_request *request, bool wheels_only, const char *first,
			  const char *more)
{
	if (wheels_only)
		sb_list_add(&step->argv, "--only-binary=:all:");
	if (request->exact)
		sb_list_add(&step->argv, "--no-deps");
	if (request->hashed)
		sb_list_add(&step->argv, "--require-hashes");
	for (size_t i = 0; i < install->indexes.n; i++)
		sb_list_addf(&step->argv, "%s=%s", i ? more : first, install->indexes.item[i]);
	sb_list_add(&step->argv, "-r");
	sb_step_arg_path(step, "", request->file);
}

int sb_install_run(struct sb_install *install, struct sb_error *err)
{
	SB_AUTO_FREE char *shared = sb_install_cache(install, "shared", err);
	SB_AUTO_FREE char *own = NULL;
	struct sb_span said;
	int done = 1;

	if (!shared)
		return -1;
	if (!install->runs_code) {
		done = run_requests(install, true, false, NULL, shared, err);
		said = sb_buffer_span(&install->output);
		if (done <= 0)
			return done;
		if (sb_diagnose_network(said) || !sb_diagnose_no_wheel(said)) {
			show_complaint(install);
			return 1;
		}
		sb_log_say(install->build->log, "Not everything is there as a wheel: trying "
						"source packages too");
	}
	own = sb_install_cache(install, install->build->app ? install->build->app : "build", err);
	if (!own)
		return -1;
	install->foreign = true;
	return run_requests(install, false, false, NULL, own, err);
}
