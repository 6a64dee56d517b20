#include "base/base.h"
#include "check/programs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum target { NO_TARGET, FIRST_WORD, APP_OPTION };

/* Programs that a package brings. `flags`: options without a value, where the first other word is
 * the module. */
static const struct program {
	const char *name, *package;
	enum target target;
	const char *flags;
} programs_known[] = {
	{ "gunicorn", "gunicorn", FIRST_WORD,
	  " --preload --reload --daemon -D --check-config --print-config --capture-output "
	  "--proxy-protocol "
	  "--reuse-port --initgroups --log-syslog --enable-stdio-inheritance --no-sendfile --spew "
	  "-R "
	  "--disable-redirect-access-to-syslog --permit-obsolete-folding --strip-header-spaces "
	  "--no-control-socket " },
	{ "uvicorn", "uvicorn", FIRST_WORD,
	  " --reload --factory --proxy-headers --no-proxy-headers --access-log --no-access-log "
	  "--use-colors "
	  "--no-use-colors --server-header --no-server-header --date-header --no-date-header " },
	{ "daphne", "daphne", FIRST_WORD, " --proxy-headers --no-server-name " },
	{ "hypercorn", "hypercorn", FIRST_WORD, " --reload --daemon --debug --access-log " },
	{ "waitress-serve", "waitress", FIRST_WORD,
	  " --call --expose-tracebacks --no-expose-tracebacks " },
	{ "granian", "granian", NO_TARGET, NULL },
	{ "uwsgi", "uwsgi", NO_TARGET, NULL },
	{ "celery", "celery", APP_OPTION, NULL },
	{ "flower", "flower", NO_TARGET, NULL },
	{ "rq", "rq", NO_TARGET, NULL },
	{ "rqworker", "rq", NO_TARGET, NULL },
	{ "rqscheduler", "rq-scheduler", NO_TARGET, NULL },
	{ "huey_consumer", "huey", NO_TARGET, NULL },
	{ "huey_consumer.py", "huey", NO_TARGET, NULL },
	{ "dramatiq", "dramatiq", NO_TARGET, NULL },
	{ "honcho", "honcho", NO_TARGET, NULL },
	{ "newrelic-admin", "newrelic", NO_TARGET, NULL },
	{ "ddtrace-run", "ddtrace", NO_TARGET, NULL },
	{ "opentelemetry-instrument", "opentelemetry", NO_TARGET, NULL },
	{ "django-admin", "django", NO_TARGET, NULL },
	{ "django-admin.py", "django", NO_TARGET, NULL },
	{ "flask", "flask", NO_TARGET, NULL },
	{ "alembic", "alembic", NO_TARGET, NULL },
};

struct sb_finding *sb_programs_report(const struct sb_programs *programs,
				      const struct sb_word *word, const char *rule, const char *fmt,
				      ...)
{
	va_list ap;

	va_start(ap, fmt);
	SB_AUTO_FREE char *says = sb_xvasprintf(fmt, ap);
	va_end(ap);
	return sb_text_report(programs->text, rule, programs->entry->line,
			      programs->entry->column + (unsigned)word->at, "%s", says);
}

static const struct program *program_known(const char *name)
{
	for (size_t i = 0; i < SB_COUNT(programs_known); i++)
		if (!strcmp(programs_known[i].name, name))
			return &programs_known[i];
	return NULL;
}

static const char *add_to(const struct sb_needs *needs, const struct sb_view *view)
{
	(void)needs;
	return sb_tree_entry(&view->root, "Pipfile.lock")  ? "pipenv install %s"
	       : sb_tree_entry(&view->root, "poetry.lock") ? "poetry add %s"
	       : sb_tree_entry(&view->root, "uv.lock")     ? "uv add %s"
							   : "echo %s >> requirements.txt";
}

static void judge_package(const struct sb_programs *programs, const struct sb_word *word,
			  const struct program *known)
{
	if (programs->needs->open || sb_needs_have(programs->needs, known->package))
		return;

	struct sb_finding *f = sb_programs_report(programs, word, "procfile-program-missing",
						  "%s is not there: no dependency file names %s",
						  word->text, known->package);
	const char *form = add_to(programs->needs, programs->view);
	const char *hole = strstr(form, "%s");

	sb_finding_fix(f, "%.*s%s%s", (int)(hole - form), form, known->package, hole + 2);
}

