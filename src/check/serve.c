#include "base/base.h"
#include "check/serve.h"

#include "check/command.h"
#include "check/shell.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* gunicorn's own advice is 2 to 4 workers a core; a web worker takes 50 MB and more. */
#define WORKERS_MAX 32

struct entry {
	const struct sb_text *text;
	const struct sb_procfile_entry *of;
};

static const struct server {
	const char *name;
	const char *bind, *short_bind; /* takes HOST:PORT, or PORT */
	const char *workers, *short_workers;
	bool asks_port; /* without the option it listens on a fixed port */
	const char *right;
} servers[] = {
	{ "gunicorn", "--bind", "-b", "--workers", "-w", false, "--bind 0.0.0.0:$PORT" },
	{ "uvicorn", "--port", NULL, "--workers", NULL, true, "--host 0.0.0.0 --port $PORT" },
	{ "daphne", "--port", "-p", NULL, NULL, true, "-b 0.0.0.0 -p $PORT" },
	{ "hypercorn", "--bind", "-b", "--workers", "-w", true, "--bind 0.0.0.0:$PORT" },
	{ "waitress-serve", "--port", NULL, NULL, NULL, true, "--port=$PORT" },
	{ "celery", NULL, NULL, "--concurrency", "-c", false, NULL },
};

static struct sb_finding *report(const struct entry *entry, size_t at, const char *rule,
				 const char *fmt, ...) SB_PRINTF(4, 5);
static struct sb_finding *report(const struct entry *entry, size_t at, const char *rule,
				 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	SB_AUTO_FREE char *says = sb_xvasprintf(fmt, ap);
	va_end(ap);
	return sb_text_report(entry->text, rule, entry->of->line, entry->of->column + (unsigned)at,
			      "%s", says);
}

static const struct server *server_of(const struct sb_words *words, size_t *at)
{
	for (size_t i = 0; i < words->n; i++) {
		const char *slash = strrchr(words->word[i].text, '/');
		const char *name = slash ? slash + 1 : words->word[i].text;

		for (size_t k = 0; k < SB_COUNT(servers); k++)
			if (!words->word[i].dynamic && !strcmp(name, servers[k].name)) {
				*at = i;
				return &servers[k];
			}
	}
	return NULL;
}

/* The value of the option at *i ("--x V", "--x=V", "-x V", "-xV"), or NULL; *word is where it
 * stands. */
static const char *option_value(const struct sb_words *words, size_t i, const char *longer,
				const char *shorter, const struct sb_word **word)
{
	const char *text = words->word[i].text;
	size_t n = longer ? strlen(longer) : 0;
	const char *behind = NULL;

	*word = &words->word[i];
	if (n && !strncmp(text, longer, n) && text[n] == '=')
		return text + n + 1;
	if (shorter && !strncmp(text, shorter, 2) && text[1] != '-')
		behind = text + 2;
	if (behind && *behind)
		return *behind == '=' ? behind + 1 : behind;
	if (!behind && !(n && !strcmp(text, longer)))
		return NULL;
	if (i + 1 == words->n)
		return NULL;
	*word = &words->word[i + 1];
	return (*word)->text;
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 8;
}

/* "0.0.0.0:8000", "[::]:8000", "8000" name a port by itself; "unix:…", "fd://3" and a name do not.
 */
static const char *port_in(const char *bind)
{
	const char *colon = strrchr(bind, ':');

	return is_number(colon ? colon + 1 : bind) ? (colon ? colon + 1 : bind) : NULL;
}

static void complain_port(const struct entry *entry, const struct server *server,
			  const struct sb_word *word, const char *port)
{
	struct sb_finding *f;

	if (port)
		f = report(entry, word->at, "procfile-port",
			   "%s listens on port %s; the release is given another one in $PORT",
			   server->name, port);
	else
		f = report(entry, word->at, "procfile-port",
			   "%s listens on a port of its own unless it is told; the release is given "
			   "one in $PORT",
			   server->name);
	sb_finding_fix(f, "%s %s …", server->name, server->right);
}

/* Sockets, descriptors, configuration files, --listen: other ways to be told. */
static bool tells_otherwise(const char *text)
{
	static const char *const longer[] = { "--uds",	  "--fd",	   "--endpoint",
					      "--listen", "--unix-socket", "--config" };

	for (size_t i = 0; i < SB_COUNT(longer); i++)
		if (!strncmp(text, longer[i], strlen(longer[i])))
			return true;
	return !strcmp(text, "-e") || !strcmp(text, "-u") || !strcmp(text, "-c");
}

static void look_at_port(const struct entry *entry, const struct sb_words *words,
			 const struct server *server, size_t at)
{
	const struct sb_word *fixed = NULL, *word;
	const char *port = NULL;
	bool told = false;

	for (size_t i = at + 1; i < words->n; i++) {
		const char *value =
			option_value(words, i, server->bind, server->short_bind, &word);

		told |= tells_otherwise(words->word[i].text);
		if (!value)
			continue;
		if (word->dynamic || !port_in(value)) {
			told = true;
		} else {
			fixed = word;
			port = port_in(value);
		}
	}
	if (told || (!fixed && !server->asks_port) || !server->bind)
		return;
	complain_port(entry, server, fixed ? fixed : &words->word[at], port);
}

