#include "base/base.h"
#include "check/hygiene.h"

#include "check/view.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NOTED_MAX 200 /* of one kind */

static void note(struct sb_list *list, struct sb_span path)
{
	if (list->n < NOTED_MAX)
		sb_list_add_take(list, sb_span_dup(path));
}

/* ---- names ---- */

static bool is_plain(const char *name)
{
	const char *p = name;

	while (*p >= 0x20 && *p < 0x7f && *p != '\\')
		p++;
	return !*p && p[-1] != ' ' && name[0] != ' ';
}

static bool is_odd(const char *name)
{
	struct sb_span s = sb_span_of(name);

	if (is_plain(name))
		return false;
	return sb_text_odd_byte(s) || strpbrk(name, "\\\t\r\n") || sb_span_trim(s).n != s.n;
}

static uint64_t mix(uint64_t h, unsigned char c)
{
	return (h ^ c) * 0x100000001b3;
}

/* Of the folder as it is and the name without case. Never 0. */
static uint64_t hash_of(const char *path, const char *name)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; path < name; path++)
		h = mix(h, (unsigned char)*path);
	for (; *path; path++)
		h = mix(h, (unsigned char)(*path >= 'A' && *path <= 'Z' ? *path | 0x20 : *path));
	h ^= h >> 29;
	return h ? h : 1;
}

static bool insert(uint64_t *table, size_t room, uint64_t h)
{
	size_t at = h & (room - 1);

	for (; table[at]; at = (at + 1) & (room - 1))
		if (table[at] == h)
			return false;
	table[at] = h;
	return true;
}

static void make_room(struct sb_hygiene *hygiene)
{
	size_t room = hygiene->room ? 2 * hygiene->room : 4096;
	uint64_t *table = sb_xcalloc(room, sizeof(*table));

	for (size_t i = 0; i < hygiene->room; i++)
		if (hygiene->seen[i])
			(void)insert(table, room, hygiene->seen[i]);
	free(hygiene->seen);
	hygiene->seen = table;
	hygiene->room = room;
}

static void note_name(struct sb_hygiene *hygiene, const char *path, const char *name)
{
	if (is_odd(name))
		note(&hygiene->odd, sb_span_of(path));
	if (2 * hygiene->n >= hygiene->room)
		make_room(hygiene);
	if (insert(hygiene->seen, hygiene->room, hash_of(path, name)))
		hygiene->n++;
	else
		note(&hygiene->twins, sb_span_of(path));
}

/* ---- files ---- */

static bool is_one_of(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static bool is_env(const char *name)
{
	static const char *const names[] = { ".env",	     ".env.production", ".env.prod",
					     ".env.staging", ".env.local",	".env.live" };

	return is_one_of(name, names, SB_COUNT(names));
}

/* Whether one of the words of a folder's name is one of `words`: "test-environments" has "test". */
static bool has_folder_of(const char *path, const char *const *words, size_t n)
{
	struct sb_span rest = sb_span_of(path), part;

	while (sb_span_cut(&rest, '/', &part))
		while (part.n) {
			size_t end = 0;

			while (end < part.n && !memchr("-_. ", part.p[end], 4))
				end++;
			for (size_t i = 0; i < n; i++)
				if (end == strlen(words[i]) && !strncasecmp(part.p, words[i], end))
					return true;
			end += end < part.n;
			part = (struct sb_span) { part.p + end, part.n - end };
		}
	return false;
}

bool sb_path_is_sample(const char *path)
{
	static const char *const words[] = { "test",	"tests",    "testing", "fixture", "fixtures",
					     "example", "examples", "sample",  "samples", "docs",
					     "doc",	"testdata", "spec",    "specs",	  "demo" };

	return has_folder_of(path, words, SB_COUNT(words));
}

bool sb_path_is_setup(const char *path)
{
	static const char *const words[] = { "docker", "dev", "development", "devcontainer", "local", "vagrant" };

	return has_folder_of(path, words, SB_COUNT(words));
}

static const char *ending(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : "";
}

/* Below media/, in the root or one folder down: what people upload, or what the site's makers wrote?
 */
static void note_media(struct sb_hygiene *hygiene, const char *path, const char *name)
{
	static const char *const uploads[] = { "jpg", "jpeg", "png", "gif", "webp", "pdf",
					       "mp4", "mp3",  "mov", "zip", "docx", "csv" };
	static const char *const sources[] = { "css", "js",   "scss", "less", "sass", "html",
					       "ts",  "woff", "ttf",  "py",   "svg" };
	const char *at = !strncmp(path, "media/", 6) ? path : strstr(path, "/media/");

	if (!at || (at != path && memchr(path, '/', (size_t)(at - path))) || sb_path_is_sample(path))
		return;
	if (is_one_of(ending(name), sources, SB_COUNT(sources))) {
		hygiene->media_sources++;
	} else if (is_one_of(ending(name), uploads, SB_COUNT(uploads)) && !hygiene->uploads++) {
		hygiene->upload = sb_xstrdup(path);
	}
}

static void note_collected(struct sb_hygiene *hygiene, const char *path)
{
	struct sb_span s = sb_span_of(path);
	static const char ADMIN[] = "/admin/js/core.js";

	if (sb_span_ends(s, ADMIN) && !strstr(path, "contrib/admin/") && !strstr(path, "node_modules/"))
		note(&hygiene->collected, (struct sb_span) { s.p, s.n - strlen(ADMIN) });
}

static void note_file(struct sb_hygiene *hygiene, const char *path, const char *name)
{
	const char *last = ending(name);
	struct sb_span folder = sb_path_folder(path);

	if (!strcmp(last, "pyc") || !strcmp(last, "pyo")) {
		if (!hygiene->bytecodes++)
			hygiene->bytecode = sb_xstrdup(path);
	} else if (!strcmp(name, "pyvenv.cfg")) {
		note(&hygiene->virtualenvs, folder);
	} else if (is_env(name) && !sb_path_is_sample(path)) {
		note(&hygiene->env, sb_span_of(path));
	} else if ((!strcmp(last, "sqlite3") || !strcmp(name, "db.sqlite")) &&
		   sb_span_count(sb_span_of(path), '/') < 2 && !sb_path_is_sample(path)) {
		note(&hygiene->databases, sb_span_of(path));
	} else if (!strcmp(name, "core.js")) {
		note_collected(hygiene, path);
	}
	if (strstr(path, "media/"))
		note_media(hygiene, path, name);
}

void sb_hygiene_note(struct sb_hygiene *hygiene, const char *path, const char *name,
		     const struct sb_entry *entry)
{
	note_name(hygiene, path, name);
	if (entry->kind == SB_DIR && !strcmp(name, "node_modules"))
		note(&hygiene->modules, sb_span_of(path));
	else if (entry->kind == SB_FILE || entry->kind == SB_PROGRAM)
		note_file(hygiene, path, name);
}

void sb_hygiene_release(struct sb_hygiene *hygiene)
{
	sb_list_release(&hygiene->env);
	sb_list_release(&hygiene->databases);
	sb_list_release(&hygiene->virtualenvs);
	sb_list_release(&hygiene->collected);
	sb_list_release(&hygiene->modules);
	sb_list_release(&hygiene->odd);
	sb_list_release(&hygiene->twins);
	free(hygiene->bytecode);
	free(hygiene->upload);
	free(hygiene->seen);
	*hygiene = (struct sb_hygiene) { 0 };
}
