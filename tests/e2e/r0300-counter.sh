#!/bin/sh
# The third article: a counter on PostgreSQL. Its database by an add-on, migrations in the
# release phase; the count outlives releases.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
wants_python 3.11
wants_runit
postgres_start || exit 1

app_from counter hello
settings addon.postgresql "$pg_url"
server_new hello
runit_start

t 'addons:create postgresql sets DATABASE_URL and makes a release' '
	slugbuild addons:create postgresql -a hello >addon.log 2>&1 || { cat addon.log; false; }
	hasnt ownerpw addon.log
	slugbuild config:get DATABASE_URL -a hello >url
	grep "^postgres.*:$pg_port/" url
	hasnt owner: url
	slugbuild addons -a hello | grep postgresql
	test -d "$root/apps/hello/releases/v2"
'

t 'the push migrates in the release phase, and the page counts from nothing' '
	push hello
	has "Applying helloworld.0001_initial... OK" push.log
	get "$(url_of hello)/" >page
	has "(0x)" page
'

# A click, as a browser: with the cookie and the token of the form.
click()
{
	curl -fsS -c jar -b jar "$(url_of hello)/" >form.html
	token=$(sed -n 's/.*csrfmiddlewaretoken" value="\([^"]*\)".*/\1/p' form.html)
	curl -fsS -c jar -b jar -d "csrfmiddlewaretoken=$token" -d hello-world-button= "$(url_of hello)/"
}

t 'two clicks are counted, in the database' '
	click
	click | grep "(2x)"
	psql "$(slugbuild config:get DATABASE_URL -a hello)" -Atc "select value from helloworld_counter" | grep -x 2
'

t 'the count outlives a second release' '
	sed -i "s/Greet the world!/Greet everyone!/" hello/helloworld/templates/helloworld/index.html
	commit hello "Greet everyone"
	push hello
	has "No migrations to apply" push.log
	get "$(url_of hello)/" >page
	has "(2x)" page
	has "Greet everyone" page
'

t 'and a rollback' '
	click
	slugbuild rollback -a hello
	get "$(url_of hello)/" >page
	has "(3x)" page
	has "Greet the world" page
'

t 'a migration that fails leaves the running release as it is' '
	release_of hello >before
	sed -i "s/initial = True/initial = True; raise_ = 1 \/ 0/" hello/helloworld/migrations/0001_initial.py
	commit hello "A migration that fails"
	push hello || true
	has ZeroDivisionError push.log
	test "$(release_of hello)" = "$(cat before)"
	get "$(url_of hello)/" | grep "(3x)"
'

t 'no secret of the database is in a manifest or a log that others read' '
	password=$(sed "s|.*:\([^:@]*\)@.*|\1|" url)
	find "$root" -type f -print0 | xargs -0 grep -lF "$password" >holders || true
	while read -r file; do test "$(stat -c %a "$file")" = 600; done <holders
'

t 'addons:destroy takes role and database away again' '
	fails sh -c "slugbuild addons:destroy postgresql -a hello </dev/null"
	slugbuild addons:destroy postgresql -a hello --confirm hello >destroy.log 2>&1 || cat destroy.log
	fails psql "$(cat url)" -c "select 1"
	fails slugbuild config:get DATABASE_URL -a hello
'

runit_stop
postgres_stop
done_testing
