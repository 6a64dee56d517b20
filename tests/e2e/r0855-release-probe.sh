#!/bin/sh
# The release step with a real PostgreSQL: at what migration the database is, and what it lacks.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
newest_python
postgres_start || exit 1

app_from counter blog
"$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' >blog/.python-version
sed -i /^release/d blog/Procfile
commit blog "Nobody migrates"
settings addon.postgresql "$pg_url"
server_new blog
slugbuild addons:create postgresql -a blog >addon.log 2>&1
slugbuild config:set SECRET_KEY=0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ -a blog >/dev/null 2>&1
flat() { sed "s/^ *remote: *//; s/\x1b\[[0-9;]*m//g" push.log | tr -s " \n" "  " >flat.log; }
info() { slugbuild releases:info --json -a blog; }

t 'what the release phase does not run is pending: named, with the command, and nothing is refused' '
	push blog
	flat
	has "warning[migrations-pending]: helloworld/migrations/0001_initial.py" flat.log
	has "the database lacks 1 migration" flat.log
	has "slugbuild run -a blog -- python manage.py migrate" flat.log
	has "release: python manage.py migrate --noinput" flat.log
	has "Verifying deploy... done." push.log
	slugbuild releases:info -a blog | grep "^finding *warning.migrations-pending. helloworld/migrations/0001_initial.py: the database lacks 1"
	info | jq -e ".state == \"current\" and .database == {reachable: true, vendor: \"postgresql\", at: {}, pending: [\"helloworld.0001_initial\"]}"
'

t 'once they are applied nothing is said, and the record tells at what migration the database is' '
	slugbuild run -a blog -- python manage.py migrate
	commit blog again
	push blog
	hasnt migrations-pending push.log
	slugbuild releases:info -a blog | grep "^database *helloworld is at 0001_initial$"
	info | jq -e ".database.at == {helloworld: \"0001_initial\"} and .database.pending == [] and .findings == []"
'

t 'a release phase that migrates leaves nothing pending' '
	echo "release: python manage.py migrate --noinput" >>blog/Procfile
	cat >blog/helloworld/migrations/0002_size.py <<-END
		from django.db import migrations, models


		class Migration(migrations.Migration):
		    dependencies = [("helloworld", "0001_initial")]
		    operations = [migrations.AddField("counter", "size", models.IntegerField(null=True))]
	END
	sed -i "s/^    value = .*/&\n    size = models.IntegerField(null=True)/" blog/helloworld/models.py
	commit blog "Size"
	push blog
	has "Applying helloworld.0002_size... OK" push.log
	hasnt migrations-pending push.log
	info | jq -e ".database.at.helloworld == \"0002_size\""
'

t 'a change of config vars asks nothing again, and does not carry the former answer on' '
	slugbuild config:set GREETED=you -a blog >set.log 2>&1
	info | jq -e "has(\"database\") == false and has(\"findings\") == false"
'

t 'an unreachable database is told of in the push, which is not refused' '
	postgres_stop
	sed -i /^release/d blog/Procfile
	commit blog "Nobody is there"
	push blog
	has "error[database-unreachable]" push.log
	has "Verifying deploy... done." push.log
	info | jq -e ".database.reachable == false and .engine.vendor == \"postgresql\""
'

asked() { slugbuild builds -a two --json | jq -e "[.[0].publish_timings[].step] | index(\"release probe\")"; }
two() { slugbuild releases:info --json -a two; }
app_from counter two
cp blog/.python-version two
sed -i /^release/d two/Procfile
commit two "Nobody migrates"
server_new two
slugbuild config:set SECRET_KEY=0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ -a two >/dev/null 2>&1

t 'where the build has seen that there is no database to ask, nothing is started for it' '
	push two
	two | jq -e ".engine == {vendor: \"sqlite\", file: \"db.sqlite3\"} and has(\"database\") == false"
	fails asked
	wait_for 60 grep -rq "\"confirmed\"" "$root/store/traces"
	commit two "The same"
	push two
	two | jq -e ".engine.file == \"db.sqlite3\""
	fails asked
'

t 'a file of SQLite that is there, and a database that a config var names, are asked' '
	echo "release: python manage.py migrate --noinput" >>two/Procfile
	commit two "Migrate"
	push two
	asked
	two | jq -e ".database.vendor == \"sqlite\" and .database.pending == []"
	sed -i /^release/d two/Procfile
	commit two "No file"
	slugbuild config:set OTHER_URL=postgres://a:b@127.0.0.1:1/c -a two
	push two
	asked
'

done_testing
