#include "base/base.h"
#include "build/diagnose.h"
#include "build/relocate.h"
#include "fuzz.h"

#include <stdlib.h>

static char *echo(void *ctx, const char *path)
{
	(void)path;
	return sb_span_dup(*(struct sb_span *)ctx);
}

/* Whatever a tool prints, there is an error with a text, and no byte outside is read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_span text = { (const char *)data, size };
	struct sb_source_file file = { (char *)"requirements.txt", text };
	struct sb_diagnose about = { .output = text,
				     .tool = "pip",
				     .app = "blog",
				     .root = "/app",
				     .python = "3.11.2",
				     .manage = "manage.py",
				     .files = &file,
				     .n = 1,
				     .read = echo,
				     .ctx = &text };
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(1 << 20);
	struct sb_error err = { 0 };

	if (sb_diagnose_install(&about, &err) != -1 || !*err.text)
		abort();
	if (sb_diagnose_static(&about, &err) != -1 || !*err.text)
		abort();
	(void)sb_diagnose_no_wheel(text);
	(void)sb_relocate_script(&out, text);
	(void)sb_relocate_paths(&out, text, "/app");
	(void)sb_relocate_finder(&out, text, "/app");
	return 0;
}
