#include "base/base.h"
#include "check/address.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Each find points into the text, and shows no password of an address whole. */
static void sound(const struct sb_findings *findings, struct sb_span text)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct sb_finding *f = &findings->item[i];
		struct sb_span rest = text, line = { 0 };
		bool indexed = !strcmp(f->rule, "requirements-index");

		for (unsigned n = 0; n < f->line; n++)
			if (!sb_text_line(&rest, &line))
				abort();
		if (!f->line || !f->column || f->column > line.n || strcmp(f->path, "uv.toml"))
			abort();
		if (!indexed && strcmp(f->rule, "requirements-credentials") && strcmp(f->rule, "requirements-ssh"))
			abort();
	}
}

/* Pipfile, pyproject.toml, uv.toml: an index that is written behind all of it is found, unless an
 * array is open there; without `indexes` none is; a host has no user in front. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char more[] = "\n]\n[[index]]\nurl = \"https://me:sesame@index.example.com/x\"\n";
	SB_AUTO(sb_buffer) longer = SB_BUFFER_INIT(SIZE_MAX / 2);
	SB_AUTO(sb_findings) found = { 0 };
	SB_AUTO(sb_findings) fewer = { 0 };
	SB_AUTO(sb_findings) after = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };
	struct sb_span bytes = { (const char *)data, size };
	struct sb_text text = { "uv.toml", bytes, &found, &settings };
	struct sb_span host = sb_address_host(bytes);

	if (host.n && (memchr(host.p, '@', host.n) || memchr(host.p, '/', host.n)))
		abort();
	sb_address_toml(&text, true);
	sound(&found, bytes);
	text.findings = &fewer;
	sb_address_toml(&text, false);
	if (fewer.n > found.n)
		abort();
	for (size_t i = 0; i < fewer.n; i++)
		if (!strcmp(fewer.item[i].rule, "requirements-index"))
			abort();
	sb_buffer_add(&longer, bytes);
	sb_buffer_adds(&longer, more);
	text.bytes = sb_buffer_span(&longer);
	text.findings = &after;
	sb_address_toml(&text, true);
	if (after.n != found.n + 2)
		abort();
	for (size_t i = 0; i < after.n; i++)
		if (after.item[i].source && strstr(after.item[i].source, "sesame") && !memmem(data, size, "sesame", 6))
			abort();
	return 0;
}
