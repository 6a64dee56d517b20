#include "build/install.h"

#include <stdlib.h>

#include "sys/notes.h"

char *sb_uv_version(struct sb_build *build, const char *uv)
{
	SB_AUTO(sb_step) step = { 0 };
	struct sb_error unseen = { 0 };
	struct sb_span rest, line;

	SB_AUTO(sb_sha256) hash = { 0 };
	SB_AUTO(sb_buffer) known = SB_BUFFER_INIT(256);
	char key[SB_DIGEST_HEX];

	sb_note_key(&hash, "uv");
	sb_note_add_file(&hash, uv);
	sb_sha256_finish(&hash, key);
	if (sb_note_find(&known, build->settings, "uv", key))
		return sb_buffer_detach(&known);
	sb_step_init(&step, build);
	step.quiet = true;
	step.name = "uv";
	sb_box_read(&step.box, uv, "/slugbuild/uv");
	sb_step_arg_path(&step, "", "/slugbuild/uv");
	sb_list_add(&step.argv, "--version");
	if (sb_step_run(&step, &unseen) < 0 || step.status)
		return NULL;
	rest = sb_buffer_span(&step.output);
	if (!sb_span_line(&rest, &line) || !sb_span_starts(line, "uv "))
		return NULL;
	for (size_t i = 3; i < line.n; i++)
		if (line.p[i] == ' ')
			line.n = i;
	sb_note_keep(build->settings, "uv", key, line);
	return sb_span_dup(line);
}

void sb_uv_begin(struct sb_step *step, const struct sb_install *install)
{
	static const char *const options[] = { "pip",           "install", "--link-mode", "copy",
					       "--no-progress", "--color", "never",       NULL };

	sb_list_setenv(&step->box.env, "UV_PYTHON_DOWNLOADS", "never");
	sb_list_setenv(&step->box.env, "UV_NO_MANAGED_PYTHON", "1");
	sb_step_env_path(step, "UV_CACHE_DIR", "/slugbuild/cache");
	sb_box_read(&step->box, install->uv, "/slugbuild/uv");
	sb_step_arg_path(step, "", "/slugbuild/uv");
	sb_list_add_all(&step->argv, options);
	sb_step_arg_path(step, "--python=", "/app/.slugbuild/python/bin/python");
}

void sb_uv_arguments(struct sb_step *step, const struct sb_install *install,
		     const struct sb_request *request, bool wheels_only)
{
	sb_uv_begin(step, install);
	sb_request_arguments(step, install, request, wheels_only, "--default-index", "--index");
}
