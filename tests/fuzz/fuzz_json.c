#include "base/base.h"
#include "base/json.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* What is read and written is read again, to the very same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_error err = { 0 };
	SB_AUTO_JSON json_t *doc =
		sb_json_parse((struct sb_span) { (const char *)data, size }, &err);
	SB_AUTO(sb_buffer) one = SB_BUFFER_INIT(SIZE_MAX / 2);
	SB_AUTO(sb_buffer) two = SB_BUFFER_INIT(SIZE_MAX / 2);

	if (!doc)
		return err.text[0] ? 0 : (abort(), 0);
	sb_json_print(&one, doc);

	SB_AUTO_JSON json_t *again = sb_json_parse(sb_buffer_span(&one), &err);

	if (!again)
		abort();
	sb_json_print(&two, again);
	if (one.n != two.n || memcmp(one.p, two.p, one.n) != 0)
		abort();
	(void)sb_json_text(doc, "a.b", "");
	return 0;
}
