#include "base/base.h"
#include "check/plan.h"

#include <stdlib.h>
#include <string.h>

const char *sb_manager_name(enum sb_manager manager)
{
	static const char *const names[] = {
		[SB_NO_MANAGER] = "none", [SB_PIP] = "pip", [SB_PIPENV] = "pipenv",
		[SB_POETRY] = "poetry",   [SB_UV] = "uv",   [SB_PYLOCK] = "pylock",
	};

	return names[manager];
}

const struct sb_process_type *sb_plan_process(const struct sb_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->processes; i++)
		if (!strcmp(plan->process[i].name, name))
			return &plan->process[i];
	return NULL;
}

void sb_plan_release(struct sb_plan *plan)
{
	for (size_t i = 0; i < plan->processes; i++) {
		free(plan->process[i].name);
		free(plan->process[i].command);
	}
	for (size_t i = 0; i < plan->envs; i++) {
		free(plan->env[i].name);
		free(plan->env[i].value);
	}
	free(plan->process);
	free(plan->env);
	free(plan->release);
	free(plan->python.spec);
	free(plan->python.origin);
	sb_list_release(&plan->inputs);
	free(plan->manage_py);
	free(plan->wsgi);
	free(plan->formation);
	free(plan->health_path);
	free(plan->predeploy);
	free(plan->postdeploy);
	sb_list_release(&plan->gitlinks);
	sb_list_release(&plan->pointers);
	free(plan->ignore);
	*plan = (struct sb_plan) { 0 };
}