static void look_at_workers(const struct entry *entry, const struct sb_words *words,
			    const struct server *server, size_t at)
{
	const struct sb_word *word;

	for (size_t i = at + 1; i < words->n; i++) {
		const char *value =
			option_value(words, i, server->workers, server->short_workers, &word);
		unsigned long n;

		if (!value || word->dynamic || !is_number(value))
			continue;
		n = strtoul(value, NULL, 10);
		if (!n)
			sb_finding_fix(report(entry, word->at, "procfile-workers",
					      "%s without a worker answers nothing", server->name),
				       "leave the option out: WEB_CONCURRENCY is set to what the "
				       "server's memory and cores allow");
		else if (n > WORKERS_MAX)
			sb_finding_fix(report(entry, word->at, "procfile-workers",
					      "%lu workers of %s: each is a process that holds the "
					      "whole app in memory",
					      n, server->name),
				       "leave the option out: WEB_CONCURRENCY is set to what the "
				       "server's memory and cores allow");
	}
}

static bool runs_manage(const char *word)
{
	struct sb_span s = sb_span_of(word);

	return sb_span_is(s, "manage.py") || sb_span_ends(s, "/manage.py") ||
	       sb_span_is(s, "django-admin") || sb_span_is(s, "django-admin.py");
}

/* The management command of "python manage.py X", or NULL. */
static const struct sb_word *management(const struct sb_words *words)
{
	for (size_t i = 0; i + 1 < words->n; i++)
		if (runs_manage(words->word[i].text) && !words->word[i + 1].dynamic)
			return &words->word[i + 1];
	return NULL;
}

static void look_at_words(const struct entry *entry, const struct sb_words *words)
{
	const struct sb_word *command = management(words);
	bool web = !strcmp(entry->of->name, "web");
	size_t at = 0;
	const struct server *server = server_of(words, &at);

	if (command && (!strcmp(command->text, "runserver") ||
			!strcmp(command->text, "runserver_plus"))) {
		sb_finding_fix(report(entry, command->at, "procfile-runserver",
				      "%s is for development: one process, no security audit, and it "
				      "serves no static files with DEBUG off",
				      command->text),
			       "%s: gunicorn PROJECT.wsgi", entry->of->name);
		return;
	}
	if (server && web)
		look_at_port(entry, words, server, at);
	if (server && server->workers)
		look_at_workers(entry, words, server, at);
}

static void look_at_entry(const struct entry *entry)
{
	struct sb_span all = sb_span_of(entry->of->command), rest = all;
	struct sb_words *words = sb_xcalloc(1, sizeof(*words));
	struct sb_shell_fault fault;

	if (sb_shell_faulty(&fault, all))
		sb_finding_fix(report(entry, fault.at, "procfile-shell",
				      "/bin/sh cannot read this: %s", fault.says),
			       "try it: sh -n -c '…' says nothing when it is right");
	while (sb_words_next(words, all, &rest) > 0)
		look_at_words(entry, words);
	sb_words_release(words);
	free(words);
}

/* ---- the release phase ---- */

/* Management commands of Django that surely do not migrate. */
static bool leaves_database(const char *command)
{
	static const char *const names[] = { "check",	   "collectstatic",   "clearsessions",
					     "compress",   "compilemessages", "createsuperuser",
					     "flush",	   "loaddata",	      "createcachetable",
					     "diffsettings" };

	for (size_t i = 0; i < SB_COUNT(names); i++)
		if (!strcmp(command, names[i]))
			return true;
	return false;
}

/* Whether nothing in the command can migrate: each of its parts is one of those above. */
static bool surely_not(const char *command)
{
	struct sb_span all = sb_span_of(command), rest = all;
	struct sb_words *words = sb_xcalloc(1, sizeof(*words));
	bool sure = true;
	int got;

	while (sure && (got = sb_words_next(words, all, &rest)) != 0) {
		const struct sb_word *manages = got > 0 ? management(words) : NULL;
		const char *first = got > 0 && words->n ? words->word[0].text : "";

		sure = (manages && leaves_database(manages->text)) || !strcmp(first, "echo") ||
		       !strcmp(first, "cd") || (got > 0 && !words->n);
	}
	sb_words_release(words);
	free(words);
	return sure;
}

static void look_at_release(const struct sb_procfile *procfile, const struct sb_text *text,
			    const struct sb_view *view)
{
	const struct sb_procfile_entry *release = sb_procfile_find(procfile, "release");

	if (!release || !view->migration || !surely_not(release->command))
		return;
	for (size_t i = 0; i < procfile->n; i++)
		if (strstr(procfile->entry[i].command, "migrate"))
			return;

	struct entry entry = { text, release };

	sb_finding_fix(report(&entry, 0, "procfile-release-migrate",
			      "the tree has migrations (%s), and the release phase does not apply them",
			      view->migration),
		       "release: python manage.py migrate --noinput && %s", release->command);
}

void sb_serve_look(const struct sb_procfile *procfile, const struct sb_text *text,
		   const struct sb_view *view)
{
	for (size_t i = 0; i < procfile->n; i++)
		look_at_entry(&(struct entry) { text, &procfile->entry[i] });
	look_at_release(procfile, text, view);
}
