#include "base/base.h"
#include "check/pins.h"

#include "check/rules.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SHOWN_MAX 5

/* "==5.2", "===1": one version; "==5.*" is not. */
static bool is_exact(const char *spec)
{
	return spec && !strncmp(spec, "==", 2) && !strchr(spec, '*') && !strchr(spec, ',');
}

static void note_package(struct sb_pins *pins, const struct sb_text *text,
			 const struct sb_requirement *item, bool constraint)
{
	bool exact = is_exact(item->spec);

	if (exact)
		sb_list_add(&pins->pinned, item->name);
	if (exact && !strcmp(item->name, "django") && !item->marker && !pins->django.version) {
		const char *version = item->spec + strspn(item->spec, "= ");

		pins->django = (struct sb_pin) { sb_xstrdup(version), sb_xstrdup(text->path),
						 item->line };
	}
	if (constraint)
		return;
	pins->packages++;
	if (exact)
		return;
	if (!pins->path) {
		pins->path = sb_xstrdup(text->path);
		pins->line = item->line;
	}
	sb_list_addf(&pins->open, "%s%s", item->name, item->spec ? item->spec : "");
}

/* ---- addresses ---- */

/* What stands between "://" and "@", or nothing. */
static struct sb_span user_of(const char *address)
{
	const char *start = strstr(address, "://");
	size_t n = start ? strcspn(start + 3, "/?# \t") : 0;
	const char *at = start ? memchr(start + 3, '@', n) : NULL;

	return at ? (struct sb_span) { start + 3, (size_t)(at - start - 3) } : (struct sb_span) { 0 };
}

static void look_at_address(const struct sb_text *text, const struct sb_requirement *item)
{
	struct sb_span user = user_of(item->target);
	bool ssh = sb_span_find(sb_span_of(item->target), "ssh://") ||
		   !strncmp(item->target, "git@", 4) || !strncmp(item->target, "git+git@", 8);

	if (ssh)
		sb_finding_fix(sb_text_report(text, "requirements-ssh", item->line, item->column,
					      "an address by SSH: the build has no key and no known hosts"),
			       "use git+https://…, or publish the package to an index");
	else if (user.n && !memchr(user.p, '$', user.n) && !sb_span_is(user, "git"))
		sb_finding_fix(sb_text_report(text, "requirements-credentials", item->line, item->column,
					      "a password or token in an address"),
			       "revoke it, take it out of the address, and set the whole address with\n"
			       "slugbuild config:set PIP_EXTRA_INDEX_URL=https://user:token@host/simple");
}

/* The host of "--extra-index-url https://host/simple", or nothing. */
static struct sb_span index_host(const char *option)
{
	static const char *const names[] = { "--extra-index-url", "--index-url", "-i ", "-i=" };
	const char *start = NULL;

	for (size_t i = 0; i < SB_COUNT(names); i++)
		if (!strncmp(option, names[i], strlen(names[i])))
			start = strstr(option, "://");
	if (!start)
		return (struct sb_span) { 0 };

	struct sb_span host = { start + 3, strcspn(start + 3, "/?# \t") };
	const char *at = host.n ? memchr(host.p, '@', host.n) : NULL;

	if (at)
		host = (struct sb_span) { at + 1, host.n - (size_t)(at + 1 - host.p) };
	return host;
}

static void look_at_option(const struct sb_text *text, const struct sb_requirement *item)
{
	struct sb_span host = index_host(item->target);

	if (!host.n)
		return;
	look_at_address(text, item);
	if (sb_span_is(host, "pypi.org") || sb_span_is(host, "pypi.python.org"))
		return;
	if (!strncmp(item->target, "--extra", 7))
		sb_finding_fix(sb_text_report(text, "requirements-index", item->line, item->column,
					      "packages of %.*s and of PyPI are one heap to pip: whoever "
					      "registers a name on PyPI with a higher version is installed",
					      SB_SPAN_ARG(host)),
			       "pin the packages with hashes (--require-hashes), or use --index-url "
			       "with an index that mirrors PyPI");
	else
		sb_finding_fix(sb_text_report(text, "requirements-index", item->line, item->column,
					      "packages come from %.*s: the server must reach it",
					      SB_SPAN_ARG(host)),
			       "if it is for this machine only: PIP_INDEX_URL in your own environment");
}

void sb_pins_note(struct sb_pins *pins, const struct sb_text *text, const struct sb_requirements *file,
		  bool constraint)
{
	for (size_t i = 0; i < file->n; i++) {
		const struct sb_requirement *item = &file->item[i];

		if (item->kind == SB_REQ_PACKAGE)
			note_package(pins, text, item, constraint);
		else if (item->kind == SB_REQ_URL || item->kind == SB_REQ_VCS)
			look_at_address(text, item);
		else if (item->kind == SB_REQ_OPTION)
			look_at_option(text, item);
	}
}

/* "celery>=5, redis and 3 more" of what no constraint pins either. */
static char *still_open(const struct sb_pins *pins, size_t *n)
{
	SB_AUTO(sb_buffer) out = SB_BUFFER_INIT(4096);

	*n = 0;
	for (size_t i = 0; i < pins->open.n; i++) {
		const char *item = pins->open.item[i];
		SB_AUTO_FREE char *name =
			sb_span_dup((struct sb_span) { item, strcspn(item, "=<>~!( ") });

		if (sb_list_has(&pins->pinned, name))
			continue;
		if (++*n <= SHOWN_MAX)
			sb_buffer_addf(&out, "%s%s", *n > 1 ? ", " : "", item);
	}
	if (*n > SHOWN_MAX)
		sb_buffer_addf(&out, " and %zu more", *n - SHOWN_MAX);
	return sb_buffer_detach(&out);
}

void sb_pins_report(const struct sb_pins *pins, const struct sb_view *view)
{
	size_t n;
	SB_AUTO_FREE char *names = still_open(pins, &n);

	if (!n)
		return;

	struct sb_finding *f = sb_report(view->findings, view->check->settings, "requirements-unpinned",
					 "%zu of %zu package%s may come in another version at the next "
					 "build: %s",
					 n, pins->packages, pins->packages == 1 ? "" : "s", names);

	sb_finding_at(f, pins->path, pins->line, 0);
	sb_finding_fix(f, "pip freeze > requirements.txt, in the environment that works; or keep these "
			  "lines in requirements.in: pip-compile, uv pip compile");
}

void sb_pin_release(struct sb_pin *pin)
{
	free(pin->version);
	free(pin->path);
	*pin = (struct sb_pin) { 0 };
}

void sb_pins_release(struct sb_pins *pins)
{
	sb_list_release(&pins->open);
	sb_list_release(&pins->pinned);
	free(pins->path);
	sb_pin_release(&pins->django);
	*pins = (struct sb_pins) { 0 };
}
