#include "base/base.h"
#include "app/hook.h"

#include <string.h>

/*
 * git's pre-receive hook: standard input is the push, the exit status is the verdict. On Gitea it is two
 * hooks, "check" in pre-receive.d and "update REF OLD NEW" in update.d: see app/hook.h.
 */
int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "check"))
		return sb_accept(SB_PART_CHECK, NULL);
	if (argc == 5 && !strcmp(argv[1], "update"))
		return sb_accept(SB_PART_BUILD, (const char *const *)argv + 2);
	return sb_accept(SB_PART_ALL, NULL);
}
