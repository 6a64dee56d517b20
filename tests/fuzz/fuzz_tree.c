#include "base/base.h"
#include "fuzz.h"
#include "source/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What openat must never be given, whoever thought the name up. */
static void must_be_safe(const char *name)
{
	size_t n = strlen(name);

	if (!n || n > 255 || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..") ||
	    !strcasecmp(name, ".git") || !strcasecmp(name, "git~1"))
		abort();
}

/* Writes the entry as it was read, but for zeros in front of the mode, and compares. */
static size_t must_be_here(const struct sb_entry *entry, const char *raw, size_t left)
{
	size_t zeros = strspn(raw, "0"), n = strlen(entry->name);
	char mode[16];
	int digits = snprintf(mode, sizeof(mode), "%o ", entry->mode);
	size_t all = zeros + (size_t)digits + n + 1 + 20;

	if (all > left || memcmp(raw + zeros, mode, (size_t)digits) ||
	    memcmp(raw + zeros + digits, entry->name, n + 1))
		abort();
	for (size_t i = 0; i < 20; i++) {
		char hex[3];

		snprintf(hex, sizeof(hex), "%02x", (unsigned char)raw[all - 20 + i]);
		if (memcmp(hex, entry->oid + 2 * i, 2))
			abort();
	}
	return all;
}

/* Every accepted name is safe and stands once; the entries written again are the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SB_AUTO(sb_tree) tree = { 0 };
	struct sb_error err = { 0 };
	const char *raw = (const char *)data;
	size_t done = 0;

	if (sb_tree_parse(&tree, (struct sb_span) { raw, size }, "", &err) < 0) {
		if (err.code != SB_EINPUT && err.code != SB_ELIMIT)
			abort();
		return 0;
	}
	for (size_t i = 0; i < tree.n; i++) {
		must_be_safe(tree.entry[i].name);
		if (sb_tree_entry(&tree, tree.entry[i].name) != &tree.entry[i])
			abort();
		done += must_be_here(&tree.entry[i], raw + done, size - done);
	}
	if (done != size)
		abort();
	return 0;
}
