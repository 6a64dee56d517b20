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
postgres_stop

done_testing
