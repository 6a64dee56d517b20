#include "base/base.h"
#include "cli/commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void help_all(FILE *to)
{
	fputs("usage: slugbuild COMMAND [ARGS]     slugbuild COMMAND --help     slugbuild --version\n", to);
	for (size_t i = 0; i < sb_command_count; i++) {
		const struct sb_command *c = &sb_command_table[i];

		if (!*c->name)
			fprintf(to, "\n%s\n", c->help);
		else
			fprintf(to, "  %-16s  %s\n", c->name, c->help);
	}
}

static void help_one(const struct sb_command *c)
{
	printf("usage: slugbuild %s %s\n\n%s%c%s.\n", c->name, c->args, "", c->help[0], c->help + 1);
	if (c->more)
		printf("%s\n", c->more);
	fputs("\n  -a, --app APP  the app; may be left out inside a repository of one app\n"
	      "  --root DIR     another state root\n"
	      "  --json         where it lists: as JSON\n", stdout);
}

static const struct sb_command *find(const char *name)
{
	for (size_t i = 0; i < sb_command_count; i++)
		if (*sb_command_table[i].name && !strcmp(sb_command_table[i].name, name))
			return &sb_command_table[i];
	return NULL;
}

static int unknown(const char *name)
{
	const char *words[128];
	size_t n = 0;

	for (size_t i = 0; i < sb_command_count && n + 1 < SB_COUNT(words); i++)
		if (*sb_command_table[i].name)
			words[n++] = sb_command_table[i].name;
	words[n] = NULL;
	const char *near = sb_nearest(name, words);

	fprintf(stderr, "slugbuild: no command %s%s%s%s\n", name, near ? "; did you mean " : "", near ? near : "",
		near ? "?" : "; slugbuild help lists them");
	return 2;
}

static int run(const struct sb_command *command, int argc, char **argv)
{
	struct sb_cli cli;
	struct sb_error err = { 0 };
	int status = sb_cli_parse(&cli, command, argc, argv, &err);

	if (status == 0 && sb_cli_option(&cli, "help"))
		help_one(command);
	else if (status == 0)
		status = command->run(&cli, &err);
	/* What was printed to a full disk was not printed. */
	if (status == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		status = sb_fail_sys(&err, "standard output");
	if (status < 0) {
		if (*err.text)
			sb_log_fail(&cli.log, &err, NULL);
		status = sb_exit_status(err.code);
	}
	sb_cli_release(&cli);
	return status;
}

/* The words that are no command. False when argv[1] is none of them. */
static bool about(int argc, char **argv)
{
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version"))
		puts(SB_VERSION);
	else if (!strcmp(argv[1], "help") && argc > 2 && find(argv[2]))
		help_one(find(argv[2]));
	else if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		help_all(stdout);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	umask(022);
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		help_all(stderr);
		return 2;
	}
	if (about(argc, argv)) {
		if (fflush(stdout) == 0 && !ferror(stdout))
			return 0;
		perror("slugbuild: standard output");
		return 4;
	}
	const struct sb_command *command = find(argv[1]);

	return command ? run(command, argc - 2, argv + 2) : unknown(argv[1]);
}
