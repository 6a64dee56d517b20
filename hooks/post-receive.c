#include "base/base.h"
#include "app/hook.h"

/* git's post-receive hook: the refs have moved, what was staged for them is released. */
int main(void)
{
	return sb_deliver();
}
