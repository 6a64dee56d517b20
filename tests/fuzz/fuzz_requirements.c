#include "base/base.h"
#include "base/utf8.h"
#include "check/pyproject.h"
#include "check/requirements.h"
#include "check/stale.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* What a Pipfile or pyproject.toml asks for are names in the index's form. */
static void wishes(struct sb_span text, enum sb_manager manager)
{
	SB_AUTO(sb_list) names = { 0 };

	sb_wishes_parse(&names, text, manager);
	for (size_t i = 0; i < names.n; i++)
		if (!*names.item[i] || strpbrk(names.item[i], "_. ABCXYZ=\"'[{;"))
			abort();
}

/* Each item has a place in the file and, if it names a distribution, a name in the index's form;
 * lines count up. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_requirements) file = { 0 };
	SB_AUTO(sb_pyproject) project = { 0 };
	SB_AUTO(sb_lockfile) lock = { 0 };
	struct sb_text text = {
		"requirements.txt", { (const char *)data, size }, &findings, &settings
	};
	unsigned line = 0;

	if (sb_text_is_utf8(&text, false) != sb_is_utf8(text.bytes) ||
	    (!sb_text_is_utf8(&text, true) && sb_is_utf8(text.bytes)))
		abort();
	sb_pyproject_parse(&project, &text);
	sb_lockfile_parse(&lock, text.bytes);
	wishes(text.bytes, SB_PIPENV);
	wishes(text.bytes, SB_POETRY);
	wishes(text.bytes, SB_UV);
	if (!sb_text_clean(&text, false))
		return 0;
	sb_requirements_parse(&file, &text);
	for (size_t i = 0; i < file.n; i++) {
		const struct sb_requirement *item = &file.item[i];

		if (item->line < line || item->line > size + 1 ||
		    (item->kind != SB_REQ_PACKAGE && !item->target))
			abort();
		line = item->line;
		if (!item->name)
			continue;

		SB_AUTO_FREE char *again = sb_package_name(sb_span_of(item->name));

		if (strcmp(again, item->name) || strpbrk(item->name, "_. ABCXYZ"))
			abort();
	}
	return 0;
}
