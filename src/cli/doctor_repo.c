#include "app/targets.h"
#include "base/list.h"
#include "cli/cli.h"
#include "cli/diagnosis.h"
#include "cli/hooks.h"
#include "sys/clock.h"
#include "sys/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LOCK_OLD (10 * 60)            /* git holds one for an instant */
#define QUARANTINE_OLD (24 * 60 * 60) /* a push may take as long as its build */

/* A repository under doctor's eyes. */
struct patient {
	struct sb_diagnosis *out;
	const struct sb_repo *repo;
	const char *host, *global, *app;
};

/* 0: may be used. Else says so, with whose it is. */
static bool is_usable(const struct patient *p, const char *path, int how)
{
	struct stat st;

	if (faccessat(AT_FDCWD, path, how, AT_EACCESS) == 0 || stat(path, &st) < 0)
		return true;
	const struct passwd *user = getpwuid(st.st_uid);
	SB_AUTO_FREE char *owner = user ? sb_xstrdup(user->pw_name) : sb_xasprintf("%u", (unsigned)st.st_uid);
	SB_AUTO_FREE char *what = sb_xasprintf("%s is not ours to %s: mode %o, of %s", path,
					       how & W_OK ? "write" : "read", (unsigned)st.st_mode & 07777, owner);
	bool ours = st.st_uid == geteuid();
	SB_AUTO_FREE char *fix = ours ? sb_xasprintf("chmod -R u+rwX %s", p->repo->path)
				      : sb_xasprintf("as root: chown -R %s: %s", sb_cli_user(), p->repo->path);

	sb_diagnosis_say(p->out, false, what, fix);
	return false;
}

/* The folders that a push writes into, and each folder of loose objects: one that another user's push
 * made is enough to refuse the next. */
static bool look_at_modes(const struct patient *p, bool aloud)
{
	static const struct {
		const char *name;
		int how;
	} all[] = { { "", R_OK | W_OK | X_OK },        { "/config", R_OK },
		    { "/objects", R_OK | W_OK | X_OK }, { "/refs", R_OK | W_OK | X_OK },
		    { "/refs/heads", R_OK | W_OK | X_OK }, { "/reftable", R_OK | W_OK | X_OK } };
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error err = { 0 };

	for (size_t i = 0; i < SB_COUNT(all); i++) {
		SB_AUTO_FREE char *path = sb_xasprintf("%s%s", p->repo->common, all[i].name);

		if (!is_usable(p, path, all[i].how))
			return false;
	}
	SB_AUTO_FREE char *objects = sb_xasprintf("%s/objects", p->repo->common);

	if (sb_list_dir(&names, AT_FDCWD, objects, &err) < 0)
		return true;
	for (size_t i = 0; i < names.n; i++) {
		SB_AUTO_FREE char *path = sb_xasprintf("%s/%s", objects, names.item[i]);

		if ((strlen(names.item[i]) == 2 || !strcmp(names.item[i], "pack")) &&
		    !is_usable(p, path, R_OK | W_OK | X_OK))
			return false;
	}
	if (aloud)
		sb_diagnosis_say(p->out, true, "its objects and refs are ours to write", NULL);
	return true;
}

static bool is_on(const char *value)
{
	static const char *const yes[] = { "true", "yes", "on", "1", NULL };

	for (size_t i = 0; value && yes[i]; i++)
		if (!strcasecmp(value, yes[i]))
			return true;
	return false;
}

/* Hooks run as who pushes; the state root has one owner. */
static void look_at_sharing(const struct patient *p)
{
	SB_AUTO_FREE char *value = sb_repo_config_get(p->repo, "core.sharedRepository");

	if (!value || !strcmp(value, "umask") || !strcmp(value, "false") || !strcmp(value, "0"))
		return;
	SB_AUTO_FREE char *what = sb_xasprintf("core.sharedRepository = %s: the hooks run as each user who pushes, "
					       "and only one owns the state root", value);
	SB_AUTO_FREE char *fix = sb_xasprintf("let all push as one user (slugbuild keys:add NAME <KEY), and\n"
					      "git -C %s config --unset core.sharedRepository", p->repo->path);

	sb_diagnosis_say(p->out, false, what, fix);
}

