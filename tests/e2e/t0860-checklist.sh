#!/bin/sh
# check --checklist: every item of the deployment guides in both states. One app that has all of it;
# then, for each item, the one change that takes it away and takes nothing else.
. "$(dirname "$0")/lib.sh"

mkdir -p shop/site shop/orders/migrations shop/static
git init -q shop
cat >shop/Procfile <<-'END'
	web: gunicorn site.wsgi --workers 3 --log-file -
	release: python manage.py migrate --noinput
	worker: celery -A site worker
END
cat >shop/requirements.txt <<-'END'
	django==5.2
	gunicorn==23.0.0
	whitenoise[brotli]==6.8.2
	dj-database-url==2.3.0
	psycopg2-binary==2.9.10
	celery==5.4.0
	django-environ==0.11.2
	sentry-sdk==2.19.2
END
echo 3.12 >shop/.python-version
printf '%s\n' .env venv/ '*.pyc' db.sqlite3 staticfiles/ >shop/.gitignore
printf 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings")\n' >shop/manage.py
cp shop/manage.py shop/site/wsgi.py
touch shop/site/__init__.py shop/orders/__init__.py shop/orders/migrations/__init__.py
touch shop/orders/migrations/0001_initial.py shop/static/shop.css
printf 'from django.db import models\n\n\nclass Order(models.Model):\n    paid = models.BooleanField()\n' >shop/orders/models.py
printf 'from django.urls import path\n\nurlpatterns = [\n    path("healthz", view),\n]\n' >shop/site/urls.py
cat >shop/site/settings.py <<-'END'
	import os
	from pathlib import Path

	import dj_database_url
	import environ
	import sentry_sdk

	env = environ.Env()
	BASE_DIR = Path(__file__).resolve().parent.parent
	SECRET_KEY = env("SECRET_KEY")
	DEBUG = env.bool("DEBUG", False)
	ALLOWED_HOSTS = ["www.example.com"]
	INSTALLED_APPS = ["django.contrib.staticfiles", "orders"]
	MIDDLEWARE = [
	    "django.middleware.security.SecurityMiddleware",
	    "whitenoise.middleware.WhiteNoiseMiddleware",
	    "django.middleware.common.CommonMiddleware",
	]
	DATABASES = {"default": dj_database_url.config(conn_max_age=600)}
	STATIC_URL = "/static/"
	STATIC_ROOT = BASE_DIR / "staticfiles"
	STATICFILES_DIRS = [BASE_DIR / "static"]
	STORAGES = {
	    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
	    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
	}
	CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["REDIS_URL"]}}
	LOGGING = {"version": 1, "handlers": {"console": {"class": "logging.StreamHandler"}}}
	SECURE_SSL_REDIRECT = True
	SESSION_COOKIE_SECURE = True
	CSRF_COOKIE_SECURE = True
	SECURE_HSTS_SECONDS = 31536000
	sentry_sdk.init()
END
commit shop "All of it"
git -C shop branch good
server_new shop
slugbuild config:set SECRET_KEY=x DATABASE_URL=postgres://db/x REDIS_URL=redis://r/0 -a shop >/dev/null 2>&1

states() { slugbuild check --checklist --json shop -a shop >list.json || [ $? = 1 ]; }

t 'an app that has all of it: each item is ok, but check --deploy, which only a push can tell' '
	states
	jq -r ".[] | select(.state != \"ok\") | .id" list.json >others
	echo check-deploy | cmp - others
	jq -r ".[].id" list.json | sort >ids
	test "$(wc -l <ids)" -ge 40
	sort -u ids | cmp - ids
	jq -e "all(.[]; has(\"group\") and has(\"item\") and has(\"where\") and has(\"fix\"))" list.json
	jq -e "[.[] | select(.id == \"procfile-web\" or .id == \"debug\") | .where] == [\"Procfile:1\", \"site/settings.py:11\"]" list.json
	: >seen
'

