#include "build/locks.h"

int sb_locks_requests(struct sb_install *install, const struct sb_pythons *all,
		      struct sb_error *err)
{
	(void)install;
	(void)all;
	return sb_fail(err, SB_EBUILD, "this lock file is not read yet");
}
