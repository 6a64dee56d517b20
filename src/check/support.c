#include "base/base.h"
#include "check/pins.h"

#include "check/facts.h"
#include "check/rules.h"
#include "check/version.h"
#include "sys/clock.h"

#include <string.h>

static int64_t now_of(const struct sb_view *view)
{
	return view->check->now ? view->check->now : sb_wall();
}

static struct sb_finding *report(const struct sb_view *view, const char *rule, const char *path,
				 unsigned line, const char *says)
{
	struct sb_finding *f = sb_report(view->findings, view->check->settings, rule, "%s", says);

	sb_finding_at(f, path, line, 0);
	return f;
}

/* "5.2.1rc1" → 5, 2. */
static bool series(const char *version, int *major, int *minor)
{
	struct sb_span rest = sb_span_of(version), part, word;
	struct sb_version_wish wish = { 0 };

	if (!sb_span_cut(&rest, '.', &part))
		return false;
	word = (struct sb_span) { rest.p, strspn(rest.p, "0123456789") };

	SB_AUTO_FREE char *text = sb_xasprintf("%.*s.%.*s", SB_SPAN_ARG(part), SB_SPAN_ARG(word));

	if (!sb_version_parse(&wish, sb_span_of(text)) || wish.minor < 0)
		return false;
	*major = wish.major;
	*minor = wish.minor;
	return true;
}

static void python(const struct sb_version_wish *wish, const struct sb_view *view)
{
	const char *ended =
		wish->origin && !wish->spec ? sb_python_ended(wish->major, wish->minor, now_of(view)) : NULL;

	if (!ended)
		return;

	SB_AUTO_FREE char *says =
		sb_xasprintf("Python %d.%d has had no security fixes since %s (as known on %s)",
			     wish->major, wish->minor, ended, sb_facts_read);

	sb_finding_fix(report(view, "python-version-eol", wish->origin, wish->line, says),
		       "test with a newer one, then write it into %s", wish->origin);
}

static void fit(const struct sb_version_wish *wish, const struct sb_pin *pin, int major, int minor,
		const struct sb_view *view)
{
	int low, high;

	if (!wish->origin || wish->spec || wish->major != 3 || wish->minor < 0 ||
	    !sb_django_pythons(major, minor, &low, &high) ||
	    (wish->minor >= low && wish->minor <= high))
		return;

	bool old = wish->minor < low;
	SB_AUTO_FREE char *says = sb_xasprintf(
		"Django %s runs on Python 3.%d to 3.%d%s; %s asks for 3.%d", pin->version, low, high,
		old ? "" : ", as far as it was tested", wish->origin, wish->minor);
	struct sb_finding *f = sb_report_as(view->findings, view->check->settings, "django-python",
					    old ? SB_ERROR : SB_WARNING, says);

	sb_finding_at(f, pin->path, pin->line, 0);
	if (old)
		sb_finding_fix(f, "echo 3.%d > .python-version, or an older Django", low);
	else
		sb_finding_fix(f, "Django==%s.*, or a Python that it was tested with", sb_django_lts());
}

void sb_versions_judge(const struct sb_version_wish *wish, const struct sb_pin *pin,
		       const struct sb_view *view)
{
	int major, minor;
	const char *ended;

	python(wish, view);
	if (!pin->version || !series(pin->version, &major, &minor))
		return;
	fit(wish, pin, major, minor, view);
	ended = sb_django_ended(major, minor, now_of(view));
	if (!ended)
		return;

	SB_AUTO_FREE char *says =
		sb_xasprintf("Django %d.%d has had no security fixes since %s (as known on %s)", major, minor,
			     ended, sb_facts_read);

	sb_finding_fix(report(view, "django-eol", pin->path, pin->line, says),
		       "Django %s is supported for long: docs.djangoproject.com/en/%s/howto/upgrade-version/",
		       sb_django_lts(), sb_django_lts());
}

void sb_psycopg_judge(const struct sb_list *names, const char *path, const struct sb_view *view)
{
	bool source = sb_list_has(names, "psycopg2"), binary = sb_list_has(names, "psycopg2-binary");

	if (!source)
		return;
	sb_finding_fix(report(view, "psycopg2-source", path, 0,
			      binary ? "psycopg2 and psycopg2-binary are two copies of one module: the one "
				       "installed last wins"
				     : "psycopg2 is compiled at each build and needs pg_config and a C "
				       "compiler on the server"),
		       binary ? "keep one of the two"
			      : "psycopg2-binary, or psycopg[binary] for version 3; or on the server: apt "
				"install libpq-dev gcc python3-dev");
}
