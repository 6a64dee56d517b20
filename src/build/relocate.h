#ifndef SB_RELOCATE_H
#define SB_RELOCATE_H

#include "base/buffer.h"
#include "base/error.h"

/*
 * Makes an installed Python environment runnable wherever its slug is unpacked.
 * What installers write with the path of the build in it is rewritten:
 *
 *	bin/                        #! lines: the python beside the script
 *	.pth, .egg-link            paths relative to site-packages
 *	__editable___…_finder.py   paths computed from the file's own place
 *	RECORD                     no hashes of scripts that were rewritten
 *	direct_url.json (file:)    removed, as are installers' lock files
 *
 * The text functions are pure: true where `out` got a new text, false where the old
 * one stays. `root` is what the app's folder was called during the build ("/app").
 */
bool sb_relocate_script(struct sb_buffer *out, struct sb_span text);
bool sb_relocate_paths(struct sb_buffer *out, struct sb_span text, const char *root);
bool sb_relocate_finder(struct sb_buffer *out, struct sb_span text, const char *root);
/* RECORD: the hashes of rewritten scripts are left empty, as the format allows; what is removed is
 * not listed: uv_cache.json, and with `local` direct_url.json. */
bool sb_relocate_record(struct sb_buffer *out, struct sb_span text, bool local);

/* All of the environment in `python`, an open .slugbuild/python; `packages` is its site-packages
 * as a path in it ("lib/python3.11/site-packages"). Safe to run again. */
int sb_relocate(int python, const char *packages, const char *root,
		struct sb_error *err) SB_MUST_CHECK;

#endif
