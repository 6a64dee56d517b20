#include "state.h"
#include "release/manifest.h"

/* Facts as a build leaves them, with what must not get into a manifest. */
#define FACTS \
	"{\"commit\":\"" COMMIT_A "\",\"tree\":\"" COMMIT_B "\",\"author\":\"A <a@b>\"," \
	"\"slug\":{\"sha256\":\"" DIGEST_A "\",\"size\":10,\"unpacked\":20,\"files\":3," \
	"\"layers\":[{\"name\":\"app\",\"key\":\"" DIGEST_B "\",\"size\":10,\"files\":3," \
	"\"unpacked\":20,\"pieces\":[{\"sha256\":\"" DIGEST_B "\",\"size\":10}]}]}," \
	"\"processes\":{\"web\":\"gunicorn x.wsgi --bind \\\"a b\\\"\",\"worker\":\"celery -A " \
	"x\"}," \
	"\"release_command\":null,\"health_path\":\"/up\",\"formation\":\"worker=2 clock=9 " \
	"web=x\"," \
	"\"runtime\":{\"python\":\"3.11.2\",\"interpreter\":\"/usr/bin/python3.11\"," \
	"\"bundled\":false,\"platform\":\"linux-x86_64\"}," \
	"\"provenance\":{\"commit\":\"" COMMIT_A "\",\"tree\":\"" COMMIT_B "\"," \
	"\"locks\":{\"requirements.txt\":\"" DIGEST_B "\"},\"tools\":{\"slugbuild\":\"0.1\"}," \
	"\"packages\":[\"django==5.2\"],\"sdists\":[],\"surprise\":1,\"installer\":\"uv 0.5\"}}"

/* An independent validator says yes; skips where there is none. */
static void validate(const json_t *manifest)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 20);
	FILE *file = fopen(at("manifest.json"), "w");

	if (strcmp(sh("python3 -c 'import jsonschema' 2>/dev/null && echo yes || echo no"),
		   "yes") != 0) {
		print_message("# SKIP validation: python3 has no module jsonschema\n");
		fclose(file);
		return;
	}
	sb_json_print(&text, manifest);
	fwrite(text.p, 1, text.n, file);
	fclose(file);

	const char *said = sh("python3 -c '\n"
			      "import json, sys, jsonschema\n"
			      "schema = json.load(open(sys.argv[1]))\n"
			      "jsonschema.Draft202012Validator.check_schema(schema)\n"
			      "for e in jsonschema.Draft202012Validator(schema)"
			      ".iter_errors(json.load(open(sys.argv[2]))):\n"
			      "    print(e.json_path, e.message)\n"
			      "' '%s' manifest.json 2>&1",
			      getenv("SCHEMA"));

	if (*said)
		fail_msg("%s", said);
}

static json_t *make(struct state *state, const char *kind, const char *facts)
{
	SB_AUTO(sb_list) vars = { 0 };
	SB_AUTO(sb_release) release = { 0 };

	sb_list_add(&vars, "SECRET_KEY=s3cr3t=value");
	sb_list_add(&vars, "EMPTY=");

	int number = commit(state, kind, facts, &vars);

	OK(sb_ledger_load(&release, &state->app, number, &state->err));

	json_t *manifest =
		sb_manifest_make(&state->app, &release, &vars, &state->settings, &state->err);

	if (!manifest)
		fail_msg("%s", state->err.text);
	return manifest;
}

