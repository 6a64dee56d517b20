#include "base/base.h"
#include "check/version.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* A version that is taken prints back and agrees with itself; a specifier that is taken is taken
 * again as it is. Nothing is refused without a finding. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_version_wish)
	runtime = { 0 },
	file = { 0 }, spec = { 0 }, poetry = { 0 }, again = { 0 };
	struct sb_text text = { "runtime.txt", { (const char *)data, size }, &findings, &settings };

	if (!sb_version_runtime_txt(&runtime, &text) && !findings.n)
		abort();
	if (runtime.origin) {
		SB_AUTO_FREE char *printed =
			runtime.patch < 0 ? sb_xasprintf("%d.%d", runtime.major, runtime.minor)
					  : sb_xasprintf("%d.%d.%d", runtime.major, runtime.minor,
							 runtime.patch);
		struct sb_version_wish back = { 0 };

		if (!sb_version_parse(&back, sb_span_of(printed)) ||
		    !sb_version_agree(&back, &runtime))
			abort();
	}
	if (!sb_version_python_version(&file, &text) && !findings.n)
		abort();
	(void)sb_version_requires(&poetry, &text, text.bytes, true, 1);
	if (sb_version_requires(&spec, &text, text.bytes, false, 1)) {
		if (!sb_version_requires(&again, &text, sb_span_of(spec.spec), false, 1) ||
		    strcmp(spec.spec, again.spec))
			abort();
		if (file.origin)
			(void)sb_version_agree(&spec, &file);
	}
	if (poetry.origin && file.origin &&
	    sb_version_agree(&poetry, &file) != sb_version_agree(&file, &poetry))
		abort();
	return 0;
}
