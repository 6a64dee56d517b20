#include "base/base.h"
#include "app/hook.h"

/* git's pre-receive hook: standard input is the push, the exit status is the verdict. */
int main(void)
{
	return sb_accept();
}
