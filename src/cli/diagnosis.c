#include "cli/diagnosis.h"

#include <stdio.h>
#include <string.h>

static void add(struct sb_diagnosis *out, const char *word, const char *what, const char *fix)
{
	json_t *one = sb_json_new_object();

	sb_json_set_flag(one, "ok", word[0] != 'B');
	sb_json_set_text(one, "what", what);
	sb_json_set_text(one, "fix", fix);
	sb_json_push_take(out->list, one);
	if (out->json)
		return;
	printf("%s %s\n", word, what);
	for (const char *p = fix; p && *p;) {
		int n = (int)strcspn(p, "\n");

		printf("    %s%.*s\n", p == fix ? "fix: " : "     ", n, p);
		p += n + (p[n] == '\n');
	}
}

void sb_diagnosis_say(struct sb_diagnosis *out, bool good, const char *what, const char *fix)
{
	out->bad += !good;
	add(out, good ? "ok " : "BAD", what, good ? NULL : fix);
}

void sb_diagnosis_tip(struct sb_diagnosis *out, const char *what, const char *fix)
{
	add(out, "tip", what, fix);
}
