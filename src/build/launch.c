#include "build/launch.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/json.h"
#include "sys/files.h"
#include "sys/process.h"
#include "sys/settle.h"
#include "build/step.h"

#define SCRIPT_MAX 65536
#define FACTS_MAX 65536

static int copy_script(int dir, struct sb_error *err)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(SCRIPT_MAX);
	SB_AUTO_CLOSE int from = sb_open_dir(AT_FDCWD, sb_datadir(), err);

	if (from < 0 || sb_read_file(&text, from, "launch", err) < 0)
		return -1;
	return sb_write_scratch(dir, "launch", 0755, sb_buffer_span(&text), err);
}

static int write_processes(int dir, const struct sb_plan *plan, struct sb_error *err)
{
	SB_AUTO_CLOSE int to = sb_make_dirs_at(dir, "process", 0755, err);

	if (to < 0)
		return -1;
	for (size_t i = 0; i < plan->processes; i++)
		if (sb_write_scratch(to, plan->process[i].name, 0644,
				  sb_span_of(plan->process[i].command), err) < 0)
			return -1;
	if (!plan->release)
		return 0;
	return sb_write_scratch(to, "release", 0644, sb_span_of(plan->release), err);
}

static int write_facts(int dir, const struct sb_build *build, struct sb_error *err)
{
	SB_AUTO_JSON json_t *facts = sb_json_new_object();
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(FACTS_MAX);

	sb_json_set_int(facts, "slugbuild", 1);
	sb_json_set_text(facts, "python", build->python.version);
	sb_json_set_text(facts, "interpreter", build->python.path);
	sb_json_set_flag(facts, "bundled", build->settings->bundle_python);
	sb_json_set_text(facts, "static_root", build->static_root);
	sb_json_print(&text, facts);
	return sb_write_scratch(dir, "release.json", 0644, sb_buffer_span(&text), err);
}

int sb_launch_make(struct sb_build *build, struct sb_error *err)
{
	SB_AUTO_FREE char *path = sb_step_fresh_folder(build, "launch", err);
	SB_AUTO_CLOSE int top = path ? sb_open_dir(AT_FDCWD, path, err) : -1;
	SB_AUTO_CLOSE int dir = top < 0 ? -1 : sb_make_dirs_at(top, ".slugbuild", 0755, err);

	if (dir < 0 || copy_script(dir, err) < 0 || write_processes(dir, build->plan, err) < 0 ||
	    write_facts(dir, build, err) < 0 || sb_folder_settle(top, err) < 0)
		return -1;
	build->launch_path = SB_STEAL(path);
	return 0;
}
