#ifndef SB_PROBE_ANSWER_H
#define SB_PROBE_ANSWER_H

#include "base/findings.h"
#include "base/json.h"
#include "base/settings.h"

/*
 * What the probe script printed (templates/probes/django_probe.py) becomes findings. Its output is
 * that of a process in which the app's code ran: garbage, somebody else's JSON, nothing at all.
 * Only a line with the token of the question is an answer; none is a finding of its own, so that
 * silence is never taken for consent.
 *
 *	SB_AUTO_FREE char *question = sb_probe_question(input);          // adds the token
 *	…the script runs with it…
 *	SB_AUTO_JSON json_t *answer = sb_probe_answer(&about, output, why);
 */
struct sb_probe_about {
	struct sb_findings *findings;       /* added to */
	const struct sb_settings *settings; /* severities */
	const char *app, *root, *python, *manage;
	bool certain;                       /* the config vars are all there will be */
	const json_t *question;             /* as it was asked */
	char *(*read)(void *ctx, const char *path); /* a file of the app, owned; see sb_diagnose */
	void *ctx;
};

/* Takes the token into `question` (an object): a digest of it, the same for the same question. */
void sb_probe_seal(json_t *question);

/* `output` is what stood on standard output; `why` says how the run ended where it did not end well,
 * else NULL. The answer (a new reference), or NULL: there was none, and a finding says so. */
json_t *sb_probe_answer(const struct sb_probe_about *about, struct sb_span output,
			const char *why) SB_MUST_CHECK;

#endif
