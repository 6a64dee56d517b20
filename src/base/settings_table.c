#include "base/base.h"
#include "base/settings.h"

#define AT(field) offsetof(struct sb_settings, field)
#define K (1LL << 10)
#define M (1LL << 20)
#define G (1LL << 30)
#define DAY 86400

/* clang-format off */
const struct sb_setting sb_setting_table[] = {
	/* Where things are */
	{ "root", SB_PATH, AT(root), "", 0, 0, NULL, false,
	  "the folder of all state; empty: /var/lib/slugbuild where that can be written, else the user's state folder" },
	{ "app", SB_TEXT, AT(app), "", 0, 0, NULL, false, "the app that this repository deploys" },
	{ "branch", SB_TEXT, AT(branch), "", 0, 0, NULL, true,
	  "what is deployed: empty for the repository's HEAD, a branch, several, or BRANCH=APP pairs" },
	{ "path", SB_TEXT, AT(path), "", 0, 0, NULL, true, "the app's folder in the repository" },
	{ "hooks", SB_PATH, AT(hooks), "", 0, 0, NULL, false,
	  "GitLab's custom_hooks_dir, set by hooks:install --global; empty: the hooks are in the repository" },
	{ "uv", SB_PATH, AT(uv), "", 0, 0, NULL, false, "uv; empty: looked for in the usual places" },
	{ "git", SB_PATH, AT(git), "", 0, 0, NULL, false, "git; empty: looked for in the usual places" },
	{ "bwrap", SB_PATH, AT(bwrap), "", 0, 0, NULL, false, "bubblewrap; empty: looked for in the usual places" },

	/* Python */
	{ "pythonPath", SB_TEXT, AT(python_path), "", 0, 0, NULL, true,
	  "more folders to look for interpreters in, with : between" },
	{ "pythonStrict", SB_FLAG, AT(python_strict), "false", 0, 1, NULL, true,
	  "refuse another patch release than the one that was asked for" },
	{ "bundlePython", SB_FLAG, AT(bundle_python), "false", 0, 1, NULL, true, "put the interpreter into the slug" },
	{ "netrc", SB_PATH, AT(netrc), "", 0, 0, NULL, true,
	  "a .netrc with the credentials of private package indexes; shown to the installers only" },
	{ "useUv", SB_FLAG, AT(use_uv), "true", 0, 1, NULL, true, "install with uv where it is there and can" },

	/* Running */
	{ "runner", SB_TEXT, AT(runner), "runit", 0, 0, NULL, true,
	  "what runs the processes: the name of a shipped runner or the path of an executable" },
	{ "domain", SB_TEXT, AT(domain), "", 0, 0, NULL, true, "the app's host name; shown, and sent by the health check" },
	{ "healthPath", SB_TEXT, AT(health_path), "", 0, 0, NULL, true, "what the health check asks for; empty: app.json's, else /" },
	{ "ports", SB_TEXT, AT(ports), "20000-29999", 0, 0, NULL, false, "the ports that apps get theirs from" },
	{ "dyno", SB_FLAG, AT(dyno), "true", 0, 1, NULL, true, "set DYNO in every process, as Heroku does" },
	{ "configInBuild", SB_FLAG, AT(config_in_build), "true", 0, 1, NULL, true,
	  "let collectstatic and the checks of the build see the config vars" },
	{ "remember", SB_FLAG, AT(remember), "true", 0, 1, NULL, true,
	  "reuse what collectstatic and the check of the app made while nothing that they looked at has changed" },
	{ "releaseCopy", SB_FLAG, AT(release_copy), "false", 0, 1, NULL, true,
	  "give each release files of its own: packages and static files too, instead of links to the store" },

	/* Policy */
	{ "sandbox", SB_CHOICE, AT(sandbox), "auto", 0, 0, "auto|require|off", false,
	  "run app code in bubblewrap: where it works, always or never" },
	{ "onDisconnect", SB_CHOICE, AT(on_disconnect), "cancel", 0, 0, "cancel|finish", true,
	  "what becomes of a build whose client is gone" },
	{ "force", SB_CHOICE, AT(force), "allow", 0, 0, "allow|refuse", true, "pushes that are no fast-forward" },
	{ "submodules", SB_CHOICE, AT(submodules), "refuse", 0, 0, "refuse|fetch|ignore", true,
	  "a push with submodules: refused, completed from their URLs at the commits it names, or deployed without" },
	{ "sshKey", SB_PATH, AT(ssh_key), "", 0, 0, NULL, true,
	  "a private key, without a passphrase, that submodules are fetched with over ssh; shown to that step only" },
	{ "sshKnownHosts", SB_PATH, AT(ssh_known_hosts), "", 0, 0, NULL, true,
	  "the keys of the hosts they are fetched from; empty: /etc/ssh/ssh_known_hosts" },
	{ "lfsStore", SB_PATH, AT(lfs_store), "", 0, 0, NULL, true,
	  "a folder of git-lfs objects, to put contents in place of pointers; empty: pointers are refused" },
	{ "probe", SB_CHOICE, AT(probe), "before", 0, 0, "before|after|off", true,
	  "ask the app itself, with its dependencies: before it is released, where that can refuse a push, after, or never" },
	{ "colour", SB_FLAG, AT(log_colour), "true", 0, 1, NULL, true, "let colours of the tools through" },

	/* Time */
	{ "buildTimeout", SB_SECONDS, AT(build_seconds), "900", 1, DAY, NULL, true, "the time a build has" },
	{ "stepTimeout", SB_SECONDS, AT(step_seconds), "900", 1, DAY, NULL, true, "the time one step of it has" },
	{ "releaseTimeout", SB_SECONDS, AT(release_seconds), "3600", 1, 7 * DAY, NULL, true, "the time the release phase has" },
	{ "runnerTimeout", SB_SECONDS, AT(runner_seconds), "300", 1, DAY, NULL, true, "the time one call of a runner has" },
	{ "healthTimeout", SB_SECONDS, AT(health_seconds), "60", 1, DAY, NULL, true, "the time a web process has to answer" },
	{ "lockWait", SB_SECONDS, AT(lock_seconds), "900", 0, DAY, NULL, true, "how long a push waits for the one before it" },
	{ "settle", SB_SECONDS, AT(settle_seconds), "120", 1, DAY, NULL, true,
	  "how long the watcher waits for the ref of a staged build to move" },
	{ "stallTimeout", SB_SECONDS, AT(stall_seconds), "30", 1, DAY, NULL, false,
	  "how long output waits, in all, for a reader that does not read" },

	/* Sizes and counts */
	{ "slugLimit", SB_BYTES, AT(slug_bytes), "500m", K, 1024 * G, NULL, true, "a slug's size" },
	{ "buildMemory", SB_BYTES, AT(build_memory), "4g", M, 1024 * G, NULL, true, "the memory of a build step, all its processes" },
	{ "buildDisk", SB_BYTES, AT(build_disk), "8g", M, 1024 * G, NULL, true, "the largest file a build step may write" },
	{ "buildOutput", SB_BYTES, AT(build_output), "16m", K, G, NULL, true, "what a build step may print" },
	{ "diskFloor", SB_BYTES, AT(disk_floor), "256m", 0, 1024 * G, NULL, false, "what a build leaves free on the disk" },
	{ "buildProcesses", SB_COUNT_OF, AT(build_processes), "512", 8, 65536, NULL, true, "the processes and threads of a build step" },
	{ "maxBuilds", SB_COUNT_OF, AT(max_builds), "0", 0, 1024, NULL, false,
	  "builds that run side by side below one root; 0: as many as there are processors" },
	{ "keepReleases", SB_COUNT_OF, AT(keep_releases), "10", 1, 10000, NULL, true, "releases kept for rollback" },
	{ "keepBuilds", SB_COUNT_OF, AT(keep_builds), "20", 1, 10000, NULL, true, "builds whose logs are kept" },
	{ "level", SB_COUNT_OF, AT(level), "6", 1, 12, NULL, false, "how hard slugs are compressed" },
	{ "maxFiles", SB_COUNT_OF, AT(max_files), "200000", 1, 10000000, NULL, true, "files and folders in a pushed tree" },
	{ "maxBytes", SB_BYTES, AT(max_bytes), "4g", K, 1024 * G, NULL, true, "bytes in a pushed tree" },
	{ "maxBlob", SB_BYTES, AT(max_blob), "2g", K, 1024 * G, NULL, true, "bytes in one pushed file" },
	{ "maxDepth", SB_COUNT_OF, AT(max_depth), "64", 1, 1000, NULL, true, "folders within folders in a pushed tree" },
};
/* clang-format on */

const size_t sb_setting_count = SB_COUNT(sb_setting_table);
