#!/bin/sh
# What `wagtail start` of the newest Wagtail makes, on the newest Python.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
newest_python
wants_runit

make_site()
{
	"$python" -m venv venv || python3 -m venv venv
	venv/bin/pip -q install wagtail gunicorn whitenoise
	venv/bin/wagtail start mysite
	cd mysite
	../venv/bin/pip freeze >requirements.txt
	printf 'web: gunicorn mysite.wsgi\nrelease: python manage.py migrate --noinput\n' >Procfile
	"$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' >.python-version
	cat >>mysite/settings/base.py <<-'END'

		MIDDLEWARE.insert(1, "whitenoise.middleware.WhiteNoiseMiddleware")
		STORAGES["staticfiles"]["BACKEND"] = "whitenoise.storage.CompressedManifestStaticFilesStorage"
	END
	cat >mysite/settings/production.py <<-'END'
		import os

		from .base import *

		DEBUG = False
		SECRET_KEY = os.environ["SECRET_KEY"]
		ALLOWED_HOSTS = ["*"]
	END
	sed -i 's/mysite.settings.dev/mysite.settings.production/' manage.py
	cd ..
	git init -q mysite
	commit mysite "wagtail start"
	git -C mysite remote add production "$root/repos/mysite.git"
}

t 'wagtail start' 'make_site'
server_new mysite
runit_start

t 'without SECRET_KEY: name, line and cure' '
	refused mysite
	has "config:set SECRET_KEY=" push.log
	has "mysite/settings/production.py" push.log
'

t 'it deploys, migrates and serves its welcome page with hashed static files' '
	slugbuild config:set -a mysite SECRET_KEY=secret-of-the-site >set.log 2>&1
	push mysite
	has "Applying wagtailcore" push.log
	get "$(url_of mysite)/" >page
	has "Welcome to your new Wagtail site" page
	sheet=$(grep -oE "/static/[^\"]*welcome_page[^\"]*\.css" page | head -n 1)
	test -n "$sheet"
	get "$(url_of mysite)$sheet" | head -c 100
	get "$(url_of mysite)/admin/login/" | grep -i "sign in"
'

t 'an edit of a template is the next release, with the same dependency layer' '
	echo "<!-- edited -->" >>mysite/home/templates/home/welcome_page.html
	commit mysite "Edit a template"
	push mysite
	n=$(release_of mysite)
	jq -r ".slug.layers[] | select(.name == \"python\") | .key" "$(manifest_of mysite "v$((${n#v} - 1))")" "$(manifest_of mysite)" >keys
	test "$(sort -u keys | wc -l)" = 1
'

runit_stop
done_testing
