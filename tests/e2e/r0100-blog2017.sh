#!/bin/sh
# The 2017 article: Python 2.7, Django 1.11, psycopg2 from source, GzipManifestStaticFilesStorage.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
wants_python 2.7
wants_runit
lacking=$(lacks gcc pg_config)
[ -z "$lacking" ] || skip_all "$lacking"

app_from blog2017 blog
server_new blog
runit_start

t 'as printed: collectstatic fails, and the error shows the line to write and how to go without' '
	refused blog
	has STATIC_ROOT push.log
	has "djangoherokuapp/settings.py" push.log
	has "os.path.dirname" push.log
	has "config:set DISABLE_COLLECTSTATIC=1" push.log
'

t 'with DISABLE_COLLECTSTATIC=1, as the article does, the same commit deploys and serves' '
	slugbuild config:set -a blog DISABLE_COLLECTSTATIC=1
	push blog
	has "Released v3" push.log
	get "$(url_of blog)/" >page
	has "It worked, on Python 2.7" page
'

t 'runtime.txt asks for 2.7.12: the newest 2.7 is taken, with a warning' '
	has "2.7.12" push.log
	has "$($python -c "import sys; print(\"%d.%d.%d\" % sys.version_info[:3])")" push.log
'

t 'corrected, its static files are collected, compressed, and served under their hashed names' '
	sed -i "s/^PROJECT_ROOT .*/PROJECT_ROOT   =   os.path.dirname(os.path.abspath(__file__))/" blog/djangoherokuapp/settings.py
	commit blog "Mend PROJECT_ROOT"
	slugbuild config:unset -a blog DISABLE_COLLECTSTATIC
	push blog
	tar tzf "$(slug_of blog)" >list
	has djangoherokuapp/staticfiles/staticfiles.json list
	grep -E "staticfiles/admin/css/base\.[0-9a-f]+\.css\.gz$" list
	name=$(tar xzOf "$(slug_of blog)" djangoherokuapp/staticfiles/staticfiles.json | jq -r ".paths[\"site.css\"]")
	get "$(url_of blog)/static/$name" | grep maroon
	curl -fsS -o /dev/null -D headers -H "Accept-Encoding: gzip" "$(url_of blog)/static/admin/css/$(basename "$(grep -oE "staticfiles/admin/css/base\.[0-9a-f]+\.css$" list | head -n 1)")"
	grep -i "content-encoding: gzip" headers
'

t 'python manage.py migrate by run, as the article ends' '
	slugbuild run -a blog -- python manage.py migrate >migrate.log 2>&1 || { cat migrate.log; false; }
	has "Applying sessions.0001_initial... OK" migrate.log
'

t 'psycopg2 was built and loads' '
	slugbuild run -a blog -- python -c "import psycopg2; print(psycopg2.__version__)" | grep "2.7.3.2"
'

t 'the slug runs where plain tar puts it' '
	mkdir out && tar xzf "$(slug_of blog)" -C out
	port=$((low_port + 15))
	env -i PATH=/usr/bin:/bin PORT=$port out/.slugbuild/launch web >serve.log 2>&1 &
	get "http://127.0.0.1:$port/" | grep "It worked" || { cat serve.log; false; }
	kill $!
'

runit_stop
done_testing
