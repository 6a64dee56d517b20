#include "build/diagnose.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "build/trace.h"

#define WHOLE_MAX (64 << 10) /* of a list */
#define TEXT_ROOM 1300       /* of it in an error */
#define FIX_ROOM 800
#define NAME_MAX_BYTES 100

static const char *app_name(const struct sb_diagnose *about)
{
	return about->app && *about->app ? about->app : "APP";
}

/* Every error of this step ends with how to leave the step out. */
static int finish(const struct sb_diagnose *about, const char *fix, struct sb_error *err)
{
	sb_error_fix(err,
		     "%s%sto leave this step out: slugbuild config:set "
		     "DISABLE_COLLECTSTATIC=1 -a %s",
		     fix, *fix ? "\n" : "", app_name(about));
	return -1;
}

static void at_frame(const struct sb_trace *trace, struct sb_error *err)
{
	if (trace->path.n)
		sb_error_where(err, "%.*s:%u", SB_SPAN_ARG(trace->path), trace->line);
}

static struct sb_span after(struct sb_span text, const char *mark)
{
	const char *at = sb_span_find(text, mark);

	if (!at)
		return (struct sb_span) { 0 };
	at += strlen(mark);
	return (struct sb_span) { at, (size_t)(text.p + text.n - at) };
}

static struct sb_span word(struct sb_span text)
{
	size_t n = 0;

	while (n < text.n && (isalnum((unsigned char)text.p[n]) || text.p[n] == '_'))
		n++;
	return (struct sb_span) { text.p, n };
}

static bool is_type(const struct sb_trace *trace, const char *name)
{
	return sb_span_ends(trace->type, name);
}

/* The first word in capitals with an underscore or of five letters: SECRET_KEY, DEBUG. */
static struct sb_span variable_in(struct sb_span text)
{
	for (size_t i = 0; i < text.n; i++) {
		struct sb_span one = { text.p + i, 0 };
		bool starts =
			isupper((unsigned char)text.p[i]) &&
			(!i || (!isalnum((unsigned char)text.p[i - 1]) && text.p[i - 1] != '_'));

		if (!starts)
			continue;
		while (i + one.n < text.n &&
		       (isupper((unsigned char)one.p[one.n]) ||
			isdigit((unsigned char)one.p[one.n]) || one.p[one.n] == '_'))
			one.n++;
		if ((one.n >= 5 || memchr(one.p, '_', one.n)) && one.n > 2 &&
		    (i + one.n == text.n || !isalnum((unsigned char)one.p[one.n])))
			return one;
	}
	return (struct sb_span) { 0 };
}

/* The value in quotes behind the name in quotes: "mysite.settings"; empty where there is none. */
static struct sb_span settings_module(struct sb_span manage)
{
	struct sb_span rest = after(manage, "DJANGO_SETTINGS_MODULE"), module = { 0 };
	char quote;

	if (rest.n > 1) { /* past the closing quote, to the opening one of the value */
		rest.p++;
		rest.n--;
	}
	while (rest.n && *rest.p != '"' && *rest.p != '\'') {
		rest.p++;
		rest.n--;
	}
	if (rest.n < 2)
		return module;
	quote = *rest.p;
	rest.p++;
	rest.n--;
	if (!sb_span_cut(&rest, quote, &module) || module.n > 200)
		return (struct sb_span) { 0 };
	return module;
}

/* The settings file, by manage.py's DJANGO_SETTINGS_MODULE, and its text. Both owned, or NULL. */
static char *settings_path(const struct sb_diagnose *about, char **text)
{
	SB_AUTO_FREE char *manage = NULL;
	SB_AUTO_FREE char *dotted = NULL;
	const char *slash = about->manage ? strrchr(about->manage, '/') : NULL;
	struct sb_span module;

	*text = NULL;
	if (!about->read || !about->manage || !(manage = about->read(about->ctx, about->manage)))
		return NULL;
	module = settings_module(sb_span_of(manage));
	if (!module.n)
		return NULL;
	dotted = sb_span_dup(module);
	for (char *p = dotted; *p; p++)
		*p = *p == '.' ? '/' : *p;
	for (int i = 0; i < 2; i++) {
		char *path = sb_xasprintf("%.*s%s%s", slash ? (int)(slash - about->manage + 1) : 0,
					  about->manage, dotted, i ? "/__init__.py" : ".py");

		if ((*text = about->read(about->ctx, path)) != NULL)
			return path;
		free(path);
	}
	return NULL;
}

