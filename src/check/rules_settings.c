#include "base/base.h"
#include "check/rules_table.h"

const struct sb_rule sb_rules_settings[] = {
	{ "settings-syntax", SB_ERROR, "Python cannot read the settings",
	  "The Python that the app asks for does not parse the file: the app cannot start. A newer "
	  "syntax than that Python has is the other cause.",
	  "settings.py:\n"
	  "DEBUG = os.getenv('DEBUG'" },
	{ "settings-debug", SB_WARNING, "DEBUG is on",
	  "With DEBUG a page that fails shows the settings and the source to everybody, and static files "
	  "are served by other code than in production. A string from the environment is always true, "
	  "\"False\" too: compare it, or use a cast. Where the app is known, so is whether its config var "
	  "turns DEBUG on.",
	  "settings.py:\n"
	  "DEBUG = os.getenv('DEBUG', False)" },
	{ "settings-allowed-hosts", SB_WARNING, "ALLOWED_HOSTS lets nobody through, or everybody",
	  "Empty, and without DEBUG, each request is answered with 400. With '*' a forged Host header ends "
	  "up in password reset links. Name the app's domain, or read it from a config var.",
	  "settings.py:\n"
	  "ALLOWED_HOSTS = []" },
	{ "settings-static-root", SB_ERROR, "STATIC_ROOT is not set, or no folder can be there",
	  "collectstatic copies to STATIC_ROOT and fails without it. "
	  "os.path.join(os.path.abspath(__file__), 'x') is below the settings file itself, where no "
	  "folder can be: take BASE_DIR / 'staticfiles'.",
	  "settings.py:\n"
	  "STATIC_ROOT = os.path.join(os.path.abspath(__file__), 'staticfiles')" },
	{ "settings-storage", SB_ERROR, "a storage of static files that this version no longer has",
	  "WhiteNoise 6 has no whitenoise.django.GzipManifestStaticFilesStorage, Django 5.1 no "
	  "STATICFILES_STORAGE. The import fails, or the setting is not read and files are served "
	  "without a hash in their name. Use STORAGES.",
	  "settings.py, with Django 5.2:\n"
	  "STATICFILES_STORAGE = 'whitenoise.storage.CompressedManifestStaticFilesStorage'" },
	{ "settings-sqlite", SB_WARNING, "the database is a SQLite file in the app's folder",
	  "Each release is a folder of its own: with the next push the file, and what users wrote, is gone "
	  "from the app. addons:create postgresql makes a database and sets DATABASE_URL.",
	  "settings.py:\n"
	  "'NAME': BASE_DIR / 'db.sqlite3'" },
	{ "settings-database-url", SB_WARNING, "DATABASE_URL is set but read nowhere",
	  "The add-on's database is there, and the settings use another one. dj_database_url.config() or "
	  "environ's env.db() reads the variable.",
	  "config vars have DATABASE_URL; settings.py has a literal DATABASES" },
	{ "settings-env-missing", SB_WARNING, "the settings read a config var that is not set",
	  "os.environ['NAME'], env('NAME'), config('NAME') and the fields of pydantic's BaseSettings "
	  "raise at the start; os.getenv('NAME') gives None, which often fails later and elsewhere. Set it "
	  "with config:set, or give a default.",
	  "settings.py, with no such config var:\n"
	  "SECRET_KEY = os.environ['SECRET_KEY']" },
	{ "secret-key-literal", SB_WARNING, "SECRET_KEY is committed",
	  "Who can read the repository can sign sessions and password reset links. Read it from a config "
	  "var, and take a new one: the old one stays in the history.",
	  "settings.py:\n"
	  "SECRET_KEY = 'django-insecure-…'" },
	{ "whitenoise-missing", SB_WARNING, "nothing serves the static files",
	  "Django serves them only under DEBUG. Add WhiteNoise to the dependencies and its middleware "
	  "right behind SecurityMiddleware, or serve STATIC_ROOT from the web server in front.",
	  "settings.py with MIDDLEWARE but without whitenoise.middleware.WhiteNoiseMiddleware" },
	{ "whitenoise-order", SB_WARNING, "WhiteNoise is not right behind SecurityMiddleware",
	  "In front of it static files are sent without the redirect to HTTPS; further behind, each file "
	  "waits for sessions, authentication and whatever else stands before it.",
	  "MIDDLEWARE = [SessionMiddleware, …, WhiteNoiseMiddleware]" },
};
const size_t sb_rules_settings_count = SB_COUNT(sb_rules_settings);
