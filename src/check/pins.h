#ifndef SB_PINS_H
#define SB_PINS_H

#include "check/plan.h"
#include "check/requirements.h"
#include "check/view.h"

/*
 * What the lines of requirement files ask for, beyond whether pip can read them:
 * versions that are left open, addresses that a server cannot or should not use,
 * and which Django it is. Fed file by file, reported once.
 *
 *	sb_pins_note(&pins, &text, &file, false);
 *	…
 *	sb_pins_report(&pins, view);
 */
struct sb_pin { /* one exact version, and where it stands */
	char *version, *path;
	unsigned line;
};
void sb_pin_release(struct sb_pin *pin);

struct sb_pins {
	struct sb_list open;   /* "celery>=5", "redis": any of several versions would do */
	struct sb_list pinned; /* names that a file or a constraint pins */
	size_t packages;
	char *path; /* of the first open one */
	unsigned line;
	struct sb_pin django;
};

void sb_pins_note(struct sb_pins *pins, const struct sb_text *text, const struct sb_requirements *file,
		  bool constraint);
void sb_pins_report(const struct sb_pins *pins, const struct sb_view *view);
void sb_pins_release(struct sb_pins *pins);

/* Support and fit of what was asked for: python-version-eol, django-eol, django-python. */
void sb_versions_judge(const struct sb_version_wish *python, const struct sb_pin *django,
		       const struct sb_view *view);

/* psycopg2 is built from source; psycopg2-binary is not. `names`: the distributions asked for. */
void sb_psycopg_judge(const struct sb_list *names, const char *path, const struct sb_view *view);

#endif
