#include "base/base.h"
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static void print_text(const char *before, struct sb_span text)
{
	static const struct sb_log plain = SB_LOG_INIT;
	SB_AUTO(sb_buffer) clean = SB_BUFFER_INIT(1 << 16);

	sb_log_clean(&plain, &clean, text);
	printf("%s%.*s\n", before, (int)clean.n, clean.p ? clean.p : "");
}

/* One item: its state, what it is, where, and below it what to do. */
static void print_item(const json_t *one)
{
	const char *state = sb_json_text(one, "state", ""), *note = sb_json_text(one, "note", "");
	const char *where = sb_json_text(one, "where", "");
	struct sb_span fix = sb_span_of(sb_json_text(one, "fix", "")), line;
	SB_AUTO_FREE char *head =
		sb_xasprintf("%s%s%s%s%s%s", sb_json_text(one, "item", ""), *where ? "  [" : "", where,
			     *where ? "]" : "", *note ? "  " : "", note);
	SB_AUTO_FREE char *first = sb_xasprintf("%-8s ", state);
	bool begun = false;

	print_text(first, sb_span_of(head));
	while (sb_span_line(&fix, &line)) {
		print_text(begun ? "              " : "         fix: ", line);
		begun = true;
	}
}

int sb_cli_print_checklist(struct sb_cli *cli, json_t *list, struct sb_error *err)
{
	const char *group = "";
	size_t i, ok = 0, missing = 0;
	const json_t *one;

	if (!list) {
		sb_fail(err, SB_ECONFIG, "no Python from 3.8 on was found that could read the settings");
		sb_error_fix(err, "apt install python3, or git config --global slugbuild.pythonPath FOLDER");
		return -1;
	}
	if (sb_cli_json(cli)) {
		sb_cli_print_json(json_incref(list));
		return 0;
	}
	json_array_foreach(list, i, one)
	{
		const char *state = sb_json_text(one, "state", "");

		if (strcmp(group, sb_json_text(one, "group", "")) != 0) {
			group = sb_json_text(one, "group", "");
			printf("%s%s\n", i ? "\n" : "", group);
		}
		print_item(one);
		ok += !strcmp(state, "ok");
		missing += !strcmp(state, "missing");
	}
	printf("\n%zu ok, %zu missing, %zu unknown\n", ok, missing, i - ok - missing);
	return 0;
}