/* Django complains long after the settings were read: their own line is the place. */
static void at_setting(const struct sb_diagnose *about, struct sb_span name, struct sb_error *err)
{
	SB_AUTO_FREE char *text = NULL;
	SB_AUTO_FREE char *path = settings_path(about, &text);
	SB_AUTO_FREE char *wanted = sb_span_dup(name);
	struct sb_span rest = sb_span_of(text ? text : ""), line;

	if (!path)
		return;
	sb_error_where(err, "%s", path);
	for (unsigned number = 1; sb_span_line(&rest, &line); number++)
		if (sb_span_find(line, wanted) && *line.p != '#') {
			sb_error_where(err, "%s:%u", path, number);
			return;
		}
}

static int missing_variable(const struct sb_diagnose *about, const struct sb_trace *trace,
			    struct sb_span name, struct sb_error *err)
{
	SB_AUTO_FREE char *fix = sb_xasprintf("slugbuild config:set %.*s=… -a %s",
					      SB_SPAN_ARG(name), app_name(about));

	sb_fail(err, SB_EBUILD, "the settings need the config var %.*s, which is not set",
		SB_SPAN_ARG(name));
	if (about->manage && sb_span_is(trace->path, about->manage))
		at_setting(about, name, err);
	else
		at_frame(trace, err);
	if (!*err->where)
		at_frame(trace, err);
	return finish(about, fix, err);
}

/* KeyError: 'X' out of os.environ: the name; else empty. */
static struct sb_span from_environ(const struct sb_trace *trace)
{
	struct sb_span message = trace->message, name;

	if (!is_type(trace, "KeyError") || message.n < 3)
		return (struct sb_span) { 0 };
	name = word((struct sb_span) { message.p + 1, message.n - 1 });
	if (sb_span_find(trace->source, "environ") || sb_span_find(trace->source, "getenv") ||
	    sb_span_ends(trace->last, "os.py") || sb_span_is(trace->last, "<frozen os>") ||
	    sb_span_ends(trace->last, "UserDict.py"))
		return name;
	return (struct sb_span) { 0 };
}

/* A variable that is not there, in the words of Django and of the usual libraries. */
static struct sb_span known_words(const struct sb_trace *trace)
{
	struct sb_span message = trace->message;

	if (is_type(trace, "UndefinedValueError") || sb_span_find(message, "Declare it as envvar"))
		return word(message);
	if (sb_span_find(message, "environment variable") && sb_span_starts(message, "Set the "))
		return word(after(message, "Set the "));
	if (sb_span_find(message, "The SECRET_KEY setting must not be empty"))
		return word(after(message, "The "));
	if (sb_span_find(message, "settings.DATABASES is improperly configured") ||
	    sb_span_find(trace->source, "dj_database_url") || is_type(trace, "UnknownSchemeError"))
		return sb_span_of("DATABASE_URL");
	return (struct sb_span) { 0 };
}

/* The same in an app's own words: an error of these types that speaks of something missing. */
static struct sb_span own_words(const struct sb_trace *trace)
{
	static const char *const types[] = { "ImproperlyConfigured", "ValueError", "RuntimeError",
					     "EnvError", "Exception" };
	static const char *const words[] = { "nvironment", "env var",     "not set",  "missing",
					     "required",   "must be set", "not found" };
	bool fits = false;

	for (size_t i = 0; i < SB_COUNT(types); i++)
		fits = fits || is_type(trace, types[i]);
	for (size_t i = 0; fits && i < SB_COUNT(words); i++)
		if (sb_span_find(trace->message, words[i]))
			return variable_in(trace->message);
	return (struct sb_span) { 0 };
}

static struct sb_span find_variable(const struct sb_trace *trace)
{
	struct sb_span name = from_environ(trace);

	if (!name.n)
		name = known_words(trace);
	return name.n ? name : own_words(trace);
}

/* A list in a row: all of it, and how much an error has room for. */
struct row {
	struct sb_buffer all;
	size_t items, fit, shown; /* fit: bytes of the first `shown` */
};
#define ROW_INIT { .all = SB_BUFFER_INIT(WHOLE_MAX) }

static void row_release(struct row *row)
{
	sb_buffer_release(&row->all);
}

