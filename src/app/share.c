#include "base/base.h"
#include "app/share.h"
#include "build/step_app.h"
#include "sys/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* They write below STATIC_ROOT when a page is asked for. */
static const char *const writers[] = { "django-compressor", "django-sass-processor", "django-pipeline",
				       "django-static-precompiler", "django-assets", "webassets" };

static bool is_writer(const char *package)
{
	for (size_t i = 0; i < SB_COUNT(writers); i++) {
		size_t n = 0;

		/* "django_compressor==4.5" is "django-compressor" */
		while (writers[i][n] && (package[n] | 0x20) ==
						(writers[i][n] == '-' && package[n] == '_' ? '_' | 0x20
											  : writers[i][n] | 0x20))
			n++;
		if (!writers[i][n] && (!package[n] || package[n] == '='))
			return true;
	}
	return false;
}

static bool has_writer(const struct sb_build *build)
{
	const json_t *one;
	size_t i;

	json_array_foreach((json_t *)sb_json_at(build->facts, "packages"), i, one)
		if (json_is_string(one) && is_writer(json_string_value(one)))
			return true;
	return false;
}

/* The command itself, or a script of the app's that one of its words names. */
static bool collects(struct sb_build *build, const char *command)
{
	struct sb_span rest = sb_span_of(command ? command : "");

	if (sb_span_find(rest, "collectstatic"))
		return true;
	while (rest.n) {
		struct sb_span word = rest;

		if (!sb_span_cut(&rest, ' ', &word))
			rest.n = 0;
		if (sb_span_starts(word, "./")) {
			word.p += 2;
			word.n -= 2;
		}
		if (!word.n || word.n > 255 || word.p[0] == '/' || word.p[0] == '-')
			continue;

		SB_AUTO_FREE char *path = sb_span_dup(word);
		SB_AUTO_FREE char *text = sb_build_app_file(build, path);

		if (text && strstr(text, "collectstatic") && strcmp(path, build->plan->manage_py))
			return true;
	}
	return false;
}

static bool runs_collectstatic(struct sb_build *build)
{
	const struct sb_plan *plan = build->plan;

	for (size_t i = 0; i < plan->processes; i++)
		if (collects(build, plan->process[i].command))
			return true;
	return collects(build, plan->release) || collects(build, plan->predeploy) ||
	       collects(build, plan->postdeploy);
}

/* Whether `path` and the folders above it are all that the folder holds. */
static bool holds_only(const char *folder, const char *path)
{
	SB_AUTO_FREE char *at = sb_xstrdup(folder);
	struct sb_span rest = sb_span_of(path), part;
	bool more = true;

	while (more) {
		SB_AUTO(sb_list) names = { 0 };
		struct sb_error unseen = { 0 };

		more = sb_span_cut(&rest, '/', &part);
		if (!more)
			part = rest;
		if (sb_list_dir(&names, AT_FDCWD, at, &unseen) < 0 || names.n != 1 ||
		    !sb_span_is(part, names.item[0]))
			return false;

		char *next = sb_xasprintf("%s/%s", at, names.item[0]);
		struct stat st;

		free(at);
		at = next;
		if (lstat(at, &st) < 0 || !S_ISDIR(st.st_mode))
			return false;
	}
	return true;
}

const char *sb_share_static(const struct sb_produce *make, const struct sb_build *build)
{
	struct sb_entry entry = { 0 };
	struct sb_error unseen = { 0 };
	const char *root = build->static_root;
	struct sb_build *asked = (struct sb_build *)build;

	if (!root || !build->static_path || !holds_only(build->static_path, root) ||
	    sb_tree_find(make->repo, make->tree, root, &entry, &unseen) != 0 || has_writer(build) ||
	    runs_collectstatic(asked))
		return NULL;
	return root;
}

int sb_share_keep(struct sb_produce *make, struct sb_build *build, const char *key, struct sb_error *err)
{
	char *kept = sb_store_layer(make->store, key);

	if (!kept)
		kept = sb_store_keep_layer(make->store, key, build->static_path, NULL, err);
	if (!kept)
		return -1;
	free(build->static_path);
	build->static_path = kept;
	memcpy(build->static_key, key, SB_DIGEST_HEX);
	return 0;
}