/* A script or program of the tree, by its path. */
static int judge_file(const struct sb_programs *programs, const struct sb_word *word,
		      struct sb_error *err)
{
	SB_AUTO_FREE char *path = NULL;
	int has;

	if (word->dynamic || word->text[0] == '/' || word->text[0] == '-' || word->text[0] == '~')
		return 0;
	path = sb_path_join(sb_span_of(programs->folder), sb_span_of(word->text));
	if (!path || !*path)
		return 0;
	if (!strncmp(path, ".slugbuild/", 11) || strstr(path, "node_modules/"))
		return 0;
	has = sb_view_has(programs->view, path, err);
	if (has)
		return has < 0 ? -1 : 0;

	struct sb_finding *f = sb_programs_report(programs, word, "procfile-program-missing",
						  "there is no file %s in the tree", path);
	const char *slash = strrchr(path, '/');
	const struct sb_list *manages = &programs->view->manages;

	if (!strcmp(slash ? slash + 1 : path, "manage.py") && manages->n == 1)
		sb_finding_fix(f, "it is here: python %s", manages->item[0]);
	else
		sb_finding_fix(f, "git add %s (look into .gitignore if it is in there)", path);
	return 0;
}

/* The folder that --chdir, --app-dir or --pythonpath names, and the module; NULL where an option
 * leaves that open. */
static const struct sb_word *server_target(const struct program *known,
					   const struct sb_words *words, size_t i,
					   const struct sb_word **folder)
{
	for (; i < words->n; i++) {
		const struct sb_word *word = &words->word[i];
		SB_AUTO_FREE char *flag = sb_xasprintf(" %s ", word->text);
		bool names_folder = !strcmp(word->text, "--chdir") ||
				    !strcmp(word->text, "--app-dir") ||
				    !strcmp(word->text, "--pythonpath");

		if (word->text[0] != '-')
			return word;
		if (!strncmp(word->text, "--chdir=", 8) || !strncmp(word->text, "--app-dir=", 10) ||
		    !strncmp(word->text, "--pythonpath=", 13) || !strcmp(word->text, "--paste"))
			*folder = word;
		else if (names_folder && i + 1 < words->n)
			*folder = &words->word[i + 1];
		if (strchr(word->text, '=') || strstr(known->flags, flag))
			continue;
		if (word->text[1] == '-' || !word->text[2])
			i++; /* its value; "-w4" has it in itself */
	}
	return NULL;
}

/* The value of celery's -A, --app, --app=…, or NULL. */
static const struct sb_word *app_option(const struct sb_words *words, size_t i, const char **value)
{
	for (; i < words->n; i++) {
		const char *text = words->word[i].text;

		if ((!strcmp(text, "-A") || !strcmp(text, "--app")) && i + 1 < words->n) {
			*value = words->word[i + 1].text;
			return &words->word[i + 1];
		}
		if (!strncmp(text, "--app=", 6) || (!strncmp(text, "-A", 2) && text[2])) {
			*value = text + (text[1] == '-' ? 6 : 2);
			return &words->word[i];
		}
		if (!strcmp(text, "--workdir"))
			return NULL;
	}
	return NULL;
}

/* What `server` names, as a word, and as text: "mysite.wsgi". Options may stand behind it, too. */
static const struct sb_word *find_target(const struct program *known, const struct sb_words *words,
					 size_t i, const struct sb_word **folder,
					 const char **value)
{
	const struct sb_word *word;

	if (known->target == APP_OPTION)
		return app_option(words, i, value);
	if (known->target == NO_TARGET || !(word = server_target(known, words, i, folder)))
		return NULL;
	*value = word->text;
	if (!*folder)
		(void)server_target(known, words, (size_t)(word - words->word) + 1, folder);
	return word;
}

static int judge_target(const struct sb_programs *programs, const struct program *known,
			const struct sb_words *words, size_t i, struct sb_error *err)
{
	const struct sb_word *folder = NULL;
	const char *value = NULL;
	const struct sb_word *word = find_target(known, words, i, &folder, &value);
	SB_AUTO_FREE char *from = NULL;

	if (!word || word->dynamic || (folder && folder->dynamic))
		return 0;
	if (folder) {
		const char *eq = strchr(folder->text, '=');

		from = sb_path_join(sb_span_of(programs->folder),
				    sb_span_of(eq ? eq + 1 : folder->text));
		if (!from)
			return 0;
	}
	return sb_module_judge(programs, word, value, known->target == FIRST_WORD,
			       from ? from : programs->folder, err);
}