static void end_item(struct row *row, size_t room)
{
	row->items++;
	if (row->all.n > room)
		return;
	row->fit = row->all.n;
	row->shown = row->items;
}

/* The variable of a field: its name in capitals. */
static void add_variable(struct row *set, struct sb_span name)
{
	sb_buffer_addc(&set->all, ' ');
	for (size_t i = 0; i < name.n; i++)
		sb_buffer_addc(&set->all, (char)toupper((unsigned char)name.p[i]));
	sb_buffer_adds(&set->all, "=…");
	end_item(set, FIX_ROOM);
}

/* Pydantic: a head line, then for each field its name and, indented, what is wrong with it. */
static void read_fields(struct row *said, struct row *set, struct sb_span message)
{
	struct sb_span line;

	while (sb_span_line(&message, &line)) {
		struct sb_span text = sb_span_trim(line), name = word(line);
		bool item = line.n && *line.p != ' ';

		if (!text.n || sb_span_starts(text, "For further information"))
			continue;
		if (item && said->all.n)
			end_item(said, TEXT_ROOM);
		if (item && said->items && name.n == text.n)
			add_variable(set, name);
		sb_buffer_adds(&said->all, !said->all.n ? "" : item ? "; " : ": ");
		sb_buffer_add(&said->all, text);
	}
	end_item(said, TEXT_ROOM);
}

static int pydantic(const struct sb_diagnose *about, const struct sb_trace *trace,
		    struct sb_error *err)
{
	static const char says[] = "the config vars do not fit the settings: ";
	__attribute__((cleanup(row_release))) struct row said = ROW_INIT;
	__attribute__((cleanup(row_release))) struct row set = ROW_INIT;
	SB_AUTO_FREE char *fix = NULL;

	read_fields(&said, &set, trace->message);
	if (said.shown == said.items)
		sb_fail(err, SB_EBUILD, "%s%s", says, said.all.p ? said.all.p : "");
	else
		sb_fail(err, SB_EBUILD, "%s%.*s; and %zu more, which stand above", says, (int)said.fit,
			said.all.p, said.items - said.shown);
	at_frame(trace, err);
	if (set.shown == set.items)
		fix = sb_xasprintf("slugbuild config:set%s -a %s", set.all.p ? set.all.p : " …",
				   app_name(about));
	else
		fix = sb_xasprintf("slugbuild config:set%.*s -a %s\nand %zu more in the same way", (int)set.fit,
				   set.all.p, app_name(about), set.items - set.shown);
	if (about->whole && (said.shown < said.items || set.shown < set.items)) {
		about->whole->text = sb_xasprintf("%s%s%s", says, said.all.p, said.all.full ? " …" : "");
		about->whole->fix = sb_xasprintf("slugbuild config:set%s%s -a %s", set.all.p ? set.all.p : "",
						 set.all.full ? " …" : "", app_name(about));
	}
	return finish(about, fix, err);
}

void sb_diagnosis_release(struct sb_diagnosis *diagnosis)
{
	free(diagnosis->text);
	free(diagnosis->fix);
	*diagnosis = (struct sb_diagnosis) { 0 };
}

static int no_static_root(const struct sb_diagnose *about, struct sb_error *err)
{
	SB_AUTO_FREE char *text = NULL;
	SB_AUTO_FREE char *path = settings_path(about, &text);
	bool pathlib = !text || strstr(text, "pathlib") || strstr(text, "Path(");
	const char *line = pathlib ? "STATIC_ROOT = BASE_DIR / \"staticfiles\""
				   : "STATIC_ROOT = os.path.join(BASE_DIR, \"staticfiles\")";
	SB_AUTO_FREE char *fix = sb_xasprintf("add to %s:  %s", path ? path : "the settings", line);

	sb_fail(err, SB_EBUILD,
		"STATIC_ROOT is not set: collectstatic does not know where to put "
		"the files");
	if (path)
		sb_error_where(err, "%s", path);
	return finish(about, fix, err);
}

/* `line` with the file's own path wrapped in os.path.dirname. */
static char *with_dirname(struct sb_span line)
{
	static const char join[] = "os.path.join(os.path.abspath(__file__))";
	static const char plain[] = "os.path.abspath(__file__)";
	const char *at = sb_span_find(line, join);
	size_t n = strlen(join);

	if (!at) {
		at = sb_span_find(line, plain);
		n = strlen(plain);
	}
	if (!at)
		return NULL;
	return sb_xasprintf("%.*sos.path.dirname(os.path.abspath(__file__))%.*s",
			    (int)(at - line.p), line.p, (int)(line.p + line.n - at - n), at + n);
}

