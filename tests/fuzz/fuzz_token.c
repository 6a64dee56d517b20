#include "base/base.h"
#include "check/token.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Finds lie in the text, one behind the other, and are found in it alone as well (but for an AWS
 * key, which needs its secret beside it); what is shown is its beginning only. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_span text = { (const char *)data, size };
	struct sb_token token, again;
	size_t from = 0, before = 0;

	while (sb_token_next(&token, text, &from)) {
		size_t at = (size_t)(token.span.p - text.p), start = 0;

		if (at < before || token.span.n < 20 || at + token.span.n > size || from != at + token.span.n)
			abort();
		before = from;

		SB_AUTO_FREE char *shown = sb_token_masked(&token);

		/* the first seven bytes and "…": "github_pat_…github" ends in what it starts with */
		if (!token.key && strlen(shown) > 7 + strlen("…"))
			abort();
		if (strcmp(token.what, "an AWS key") != 0 &&
		    (!sb_token_next(&again, token.span, &start) || again.span.p != token.span.p ||
		     again.span.n != token.span.n || strcmp(again.what, token.what) != 0))
			abort();
	}
	if (from != size)
		abort();
	return 0;
}
