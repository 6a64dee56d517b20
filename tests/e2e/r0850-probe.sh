#!/bin/sh
# The probe stage with a real Django: what only a running one can tell.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
newest_python

app_from counter blog
"$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' >blog/.python-version
printf 'from celery import Celery\n\napp = Celery("project")\n' >blog/project/celery.py
echo 'worker: celery -A project worker' >>blog/Procfile
echo 'celery==5.5.3' >>blog/requirements.txt
cat >>blog/project/settings.py <<-'END'
	STORAGES = {
	    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
	    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
	}
END
mkdir -p blog/helloworld/static
echo 'b { color: red }' >blog/helloworld/static/there.css
echo '{% load static %}{% static "there.css" %}{% static name %}' >blog/helloworld/templates/more.html
commit blog "The newest Python, Celery, a manifest of static files"
server_new blog
slugbuild config:set SECRET_KEY=0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ -a blog >/dev/null 2>&1

t 'check --deploy: each warning with its cure, and the push goes on' '
	push blog
	has "warning[deploy-security]: project/settings.py:" push.log
	has "SECURE_SSL_REDIRECT = True" push.log
	hasnt "security.W009" push.log
	hasnt "error[" push.log
	for rule in static-entry celery-import wsgi-import migration database- probe-; do hasnt "[$rule" push.log; done
	git -C blog branch good
'

# What was said, as one line: the pusher's terminal has it wrapped.
flat() { sed "s/^ *remote: *//; s/\x1b\[[0-9;]*m//g" push.log | tr -s " \n" "  " >flat.log; }

spoil()
{
	git -C blog checkout -q -f -B main good
	(cd blog && eval "$1")
	commit blog "$1"
}

t 'a model that no migration follows' '
	spoil "sed -i \"s/^class .*/&\n    seen = models.BooleanField(default=False)/\" helloworld/models.py"
	push blog -f production main
	has "warning[migrations-missing]: helloworld/models.py" push.log
	has "makemigrations helloworld" push.log
'

t 'a new migration that drops a column; the old ones are not spoken of' '
	spoil true
	field=$(sed -n "s/^    \([a-z_]*\) = models.*/\1/p" blog/helloworld/models.py | head -n 1)
	model=$(sed -n "s/^class \([A-Za-z]*\)(.*/\1/p" blog/helloworld/models.py | head -n 1)
	cat >blog/helloworld/migrations/0002_drop.py <<-END
		from django.db import migrations


		class Migration(migrations.Migration):
		    dependencies = [("helloworld", "0001_initial")]
		    operations = [
		        migrations.RemoveField("$model", "$field"),
		    ]
	END
	sed -i "/^    $field = /d" blog/helloworld/models.py
	commit blog "Drop it"
	push blog -f production main
	has "warning[migration-destructive]" push.log
	has "helloworld/migrations/0002_drop.py:7" push.log
	git -C blog branch dropped
	commit blog "Nothing new"
	push blog
	hasnt migration-destructive push.log
'

t 'renames, NOT NULL, SQL that drops, with their lines; what is harmless beside them is not spoken of' '
	git -C blog checkout -q -f -B main good
	cat >blog/helloworld/migrations/0002_more.py <<-END
		from django.db import migrations, models


		class Migration(migrations.Migration):
		    dependencies = [("helloworld", "0001_initial")]
		    operations = [
		        migrations.RenameField("counter", "name", "title"),
		        migrations.AddField("counter", "note", models.CharField(max_length=9, null=True)),
		        migrations.AddField("counter", "rank", models.IntegerField()),
		        migrations.AddField("counter", "size", models.IntegerField(default=0)),
		        migrations.RunSQL("DROP TABLE IF EXISTS former"),
		        migrations.RunSQL("UPDATE helloworld_counter SET value = 0"),
		        migrations.CreateModel("Fresh", [("id", models.BigAutoField(primary_key=True))]),
		        migrations.AddField("fresh", "must", models.IntegerField()),
		        migrations.AlterField("counter", "note", models.CharField(max_length=9)),
		        migrations.RenameModel("Counter", "Click"),
		    ]
	END
	commit blog "Migrate a lot"
	push blog -f production main
	flat
	grep -o "migration-destructive.: helloworld/migrations/0002_more.py:[0-9]*" flat.log | sort -u | sed "s/.*://" | tr "\n" " " >lines
	[ "$(cat lines)" = "11 15 16 7 9 " ] || { cat lines; false; }
	has "renames the column helloworld.counter.name to title" flat.log
	has "SQL that says DROP TABLE" flat.log
