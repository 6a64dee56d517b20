#include "base/base.h"
#include "base/clean.h"
#include "base/utf8.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define SECRET "hunter2hunter2"

/* Whatever comes in: what goes out is UTF-8, has no control byte but tabs and whole SGR sequences,
 * and holds no masked value. */
static void check(struct sb_span text, const struct sb_list *masks, bool colour)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(SIZE_MAX / 2);
	struct sb_span shown;

	sb_clean(&out, text, masks, colour);
	shown = sb_buffer_span(&out);
	if (!sb_is_utf8(shown) || sb_span_find(shown, SECRET))
		abort();
	for (size_t i = 0; i < shown.n; i++) {
		unsigned char c = (unsigned char)shown.p[i];

		if (c == 0x1b && colour && i + 1 < shown.n && shown.p[i + 1] == '[')
			continue;
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			abort();
	}
	if (sb_span_find(shown, "\xe2\x80\xae"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_span text = { (const char *)data, size };
	SB_AUTO(sb_list) masks = { 0 };

	sb_mask_add(&masks, "KEY", SECRET);
	sb_mask_add(&masks, "URL", "redis://:" SECRET "@host");
	check(text, &masks, false);
	check(text, &masks, true);
	return 0;
}
