#ifndef SB_FORMER_H
#define SB_FORMER_H

#include "build/install.h"
#include "build/said.h"

/*
 * The dependency layer before this one: of the same interpreter, tool and index settings, made of
 * wheels alone. An app's own comes first, then the newest of any app. It is read-only, and nothing
 * that runs in a box ever sees it writable.
 *
 * Which files belong to which package is what the packages' RECORDs say; bytecode belongs to whom
 * its source belongs to.
 */
struct sb_former {
	char *path; /* the kept tree */
	int dir;
	struct sb_contents contents;
	struct sb_list said;  /* what its requirement files said, package by package */
	struct sb_list infos; /* "Django-5.2.dist-info" */
	int (*owner)[2];      /* of each of the contents: numbers of infos, or -1 */
};
#define SB_FORMER_INIT { .dir = -1 }

/* false: there is none that can be used. `packages`: site-packages, from the layer's top. */
bool sb_former_find(struct sb_former *out, const struct sb_install *install,
		    const struct sb_said *said, const char *packages) SB_MUST_CHECK;

/* The layer that was just kept serves the next one. */
void sb_former_note(const struct sb_install *install, const struct sb_said *said, const char *layer);

/* The number of a package's metadata by its name (as sb_package_name gives it), or -1. */
int sb_former_info(const struct sb_former *former, const char *name);

/* "Django-5.2.dist-info" → "django" and "5.2" (NULL: not wanted); false where it is no such name.
 * Owned. */
bool sb_info_name(const char *info, char **name, char **version);

void sb_former_release(struct sb_former *former);

#endif