/* Where git itself looks for hooks, which is not where GitLab's lie. */
static void look_at_hooks_path(const struct patient *p, const char *hooks)
{
	SB_AUTO_FREE char *value = sb_repo_config_get(p->repo, "core.hooksPath");

	if (!value || !*value || !strcmp(p->host, "gitlab"))
		return;
	const char *home = value[0] == '~' && value[1] == '/' ? getenv("HOME") : NULL;
	SB_AUTO_FREE char *there = home ? sb_xasprintf("%s%s", home, value + 1)
				   : *value == '/' ? sb_xstrdup(value)
						   : sb_xasprintf("%s/%s", p->repo->path, value);
	SB_AUTO_FREE char *real = realpath(there, NULL), *ours = realpath(hooks, NULL);

	if (real && ours && !strcmp(real, ours))
		return;
	SB_AUTO_FREE char *what = sb_xasprintf("core.hooksPath = %s: git looks for hooks there, not in %s", value, hooks);
	SB_AUTO_FREE char *fix = sb_xasprintf("git -C %s config core.hooksPath %s", p->repo->path, hooks);

	sb_diagnosis_say(p->out, false, what, fix);
}

/* Ours, whole, found by git or by the host, and on a filesystem that runs programs. */
static void look_at_hooks(const struct patient *p)
{
	const char *folder = !strcmp(p->host, "gitlab") ? "custom_hooks" : "hooks";
	SB_AUTO_FREE char *own = sb_xasprintf("%s/%s", p->repo->path, folder), *cure = NULL;
	const char *hooks = p->global ? p->global : own;
	SB_AUTO_FREE char *wrong = sb_hooks_wrong(p->repo->path, p->host, p->global, &cure);
	SB_AUTO_FREE char *what = sb_xasprintf("hooks of %s (%s)%s%s", p->global ? p->global : p->repo->path, p->host,
					       wrong ? ": " : "", wrong ? wrong : "");
	SB_AUTO_FREE char *install = sb_xasprintf("slugbuild hooks:install %s --app %s%s%s", p->repo->path, p->app,
						  p->global ? " --global " : "", p->global ? p->global : "");
	struct statvfs fs;

	sb_diagnosis_say(p->out, !wrong, what, cure ? cure : install);
	if (statvfs(hooks, &fs) == 0 && fs.f_flag & ST_NOEXEC) {
		SB_AUTO_FREE char *mount = sb_xasprintf("%s is mounted noexec: no hook there can run", hooks);

		sb_diagnosis_say(p->out, false, mount, "mount its filesystem without noexec");
	}
	look_at_hooks_path(p, hooks);
	if (strcmp(p->host, "gitea") != 0)
		return;
	SB_AUTO_FREE char *uncalled = sb_hooks_uncalled(p->repo->path, p->host);
	SB_AUTO_FREE char *calls = uncalled ? sb_xasprintf("%s does not call them", uncalled)
					    : sb_xstrdup("Gitea calls them");

	sb_diagnosis_say(p->out, !uncalled, calls, "gitea admin regenerate hooks");
}

static void tip_of(const struct patient *p, const char *what, const char *key, const char *value)
{
	SB_AUTO_FREE char *fix = sb_xasprintf("git -C %s config %s %s", p->repo->path, key, value);

	sb_diagnosis_tip(p->out, what, fix);
}