/* A folder below a file: "/app/mysite/settings.py/staticfiles". */
static int below_a_file(const struct sb_diagnose *about, struct sb_span place, struct sb_error *err)
{
	size_t root = strlen(about->root) + 1;
	const char *end = sb_span_find(place, ".py/");
	SB_AUTO_FREE char *path = NULL, *text = NULL, *fix = NULL;
	struct sb_span rest, line;
	unsigned number = 0;

	if (!sb_span_starts(place, about->root) || place.n <= root || !end ||
	    (size_t)(end - place.p) < root)
		return 0;
	path = sb_xasprintf("%.*s.py", (int)(end - place.p - root), place.p + root);
	sb_fail(err, SB_EBUILD,
		"a static folder (STATIC_ROOT or STATICFILES_DIRS) lies below the file %s, "
		"as if that were a folder",
		path);
	sb_error_where(err, "%s", path);
	text = about->read ? about->read(about->ctx, path) : NULL;
	rest = sb_span_of(text ? text : "");
	while (!fix && sb_span_line(&rest, &line)) {
		SB_AUTO_FREE char *better = NULL;

		number++;
		if (sb_span_find(line, "dirname") || *sb_span_trim(line).p == '#')
			continue;
		better = with_dirname(sb_span_trim(line));
		if (!better)
			continue;
		sb_error_where(err, "%s:%u", path, number);
		fix = sb_xasprintf("there stands:  %.*s\nwrite:         %s",
				   SB_SPAN_ARG(sb_span_trim(line)), better);
	}
	return finish(about, fix ? fix : "the base folder is os.path.dirname of __file__", err);
}

static int bad_syntax(const struct sb_diagnose *about, const struct sb_trace *trace,
		      struct sb_error *err)
{
	sb_fail(err, SB_EBUILD, "Python %s cannot read a file of the app: %.*s: %.*s",
		about->python, SB_SPAN_ARG(trace->type), SB_SPAN_ARG(trace->message));
	if (trace->path.n)
		at_frame(trace, err);
	else if (trace->last.n)
		sb_error_where(err, "%.*s", SB_SPAN_ARG(trace->last));

	SB_AUTO_FREE char *fix =
		trace->source.n ? sb_xasprintf("the line:  %.*s", SB_SPAN_ARG(trace->source))
				: sb_xstrdup("");

	return finish(about, fix, err);
}

/* Packages that are not called like what they provide. */
static const char *package_of(struct sb_span module)
{
	static const struct {
		const char *module, *package;
	} known[] = {
		{ "yaml", "PyYAML" },
		{ "PIL", "Pillow" },
		{ "environ", "django-environ" },
		{ "decouple", "python-decouple" },
		{ "dotenv", "python-dotenv" },
		{ "corsheaders", "django-cors-headers" },
		{ "rest_framework", "djangorestframework" },
		{ "psycopg2", "psycopg2-binary" },
		{ "dj_database_url", "dj-database-url" },
		{ "storages", "django-storages" },
		{ "MySQLdb", "mysqlclient" },
		{ "debug_toolbar", "django-debug-toolbar" },
		{ "crispy_forms", "django-crispy-forms" },
		{ "django_heroku", "django-heroku" },
		{ "django_filters", "django-filter" },
		{ "bs4", "beautifulsoup4" },
		{ "pydantic_settings", "pydantic-settings" },
		{ "pkg_resources", "setuptools" },
	};

	for (size_t i = 0; i < SB_COUNT(known); i++)
		if (sb_span_is(module, known[i].module))
			return known[i].package;
	return NULL;
}

static int no_module(const struct sb_diagnose *about, const struct sb_trace *trace,
		     struct sb_error *err)
{
	struct sb_span name = after(trace->message, "No module named "), top;
	const char *package;

	while (name.n && (*name.p == '\'' || *name.p == '"')) {
		name.p++;
		name.n--;
	}
	top = word(name);
	package = package_of(top);
	while (name.n && strchr("'\"\n", name.p[name.n - 1]))
		name.n--;
	sb_fail(err, SB_EBUILD, "no module named %.*s", SB_SPAN_ARG(name));
	at_frame(trace, err);