'

t 'a static file that a template names and nobody has, with its line' '
	spoil "printf \"{%% load static %%}\n{%% block a %%}\n{%% static \\\"logo.png\\\" %%}{%% endblock %%}\n\" >helloworld/templates/logo.html"
	push blog -f production main
	has "warning[static-entry-missing]: helloworld/templates/logo.html:3" push.log
	hasnt "there.css" push.log
'

t 'a Celery app that does not import' '
	spoil "sed -i 1iimport\ no_such_module project/celery.py"
	refused blog -f production main
	has "error[celery-import]: project/celery.py:1" push.log
'

t 'a database that is far away and connected to anew each time; in the release step: not there' '
	spoil "sed -i /^release/d Procfile; sed -i \"s|default=f.*|default=\\\"postgresql://u:p@127.0.0.1:9/none\\\"),|\" project/settings.py"
	push blog -f production main
	has "warning[database-connections]: project/settings.py" push.log
	has "error[database-unreachable]: project/settings.py" push.log
	has "config:get DATABASE_URL" push.log
	has "Verifying deploy... done." push.log
	slugbuild releases:info --json -a blog >info.json
	jq -e ".state == \"current\" and .database.reachable == false" info.json
	jq -e "[.findings[].rule] == [\"database-unreachable\"]" info.json
'

t 'two last migrations refuse the push' '
	git -C blog checkout -q -f -B main dropped
	for name in a b; do
		cat >blog/helloworld/migrations/0003_$name.py <<-END
			from django.db import migrations


			class Migration(migrations.Migration):
			    dependencies = [("helloworld", "0002_drop")]
			    operations = []
		END
	done
	commit blog "Both"
	refused blog -f production main
	has "error[migrations-conflict]" push.log
	has "makemigrations --merge helloworld" push.log
'

t 'a WSGI module that does not import, with its line' '
	spoil "echo \"import no_such_module\" >>project/wsgi.py"
	refused blog -f production main
	has "error[wsgi-import]: project/wsgi.py:" push.log
	has no_such_module push.log
'

t 'a URLconf that does not import' '
	spoil "echo \"import no_such_module\" >>helloworld/urls.py"
	refused blog -f production main
	has "error[deploy-check]: helloworld/urls.py:" push.log
'

t 'settings that do not import: the variable, its line, the cure; also with collectstatic off' '
	slugbuild config:set DISABLE_COLLECTSTATIC=1 -a blog
	spoil "printf \"def need(name):\n    return os.environ[name]\n\n\nKEY = need(\\\"PAYMENT_KEY\\\")\n\" >>project/settings.py"
	refused blog -f production main
	has "error[probe-settings]: project/settings.py" push.log
	has "config:set PAYMENT_KEY=" push.log
	slugbuild config:unset DISABLE_COLLECTSTATIC -a blog
'

t 'slugbuild.probe = off asks nothing; after refuses nothing' '
	settings probe off
	spoil "echo \"import no_such_module\" >>project/wsgi.py"
	push blog -f production main
	hasnt wsgi-import push.log
	settings probe after
	git -C blog commit -q --allow-empty -m again
	push blog
	has "-----> Checked behind the push" push.log
	hasnt "-----> Checking the app" push.log
	hasnt "wsgi-import" push.log
	has "Verifying deploy... done." push.log
	reported() { slugbuild releases:info --json -a blog | jq -e ".report == \"made\""; }
	wait_for 60 reported
	slugbuild releases:info --json -a blog | jq -e "any(.findings[]; .rule == \"wsgi-import\" and .path == \"project/wsgi.py\")"
	slugbuild builds:output "$(slugbuild builds --json -a blog | jq -r ".[0].id")" -a blog >output
	has "wsgi-import" output
	cat >blog/helloworld/migrations/0002_drop.py <<-END
		from django.db import migrations


		class Migration(migrations.Migration):
		    dependencies = [("helloworld", "0001_initial")]
		    operations = [migrations.RemoveField("counter", "value")]
	END
	commit blog "Drop it"
	push blog
	wait_for 60 reported
	slugbuild releases:info --json -a blog | jq -e "any(.findings[]; .rule == \"migration-destructive\" and
		.path == \"helloworld/migrations/0002_drop.py\")"
	git config --global --unset slugbuild.probe
'

done_testing