/* NAME=value in front of a command. */
static bool is_assignment(const char *word)
{
	size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return n && word[n] == '=' && !(word[0] >= '0' && word[0] <= '9');
}

static bool is_manager(const char *word)
{
	return !strcmp(word, "poetry") || !strcmp(word, "pipenv") || !strcmp(word, "uv");
}

static void complain_run(const struct sb_programs *programs, const struct sb_word *word)
{
	if (programs->needs->open || sb_needs_have(programs->needs, word->text))
		return;
	sb_finding_fix(sb_programs_report(programs, word, "procfile-program-missing",
					  "%s is not there at run time, only the packages are",
					  word->text),
		       "leave out \"%s run\"", word->text);
}

/* How many words in front only start what is behind them; -1: what they do is not known. */
static int wrapper_length(const struct sb_programs *programs, const struct sb_words *words,
			  size_t i)
{
	static const char *const one[] = { "exec",
					   "nohup",
					   "command",
					   "time",
					   "env",
					   "ddtrace-run",
					   "opentelemetry-instrument",
					   "dumb-init",
					   "nice" };
	const char *word = words->word[i].text;
	const char *next = i + 1 < words->n ? words->word[i + 1].text : "";

	if (is_assignment(word))
		return strncmp(word, "PYTHONPATH=", 11) ? 1 : -1;
	for (size_t k = 0; k < SB_COUNT(one); k++)
		if (!strcmp(word, one[k]))
			return next[0] == '-' ? -1 : 1;
	if (!strcmp(word, "tini"))
		return strcmp(next, "--") ? -1 : 2;
	if (!strcmp(word, "newrelic-admin") && !strcmp(next, "run-program"))
		return 2;
	if (!is_manager(word) || strcmp(next, "run"))
		return 0;
	complain_run(programs, &words->word[i]);
	return i + 2 < words->n && words->word[i + 2].text[0] == '-' ? -1 : 2;
}

static bool is_python(const char *name)
{
	return !strncmp(name, "python", 6) && strspn(name + 6, "0123456789.") == strlen(name + 6);
}

/* python manage.py …, python -m gunicorn …, python -u x.py */
static int judge_python(const struct sb_programs *programs, const struct sb_words *words, size_t i,
			struct sb_error *err)
{
	const struct program *known;

	for (i++; i < words->n && words->word[i].text[0] == '-'; i++) {
		const char *option = words->word[i].text;

		if (strcmp(option, "-m")) {
			if (strcmp(option, "-u") && strcmp(option, "-O") && strcmp(option, "-B") &&
			    strcmp(option, "-E"))
				return 0;
			continue;
		}
		if (i + 1 == words->n || words->word[i + 1].dynamic ||
		    !(known = program_known(words->word[i + 1].text)))
			return 0;
		judge_package(programs, &words->word[i + 1], known);
		return judge_target(programs, known, words, i + 2, err);
	}
	return i < words->n && strstr(words->word[i].text, ".py")
		       ? judge_file(programs, &words->word[i], err)
		       : 0;
}

int sb_programs_judge(const struct sb_programs *programs, const struct sb_words *words,
		      struct sb_error *err)
{
	const struct program *known;
	int skip = 1;
	size_t i = 0;

	for (; i < words->n && skip; i += (size_t)skip) {
		known = program_known(words->word[i].text);
		if (known && !words->word[i].dynamic)
			judge_package(programs, &words->word[i], known);
		skip = wrapper_length(programs, words, i);
		if (skip < 0)
			return 0;
	}
	if (i >= words->n || words->word[i].dynamic)
		return 0;

	const char *name = words->word[i].text;

	if ((known = program_known(name)))
		return judge_target(programs, known, words, i + 1, err);
	if (is_python(name))
		return judge_python(programs, words, i, err);
	if (!strcmp(name, "sh") || !strcmp(name, "bash"))
		return i + 1 < words->n && words->word[i + 1].text[0] != '-'
			       ? judge_file(programs, &words->word[i + 1], err)
			       : 0;
	return strchr(name, '/') ? judge_file(programs, &words->word[i], err) : 0;
}
