#include "base/base.h"
#include "check/command.h"

int sb_command_look(const struct sb_procfile *procfile, const struct sb_text *text, const struct sb_needs *needs,
		    const struct sb_view *view, struct sb_error *err)
{
	(void)procfile;
	(void)text;
	(void)needs;
	(void)view;
	(void)err;
	return 0;
}
