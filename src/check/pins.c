#include "base/base.h"
#include "check/pins.h"

#include "check/address.h"
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

/* The address of "--extra-index-url https://host/simple", or NULL where the option names no index. */
static const char *index_of(const char *option)
{
	static const char *const names[] = { "--extra-index-url", "--index-url", "-i ", "-i=" };

	for (size_t i = 0; i < SB_COUNT(names); i++)
		if (!strncmp(option, names[i], strlen(names[i])))
			return option;
	return NULL;
}

static void look_at_option(const struct sb_text *text, const struct sb_requirement *item)
{
	const char *address = index_of(item->target);
	struct sb_span host = { 0 };

	if (address)
		host = sb_address_host(sb_span_of(address));
	if (!host.n)
		return;
	sb_address_look(text, sb_span_of(address), item->line, item->column);
	if (sb_address_is_public_index(host))
		return;
	if (!strncmp(item->target, "--extra", 7))
		sb_finding_fix(sb_text_report(text, "requirements-index", item->line, item->column,
					      "packages of %.*s and of PyPI are one heap to pip: whoever "
					      "registers a name on PyPI with a higher version is installed",
					      SB_SPAN_ARG(host)),
			       "pin the packages with hashes (--require-hashes), or use --index-url "
			       "with an index that mirrors PyPI");
	else
		sb_address_private(text, host, item->line, item->column);
}

void sb_pins_note(struct sb_pins *pins, const struct sb_text *text, const struct sb_requirements *file,
		  bool constraint)
{
	for (size_t i = 0; i < file->n; i++) {
		const struct sb_requirement *item = &file->item[i];

		if (item->kind == SB_REQ_PACKAGE)
			note_package(pins, text, item, constraint);
		else if (item->kind == SB_REQ_URL || item->kind == SB_REQ_VCS)
			sb_address_look(text, sb_span_of(item->target), item->line, item->column);
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
