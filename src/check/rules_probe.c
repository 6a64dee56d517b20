#include "base/base.h"
#include "check/rules_table.h"

const struct sb_rule sb_rules_probe[] = {
	{ "probe-settings", SB_ERROR, "the settings cannot be imported",
	  "With its dependencies and config vars in place, Django could not read the settings. What Python "
	  "raised is shown: a package that is missing, a config var that is not set or not of its type.",
	  "settings.py, without python-dotenv in requirements.txt:\n"
	  "from dotenv import load_dotenv" },
	{ "deploy-security", SB_WARNING, "a finding of Django's check --deploy",
	  "Django's own list of what a site on the internet should have: HTTPS redirect, HSTS, secure "
	  "cookies, a long SECRET_KEY. Each has its number (security.W0xx) and its setting in the fix line.",
	  "settings.py without SECURE_SSL_REDIRECT" },
	{ "deploy-check", SB_ERROR, "an error of Django's system checks",
	  "manage.py check fails with it, and so does migrate: models, URLs, admin or templates are not "
	  "consistent.",
	  "two apps with the same label in INSTALLED_APPS" },
	{ "wsgi-import", SB_ERROR, "what the web process serves cannot be imported",
	  "The server that the Procfile starts would end with this exception before its first request.",
	  "Procfile, with no name \"app\" in mysite/wsgi.py:\n"
	  "web: gunicorn mysite.wsgi:app" },
	{ "celery-import", SB_ERROR, "the Celery app cannot be imported",
	  "The worker that the Procfile starts would end with this exception.",
	  "Procfile, with no mysite/celery.py:\n"
	  "worker: celery -A mysite worker" },
	{ "migrations-missing", SB_WARNING, "models have changed and no migration says so",
	  "The code asks for columns that the database will not have: each such query fails. "
	  "makemigrations writes what is missing; commit it.",
	  "models.py with a new field, and no new file in migrations/" },
	{ "migrations-conflict", SB_ERROR, "two migrations of one app follow the same one",
	  "Two branches each added a migration. migrate refuses to run until makemigrations --merge has "
	  "put them in an order.",
	  "0002_author.py and 0002_tags.py, both after 0001_initial" },
	{ "migration-destructive", SB_WARNING, "a new migration loses data or breaks what still runs",
	  "A dropped column or table is gone when the release phase ran, and the release before, which "
	  "still answers requests then, asks for it; a NOT NULL column without default breaks its "
	  "inserts. Deploy in two steps: first the code that does without, then the migration. A rollback "
	  "does not bring the data back.",
	  "migrations.RemoveField('post', 'slug')" },
};
const size_t sb_rules_probe_count = SB_COUNT(sb_rules_probe);