/* What `slugbuild create` sets. Gitea and GitLab give git a config of their own. */
static void look_at_config(const struct patient *p)
{
	SB_AUTO_FREE char *options = sb_repo_config_get(p->repo, "receive.advertisePushOptions");
	SB_AUTO_FREE char *alive = sb_repo_config_get(p->repo, "receive.keepAlive");
	SB_AUTO_FREE char *fsck = sb_repo_config_get(p->repo, "receive.fsckObjects");
	SB_AUTO_FREE char *all_fsck = sb_repo_config_get(p->repo, "transfer.fsckObjects");
	SB_AUTO_FREE char *fsync = sb_repo_config_get(p->repo, "core.fsync");
	bool hosted = !strcmp(p->host, "gitea") || !strcmp(p->host, "gitlab");

	if (strcmp(p->host, "gitlab") != 0 && (!alive || strcmp(alive, "1") != 0))
		tip_of(p, "over HTTP it is noticed late that a pusher is gone", "receive.keepAlive", "1");
	if (hosted)
		return;
	if (!is_on(options))
		tip_of(p, "git refuses push options (git push -o …)", "receive.advertisePushOptions", "true");
	if (!is_on(fsck ? fsck : all_fsck))
		tip_of(p, "git takes malformed objects, which only the check of the deployed tree refuses",
		       "receive.fsckObjects", "true");
	if (!fsync || strstr(fsync, "-loose-object") || !strcmp(fsync, "none"))
		tip_of(p, "a power cut may lose objects of a push that was taken", "core.fsync", "committed");
}

/* A push to a hidden ref is refused before any hook is asked. */
static void look_at_hidden(const struct patient *p, const char *ref)
{
	SB_AUTO_FREE char *by = sb_repo_hidden_by(p->repo, ref);

	if (!by)
		return;
	SB_AUTO_FREE char *what = sb_xasprintf("%s: git refuses every push to %s, which deploys", by, ref);
	/* By the same key it comes behind what hides, wherever that stands. */
	SB_AUTO_FREE char *fix = sb_xasprintf("git -C %s config --add %.*s '!%s'", p->repo->path,
					      (int)strcspn(by, " "), by, ref);

	sb_diagnosis_say(p->out, false, what, fix);
}

/* What git refuses only after the hooks have built it, or before they are asked. */
static void look_at_refusals(const struct patient *p, const struct sb_settings *settings)
{
	SB_AUTO_FREE char *bare = sb_repo_config_get(p->repo, "core.bare");
	SB_AUTO_FREE char *current = sb_repo_config_get(p->repo, "receive.denyCurrentBranch");
	SB_AUTO_FREE char *rewinds = sb_repo_config_get(p->repo, "receive.denyNonFastForwards");
	SB_AUTO_FREE char *size = sb_repo_config_get(p->repo, "receive.maxInputSize");
	char head[SB_REF_MAX + 1] = "";
	struct sb_error ignored = { 0 };

	if (sb_repo_head((struct sb_repo *)p->repo, head, &ignored) < 0)
		return;
	SB_AUTO_FREE char *ref = sb_deploy_ref(settings, head, p->app);

	if (ref)
		look_at_hidden(p, ref);
	if (bare && !strcmp(bare, "false") && ref && !strcmp(ref, head) &&
	    (!current || (strcmp(current, "ignore") != 0 && strcmp(current, "updateInstead") != 0 &&
			  strcmp(current, "warn") != 0))) {
		SB_AUTO_FREE char *what = sb_xasprintf("%s is checked out here: git refuses pushes to it after they were built",
						       sb_short_ref(ref));
		SB_AUTO_FREE char *fix = sb_xasprintf("git -C %s config receive.denyCurrentBranch ignore", p->repo->path);

		sb_diagnosis_say(p->out, false, what, fix);
	}
	if (is_on(rewinds) && settings->force != SB_REFUSE)
		tip_of(p, "receive.denyNonFastForwards refuses a forced push after it was built", "slugbuild.force", "refuse");
	if (!size || !strcmp(size, "0"))
		tip_of(p, "a push may be as large as the disk", "receive.maxInputSize", "512m");
}

/* How old a file is, in seconds; -1: it is not there. */
static int64_t age_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 ? -1 : (int64_t)(sb_wall() - st.st_mtim.tv_sec);
}

