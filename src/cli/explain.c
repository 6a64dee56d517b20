#include "base/base.h"
#include "base/log_out.h"
#include "check/heroku.h"
#include "check/rules.h"
#include "cli/commands.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static json_t *rule_json(const struct sb_rule *rule)
{
	const struct sb_rule_group *group = sb_rule_group_of(rule);
	json_t *out = sb_json_new_object();

	sb_json_set_text(out, "id", rule->id);
	sb_json_set_text(out, "severity", sb_severity_name(rule->severity));
	sb_json_set_text(out, "stage", sb_rule_stage_name(group->stage));
	sb_json_set_text(out, "group", group->title);
	sb_json_set_text(out, "title", rule->title);
	sb_json_set_text(out, "why", rule->why);
	sb_json_set_text(out, "example", rule->example);
	sb_json_set_text(out, "reason", sb_heroku_reason(rule->id));
	return out;
}

static void list_rules(const struct sb_cli *cli)
{
	struct sb_table table = { .columns = 4 };
	json_t *list = sb_json_new_array();
	const struct sb_rule *rule;

	for (size_t i = 0; (rule = sb_rule_at(i)) != NULL; i++) {
		sb_json_push_take(list, rule_json(rule));
		sb_table_row(&table, rule->id, sb_severity_name(rule->severity),
			     sb_rule_stage_name(sb_rule_group_of(rule)->stage), rule->title, NULL);
	}
	sb_cli_show(cli, &table, list);
}

/* The page that is printed is text for people: it goes through the log's wrapping, to standard output. */
static void explain(const struct sb_rule *rule)
{
	struct sb_log out = SB_LOG_INIT;
	SB_AUTO_FREE char *head =
		sb_xasprintf("%s[%s]: %s", sb_severity_name(rule->severity), rule->id, rule->title);
	SB_AUTO_FREE char *change = sb_xasprintf("git config slugbuild.rule.%s off", rule->id);

	out.fd = STDOUT_FILENO;
	sb_log_wrap(&out, SB_LOG_LOUD, "", "    ", sb_span_of(head));
	sb_log_wrap(&out, SB_LOG_LOUD, "", "", sb_span_of("\n"));
	sb_log_wrap(&out, SB_LOG_LOUD, "", "", sb_span_of(rule->why));
	sb_log_wrap(&out, SB_LOG_LOUD, "", "", sb_span_of("\nFor example:\n\n"));
	sb_log_put_lines(&out, SB_LOG_LOUD, "    ", "    ", sb_span_of(rule->example));
	sb_log_wrap(&out, SB_LOG_LOUD, "", "", sb_span_of("\nTo change what it is (error, warning, off):\n\n"));
	sb_log_put_lines(&out, SB_LOG_LOUD, "    ", "    ", sb_span_of(change));
	sb_log_release(&out);
}

/* Text as mdoc(7) takes it: no line may begin a macro, a backslash is an escape, and in running text
 * each sentence begins a line. */
static void put_mdoc(const char *text, bool running, bool capital)
{
	bool start = true;

	for (const char *p = text; *p; p++) {
		bool ended = running && p - text > 2 && *p == ' ' && strchr(".!?", p[-1]);

		if (start && (*p == '.' || *p == '\''))
			fputs("\\&", stdout);
		if (*p == '\\')
			fputs("\\e", stdout);
		else
			putchar(ended ? '\n' : capital && p == text ? toupper((unsigned char)*p) : *p);
		start = ended || *p == '\n';
	}
	putchar('\n');
}

/* A title may begin with a file's name or an identifier, which keep their first letter. */
static bool starts_a_sentence(const char *title)
{
	size_t word = strcspn(title, " ");

	return strcspn(title, "._{$/") >= word;
}

static void rule_mdoc(const struct sb_rule *rule)
{
	printf(".It Cm %s Pq %s\n", rule->id, sb_severity_name(rule->severity));
	SB_AUTO_FREE char *title = sb_xasprintf("%s.", rule->title);

	put_mdoc(title, true, starts_a_sentence(rule->title));
	put_mdoc(rule->why, true, false);
	puts(".Bd -literal -offset indent");
	put_mdoc(rule->example, false, false);
	puts(".Ed");
}

/* slugbuild-rules(7), which the Makefile writes with it. */
static void print_mdoc(void)
{
	puts(".Dd $Mdocdate: November 25 2026 $\n.Dt SLUGBUILD-RULES 7\n.Os\n.Sh NAME\n.Nm slugbuild-rules\n"
	     ".Nd what check and each push look for\n.Sh DESCRIPTION\n"
	     "Each rule has a severity, which\n.Cm slugbuild.rule.\\& Ns Ar id\n"
	     "sets to\n.Cm error , warning\nor\n.Cm off .\n"
	     "An error refuses the push.\n.Ic slugbuild explain Ar id\nprints one of them.");
	for (size_t g = 0; g < sb_rule_group_count; g++) {
		const struct sb_rule_group *group = &sb_rule_groups[g];

		printf(".Ss %s\nOf the %s stage:\n.Bl -tag -width Ds\n", group->title,
		       sb_rule_stage_name(group->stage));
		for (size_t i = 0; i < *group->n; i++)
			rule_mdoc(&group->rule[i]);
		puts(".El");
	}
	puts(".Sh SEE ALSO\n.Xr slugbuild 1 ,\n.Xr slugbuild-hooks 7");
}

int sb_cmd_explain(struct sb_cli *cli, struct sb_error *err)
{
	const char *id = cli->words.n ? cli->words.item[0] : NULL;
	const struct sb_rule *rule = id ? sb_rule_find(id) : NULL;

	if (id && !rule) {
		const char *near = sb_rule_nearest(id);

		sb_fail(err, SB_EUSAGE, "there is no rule %s%s%s", id, near ? "; the nearest is " : "",
			near ? near : "");
		sb_error_fix(err, "slugbuild explain%s%s", near ? " " : "", near ? near : "");
		return -1;
	}
	if (sb_cli_option(cli, "mdoc"))
		print_mdoc();
	else if (!rule)
		list_rules(cli);
	else if (sb_cli_json(cli))
		sb_cli_print_json(rule_json(rule));
	else
		explain(rule);
	return 0;
}
