#include "state.h"
#include "sys/files.h"

static void create_makes_v1_and_makes_it_current(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_release) first = { 0 };

	assert_int_equal(sb_ledger_current(&state->app, &state->err), 1);
	OK(sb_ledger_load(&first, &state->app, 1, &state->err));
	assert_int_equal(first.state, SB_CURRENT);
	assert_string_equal(sb_json_text(first.facts, "kind", ""), "create");
	assert_null(sb_json_at(first.facts, "slug"));
	assert_string_equal(sh("ls -A %s/apps", state->store.root_path), "blog");
}

static void create_gives_the_lowest_free_port(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_app) second = SB_APP_INIT;
	SB_AUTO(sb_app) third = SB_APP_INIT;

	assert_int_equal(state->app.port, 20000);
	OK(sb_app_create(&second, &state->store, "shop", NULL, &state->settings, &state->err));
	assert_int_equal(second.port, 20001);
	OK(sb_app_destroy(&state->app, &state->err));
	OK(sb_app_create(&third, &state->store, "wiki", NULL, &state->settings, &state->err));
	assert_int_equal(third.port, 20000);
}

static void create_says_when_ports_run_out(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_app) second = SB_APP_INIT;

	free(state->settings.ports);
	state->settings.ports = sb_xstrdup("20000-20000");
	assert_int_equal(
		sb_app_create(&second, &state->store, "shop", NULL, &state->settings, &state->err),
		-1);
	assert_int_equal(state->err.code, SB_ECONFIG);
	assert_string_equal(sh("ls -A %s/apps", state->store.root_path), "blog");
}

static void create_refuses_a_second_of_the_same_name(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_app) second = SB_APP_INIT;
	static const char *const bad[] = { "", "../x", "Blog", ".tmp-x", "a/b", "9" };

	assert_int_equal(
		sb_app_create(&second, &state->store, "blog", NULL, &state->settings, &state->err),
		-1);
	assert_int_equal(state->err.code, SB_EUSAGE);
	assert_string_equal(state->err.text, "the app blog exists already");
	for (size_t i = 0; i < SB_COUNT(bad); i++) {
		assert_int_equal(sb_app_create(&second, &state->store, bad[i], NULL,
					       &state->settings, &state->err),
				 -1);
		assert_int_equal(sb_app_open(&second, &state->store, bad[i], &state->err), -1);
		assert_int_equal(state->err.code, SB_ENOENT);
	}
}

static void open_names_the_nearest_app(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_app) app = SB_APP_INIT;

	assert_int_equal(sb_app_open(&app, &state->store, "blogg", &state->err), -1);
	assert_int_equal(state->err.code, SB_ENOENT);
	assert_non_null(strstr(state->err.fix, "did you mean blog?"));
	assert_int_equal(app.dir, -1);
}

static void save_keeps_what_it_does_not_know(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_app) again = SB_APP_INIT;

	sb_json_set_int(state->app.formation, "worker", 2);
	OK(sb_app_save(&state->app, &state->err));
	OK(sb_app_open(&again, &state->store, "blog", &state->err));
	assert_int_equal(again.port, state->app.port);
	assert_string_equal(again.repo, "/srv/blog.git");
	assert_int_equal(sb_json_int(again.formation, "worker", 0), 2);
	sh("grep -q created %s/app.json", again.path);
}

static void config_comes_back_as_it_went_in(void **out)
{
	struct state *state = *out;
	SB_AUTO(sb_list) vars = { 0 };
	SB_AUTO(sb_list) back = { 0 };

	sb_list_add(&vars, "Z=");
	sb_list_add(&vars, "A=a=b\n\"c\" \\ $d `e` % é\t\x01");
	OK(sb_config_save(state->app.dir, &vars, &state->err));
	OK(sb_config_load(&back, state->app.dir, &state->err));
	assert_int_equal(back.n, 2);
	assert_string_equal(back.item[0], vars.item[1]);
	assert_string_equal(back.item[1], "Z=");
	assert_int_equal(mode_of(state, "apps/blog/config.json"), 0600);
	sb_config_remove(&back, "A");
	assert_int_equal(back.n, 1);
	assert_null(sb_list_getenv(&back, "A"));
}

static void config_refuses_bad_names_values_and_sizes(void **out)
{
	struct state *state = *out;
	static const char *const bad[] = { "", "1A", "A-B", "A B", "A=B", "É" };
	char *large = sb_xcalloc(SB_CONFIG_MAX + 1, 1);
	SB_AUTO(sb_list) vars = { 0 };

	for (size_t i = 0; i < SB_COUNT(bad); i++)
		assert_int_equal(sb_config_check(bad[i], "", &state->err), -1);
	assert_int_equal(sb_config_check("A", "\xff", &state->err), -1);
	OK(sb_config_check("_a1", "x", &state->err));
	memset(large, 'x', SB_CONFIG_MAX - 2);
	sb_list_setenv(&vars, "A", large);
	OK(sb_config_save(state->app.dir, &vars, &state->err));
	sb_list_setenv(&vars, "B", "xx");
	assert_int_equal(sb_config_save(state->app.dir, &vars, &state->err), -1);
	assert_int_equal(state->err.code, SB_ELIMIT);
	free(large);
}

static void env_file_escapes_as_systemd_reads_it(void **out)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(4096);
	SB_AUTO(sb_list) vars = { 0 };

	(void)out;
	sb_list_add(&vars, "A=a\"b\\c$d`e%f'g\nh");
	sb_list_add(&vars, "B=");
	sb_config_print_env(&text, &vars);
	assert_string_equal(text.p, "A=\"a\\\"b\\\\c\\$d\\`e%f'g\nh\"\nB=\"\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(create_makes_v1_and_makes_it_current),
		STATE_TEST(create_gives_the_lowest_free_port),
		STATE_TEST(create_says_when_ports_run_out),
		STATE_TEST(create_refuses_a_second_of_the_same_name),
		STATE_TEST(open_names_the_nearest_app),
		STATE_TEST(save_keeps_what_it_does_not_know),
		STATE_TEST(config_comes_back_as_it_went_in),
		STATE_TEST(config_refuses_bad_names_values_and_sizes),
		STATE_TEST(env_file_escapes_as_systemd_reads_it),
	};

	return cmocka_run_group_tests_name("apps", tests, scratch_make, scratch_drop);
}