	SB_AUTO_FREE char *fix = package ? sb_xasprintf("add %s to the requirements", package)
					 : sb_xasprintf("add the package that has %.*s to the "
							"requirements, or the module to git",
							SB_SPAN_ARG(top));

	return finish(about, fix, err);
}

static int missing_file(const struct sb_diagnose *about, const struct sb_trace *trace,
			struct sb_error *err)
{
	struct sb_span css = after(about->output, "The CSS file '"), file = { 0 }, rest = css;
	struct sb_span message = trace->message, first;

	if (css.n && !sb_span_cut(&rest, '\'', &file))
		file = (struct sb_span) { 0 };
	if (!sb_span_line(&message, &first))
		first = trace->message;
	sb_fail(err, SB_EBUILD, "a static file refers to one that is not there: %.*s",
		SB_SPAN_ARG(first));
	if (file.n)
		sb_error_where(err, "%.*s", SB_SPAN_ARG(file));
	return finish(about,
		      "add the file, or take the reference out of the CSS; a manifest storage "
		      "refuses what it cannot find",
		      err);
}

static int other(const struct sb_diagnose *about, const struct sb_trace *trace,
		 struct sb_error *err)
{
	struct sb_span rest = trace->message, line = { 0 };
	const char *fix = "";

	if (!sb_span_line(&rest, &line))
		line = trace->message;
	sb_fail(err, SB_EBUILD, "collectstatic failed: %.*s: %.*s", SB_SPAN_ARG(trace->type),
		SB_SPAN_ARG(line));
	at_frame(trace, err);
	if (is_type(trace, "OperationalError") ||
	    sb_span_find(trace->message, "ould not connect") ||
	    sb_span_find(trace->message, "name resolution"))
		fix = "this step has no network: do not connect to anything while the settings and "
		      "apps are loaded";
	return finish(about, fix, err);
}

/* Whether it was told as one of the mistakes that have a type or a sentence of their own. */
static bool by_type(const struct sb_diagnose *about, const struct sb_trace *trace,
		    struct sb_error *err)
{
	struct sb_span message = trace->message, place;

	if (sb_span_find(message, "without having set the STATIC_ROOT setting"))
		return no_static_root(about, err);
	if (is_type(trace, "ValidationError") && sb_span_find(message, "validation error"))
		return pydantic(about, trace, err);
	if (is_type(trace, "NotADirectoryError") || sb_span_find(message, "Not a directory")) {
		struct sb_span rest = after(message, "'");

		return sb_span_cut(&rest, '\'', &place) && below_a_file(about, place, err);
	}
	if (is_type(trace, "SyntaxError") || is_type(trace, "IndentationError") ||
	    is_type(trace, "TabError"))
		return bad_syntax(about, trace, err);
	if (sb_span_find(message, "could not be found with") ||
	    sb_span_find(message, "Missing staticfiles manifest entry"))
		return missing_file(about, trace, err);
	return sb_span_find(message, "No module named ") && no_module(about, trace, err);
}

static int by_trace(const struct sb_diagnose *about, const struct sb_trace *trace,
		    struct sb_error *err)
{
	struct sb_span name;

	if (by_type(about, trace, err))
		return -1;
	name = find_variable(trace);
	if (name.n && name.n < NAME_MAX_BYTES)
		return missing_variable(about, trace, name, err);
	return other(about, trace, err);
}

int sb_diagnose_static(const struct sb_diagnose *about, struct sb_error *err)
{
	struct sb_trace trace;

	if (sb_trace_read(&trace, about->output, about->root))
		return by_trace(about, &trace, err);
	if (sb_span_find(about->output, "without having set the STATIC_ROOT setting"))
		return no_static_root(about, err);
	if (about->status > 128 && about->status < 128 + NSIG) {
		int sig = about->status - 128;

		sb_fail(err, SB_EBUILD, "collectstatic was killed by signal %d (%s)", sig, strsignal(sig));
		return finish(about, "what it printed stands above; a C extension that it loads may have crashed", err);
	}
	if (about->status)
		sb_fail(err, SB_EBUILD, "collectstatic failed with status %d", about->status);
	else
		sb_fail(err, SB_EBUILD, "collectstatic failed");
	return finish(about, "its own message stands above", err);
}
