#include "base/base.h"
#include "app/complete.h"
#include "base/sha256.h"
#include "sys/child.h"
#include "sys/files.h"
#include "sys/sandbox.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODULES_BYTES (1 << 20) /* of .gitmodules */

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

/* "git@example.com:ada/theme.git", as ssh has it. */
static bool is_ssh_short(const char *url)
{
	const char *at = strchr(url, '@');

	return at && strchr(at, ':') && strcspn(url, ":/") > (size_t)(at - url) && !strstr(url, "::");
}

/* Where the network is all that a URL can reach: no option, no program, no file, no other path. */
static bool is_safe(const char *url)
{
	static const char *const schemes[] = { "https://", "http://", "ssh://", "git://" };
	const char *host = is_ssh_short(url) ? url : NULL, *at = strchr(url, '@');

	for (size_t i = 0; i < SB_COUNT(schemes); i++)
		if (!strncmp(url, schemes[i], strlen(schemes[i])))
			host = url + strlen(schemes[i]);
	return host && is_printable(url) && isalnum((unsigned char)*host) &&
	       (!at || isalnum((unsigned char)at[1]));
}

/* The value of "submodule.NAME.key" lines: `git config -z` separates key and value by a line end. */
static char *url_of(struct sb_span pairs, const char *path)
{
	struct sb_span rest = pairs, pair, key;
	SB_AUTO_FREE char *name = NULL;

	while (sb_span_cut(&rest, '\0', &pair))
		if (sb_span_cut(&pair, '\n', &key) && sb_span_ends(key, ".path") && sb_span_is(pair, path)) {
			free(name);
			name = sb_xasprintf("%.*s.url", (int)(key.n - 5), key.p);
		}
	char *url = NULL;

	for (rest = pairs; name && sb_span_cut(&rest, '\0', &pair);)
		if (sb_span_cut(&pair, '\n', &key) && sb_span_is(key, name)) {
			free(url);
			url = sb_span_dup(pair);
		}
	return url;
}

static int refuse_url(const char *path, const char *url, struct sb_error *err)
{
	sb_fail(err, SB_EREFUSED, "the submodule %s has %s%.200s", path, url ? "a URL that is not fetched here: " : "no URL",
		url ? url : "");
	sb_error_where(err, ".gitmodules");
	sb_error_fix(err, "git submodule set-url %s https://HOST/REPOSITORY.git, then commit", path);
	return -1;
}

/* .gitmodules of the repository, not of the app's folder in it. Owned, or NULL with err. */
static char *find_url(const struct sb_completed *at, const struct sb_produce *make, const char *path,
		      struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(MODULES_BYTES), pairs = SB_BUFFER_INIT(MODULES_BYTES * 2);
	const char *prefix = make->settings->path;
	SB_AUTO_FREE char *whole = *prefix ? sb_xasprintf("%s/%s", prefix, path) : sb_xstrdup(path);
	SB_AUTO_FREE char *file = sb_xasprintf("%s/gitmodules", at->path);
	SB_AUTO_CLOSE int dir = sb_open_dir(at->tmp, at->name, err);
	struct sb_entry entry;

	if (dir < 0 || sb_tree_find(make->repo, make->commit.tree, ".gitmodules", &entry, err) < 1 ||
	    sb_blob_read(&text, make->repo, entry.oid, err) < 0 ||
	    sb_write_file(dir, "gitmodules", 0600, sb_buffer_span(&text), err) < 0)
		return NULL;
	const char *const words[] = { "config", "-z", "--no-includes", "--file", file, "--get-regexp",
				      "^submodule\\..*\\.(path|url)$", NULL };

	if (sb_complete_git(at, &pairs, (struct sb_span) { 0 }, words, err) < 0)
		return NULL;
	char *url = url_of(sb_buffer_span(&pairs), whole);

	if (url && is_safe(url))
		return url;
	(void)refuse_url(path, url, err);
	free(url);
	return NULL;
}

static void show(void *ctx, struct sb_span line)
{
	const struct sb_produce *make = ctx;

	sb_log_line(make->log, line);
}

