#include "base/base.h"
#include "check/rules_table.h"

const struct sb_rule sb_rules_probe[] = {
	{ "probe-settings", SB_ERROR, "the settings cannot be imported",
	  "With its dependencies and config vars in place, Django could not read the settings. What Python "
	  "raised is shown: a package that is missing, a config var that is not set or not of its type.",
	  "settings.py, without python-dotenv in requirements.txt:\n"
	  "from dotenv import load_dotenv" },
	{ "probe-silent", SB_WARNING, "the app could not be looked at as it runs",
	  "The settings and apps are imported once, with the dependencies and config vars and without a "
	  "network. Where that ends the interpreter, hangs or fills the memory, none of the rules of this "
	  "stage was asked: that they say nothing means nothing. The web process does the same import.",
	  "settings.py:\n"
	  "sys.exit(0)" },
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
	  "inserts; what was renamed it asks for by the old name. Deploy in two steps: first the code that "
	  "does without, then the migration. A rollback does not bring the data back. Compared with the "
	  "release that is current.",
	  "migrations.RemoveField('post', 'slug')" },
	{ "static-entry-missing", SB_WARNING, "a template names a static file that is nowhere",
	  "A manifest storage that is strict, as Django's and WhiteNoise's are, answers a page that names a "
	  "file outside of its manifest with an error 500, without DEBUG only. Looked for where "
	  "collectstatic would find it.",
	  "page.html, and no static/logo.png in git:\n"
	  "{% static 'logo.png' %}" },
	{ "database-connections", SB_WARNING, "each request opens a database connection of its own",
	  "CONN_MAX_AGE is 0, so every request pays for a connection over the network. 60 to 600 seconds "
	  "keep it between requests. Left alone: pools, and asynchronous servers, for which Django "
	  "advises against it.",
	  "settings.py:\n"
	  "DATABASES = {'default': dj_database_url.config()}" },
	{ "database-unreachable", SB_ERROR, "the database cannot be reached",
	  "Asked in the release step, with the release's config vars and network: its pages that need the "
	  "database fail. The release is there all the same; mend the config var or the server.",
	  "DATABASE_URL names a server that does not run" },
	{ "migrations-pending", SB_WARNING, "the database lacks migrations that the release has",
	  "The release phase is over and they are not applied: queries ask for tables and columns that are "
	  "not there. A \"release:\" line in the Procfile runs migrate at each release.",
	  "a new file in migrations/, and a Procfile without a release: line" },
};
const size_t sb_rules_probe_count = SB_COUNT(sb_rules_probe);
