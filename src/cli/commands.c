#include "base/base.h"
#include "cli/commands.h"

const struct sb_command sb_command_table[] = {
	{ "", "", "Set up", "", 0, 0, NULL, NULL },
	{ "create", "APP [--branch B] [--runner R] [--repo PATH] [--object-format sha256]",
	  "make an app and its bare repository", "branch= runner= repo= object-format=", 1, 1, sb_cmd_create,
	  "Prints the remote to add. The app's v1 is this creation. Only a repository\n"
	  "with SHA-256 ids takes a clone that has them." },
	{ "hooks:install", "REPO [--app APP] [--host HOST] [--global DIR]",
	  "put the hooks into a repository", "host= global=", 1, 1, sb_cmd_hooks_install,
	  "HOST is bare, gitea, gitlab or gitolite; it is found by itself.\n"
	  "--global: into GitLab's custom_hooks_dir." },
	{ "hooks:remove", "REPO [--host HOST] [--global DIR]", "take them out again",
	  "host= global=", 1, 1, sb_cmd_hooks_remove, NULL },
	{ "apps", "[--json]", "list the apps", "", 0, 0, sb_cmd_apps, NULL },
	{ "apps:destroy", "-a APP [--confirm APP]", "stop an app and remove it, its releases and config",
	  "confirm=", 0, 0, sb_cmd_apps_destroy, "The repository stays unless `create` made it." },
	{ "doctor", "[REPO] [--json]", "say what is wrong with the set-up, and the cure", "", 0, 1, sb_cmd_doctor,
	  NULL },

	{ "", "", "Check and build", "", 0, 0, NULL, NULL },
	{ "check", "[DIR|REPO] [REV] | DIR | - [--staged] [-a APP] [--static] [--strict heroku] [--checklist] [--json|--sarif]",
	  "all findings in the committed files", "static staged strict= checklist sarif", 0, 2, sb_cmd_check,
	  "A folder that is no repository is read as it lies there; - is a tar on standard\n"
	  "input; --staged is what the next commit will have. --static starts no program.\n"
	  "--strict heroku asks instead whether Heroku's Python buildpack would take it.\n"
	  "Exit status 1 when any is an error." },
	{ "explain", "[RULE] [--json]", "what a rule of check is about; without one: all rules", "mdoc", 0, 1,
	  sb_cmd_explain, NULL },
	{ "build", "[DIR|REPO] [REV] [-o FILE] [--no-cache] [--timings]", "make a slug; needs no set-up",
	  "output= no-cache timings", 0, 2, sb_cmd_build, "Writes FILE (default APP.tar.gz) and FILE.json." },
	{ "inspect", "SLUG [--json]", "what lies in a slug", "", 1, 1, sb_cmd_inspect, NULL },
	{ "builds", "[-a APP] [--json]", "list the builds", "", 0, 0, sb_cmd_builds, NULL },
	{ "builds:output", "ID [-a APP]", "print a build's log", "", 1, 1, sb_cmd_builds_output, NULL },
	{ "builds:cancel", "[ID] [-a APP]", "cancel a build that runs", "", 0, 1, sb_cmd_builds_cancel, NULL },

	{ "", "", "Releases", "", 0, 0, NULL, NULL },
	{ "releases", "[-a APP] [-n N] [--json]", "list the releases", "lines=", 0, 0, sb_cmd_releases, NULL },
	{ "releases:info", "[vN] [-a APP] [--json]", "one release, whole", "", 0, 1, sb_cmd_releases_info, NULL },
	{ "releases:output", "[vN] [-a APP]", "what its release phase and start printed", "", 0, 1,
	  sb_cmd_releases_output, NULL },
	{ "releases:retry", "[vN] [-a APP]", "release the same slug again", "", 0, 1, sb_cmd_releases_retry, NULL },
	{ "releases:wait", "COMMIT [-a APP] [--timeout S]", "wait until a commit is current (for CI)", "timeout=",
	  1, 1, sb_cmd_releases_wait, "Exit status 0 only when it is current; 3 when its release failed." },
	{ "rollback", "[vN] [-a APP]", "release an old slug and its config again", "", 0, 1, sb_cmd_rollback,
	  NULL },
	{ "deploy", "[REV] [-a APP] [--no-cache]", "build and release what the deploy ref holds", "no-cache", 0, 1,
	  sb_cmd_deploy, NULL },
	{ "gc", "[--dry-run] [--json]", "remove what no release needs", "dry-run", 0, 0, sb_cmd_gc, NULL },
	{ "reconcile", "[-a APP]", "finish what a crash or a lost client cut off", "", 0, 0, sb_cmd_reconcile,
	  NULL },

	{ "", "", "Config and add-ons", "", 0, 0, NULL, NULL },
	{ "config", "[-a APP] [--json]", "list the config vars", "show-values", 0, 0, sb_cmd_config,
	  "Values are masked; config:get or --show-values shows them." },
	{ "config:get", "K [-a APP]", "print one value", "", 1, 1, sb_cmd_config_get, NULL },
	{ "config:set", "K=V… | K (value from standard input) [-a APP]", "set, and make a release", "", 1, -1,
	  sb_cmd_config_set, NULL },
	{ "config:unset", "K… [-a APP]", "remove, and make a release", "", 1, -1, sb_cmd_config_unset, NULL },
	{ "addons", "[-a APP] [--json]", "list the add-ons", "", 0, 0, sb_cmd_addons, NULL },
	{ "addons:create", "NAME [-a APP]", "postgresql or redis: sets its URL, makes a release", "", 1, 1,
	  sb_cmd_addons_create, NULL },
	{ "addons:destroy", "NAME [-a APP] [--confirm APP]", "remove it and its data", "confirm=", 1, 1,
	  sb_cmd_addons_destroy, NULL },

	{ "", "", "Processes", "", 0, 0, NULL, NULL },
	{ "ps", "[-a APP] [--json]", "list the processes", "", 0, 0, sb_cmd_ps, NULL },
	{ "ps:scale", "TYPE=N… [-a APP]", "how many of each run", "", 0, -1, sb_cmd_ps_scale, NULL },
	{ "ps:restart", "[TYPE[.N]] [-a APP]", "start them anew", "", 0, 1, sb_cmd_ps_restart, NULL },
	{ "ps:stop", "[TYPE[.N]] [-a APP]", "stop them", "", 0, 1, sb_cmd_ps_stop, NULL },
	{ "logs", "[-a APP] [--tail] [-n N] [TYPE]", "what the processes print", "tail lines=", 0, 1, sb_cmd_logs,
	  NULL },
	{ "run", "[-a APP] [-r vN] -- CMD…", "a one-off process, as the web process sees the world", "release=",
	  0, -1, sb_cmd_run, NULL },
	{ "exec", "-a APP [-r vN] [--port P] TYPE[.N]", "become one process of a release (for runners)",
	  "release= port=", 1, 1, sb_cmd_exec, NULL },
};
const size_t sb_command_count = SB_COUNT(sb_command_table);