/* A file of the admin's for ssh, shown in the box, and its place there by a variable. */
static int show_file(struct sb_box *box, const char *setting, const char *path, const char *at, const char *variable,
		     struct sb_error *err)
{
	if (!*path)
		return 0;
	if (access(path, R_OK) < 0) {
		sb_fail_sys(err, "slugbuild.%s names %s", setting, path);
		err->code = SB_ECONFIG;
		return -1;
	}
	sb_box_read(box, path, at);
	SB_AUTO_FREE char *inside = sb_box_path(box, at);

	sb_list_setenv(&box->env, variable, inside);
	return 0;
}

/* One key, and of hosts only those that are known: the URL is the pusher's. */
static int allow_ssh(struct sb_box *box, const struct sb_settings *settings, struct sb_error *err)
{
	SB_AUTO_FREE char *command = sb_xasprintf("exec ssh -o BatchMode=yes -o StrictHostKeyChecking=yes%s%s",
						  *settings->ssh_key ? " -o IdentitiesOnly=yes -i \"$SSH_KEY\"" : "",
						  *settings->ssh_known_hosts ? " -o UserKnownHostsFile=\"$SSH_KNOWN\"" : "");

	sb_list_setenv(&box->env, "GIT_SSH_COMMAND", command);
	sb_list_setenv(&box->env, "GIT_SSH_VARIANT", "ssh");
	if (show_file(box, "sshKey", settings->ssh_key, "/slugbuild/ssh/key", "SSH_KEY", err) < 0)
		return -1;
	return show_file(box, "sshKnownHosts", settings->ssh_known_hosts, "/slugbuild/ssh/known_hosts", "SSH_KNOWN", err);
}

/* In the box, with the network: what a stranger's server sends is unpacked there. */
static int fetch(const struct sb_produce *make, const char *modules, const char *url, const char *commit, bool all,
		 struct sb_error *err)
{
	SB_AUTO(sb_box) box = { 0 };
	SB_AUTO(sb_list) argv = { 0 };
	static const char *const fixed[] = {
		"-c", "protocol.allow=never", "-c", "protocol.https.allow=always", "-c", "protocol.http.allow=always",
		"-c", "protocol.ssh.allow=always", "-c", "protocol.git.allow=always", "-c", "core.hooksPath=/dev/null",
		"-c", "fetch.fsckObjects=true", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head",
		"--no-recurse-submodules", "--no-auto-maintenance", NULL
	};
	struct sb_child_result end = { 0 };
	struct sb_child child = { .cwd = -1, .seconds = make->settings->step_seconds, .bytes = 1 << 20,
				  .memory = make->settings->build_memory, .line = show, .ctx = (void *)make };

	sb_box_init(&box, make->settings);
	box.network = true;
	sb_box_write(&box, modules, "/slugbuild/modules");
	for (const char *const *p = (const char *const[]) { "/etc/ssl", "/etc/ca-certificates", "/etc/ssh", NULL }; *p; p++)
		if (access(*p, R_OK) == 0)
			sb_box_read(&box, *p, NULL);
	SB_AUTO_FREE char *dir = sb_box_path(&box, "/slugbuild/modules");

	sb_list_setenv(&box.env, "GIT_DIR", dir);
	sb_list_setenv(&box.env, "GIT_CONFIG_NOSYSTEM", "1");
	sb_list_setenv(&box.env, "GIT_CONFIG_GLOBAL", "/dev/null");
	sb_list_setenv(&box.env, "GIT_TERMINAL_PROMPT", "0");
	if (allow_ssh(&box, make->settings, err) < 0)
		return -1;
	sb_list_add(&argv, *make->settings->git ? make->settings->git : "/usr/bin/git");
	sb_list_add_all(&argv, fixed);
	if (!all)
		sb_list_add(&argv, "--depth=1");
	sb_list_add(&argv, "--");
	sb_list_add(&argv, url);
	sb_list_add(&argv, all ? "+refs/*:refs/fetched/*" : commit);
	child.argv = (const char *const *)argv.item;
	box.cwd = "/";
	if (sb_box_run(&box, &child, &end, err) < 0)
		return sb_wrap(err, "git fetch");
	if (end.end == SB_CHILD_EXITED)
		return end.value ? 1 : 0;
	return sb_fail(err, SB_EBUILD, "git fetch of %s %s", url, sb_child_end_text(&child, &end));
}

