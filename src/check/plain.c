#include "base/base.h"
#include "check/plain.h"

#include "base/sha256.h"
#include "sys/notes.h"

#include <inttypes.h>
#include <stdio.h>

#define NOTE_MAX 128

static void key_of(char key[SB_DIGEST_HEX], const char *tree)
{
	SB_AUTO(sb_sha256) hash = { 0 };

	sb_note_key(&hash, SB_PLAIN_FORMAT);
	sb_sha256_field(&hash, tree);
	sb_sha256_finish(&hash, key);
}

bool sb_plain_find(struct sb_plain *out, const struct sb_settings *settings, const char *tree)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(NOTE_MAX);
	char key[SB_DIGEST_HEX];

	key_of(key, tree);
	return sb_note_find(&text, settings, "plain", key) &&
	       sscanf(text.p, "%" SCNd64 " %" SCNd64, &out->bytes, &out->texts) == 2;
}

void sb_plain_keep(const struct sb_settings *settings, const char *tree, const struct sb_plain *plain)
{
	char key[SB_DIGEST_HEX], text[NOTE_MAX];

	key_of(key, tree);
	snprintf(text, sizeof(text), "%" PRId64 " %" PRId64, plain->bytes, plain->texts);
	sb_note_keep(settings, "plain", key, sb_span_of(text));
}
