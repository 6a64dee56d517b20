#!/bin/sh
# The probe stage with a real Django: what only a running one can tell.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
newest_python

app_from counter blog
"$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' >blog/.python-version
commit blog "The newest Python"
server_new blog
slugbuild config:set SECRET_KEY=0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ -a blog >/dev/null 2>&1

t 'check --deploy: each warning with its cure, and the push goes on' '
	push blog
	has "warning[deploy-security]: project/settings.py:" push.log
	has "SECURE_SSL_REDIRECT = True" push.log
	hasnt "security.W009" push.log
	hasnt "error[" push.log
	git -C blog branch good
'

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
	has "error[wsgi-import]" push.log
	git config --global --unset slugbuild.probe
'

done_testing
