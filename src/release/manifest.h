#ifndef SB_MANIFEST_H
#define SB_MANIFEST_H

#include "release/ledger.h"

/*
 * The manifest: the JSON that describes a release to a runner; templates/manifest.schema.json
 * is its schema, SB_MANIFEST_VERSION its version. Everything a runner needs, nothing secret:
 * of config vars only the names.
 */
#define SB_MANIFEST_VERSION 1

/* New reference. A release without a slug has "slug": null and no processes. The formation is
 * ps:scale's over app.json's over {"web": 1 where there is a web, others 0}. */
json_t *sb_manifest_make(const struct sb_app *app, const struct sb_release *release, const struct sb_list *vars,
			 const struct sb_settings *settings, struct sb_error *err) SB_MUST_CHECK;
int sb_manifest_save(const struct sb_app *app, int number, const json_t *manifest, struct sb_error *err) SB_MUST_CHECK;
json_t *sb_manifest_load(const struct sb_app *app, int number, struct sb_error *err) SB_MUST_CHECK;

#endif
