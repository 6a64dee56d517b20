#include "unit.h"
#include "app/targets.h"
#include "base/buffer.h"

#include <stdio.h>
#include <string.h>

#define A "1111111111111111111111111111111111111111"
#define B "2222222222222222222222222222222222222222"
#define Z "0000000000000000000000000000000000000000"

/* Whoever maps wants just these three fields; loading is base/settings' matter. */
static void map_push(char *out, size_t size, const char *app, const char *branch, const char *const *keys,
		     const char *push_text)
{
	SB_AUTO(sb_push) push = { 0 };
	SB_AUTO(sb_targets) targets = { 0 };
	struct sb_settings settings = { .app = sb_xstrdup(app), .branch = sb_xstrdup(branch) };
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(4096);
	struct sb_error err = { 0 };

	sb_list_add_all(&settings.app_keys, keys);
	assert_int_equal(sb_push_parse(&push, sb_span_of(push_text), &err), 0);
	sb_targets_find(&targets, &push, &settings, "refs/heads/main");
	for (size_t i = 0; i < targets.n; i++)
		sb_buffer_addf(&text, "%s<-%s ", targets.item[i].app, sb_short_ref(targets.item[i].update->ref));
	assert_true(text.n < size);
	snprintf(out, size, "%s", text.p ? text.p : "");
	sb_list_release(&settings.app_keys);
	sb_autofree(&settings.app);
	sb_autofree(&settings.branch);
}

static void targets_follow_the_branch_map(void **state)
{
	static const char both[] = A " " B " refs/heads/main\n" A " " B " refs/heads/dev\n" A " " B
				   " refs/tags/v1\n" A " " Z " refs/heads/gone\n";
	static const char *const monorepo[] = { "admin\npath=admin", "api\nbranch=dev", NULL };
	static const struct {
		const char *app, *branch;
		const char *const *keys;
		const char *expect;
	} row[] = {
		{ "blog", "", NULL, "blog<-main " },
		{ "blog", "main dev", NULL, "blog<-main blog<-dev " },
		{ "blog", "main=blog dev=blog-dev", NULL, "blog<-main blog-dev<-dev " },
		{ "blog", "refs/tags/v*", NULL, "blog<-refs/tags/v1 " },
		{ "blog", "gone", NULL, "" },
		{ "blog", "Main", NULL, "" },
		{ "blog", "", monorepo, "blog<-main admin<-main api<-dev " },
		{ "", "", monorepo, "admin<-main api<-dev " },
	};

	(void)state;
	for (size_t i = 0; i < SB_COUNT(row); i++) {
		char got[256];

		map_push(got, sizeof(got), row[i].app, row[i].branch, row[i].keys, both);
		assert_string_equal(got, row[i].expect);
	}
}

static void what_hosts_keep_for_themselves_deploys_nothing(void **state)
{
	static const char text[] = A " " B " refs/pull/1/head\n" A " " B " refs/for/main\n" A " " B
				   " refs/merge-requests/1/merge\n" A " " B " refs/keep-around/x\n" A " " B
				   " refs/pipelines/1\n" A " " B " refs/environments/x\n" A " " B
				   " refs/tmp/x\n" A " " B " refs/replace/x\n" A " " B " refs/heads/pull/1\n";
	char got[256];

	(void)state;
	map_push(got, sizeof(got), "blog", "refs/* refs/pull/1/head", NULL, text);
	assert_string_equal(got, "blog<-pull/1 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_follow_the_branch_map),
		cmocka_unit_test(what_hosts_keep_for_themselves_deploys_nothing),
	};

	return cmocka_run_group_tests_name("targets", tests, NULL, NULL);
}
