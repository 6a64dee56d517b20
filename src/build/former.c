#include "build/former.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/requirements.h"
#include "sys/files.h"
#include "sys/notes.h"

#define NOTE_MAX (4 << 20)
#define RECORD_MAX (16 << 20)

static void note_key(char key[SB_DIGEST_HEX], const struct sb_install *install,
		     const struct sb_said *said, const char *app)
{
	const struct sb_python *python = install->python;
	SB_AUTO(sb_sha256) hash = { 0 };

	sb_note_key(&hash, "packages");
	sb_sha256_field(&hash, python->path);
	sb_sha256_field(&hash, python->version);
	sb_sha256_field(&hash, python->platform);
	sb_sha256_field(&hash, python->digest);
	sb_sha256_field(&hash, install->tool);
	sb_install_add_settings(&hash);
	for (size_t i = 0; i < install->indexes.n; i++)
		sb_sha256_field(&hash, install->indexes.item[i]);
	sb_sha256_field(&hash, install->request[0].exact ? "exact" : "");
	sb_sha256_field(&hash, install->request[0].hashed ? "hashed" : "");
	sb_sha256_field(&hash, said->options);
	sb_sha256_field(&hash, app ? "of one app" : "of any app");
	sb_sha256_field(&hash, app ? app : "");
	sb_sha256_finish(&hash, key);
}

void sb_former_note(const struct sb_install *install, const struct sb_said *said, const char *layer)
{
	const char *const apps[] = { install->build->app, NULL };
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(NOTE_MAX);
	char key[SB_DIGEST_HEX];

	sb_buffer_addf(&text, "%s\n", layer);
	for (size_t i = 0; i < said->lines.n; i++)
		sb_buffer_addf(&text, "%s\n", said->lines.item[i]);
	for (size_t i = apps[0] ? 0 : 1; i < SB_COUNT(apps) && !text.full; i++) {
		note_key(key, install, said, apps[i]);
		sb_note_keep(install->build->settings, "packages", key, sb_buffer_span(&text));
	}
}

static bool find_layer(struct sb_former *out, struct sb_build *build, const char *key)
{
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(NOTE_MAX);
	struct sb_span rest, line;
	struct sb_error unseen = { 0 };

	if (!sb_note_find(&text, build->settings, "packages", key))
		return false;
	rest = sb_buffer_span(&text);
	if (!sb_span_cut(&rest, '\n', &line))
		return false;

	SB_AUTO_FREE char *layer = sb_span_dup(line);

	out->path = build->find_layer(build->ctx, layer);
	out->dir = out->path ? sb_open_dir(AT_FDCWD, out->path, &unseen) : -1;
	if (out->dir < 0 || !sb_contents_read(&out->contents, out->dir, SB_CONTENTS_BESIDE))
		return false;
	while (sb_span_cut(&rest, '\n', &line))
		sb_list_add_take(&out->said, sb_span_dup(line));
	return true;
}

bool sb_info_name(const char *info, char **name, char **version)
{
	struct sb_span rest = sb_span_of(info), part;

	if (!sb_span_ends(rest, ".dist-info") || !sb_span_cut(&rest, '-', &part) || !part.n)
		return false;
	rest.n -= strlen(".dist-info");
	*name = sb_package_name(part);
	if (version)
		*version = sb_span_dup(rest);
	return true;
}

int sb_former_info(const struct sb_former *former, const char *name)
{
	for (size_t i = 0; i < former->infos.n; i++) {
		SB_AUTO_FREE char *one = NULL;

		if (sb_info_name(former->infos.item[i], &one, NULL) && !strcmp(one, name))
			return (int)i;
	}
	return -1;
}

/* "../../../bin/x", seen from site-packages, as a path from the layer's top. NULL: leads out. */
static char *resolve(const char *packages, struct sb_span path)
{
	size_t n = strlen(packages);

	while (sb_span_starts(path, "../")) {
		while (n && packages[n - 1] != '/')
			n--;
		if (!n)
			return NULL;
		n--;
		path = (struct sb_span) { path.p + 3, path.n - 3 };
	}
	return sb_xasprintf("%.*s/%.*s", (int)n, packages, SB_SPAN_ARG(path));
}

static bool own(struct sb_former *former, const char *path, int info)
{
	const struct sb_content *item = sb_contents_find(&former->contents, path);
	int *owner;

	if (!item || item->kind == 'd') /* it was removed, or never there */
		return true;
	owner = former->owner[item - former->contents.item];
	if (owner[0] == info || owner[1] == info)
		return true;
	if (owner[0] >= 0 && owner[1] >= 0)
		return false;
	owner[owner[0] >= 0] = info;
	return true;
}

