#include "base/base.h"
#include "base/list.h"
#include "sys/files.h"
#include "sys/line.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int sb_line_join(struct sb_line *line, int dir, const char *name, const char *place, const char *what,
		 struct sb_error *err)
{
	line->dir = sb_make_dirs_at(dir, name, 0750, err);
	if (line->dir < 0 || sb_lock_take(&line->lock, line->dir, place, what, 0, NULL, NULL, err) < 0)
		return -1;
	line->place = sb_xstrdup(place);
	return 0;
}

bool sb_line_has(int dir, const char *place)
{
	return sb_lock_is_taken(dir, place);
}

size_t sb_line_ahead(int dir, const char *place)
{
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error ignored = { 0 };
	size_t n = 0;

	if (sb_list_dir(&names, dir, ".", &ignored) < 0)
		return 0;
	for (size_t i = 0; i < names.n; i++) {
		struct sb_lock dead = SB_LOCK_INIT;

		if (strcmp(names.item[i], place) >= 0)
			continue;
		if (sb_lock_is_taken(dir, names.item[i])) {
			n++;
			continue;
		}
		/* Whoever joins under this name looks, once it is locked, whether it is still there. */
		if (sb_lock_take(&dead, dir, names.item[i], "", 0, NULL, NULL, &ignored) == 0)
			unlinkat(dir, names.item[i], 0);
		sb_lock_release(&dead);
	}
	return n;
}

void sb_line_release(struct sb_line *line)
{
	if (line->place)
		unlinkat(line->dir, line->place, 0);
	sb_lock_release(&line->lock);
	sb_autoclose(&line->dir);
	free(line->place);
	*line = (struct sb_line)SB_LINE_INIT;
}
