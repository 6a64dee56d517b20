#include "build/bytecode.h"

#include <stdlib.h>
#include <string.h>

#include "sys/notes.h"

#define FORMER "/slugbuild/former"

static void note_key(char key[SB_DIGEST_HEX], const struct sb_install *install, bool foreign)
{
	const struct sb_python *python = install->python;
	const struct sb_build *build = install->build;
	SB_AUTO(sb_sha256) hash = { 0 };

	sb_note_key(&hash, "bytecode");
	sb_sha256_field(&hash, python->path);
	sb_sha256_field(&hash, python->version);
	sb_sha256_field(&hash, python->digest);
	sb_sha256_field(&hash, build->settings->bundle_python ? "bundled" : "");
	sb_sha256_field(&hash, foreign ? "of one app" : "of all apps");
	sb_sha256_field(&hash, foreign && build->app ? build->app : "");
	sb_sha256_finish(&hash, key);
}

void sb_bytecode_note(const struct sb_install *install, const char *layer)
{
	char key[SB_DIGEST_HEX];

	note_key(key, install, install->foreign);
	sb_note_keep(install->build->settings, "bytecode", key, sb_span_of(layer));
}

/* The tree of a layer whose bytecode may be taken over. Owned, or NULL. */
static char *find_former(const struct sb_install *install)
{
	struct sb_build *build = install->build;
	SB_AUTO(sb_buffer) layer = SB_BUFFER_INIT(256);
	char key[SB_DIGEST_HEX];

	if (build->no_cache || !build->find_layer)
		return NULL;
	for (int foreign = install->foreign; foreign >= 0; foreign--) {
		note_key(key, install, foreign);
		if (!sb_note_find(&layer, build->settings, "bytecode", key))
			continue;

		char *path = build->find_layer(build->ctx, layer.p);

		if (path)
			return path;
	}
	return NULL;
}

/* Without the script: Pythons that cannot strip a path, or not compile unchecked. */
static void add_old_words(struct sb_step *step, const struct sb_python *python)
{
	static const char *const words[] = { "-E", "-s", "-S", "-m", "compileall", "-q", NULL };

	sb_list_add_all(&step->argv, words);
	if (python->major == 3 && python->minor >= 7) {
		sb_list_add(&step->argv, "--invalidation-mode");
		sb_list_add(&step->argv, "unchecked-hash");
	}
}

static void add_words(struct sb_step *step, const char *former)
{
	static const char *const words[] = { "-E", "-s", "-S", NULL };
	SB_AUTO_FREE char *strip = sb_box_path(&step->box, "/app/.slugbuild");

	*strrchr(strip, '/') = '\0';
	sb_step_show_probes(step);
	if (former)
		sb_box_read(&step->box, former, FORMER);
	sb_list_add_all(&step->argv, words);
	sb_step_arg_path(step, "", "/slugbuild/probes/compile.py");
	sb_list_add(&step->argv, strip);
	if (former)
		sb_step_arg_path(step, "", FORMER);
	else
		sb_list_add(&step->argv, "-");
}

int sb_bytecode_make(struct sb_install *install, const char *packages, struct sb_error *err)
{
	const struct sb_python *python = install->python;
	SB_AUTO_FREE char *at = sb_xasprintf("/app/.slugbuild/python/%s", packages);
	SB_AUTO_FREE char *former = find_former(install);
	SB_AUTO(sb_step) step = { 0 };

	if (sb_install_step(&step, install, NULL, err) < 0)
		return -1;
	step.name = "compileall";
	step.quiet = true;
	step.box.network = false;
	sb_list_add(&step.argv, python->path);
	if (python->major == 3 && python->minor >= 9)
		add_words(&step, former);
	else
		add_old_words(&step, python);
	sb_step_arg_path(&step, "", at);
	if (install->build->settings->bundle_python) {
		SB_AUTO_FREE char *own = sb_xasprintf("/app/.slugbuild/runtime/lib/python%d.%d",
						      python->major, python->minor);

		sb_step_arg_path(&step, "", own);
	}
	return sb_step_run(&step, err); /* files for another Python do not compile: no matter */
}