/* The app's own store of fetched submodules: one app does not see another's. */
static char *modules_folder(const struct sb_completed *at, const struct sb_produce *make, struct sb_error *err)
{
	SB_AUTO(sb_buffer) said = SB_BUFFER_INIT(64 << 10);
	SB_AUTO_FREE char *format = sb_xasprintf("--object-format=%s", make->repo->id_digits == 64 ? "sha256" : "sha1");
	SB_AUTO_FREE char *parent = sb_xasprintf("%s/cache/modules", make->store->path);
	SB_AUTO_CLOSE int dir = sb_make_dirs(parent, 0755, err);
	char *path = sb_xasprintf("%s/%s-%zu.git", parent, make->app ? make->app : "build", make->repo->id_digits);
	const char *const init[] = { "--git-dir", path, "init", "--quiet", "--bare", "--template=", format, NULL };

	if (dir < 0 || (access(path, F_OK) < 0 && sb_complete_git(at, &said, (struct sb_span) { 0 }, init, err) < 0)) {
		free(path);
		return NULL;
	}
	return path;
}

/* "COMMIT^{tree}" there; false where it is not. */
static bool tree_of(const struct sb_completed *at, const char *modules, const char *commit, char tree[SB_OID_MAX + 1])
{
	SB_AUTO(sb_buffer) said = SB_BUFFER_INIT(64 << 10);
	SB_AUTO_FREE char *spec = sb_xasprintf("%s^{tree}", commit);
	const char *const words[] = { "--git-dir", modules, "rev-parse", "--verify", "--quiet", spec, NULL };
	struct sb_error ignored = { 0 };

	if (sb_complete_git(at, &said, (struct sb_span) { 0 }, words, &ignored) < 0 || said.n != strlen(commit))
		return false;
	sb_span_copy(tree, SB_OID_MAX + 1, sb_buffer_span(&said));
	return true;
}

static int add_alternate(const struct sb_completed *at, const char *modules, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(64 << 10);
	SB_AUTO_FREE char *info = sb_xasprintf("%s/objects/info", at->path);
	SB_AUTO_FREE char *line = sb_xasprintf("%s/objects\n", modules);
	SB_AUTO_CLOSE int dir = sb_open_dir(AT_FDCWD, info, err);

	if (dir < 0 || sb_read_file(&text, dir, "alternates", err) < 0)
		return -1;
	if (!sb_span_find(sb_buffer_span(&text), line))
		sb_buffer_adds(&text, line);
	return sb_write_file(dir, "alternates", 0644, sb_buffer_span(&text), err);
}

int sb_submodule_fetch(struct sb_completed *at, const struct sb_produce *make, const char *path, const char *commit,
		       char tree[SB_OID_MAX + 1], struct sb_error *err)
{
	SB_AUTO_FREE char *url = find_url(at, make, path, err);
	SB_AUTO_FREE char *modules = url ? modules_folder(at, make, err) : NULL;
	int done = 0;

	if (!modules)
		return -1;
	if (!tree_of(at, modules, commit, tree)) {
		sb_log_step(make->log, "Fetching the submodule %s, %.8s", path, commit);
		done = fetch(make, modules, url, commit, false, err);
		/* Old servers give what a ref holds, and nothing by its id. */
		if (done == 1)
			done = fetch(make, modules, url, commit, true, err);
		if (done < 0)
			return -1;
		if (done == 1 || !tree_of(at, modules, commit, tree)) {
			sb_fail(err, SB_EBUILD, "the submodule %s could not be fetched from %s at %.12s", path, url, commit);
			sb_error_where(err, "%s", path);
			sb_error_fix(err, "git's own words stand above; is %.12s pushed there, and may the server read it%s?",
				     commit, strncmp(url, "http", 4) ? ", see slugbuild.sshKey" : "");
			return -1;
		}
	}
	return add_alternate(at, modules, err);
}
