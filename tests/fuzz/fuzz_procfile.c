#include "base/base.h"
#include "base/buffer.h"
#include "check/procfile.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void parse(struct sb_procfile *out, struct sb_findings *findings, struct sb_span bytes)
{
	SB_AUTO(sb_settings) settings = { 0 };
	struct sb_text text = { "Procfile", bytes, findings, &settings };

	if (sb_text_clean(&text, true))
		sb_procfile_parse(out, &text);
}

/* What was taken, written as "name: command", is taken again as it is, without a word of refusal.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SB_AUTO(sb_findings) findings = { 0 }, again = { 0 };
	SB_AUTO(sb_procfile) first = { 0 }, second = { 0 };
	SB_AUTO(sb_buffer) printed = SB_BUFFER_INIT(1 << 24);

	if (size > SB_PROCFILE_MAX)
		return 0;
	parse(&first, &findings, (struct sb_span) { (const char *)data, size });
	for (size_t i = 0; i < findings.n; i++)
		if (findings.item[i].line > size + 1 || findings.item[i].column > size + 4)
			abort();
	for (size_t i = 0; i < first.n; i++)
		sb_buffer_addf(&printed, "%s: %s\n", first.entry[i].name, first.entry[i].command);
	parse(&second, &again, sb_buffer_span(&printed));
	if (again.errors || first.n != second.n)
		abort();
	for (size_t i = 0; i < first.n; i++)
		if (strcmp(first.entry[i].name, second.entry[i].name) ||
		    strcmp(first.entry[i].command, second.entry[i].command))
			abort();
	return 0;
}