static void manifest_says_all_a_runner_needs(void **out)
{
	struct state *state = *out;
	SB_AUTO_JSON json_t *manifest = make(state, "deploy", FACTS);
	SB_AUTO_FREE char *directory = sb_release_path(&state->app, 2, "app");

	validate(manifest);
	assert_int_equal(sb_json_int(manifest, "manifest", 0), 1);
	assert_string_equal(sb_json_text(manifest, "name", ""), "v2");
	assert_string_equal(sb_json_text(manifest, "directory", ""), directory);
	assert_string_equal(sb_json_text(manifest, "address", ""), "http://127.0.0.1:20000");
	assert_string_equal(sb_json_text(manifest, "health.path", ""), "/up");
	assert_string_equal(sb_json_text(manifest, "processes.web.command", ""),
			    "gunicorn x.wsgi --bind \"a b\"");
	assert_true(sb_json_flag(manifest, "processes.web.port", false));
	assert_false(sb_json_flag(manifest, "processes.worker.port", true));
	assert_int_equal(sb_json_int(manifest, "previous", 0), 1);
	assert_string_equal(sb_json_text(manifest, "provenance.tools.installer", ""), "uv 0.5");
}

static void manifest_tells_names_of_config_vars_and_no_values(void **out)
{
	struct state *state = *out;
	SB_AUTO_JSON json_t *manifest = make(state, "deploy", FACTS);
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(1 << 20);

	sb_json_print(&text, manifest);
	assert_null(strstr(text.p, "s3cr3t"));
	assert_non_null(strstr(text.p, "\"SECRET_KEY\""));
	assert_null(strstr(text.p, "pieces"));
	assert_null(strstr(text.p, "surprise"));
}

static void formation_is_ps_scale_over_app_json_over_one_web(void **out)
{
	struct state *state = *out;
	SB_AUTO_JSON json_t *first = make(state, "deploy", FACTS);

	assert_int_equal(sb_json_int(first, "formation.web", -1), 1);
	assert_int_equal(sb_json_int(first, "formation.worker", -1), 2);
	assert_int_equal(sb_json_int(first, "formation.clock", -1), -1);
	sb_json_set_int(state->app.formation, "worker", 0);
	sb_json_set_int(state->app.formation, "gone", 4);

	SB_AUTO_JSON json_t *second = make(state, "scale", FACTS);

	validate(second);
	assert_int_equal(sb_json_int(second, "formation.worker", -1), 0);
	assert_int_equal(sb_json_int(second, "processes.worker.count", -1), 0);
	assert_int_equal(sb_json_int(second, "formation.gone", -1), -1);
}

static void manifest_of_a_release_without_a_slug_has_nothing_to_run(void **out)
{
	struct state *state = *out;
	SB_AUTO_JSON json_t *manifest = make(state, "config", NULL);

	validate(manifest);
	assert_true(json_is_null(sb_json_at(manifest, "slug")));
	assert_int_equal(json_object_size(sb_json_at(manifest, "processes")), 0);
}

static void manifest_is_kept_and_read_back(void **out)
{
	struct state *state = *out;
	SB_AUTO_JSON json_t *manifest = NULL;

	free(state->settings.domain);
	state->settings.domain = sb_xstrdup("blog.example.com");
	manifest = make(state, "deploy", FACTS);
	validate(manifest);
	assert_string_equal(sb_json_text(manifest, "address", ""), "https://blog.example.com");
	OK(sb_manifest_save(&state->app, 2, manifest, &state->err));

	SB_AUTO_JSON json_t *back = sb_manifest_load(&state->app, 2, &state->err);

	assert_true(json_equal(manifest, back));
	sb_json_set_int(manifest, "manifest", 99);
	OK(sb_manifest_save(&state->app, 2, manifest, &state->err));
	assert_null(sb_manifest_load(&state->app, 2, &state->err));
	assert_int_equal(state->err.code, SB_ECONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(manifest_says_all_a_runner_needs),
		STATE_TEST(manifest_tells_names_of_config_vars_and_no_values),
		STATE_TEST(formation_is_ps_scale_over_app_json_over_one_web),
		STATE_TEST(manifest_of_a_release_without_a_slug_has_nothing_to_run),
		STATE_TEST(manifest_is_kept_and_read_back),
	};
	char *schema = realpath("templates/manifest.schema.json", NULL);

	if (!schema)
		return 1; /* tests run in the top folder */
	setenv("SCHEMA", schema, 1);
	free(schema);
	return cmocka_run_group_tests_name("manifest", tests, scratch_make, scratch_drop);
}
