#ifndef SB_COMMANDS_H
#define SB_COMMANDS_H

#include "cli/cli.h"

/* One row a command, in the order of `slugbuild help`; an empty name is a heading. */
extern const struct sb_command sb_command_table[];
extern const size_t sb_command_count;

int sb_cmd_create(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_hooks_install(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_hooks_remove(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_keys(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_keys_add(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_keys_remove(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_shell(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_check(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_explain(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_build(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_deploy(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_releases(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_releases_info(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_releases_output(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_releases_retry(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_releases_wait(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_rollback(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_builds(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_builds_output(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_builds_cancel(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_config(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_config_get(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_config_set(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_config_unset(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_run(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_exec(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_logs(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_ps(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_ps_scale(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_ps_restart(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_ps_stop(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_addons(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_addons_create(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_addons_destroy(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_inspect(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_doctor(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_gc(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_reconcile(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_apps(struct sb_cli *cli, struct sb_error *err);
int sb_cmd_apps_destroy(struct sb_cli *cli, struct sb_error *err);

#endif
