#include "base/base.h"
#include "app/note.h"
#include "sys/files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOTE_MAX (8 << 20)

static char *note_file(const struct sb_hook *hook)
{
	return sb_xasprintf("%s.json", hook->ancestry.push);
}

static int open_notes(const struct sb_hook *hook, struct sb_error *err)
{
	return sb_make_dirs_at(hook->store.root, "pushes", 0750, err);
}

/* Notes of pushes that are over. */
static void sweep(int dir)
{
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error ignored = { 0 };

	if (sb_list_dir(&names, dir, ".", &ignored) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		struct sb_span name = sb_span_of(names.item[i]);

		if (!sb_span_ends(name, ".json"))
			continue;
		name.n -= 5;
		SB_AUTO_FREE char *process = sb_span_dup(name);

		if (!sb_process_lives(process))
			unlinkat(dir, names.item[i], 0);
	}
	sb_sweep(dir, 3600);
}

int sb_note_write(const struct sb_hook *hook, struct sb_error *err)
{
	SB_AUTO(sb_targets) targets = { 0 };
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(NOTE_MAX);
	SB_AUTO_JSON json_t *note = sb_json_new_object();
	SB_AUTO_FREE char *file = note_file(hook);
	json_t *list = sb_json_new_array();

	sb_json_set_take(note, "targets", list);
	if (!*hook->ancestry.push)
		return 0;
	SB_AUTO_CLOSE int dir = open_notes(hook, err);

	if (dir < 0)
		return -1;
	sweep(dir);
	sb_json_set_flag(note, "no_cache", hook->no_cache);
	sb_json_set_flag(note, "verbose", hook->verbose);
	sb_targets_find(&targets, &hook->push, &hook->settings, hook->head);
	for (size_t i = 0; i < targets.n; i++) {
		json_t *one = sb_json_new_object();

		sb_json_set_text(one, "app", targets.item[i].app);
		sb_json_set_text(one, "ref", targets.item[i].update->ref);
		sb_json_set_text(one, "new", targets.item[i].update->new_oid);
		sb_json_push_take(list, one);
	}
	sb_json_print(&text, note);
	if (text.full)
		return sb_fail(err, SB_ELIMIT, "the note of this push would be over %d bytes", NOTE_MAX);
	return sb_write_file(dir, file, 0600, sb_buffer_span(&text), err);
}

void sb_note_read(struct sb_hook *hook)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(NOTE_MAX);
	SB_AUTO_FREE char *file = note_file(hook);
	struct sb_error none = { 0 };
	SB_AUTO_CLOSE int dir = *hook->ancestry.push ? open_notes(hook, &none) : -1;

	if (dir < 0 || sb_read_file(&text, dir, file, &none) < 0 ||
	    !(hook->note = sb_json_parse(sb_buffer_span(&text), &none)))
		return;
	hook->no_cache = sb_json_flag(hook->note, "no_cache", false);
	hook->verbose = sb_json_flag(hook->note, "verbose", false);
}

void sb_note_drop(const struct sb_hook *hook)
{
	SB_AUTO_FREE char *file = note_file(hook);
	struct sb_error none = { 0 };
	SB_AUTO_CLOSE int dir = *hook->ancestry.push ? open_notes(hook, &none) : -1;

	if (dir >= 0)
		unlinkat(dir, file, 0);
}

bool sb_note_has(const struct sb_hook *hook, const char *app, const struct sb_update *update)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(hook->note, "targets"), i, one)
		if (!strcmp(sb_json_text(one, "app", ""), app) &&
		    !strcmp(sb_json_text(one, "ref", ""), update->ref) &&
		    !strcmp(sb_json_text(one, "new", ""), update->new_oid))
			return true;
	return false;
}

size_t sb_note_refs(const struct sb_hook *hook, const char *app)
{
	size_t i, n = 0;
	json_t *one;

	json_array_foreach(json_object_get(hook->note, "targets"), i, one)
		n += !strcmp(sb_json_text(one, "app", ""), app);
	return n;
}
