#include "build/step.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/files.h"
#include "sys/process.h"

#define PROBES "/slugbuild/probes"

void sb_step_init(struct sb_step *step, struct sb_build *build)
{
	*step = (struct sb_step) { .build = build,
				   .output = SB_BUFFER_INIT(SB_STEP_OUTPUT),
				   .errors = SB_BUFFER_INIT(SB_STEP_OUTPUT) };
	sb_box_init(&step->box, build->settings);
	sb_list_setenv(&step->box.env, "PYTHONHASHSEED", "0");
	sb_list_setenv(&step->box.env, "PYTHONDONTWRITEBYTECODE", "1");
}

void sb_step_release(struct sb_step *step)
{
	sb_box_release(&step->box);
	sb_list_release(&step->argv);
	sb_buffer_release(&step->output);
	sb_buffer_release(&step->errors);
}

void sb_step_arg_path(struct sb_step *step, const char *prefix, const char *path)
{
	SB_AUTO_FREE char *seen = sb_box_path(&step->box, path);

	sb_list_addf(&step->argv, "%s%s", prefix, seen);
}

void sb_step_env_path(struct sb_step *step, const char *name, const char *path)
{
	SB_AUTO_FREE char *seen = sb_box_path(&step->box, path);

	sb_list_setenv(&step->box.env, name, seen);
}

void sb_step_show_python(struct sb_step *step, const struct sb_python *python)
{
	static const char usr[] = "/usr/";

	if (strcmp(python->prefix, "/usr") && strncmp(python->prefix, usr, strlen(usr)))
		sb_box_read(&step->box, python->prefix, NULL);
}

void sb_step_show_probes(struct sb_step *step)
{
	SB_AUTO_FREE char *path = sb_xasprintf("%s/probes", sb_datadir());

	sb_box_read(&step->box, path, PROBES);
}

/* Makes room by dropping the older half, at a line's end. */
static void keep(struct sb_buffer *buffer, struct sb_span line)
{
	if (line.n > 65536)
		line.n = 65536;
	if (buffer->n + line.n + 1 > buffer->max) {
		const char *cut = buffer->p + buffer->n / 2;
		const char *end = memchr(cut, '\n', (size_t)(buffer->p + buffer->n - cut));
		size_t rest = end ? (size_t)(buffer->p + buffer->n - end - 1) : 0;

		if (rest)
			memmove(buffer->p, end + 1, rest);
		buffer->n = rest;
		buffer->p[rest] = '\0';
	}
	sb_buffer_add(buffer, line);
	sb_buffer_addc(buffer, '\n');
}

static void take_line(void *ctx, struct sb_span line)
{
	struct sb_step *step = ctx;

	keep(&step->output, line);
	if (!step->quiet && (!step->shown || step->shown(line)))
		sb_log_line(step->build->log, line);
}

static void take_error(void *ctx, struct sb_span line)
{
	struct sb_step *step = ctx;

	keep(&step->errors, line);
}

static void tick(void *ctx)
{
	struct sb_step *step = ctx;

	sb_log_tick(step->build->log);
}

static int ended(struct sb_step *step, const struct sb_child *child,
		 const struct sb_child_result *end, struct sb_error *err)
{
	const char *name = step->name ? step->name : "a build step";
	const char *why;

	switch (end->end) {
	case SB_CHILD_EXITED:
		step->status = end->value;
		return 0;
	case SB_CHILD_CANCELLED:
		why = sb_cancel_asked();
		return sb_fail(err, SB_ECANCEL, "%s was cancelled: %s", name,
			       why ? why : "asked to");
	default:
		sb_fail(err, SB_EBUILD, "%s %s", name, sb_child_end_text(child, end));
		if (end->end == SB_CHILD_TIMEOUT)
			sb_error_fix(err, "the server's owner can raise slugbuild.stepTimeout");
		else if (end->end == SB_CHILD_MEMORY)
			sb_error_fix(err, "the server's owner can raise slugbuild.buildMemory");
		else if (end->end == SB_CHILD_LOUD)
			sb_error_fix(err, "the server's owner can raise slugbuild.buildOutput");
		return -1;
	}
}

int sb_step_run(struct sb_step *step, struct sb_error *err)
{
	const struct sb_settings *settings = step->build->settings;
	struct sb_child child = {
		.argv = (const char *const *)step->argv.item,
		.cwd = -1,
		.seconds = settings->step_seconds ? settings->step_seconds : 900,
		.bytes = settings->build_output ? settings->build_output : 16 << 20,
		.memory = settings->build_memory,
		.disk = step->build->work,
		.disk_floor = settings->disk_floor,
		.stop = step->build->stop,
		.line = take_line,
		.separate = step->separate,
		.error_line = take_error,
		.tick = tick,
		.ctx = step,
	};
	struct sb_child_result end = { 0 };

	sb_buffer_clear(&step->output);
	sb_buffer_clear(&step->errors);
	step->status = -1;
	if (sb_box_run(&step->box, &child, &end, err) < 0)
		return step->name ? sb_wrap(err, "%s", step->name) : -1;
	return ended(step, &child, &end, err);
}

char *sb_step_folder(struct sb_build *build, const char *name, struct sb_error *err)
{
	SB_AUTO_CLOSE int dir = sb_make_dirs_at(build->work, name, 0755, err);

	return dir < 0 ? NULL : sb_xasprintf("%s/%s", build->work_path, name);
}

char *sb_step_fresh_folder(struct sb_build *build, const char *name, struct sb_error *err)
{
	if (sb_remove_tree(build->work, name, err) < 0)
		return NULL;
	return sb_step_folder(build, name, err);
}
