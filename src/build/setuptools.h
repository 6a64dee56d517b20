#ifndef SB_SETUPTOOLS_H
#define SB_SETUPTOOLS_H

#include "build/install.h"

/*
 * setuptools from the interpreter's own wheel, put into the environment before anything else is:
 * packages of the time of Python 3.11 and before import it (pkg_resources) without saying so. What
 * the app's requirements say of setuptools comes after, and wins.
 */

/* The wheel's path, or NULL where the interpreter has none or is of a later time. Owned. */
char *sb_setuptools_wheel(const struct sb_python *python) SB_MUST_CHECK;

/* Puts it into install->folder's environment; does nothing where there is no wheel. */
int sb_setuptools_add(struct sb_install *install, struct sb_error *err) SB_MUST_CHECK;

#endif