static void look_at_lock(const struct patient *p, const char *path)
{
	int64_t age = age_of(path);

	if (age < LOCK_OLD)
		return;
	SB_AUTO_FREE char *what = sb_xasprintf("%s was left %lld minutes ago by a git that died: pushes to it are refused",
					       path, (long long)age / 60);
	SB_AUTO_FREE char *fix = sb_xasprintf("when no git runs there: rm %s", path);

	sb_diagnosis_say(p->out, false, what, fix);
}

/* Branches are folders of folders. */
static void look_at_ref_locks(const struct patient *p, const char *folder, int depth)
{
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error err = { 0 };

	if (depth > 8 || sb_list_dir(&names, AT_FDCWD, folder, &err) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		SB_AUTO_FREE char *path = sb_xasprintf("%s/%s", folder, names.item[i]);
		struct stat st;

		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			look_at_ref_locks(p, path, depth + 1);
		else if (sb_span_ends(sb_span_of(path), ".lock"))
			look_at_lock(p, path);
	}
}

/* What pushes that died have left behind. */
static void look_at_leftovers(const struct patient *p)
{
	static const char *const locks[] = { "HEAD.lock", "config.lock", "packed-refs.lock", "shallow.lock",
					     "reftable/tables.list.lock" };
	SB_AUTO_FREE char *refs = sb_xasprintf("%s/refs", p->repo->common);
	SB_AUTO_FREE char *objects = sb_xasprintf("%s/objects", p->repo->common);
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error err = { 0 };
	size_t old = 0;

	for (size_t i = 0; i < SB_COUNT(locks); i++) {
		SB_AUTO_FREE char *path = sb_xasprintf("%s/%s", p->repo->common, locks[i]);

		look_at_lock(p, path);
	}
	look_at_ref_locks(p, refs, 0);
	if (sb_list_dir(&names, AT_FDCWD, objects, &err) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		SB_AUTO_FREE char *path = sb_xasprintf("%s/%s", objects, names.item[i]);

		if (sb_span_starts(sb_span_of(names.item[i]), "tmp_objdir-incoming-") ||
		    sb_span_starts(sb_span_of(names.item[i]), "incoming-"))
			old += age_of(path) > QUARANTINE_OLD;
	}
	if (!old)
		return;
	SB_AUTO_FREE char *what = sb_xasprintf("%zu folder%s of objects that pushes left when they died, a day ago or more",
					       old, old == 1 ? "" : "s");
	SB_AUTO_FREE char *fix = sb_xasprintf("find %s -maxdepth 1 -name '*incoming-*' -mtime +0 -exec rm -r {} +", objects);

	sb_diagnosis_tip(p->out, what, fix);
}

void sb_diagnose_repo(struct sb_diagnosis *out, const char *path)
{
	SB_AUTO(sb_repo) repo = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };
	struct sb_error err = { 0 };

	if (sb_repo_open(&repo, path, &err) < 0) {
		SB_AUTO_FREE char *bare = realpath(path, NULL);
		const struct patient shut = { .out = out, .repo = &(struct sb_repo) { .path = bare, .common = bare } };

		/* Its modes may be all that is wrong. */
		if (!bare || look_at_modes(&shut, false))
			sb_diagnosis_say(out, false, err.text, err.fix);
		return;
	}
	bool readable = sb_repo_settings(&settings, &repo, &err) == 0;
	const char *global = readable && *settings.hooks ? settings.hooks : NULL;
	const struct patient patient = { .out = out,
					 .repo = &repo,
					 .host = global ? "gitlab" : sb_hooks_host(repo.path),
					 .global = global,
					 .app = readable && *settings.app ? settings.app : "APP" };

	look_at_hooks(&patient);
	sb_diagnosis_say(out, readable, readable ? "its settings are readable" : err.text, err.fix);
	/* A config that cannot be read says nothing. */
	if (look_at_modes(&patient, true)) {
		look_at_sharing(&patient);
		look_at_config(&patient);
		if (readable && strcmp(patient.host, "gitea") != 0 && strcmp(patient.host, "gitlab") != 0)
			look_at_refusals(&patient, &settings);
	}
	look_at_leftovers(&patient);
}