/* What a package's RECORD lists is its own. Names in quotes are rare: who has one is not taken over. */
static bool read_record(struct sb_former *former, const char *packages, int info)
{
	SB_AUTO_FREE char *name =
		sb_xasprintf("%s/%s/RECORD", packages, former->infos.item[info]);
	SB_AUTO(sb_buffer) text = SB_BUFFER_INIT(RECORD_MAX);
	struct sb_error unseen = { 0 };
	struct sb_span rest, line, path;

	if (sb_read_file(&text, former->dir, name, &unseen) < 0)
		return false;
	rest = sb_buffer_span(&text);
	while (sb_span_line(&rest, &line)) {
		if (!line.n)
			continue;
		if (*line.p == '"' || *line.p == '/' || !sb_span_cut(&line, ',', &path))
			return false;

		SB_AUTO_FREE char *at = resolve(packages, path);

		if (!at || !own(former, at, info))
			return false;
	}
	return true;
}

/* "a/__pycache__/b.cpython-311.pyc" → "a/b.py", or NULL. Owned. */
static char *source_of(const char *path)
{
	static const char folder[] = "/__pycache__/";
	const char *at = strstr(path, folder), *next, *tag = NULL;

	while (at && (next = strstr(at + 1, folder)))
		at = next;
	if (!at || !sb_span_ends(sb_span_of(path), ".pyc"))
		return NULL;

	const char *name = at + strlen(folder);

	for (next = name; (next = strstr(next, ".cpython-")); next++)
		tag = next;
	if (!tag || strchr(name, '/'))
		return NULL;
	return sb_xasprintf("%.*s/%.*s.py", (int)(at - path), path, (int)(tag - name), name);
}

static void own_bytecode(struct sb_former *former)
{
	for (size_t i = 0; i < former->contents.n; i++) {
		const struct sb_content *item = &former->contents.item[i], *source;
		SB_AUTO_FREE char *path = NULL;

		if (item->kind == 'd' || former->owner[i][0] >= 0)
			continue;
		path = source_of(item->path);
		source = path ? sb_contents_find(&former->contents, path) : NULL;
		if (source)
			memcpy(former->owner[i], former->owner[source - former->contents.item],
			       sizeof(former->owner[i]));
	}
}

static bool read_owners(struct sb_former *former, const char *packages)
{
	SB_AUTO(sb_list) names = { 0 };
	struct sb_error unseen = { 0 };
	SB_AUTO_CLOSE int dir =
		openat(former->dir, packages, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0 || sb_list_dir(&names, dir, ".", &unseen) < 0)
		return false;
	for (size_t i = 0; i < names.n; i++)
		if (sb_span_ends(sb_span_of(names.item[i]), ".dist-info"))
			sb_list_add(&former->infos, names.item[i]);
	former->owner = sb_xcalloc(former->contents.n + 1, sizeof(*former->owner));
	for (size_t i = 0; i < former->contents.n; i++)
		former->owner[i][0] = former->owner[i][1] = -1;
	for (size_t i = 0; i < former->infos.n; i++)
		if (!read_record(former, packages, (int)i))
			return false;
	own_bytecode(former);
	return true;
}

bool sb_former_find(struct sb_former *out, const struct sb_install *install,
		    const struct sb_said *said, const char *packages)
{
	const char *const apps[] = { install->build->app, NULL };
	struct sb_build *build = install->build;
	char key[SB_DIGEST_HEX];

	if (build->no_cache || !build->find_layer)
		return false;
	for (size_t i = apps[0] ? 0 : 1; i < SB_COUNT(apps); i++) {
		SB_AUTO(sb_former) made = SB_FORMER_INIT;

		note_key(key, install, said, apps[i]);
		if (!find_layer(&made, build, key) || !read_owners(&made, packages))
			continue;
		*out = made;
		made = (struct sb_former)SB_FORMER_INIT;
		return true;
	}
	return false;
}

void sb_former_release(struct sb_former *former)
{
	sb_autoclose(&former->dir);
	free(former->path);
	free(former->owner);
	sb_contents_release(&former->contents);
	sb_list_release(&former->said);
	sb_list_release(&former->infos);
	*former = (struct sb_former)SB_FORMER_INIT;
}
