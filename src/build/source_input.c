#include "build/source_input.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check/ignore.h"
#include "check/quiet.h"
#include "source/tree.h"

#define FILE_MAX (512 << 10)  /* of a settings file */
#define INPUT_MAX (8 << 20)   /* of a dependency file */
#define FILES_MAX 200         /* handed over */
#define PATHS_MAX 50000       /* named */

/* What is gathered for the script. */
struct gather {
	const struct sb_source_stage *stage;
	struct sb_ignore ignore;
	json_t *input, *files, *paths, *others;
	json_t *models, *dirs; /* for the checklist: the text of models, every folder */
	struct sb_list folders; /* that hold settings: all their .py files are handed over */
	struct sb_list python;  /* "path\noid" of every .py */
	bool dotenv;
};

static void gather_release(struct gather *gather)
{
	sb_ignore_release(&gather->ignore);
	sb_list_release(&gather->folders);
	sb_list_release(&gather->python);
	json_decref(gather->input);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_foreign(const char *name)
{
	static const char *const names[] = { "node_modules",  "venv", ".venv",       "env", "site-packages",
					     "__pycache__",   ".tox", "locale",      "docs", "static",
					     "staticfiles",   "media" };

	for (size_t i = 0; i < SB_COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* Files whose own folder is the settings', or is one of the names that Django's start files have. */
static bool is_start(const char *name)
{
	static const char *const names[] = { "manage.py", "wsgi.py", "asgi.py", "celery.py" };

	for (size_t i = 0; i < SB_COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static void note_folder(struct gather *gather, const char *path)
{
	SB_AUTO_FREE char *folder = sb_xasprintf("%.*s", (int)(base_name(path) - path), path);

	if (!sb_list_has(&gather->folders, folder))
		sb_list_add(&gather->folders, folder);
}

/* settings.py, settings_prod.py, prod_settings.py, settings/…: where settings lie. */
static bool is_settings(const char *path)
{
	struct sb_span name = sb_span_of(base_name(path));

	return sb_span_find(name, "settings") || strstr(path, "settings/") ||
	       !strncmp(path, "config/", 7) || !strncmp(path, "conf/", 5);
}

static bool is_models(const char *path)
{
	return !strcmp(base_name(path), "models.py") || strstr(path, "/models/");
}

/* Adds one file's text; what is too large or not there is left out. */
static void hand_over(json_t *to, const struct sb_source_stage *stage, const char *path, const char *oid,
		      size_t max)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(max);
	struct sb_error unseen = { 0 };

	if (*oid && sb_blob_read(&text, stage->repo, oid, &unseen) == 0)
		sb_json_set_text(to, path, text.p ? text.p : "");
}

static void visit_python(struct gather *gather, const char *path, const struct sb_entry *entry)
{
	sb_list_addf(&gather->python, "%s\n%s", path, entry->kind == SB_LINK ? "" : entry->oid);
	sb_json_push_text(gather->paths, path);
	if (gather->stage->checklist && is_models(path))
		hand_over(gather->models, gather->stage, path, entry->oid, FILE_MAX);
	if (is_settings(path) || is_start(base_name(path)))
		note_folder(gather, path);
}

static int visit(void *ctx, const char *path, const struct sb_entry *entry, struct sb_error *err)
{
	struct gather *gather = ctx;
	const char *name = base_name(path);

	(void)err;
	if (entry->kind == SB_DIR) {
		if (gather->stage->checklist)
			sb_json_push_text(gather->dirs, path);
		return is_foreign(name) || sb_ignore_matches(&gather->ignore, path, true) ? SB_SKIP : 0;
	}
	if (entry->kind == SB_SUBMODULE || sb_ignore_matches(&gather->ignore, path, false))
		return 0;
	if (name == path)
		sb_json_push_text(gather->others, path);
	if (!strncmp(name, ".env", 4) || !strcmp(name, "settings.ini"))
		gather->dotenv = true;
	if (sb_span_ends(sb_span_of(name), ".py") && gather->python.n < PATHS_MAX)
		visit_python(gather, path, entry);
	return 0;
}

/* "mysite.conf.prod" of os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.conf.prod"): the
 * folder mysite/conf/ holds settings. */
static void note_named(struct gather *gather, const char *start, const char *text)
{
	static const char mark[] = "DJANGO_SETTINGS_MODULE";
	const char *at = strstr(text, mark), *begin, *end;

	begin = at ? strpbrk(at + strlen(mark) + 1, "\"'") : NULL;
	end = begin ? strpbrk(begin + 1, "\"'\n") : NULL;
	if (!end || end - begin > 200)
		return;
	SB_AUTO_FREE char *path = sb_xasprintf("%.*s", (int)(end - begin - 1), begin + 1);

	for (char *p = path; *p; p++)
		*p = *p == '.' ? '/' : *p;
	SB_AUTO_FREE char *below =
		strcmp(base_name(start), "manage.py")
			? sb_xstrdup(path)
			: sb_xasprintf("%.*s%s", (int)(base_name(start) - start), start, path);

	note_folder(gather, below);
	SB_AUTO_FREE char *package = sb_xasprintf("%s/", below);

	note_folder(gather, package);
}

static void hand_over_some(struct gather *gather, bool starts)
{
	size_t handed = 0;

	for (size_t i = 0; i < gather->python.n && handed < FILES_MAX; i++) {
		char *path = gather->python.item[i], *end = strchr(path, '\n');
		SB_AUTO_FREE char *name = sb_span_dup((struct sb_span) { path, (size_t)(end - path) });
		SB_AUTO_FREE char *folder =
			sb_xasprintf("%.*s", (int)(base_name(name) - name), name);
		bool start = is_start(base_name(name));

		if (start != starts || (!start && !sb_list_has(&gather->folders, folder)))
			continue;
		hand_over(gather->files, gather->stage, name, end + 1, FILE_MAX);
		const char *text = json_string_value(json_object_get(gather->files, name));

		if (start && text)
			note_named(gather, name, text);
		handed++;
	}
}

static void hand_over_path(json_t *to, const struct sb_source_stage *stage, const char *path)
{
	struct sb_entry entry = { 0 };
	struct sb_error unseen = { 0 };

	if (sb_tree_find(stage->repo, stage->tree, path, &entry, &unseen) == 1 &&
	    (entry.kind == SB_FILE || entry.kind == SB_PROGRAM))
		hand_over(to, stage, path, entry.oid, INPUT_MAX);
}

static void add_plan(struct gather *gather)
{
	const struct sb_plan *plan = gather->stage->plan;
	json_t *processes = sb_json_new_object(), *inputs = sb_json_new_object(),
	       *texts = sb_json_new_object(), *python = json_null();
	static const char *const read[] = { ".gitignore", "Procfile" };

	for (size_t i = 0; i < plan->processes; i++)
		sb_json_set_text(processes, plan->process[i].name, plan->process[i].command);
	for (size_t i = 0; i < plan->inputs.n; i++)
		hand_over_path(inputs, gather->stage, plan->inputs.item[i]);
	for (size_t i = 0; i < SB_COUNT(read); i++)
		hand_over_path(texts, gather->stage, read[i]);
	if (plan->python.origin && !plan->python.spec) {
		python = sb_json_new_array();
		sb_json_push_take(python, json_integer(plan->python.major));
		sb_json_push_take(python, json_integer(plan->python.minor < 0 ? 99 : plan->python.minor));
	}
	sb_json_set_take(gather->input, "python", python);
	sb_json_set_take(gather->input, "processes", processes);
	sb_json_set_take(gather->input, "requirements", inputs);
	sb_json_set_take(gather->input, "texts", texts);
	sb_json_set_text(gather->input, "release", plan->release);
	sb_json_set_text(gather->input, "manage", plan->manage_py);
	sb_json_set_text(gather->input, "manager", sb_manager_name(plan->manager));
	sb_json_set_text(gather->input, "python_from", plan->python.origin);
	sb_json_set_text(gather->input, "wsgi", plan->wsgi);
	sb_json_set_text(gather->input, "health_path",
			 plan->health_path ? plan->health_path : gather->stage->settings->health_path);
}

static void push_name(json_t *names, const char *pair)
{
	const char *equals = strchr(pair, '=');
	SB_AUTO_FREE char *name =
		equals ? sb_span_dup((struct sb_span) { pair, (size_t)(equals - pair) }) : sb_xstrdup(pair);

	sb_json_push_text(names, name);
}

/* What a variable will hold: the config var's value, else app.json's default; or NULL. */
static const char *value_of(const struct sb_source_stage *stage, const char *name)
{
	const char *value = stage->config ? sb_list_getenv(stage->config, name) : NULL;

	for (size_t i = 0; !value && i < stage->plan->envs; i++)
		if (!strcmp(stage->plan->env[i].name, name))
			value = stage->plan->env[i].value;
	return value;
}

/* Of an app that is known: the names of its variables, and of those app.json gives or asks for. */
static json_t *variable_names(const struct sb_source_stage *stage)
{
	json_t *names;

	if (!stage->config)
		return json_null();
	names = sb_json_new_array();
	for (size_t i = 0; i < stage->config->n; i++)
		push_name(names, stage->config->item[i]);
	for (size_t i = 0; i < stage->plan->envs; i++) {
		const struct sb_env_default *env = &stage->plan->env[i];

		if (env->value || env->secret || env->required)
			push_name(names, env->name);
	}
	return names;
}

/* The variables whose values are plain words for yes and no: those are no secrets. */
static json_t *flags_of(const struct sb_source_stage *stage, const json_t *names)
{
	static const char *const words[] = { "true", "false", "yes", "no",   "on", "off", "y", "n",
					     "t",    "f",     "1",   "0",    "ok", "none", "" };
	json_t *out = sb_json_new_object();
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		const char *value = value_of(stage, json_string_value(name));

		for (size_t k = 0; value && k < SB_COUNT(words); k++)
			if (!strcasecmp(value, words[k]))
				sb_json_set_text(out, json_string_value(name), words[k]);
	}
	return out;
}

/* Names only; of values, those above, whether collectstatic is off and which settings are meant. */
static void add_config(struct gather *gather)
{
	const char *off = value_of(gather->stage, "DISABLE_COLLECTSTATIC");
	json_t *names = variable_names(gather->stage);

	sb_json_set_take(gather->input, "flags", flags_of(gather->stage, names));
	sb_json_set_take(gather->input, "config", names);
	sb_json_set_text(gather->input, "settings_module",
			 value_of(gather->stage, "DJANGO_SETTINGS_MODULE"));
	sb_json_set_text(gather->input, "configuration",
			 value_of(gather->stage, "DJANGO_CONFIGURATION"));
	sb_json_set_flag(gather->input, "collectstatic",
			 !gather->stage->plan->collectstatic_off && !(off && *off && strcmp(off, "0")));
}

static int gather_all(struct gather *gather, const struct sb_source_stage *stage, struct sb_error *err)
{
	/* The check has counted the files; a survey would count what is left out too. */
	const struct sb_walk_limits limits = { .depth = stage->settings->max_depth };
	const struct sb_survey survey = { stage->settings, SB_QUIET_FORMAT, sb_level_is_quiet, NULL };
	const char *lines = stage->plan->ignore ? stage->plan->ignore : "";

	gather->stage = stage;
	gather->input = sb_json_new_object();
	gather->files = sb_json_new_object();
	gather->paths = sb_json_new_array();
	gather->others = sb_json_new_array();
	gather->models = sb_json_new_object();
	gather->dirs = sb_json_new_array();
	sb_json_set_take(gather->input, "files", gather->files);
	sb_json_set_take(gather->input, "paths", gather->paths);
	sb_json_set_take(gather->input, "others", gather->others);
	sb_json_set_take(gather->input, "models", gather->models);
	sb_json_set_take(gather->input, "folders", gather->dirs);
	if (sb_ignore_parse(&gather->ignore, sb_span_of(lines)) < 0)
		return 0;
	/* A checklist names every folder. */
	int done = stage->checklist ? sb_tree_walk(stage->repo, stage->tree, &limits, visit, gather, err)
				    : sb_tree_survey(stage->repo, stage->tree, &limits, &survey, visit,
						     gather, err);

	if (done < 0)
		return -1;
	hand_over_some(gather, true);
	hand_over_some(gather, false);
	add_plan(gather);
	add_config(gather);
	sb_json_set_flag(gather->input, "dotenv", gather->dotenv);
	sb_json_set_flag(gather->input, "checklist", stage->checklist != NULL);
	sb_json_set_text(gather->input, "app", stage->app);
	return 0;
}

int sb_source_input(struct sb_buffer *out, const struct sb_source_stage *stage, struct sb_error *err)
{
	__attribute__((cleanup(gather_release))) struct gather gather = { 0 };

	if (gather_all(&gather, stage, err) < 0)
		return -1;
	sb_json_print_compact(out, gather.input);
	return 0;
}

void sb_source_input_locks(struct sb_buffer *out, const struct sb_source_stage *stage, const char *const *names,
			   size_t n)
{
	SB_AUTO_JSON json_t *input = sb_json_new_object();
	json_t *texts = sb_json_new_object();

	for (size_t i = 0; i < n; i++)
		hand_over_path(texts, stage, names[i]);
	sb_json_set_take(input, "locks", texts);
	sb_json_print_compact(out, input);
}
