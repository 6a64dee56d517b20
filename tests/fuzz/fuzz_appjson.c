#include "base/base.h"
#include "base/json.h"
#include "check/appjson.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* What is taken is well-formed; what is no JSON leaves the plan empty and a finding. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_plan) plan = { 0 };
	struct sb_text text = { "app.json", { (const char *)data, size }, &findings, &settings };

	if (!sb_text_clean(&text, false))
		return 0;
	sb_appjson_parse(&plan, &text);
	for (size_t i = 0; i < plan.envs; i++)
		if (!plan.env[i].name[0] || strpbrk(plan.env[i].name, "= \n"))
			abort();
	if (plan.health_path && (plan.health_path[0] != '/' || strpbrk(plan.health_path, " \r\n")))
		abort();
	if (plan.formation && strpbrk(plan.formation, "\"'$;\n"))
		abort();

	struct sb_error err = { 0 };
	SB_AUTO_JSON json_t *doc = sb_json_parse(text.bytes, &err);

	if (!doc && (findings.errors != 1 || plan.envs || plan.formation || plan.health_path ||
		     plan.postdeploy))
		abort();
	return 0;
}
