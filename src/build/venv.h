#ifndef SB_VENV_H
#define SB_VENV_H

#include "build/python.h"

/*
 * The environment that packages are installed into: .slugbuild/python. From Python 3
 * on it is a virtual environment (pyvenv.cfg, bin/python a symlink to the base
 * interpreter); Python 2.7 has none, so there bin/python is a small script that names
 * the folder in PYTHONUSERBASE.
 */

/* Makes it in `dir`, an empty folder. */
int sb_venv_make(int dir, const struct sb_python *python, struct sb_error *err) SB_MUST_CHECK;

/* "lib/python3.11/site-packages". Owned: free(3). */
char *sb_venv_packages(const struct sb_python *python) SB_MUST_CHECK;

#endif
