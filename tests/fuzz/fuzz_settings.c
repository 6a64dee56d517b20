#include "base/base.h"
#include "base/settings.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Lines "key=value". What is taken must show as a text that is taken again and shows the same. */
static void show_and_set(struct sb_settings *settings)
{
	for (size_t i = 0; i < sb_setting_count; i++) {
		const struct sb_setting *row = &sb_setting_table[i];
		SB_AUTO_FREE char *key = sb_xasprintf("slugbuild.%s", row->key);
		SB_AUTO_FREE char *before = sb_settings_show(settings, row);
		struct sb_error err = { 0 };

		if (sb_settings_set(settings, key, before, &err) < 0)
			abort();

		SB_AUTO_FREE char *after = sb_settings_show(settings, row);

		if (strcmp(before, after) != 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_settings) app = { 0 };
	struct sb_span rest = { (const char *)data, size }, line;
	struct sb_error err = { 0 };

	sb_settings_init(&settings);
	while (sb_span_line(&rest, &line)) {
		struct sb_span name;
		bool has = sb_span_cut(&line, '=', &name);
		SB_AUTO_FREE char *key = sb_span_dup(has ? name : line);
		SB_AUTO_FREE char *value = has ? sb_span_dup(line) : NULL;

		if (sb_settings_set(&settings, key, value, &err) < 0 && !err.text[0])
			abort();
	}
	show_and_set(&settings);
	/* What was taken for an app can be laid over it. */
	if (sb_settings_for_app(&app, &settings, "blog", &err) < 0)
		abort();
	return 0;
}
