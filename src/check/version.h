#ifndef SB_VERSION_H
#define SB_VERSION_H

#include "base/json.h"
#include "check/plan.h"
#include "check/text.h"

/*
 * The Python version an app asks for, from each of the files that may say so.
 * Each returns whether the file says one; what is no version gets a finding.
 *
 *	struct sb_version_wish wish = { 0 };
 *
 *	if (sb_version_runtime_txt(&wish, &text)) …
 */
bool sb_version_runtime_txt(struct sb_version_wish *out,
			    const struct sb_text *text); /* python-3.12.1 */
bool sb_version_python_version(struct sb_version_wish *out,
			       const struct sb_text *text); /* .python-version */
bool sb_version_pipfile_lock(struct sb_version_wish *out, const json_t *lock,
			     const struct sb_text *text);

/* pyproject.toml: `value` is what stands behind `requires-python` (PEP 440), or behind Poetry's
 * `python`
 * (`poetry`: "^3.9", "~3.9", "3.9.*"). */
bool sb_version_requires(struct sb_version_wish *out, const struct sb_text *text,
			 struct sb_span value, bool poetry, unsigned line);

/* "3", "3.12", "3.12.1" and nothing else. */
bool sb_version_parse(struct sb_version_wish *out, struct sb_span text) SB_MUST_CHECK;

/* Whether there can be a Python that both want. */
bool sb_version_agree(const struct sb_version_wish *a, const struct sb_version_wish *b);

void sb_version_wish_release(struct sb_version_wish *wish);

#endif
