#include "base/base.h"
#include "base/json.h"
#include "check/pyproject.h"
#include "check/requirements.h"
#include "check/version.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define ADDED "zz-top"

/* Names are in the form that the index compares, and a version is only told of a package that is there. */
static void sound(const struct sb_lockfile *lock)
{
	for (size_t i = 0; i < lock->names.n; i++) {
		SB_AUTO_FREE char *again = sb_package_name(sb_span_of(lock->names.item[i]));

		if (strcmp(again, lock->names.item[i]) || strpbrk(again, "_.ABCXYZ"))
			abort();
	}
	if (lock->django && !sb_list_has(&lock->names, "django"))
		abort();
}

/* What a lock says in its first lines it says whatever comes behind them. */
static void grows(const struct sb_lockfile *whole, struct sb_span text)
{
	SB_AUTO(sb_lockfile) part = { 0 };
	size_t n = text.n / 2;

	while (n && text.p[n - 1] != '\n')
		n--;
	sb_lockfile_parse(&part, (struct sb_span) { text.p, n });
	if (part.names.n > whole->names.n || (part.foreign && !whole->foreign) || (part.root && !whole->root))
		abort();
	for (size_t i = 0; i < part.names.n; i++)
		if (strcmp(part.names.item[i], whole->names.item[i]))
			abort();
	if (part.django && (!whole->django || strcmp(part.django, whole->django) ||
			    part.django_line != whole->django_line))
		abort();
}

/* A package that is written behind it is seen, once, and nothing else comes or goes. */
static void sees_the_next(const struct sb_lockfile *whole, struct sb_span text, const char *table)
{
	SB_AUTO(sb_buffer) longer = SB_BUFFER_INIT(SIZE_MAX / 2);
	SB_AUTO(sb_lockfile) more = { 0 };

	sb_buffer_add(&longer, text);
	sb_buffer_addf(&longer, "\n[[%s]]\nname = \"Zz_Top\"\nversion = \"1\"\n", table);
	sb_lockfile_parse(&more, sb_buffer_span(&longer));
	if (more.names.n != whole->names.n + 1 || strcmp(more.names.item[whole->names.n], ADDED) ||
	    more.foreign != whole->foreign || more.root != whole->root)
		abort();
}

/* Pipfile.lock: a name for each package of "default", and no more. */
static void pipfile(struct sb_span bytes)
{
	SB_AUTO(sb_findings) findings = { 0 };
	SB_AUTO(sb_settings) settings = { 0 };
	SB_AUTO(sb_version_wish) wish = { 0 };
	SB_AUTO(sb_lockfile) lock = { 0 };
	struct sb_text text = { "Pipfile.lock", bytes, &findings, &settings };
	struct sb_error unseen = { 0 };
	SB_AUTO_JSON json_t *json = sb_json_parse(bytes, &unseen);

	if (!json)
		return;
	sb_lockfile_pipfile(&lock, json);
	if (lock.names.n != json_object_size(sb_json_at(json, "default")))
		abort();
	for (size_t i = 0; i < lock.names.n; i++)
		if (strpbrk(lock.names.item[i], "_.ABCXYZ"))
			abort();
	sb_version_pipfile_lock(&wish, json, &text);
	if (wish.origin && !wish.spec && wish.major <= 0)
		abort();
}

/* The locks as the static stage reads them: poetry.lock, uv.lock, pylock.toml, and Pipfile.lock. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SB_AUTO(sb_lockfile) lock = { 0 };
	struct sb_span text = { (const char *)data, size };

	sb_lockfile_parse(&lock, text);
	sound(&lock);
	grows(&lock, text);
	sees_the_next(&lock, text, "package");
	sees_the_next(&lock, text, "packages");
	pipfile(text);
	return 0;
}