# lose IDS COMMANDS: in the app changed so, those items are missing and no other. with NAME=VALUE:
# and that config var is set.
without()
{
	wanted=$1
	t "without it: $1" "
		git -C shop checkout -q -f -B main good
		(cd shop && eval \"\$change\")
		commit shop changed
		[ -z \"\$vars\" ] || slugbuild config:set \$vars -a shop
		states
		[ -z \"\$vars\" ] || slugbuild config:unset \${vars%%=*} -a shop
		jq -r '.[] | select(.state == \"missing\") | .id' list.json | sort >missing
		printf '%s\n' \$wanted | sort | cmp - missing || { cat missing; fail 'other items'; }
		jq -e 'all(.[]; .state != \"missing\" or (.fix | length > 0))' list.json
		cat missing >>seen
	"
}
change= vars=
with() { vars=$1; }
lose() { change=$2; without "$1"; vars=; }
set_line() { sed -i "s|^$1 *=.*|$2|" site/settings.py; }

lose 'procfile-web' 'sed -i /^web/d Procfile'
lose 'web-server' 'sed -i "s/gunicorn.*/python manage.py runserver/" Procfile'
lose 'web-server' 'sed -i /^gunicorn/d requirements.txt'
lose 'web-workers' 'sed -i "s/--workers 3/--workers 40/" Procfile'
lose 'release-migrate' 'sed -i "s/migrate --noinput/compress/" Procfile'
lose 'worker' 'sed -i /^worker/d Procfile'
lose 'dependencies-pinned' 'sed -i "s/^sentry-sdk.*/sentry-sdk/" requirements.txt'
lose 'dependencies-declared errors' 'sed -i /^sentry/d requirements.txt'
lose 'errors' 'sed -i /sentry/d requirements.txt site/settings.py'
lose 'python-version' 'git rm -q .python-version'
lose 'gitignore' 'sed -i /venv/d .gitignore'
lose 'env-file' 'echo A=1 >.env'
with DEBUG=True
lose 'debug check-deploy' true
lose 'secret-key check-deploy' 'set_line SECRET_KEY "SECRET_KEY = \"abc\""'
lose 'allowed-hosts check-deploy' 'set_line ALLOWED_HOSTS "ALLOWED_HOSTS = [\"*\"]"'
lose 'settings-typed' 'sed -i "/environ==/d; s/^gunicorn/&/" requirements.txt; sed -i "/^import environ/d; /^env = /d" site/settings.py; set_line SECRET_KEY "SECRET_KEY = os.environ[\"SECRET_KEY\"]"; set_line DEBUG "DEBUG = False"'
lose 'config-vars' 'echo "KEY = env(\"PAYMENT_KEY\")" >>site/settings.py'
lose 'database-variable database-connections database-server' 'set_line DATABASES "DATABASES = {\"default\": {\"ENGINE\": \"django.db.backends.sqlite3\", \"NAME\": BASE_DIR / \"db.sqlite3\"}}"; sed -i "/^import dj_/d" site/settings.py'
lose 'database-driver' 'sed -i /psycopg/d requirements.txt'
lose 'database-connections' 'sed -i "s/conn_max_age=600/conn_max_age=0/" site/settings.py'
lose 'migrations' 'git rm -q orders/migrations/0001_initial.py'
lose 'static-url' 'sed -i /^STATIC_URL/d site/settings.py'
lose 'static-root' 'sed -i /^STATIC_ROOT/d site/settings.py'
lose 'static-folders' 'git rm -q -r static'
with DISABLE_COLLECTSTATIC=1
lose 'static-collected' true
lose 'static-server' 'sed -i /whitenoise.mid/d site/settings.py'
lose 'static-order' 'sed -i "/whitenoise.mid/d; s/^    .django.middleware.common.*/&\n    \"whitenoise.middleware.WhiteNoiseMiddleware\",/" site/settings.py'
lose 'static-storage' 'sed -i "s/CompressedManifestStatic/CompressedStatic/" site/settings.py'
lose 'static-brotli' 'sed -i "s/.brotli.//" requirements.txt'
lose 'secure-ssl-redirect check-deploy' 'set_line SECURE_SSL_REDIRECT "SECURE_SSL_REDIRECT = False"'
lose 'session-cookie-secure check-deploy' 'sed -i /^SESSION_COOKIE/d site/settings.py'
lose 'csrf-cookie-secure check-deploy' 'sed -i /^CSRF_COOKIE/d site/settings.py'
lose 'secure-hsts-seconds check-deploy' 'set_line SECURE_HSTS_SECONDS "SECURE_HSTS_SECONDS = 0"'
lose 'logs' 'set_line LOGGING "LOGGING = {\"version\": 1, \"handlers\": {\"file\": {\"class\": \"logging.handlers.RotatingFileHandler\", \"filename\": \"x\"}}}"'
lose 'cache' 'sed -i "s/redis.RedisCache/locmem.LocMemCache/" site/settings.py'
lose 'health' 'sed -i s/healthz/orders/ site/urls.py'
lose 'project' 'git rm -q manage.py'
lose 'dependencies dependencies-pinned database-driver errors settings-typed static-brotli web-server' 'git rm -q requirements.txt'
t 'without it: database-set' '
	git -C shop checkout -q -f -B main good
	slugbuild config:unset DATABASE_URL -a shop
	states
	jq -e ".[] | select(.id == \"database-set\") | .state == \"missing\" and (.fix | startswith(\"slugbuild addons:create postgresql\"))" list.json
	echo database-set >>seen
'

t 'no item was left out' '
	sort -u seen | cmp - ids
'

t 'without an app the config vars are unknown; the report is for people too' '
	slugbuild check --checklist shop >check.txt
	has "unknown  every config var that the settings need is set" check.txt
	has "unknown  DATABASE_URL is set" check.txt
	has "ok       the Procfile has a web process  [Procfile:1]" check.txt
	tail -n 1 check.txt | grep -q "^[0-9]* ok, 0 missing, [0-9]* unknown$"
'

t 'what cannot be known is called unknown' '
	echo "globals().update(os.environ)" >>shop/site/settings.py
	sed -i "/^SECURE_SSL/d; /^STATIC_URL/d" shop/site/settings.py
	commit shop opaque
	slugbuild check --checklist --json shop >list.json
	jq -e "[.[] | select(.id == \"secure-ssl-redirect\" or .id == \"static-url\") | .state] == [\"unknown\", \"unknown\"]" list.json
'

t 'every item stands in the report also where the settings are not found' '
	git -C shop checkout -q -f -B main good
	sed -i "s/site.settings/site.nothing/" shop/manage.py shop/site/wsgi.py
	commit shop lost
	states
	jq -r ".[].id" list.json | sort | cmp - ids
	jq -e ".[] | select(.id == \"project\") | .state == \"unknown\"" list.json
	jq -e ".[] | select(.id == \"debug\") | .state == \"unknown\"" list.json
'

done_testing
