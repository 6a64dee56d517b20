#include "build/locks.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "sys/files.h"

#define ANSWER_MAX (8 << 20)

/* The interpreter that reads the lock: one that knows TOML, else the app's own. */
static const struct sb_python *reader(const struct sb_install *install,
				      const struct sb_pythons *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->item[i].major == 3 && all->item[i].minor >= 11 && all->item[i].pip_wheel)
			return &all->item[i];
	for (size_t i = 0; i < all->n; i++)
		if (all->item[i].major == 3 && all->item[i].pip_wheel)
			return &all->item[i];
	return install->python;
}

static json_t *ask(struct sb_install *install, const struct sb_pythons *all, struct sb_error *err)
{
	const struct sb_python *python = reader(install, all);
	SB_AUTO(sb_step) step = { 0 };

	sb_step_init(&step, install->build);
	step.name = "reading the lock file";
	step.quiet = step.separate = true;
	sb_step_show_python(&step, python);
	sb_step_show_probes(&step);
	sb_box_read(&step.box, install->app, "/app");
	sb_list_add(&step.argv, python->path);
	sb_list_add(&step.argv, "-E");
	sb_list_add(&step.argv, "-s");
	sb_list_add(&step.argv, "-S");
	sb_step_arg_path(&step, "", "/slugbuild/probes/locks.py");
	sb_list_add(&step.argv, sb_manager_name(install->build->plan->manager));
	sb_step_arg_path(&step, "", "/app");
	sb_list_add(&step.argv, install->python->version);
	sb_list_add(&step.argv, python->pip_wheel ? python->pip_wheel : "");
	if (sb_step_run(&step, err) < 0)
		return NULL;
	if (step.status) {
		sb_fail(err, SB_EBUILD, "the lock file could not be read: %.*s",
			SB_SPAN_ARG(sb_span_trim(sb_buffer_span(&step.errors))));
		return NULL;
	}
	return sb_json_parse(sb_buffer_span(&step.output), err);
}

static int refuse(const json_t *answer, struct sb_error *err)
{
	sb_fail(err, SB_EBUILD, "%s",
		sb_json_text(answer, "error.text", "the lock is not readable"));
	sb_error_where(err, "%s", sb_json_text(answer, "error.where", ""));
	sb_error_fix(err, "%s", sb_json_text(answer, "error.fix", ""));
	return -1;
}

/* Writes the lines of `key` as a requirements file, and asks for its installation. */
static int add_request(struct sb_install *install, int dir, const json_t *answer, const char *key,
		       struct sb_error *err)
{
	const json_t *lines = sb_json_at(answer, key), *line;
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(ANSWER_MAX);
	SB_AUTO_FREE char *name = sb_xasprintf("%s.txt", key);
	bool hashed = !strcmp(key, "hashed");
	size_t i;

	if (!json_is_array(lines) || !json_array_size(lines))
		return 0;
	json_array_foreach(lines, i, line)
	{
		sb_buffer_adds(&text, json_is_string(line) ? json_string_value(line) : "");
		sb_buffer_addc(&text, '\n');
	}
	if (text.full)
		return sb_fail(err, SB_ELIMIT, "the lock file holds too much");
	if (sb_write_scratch(dir, name, 0644, sb_buffer_span(&text), err) < 0)
		return -1;
	install->request[install->requests++] = (struct sb_request) {
		.file = sb_xasprintf("/slugbuild/requirements/%s", name),
		.exact = true,
		.hashed = hashed,
	};
	if (!hashed)
		install->runs_code = true;
	return 0;
}

int sb_locks_requests(struct sb_install *install, const struct sb_pythons *all,
		      struct sb_error *err)
{
	SB_AUTO_JSON json_t *answer = ask(install, all, err);
	SB_AUTO_CLOSE int dir = -1;
	const json_t *index;
	size_t i;

	if (!answer)
		return -1;
	if (json_is_object(sb_json_at(answer, "error")))
		return refuse(answer, err);
	install->generated = sb_step_fresh_folder(install->build, "requirements", err);
	dir = install->generated ? sb_open_dir(AT_FDCWD, install->generated, err) : -1;
	if (dir < 0 || add_request(install, dir, answer, "hashed", err) < 0 ||
	    add_request(install, dir, answer, "rest", err) < 0)
		return -1;
	json_array_foreach(sb_json_at(answer, "indexes"), i, index) if (json_is_string(index))
		sb_list_add(&install->indexes, json_string_value(index));
	return 0;
}
