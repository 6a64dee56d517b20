#!/bin/sh
# The probe's rules from their other side: an app that nearly does what each of them is about, and
# of which none may speak. All rules of the stage that the table has are held to it.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
newest_python

app_from counter blog
"$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' >blog/.python-version
commit blog "The newest Python"
server_new blog
slugbuild config:set SECRET_KEY=0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ \
	PAYMENT_KEY=sesame-open-up -a blog >/dev/null 2>&1

t 'celery -A names a package without an app' '
	echo celery >>blog/requirements.txt
	echo "worker: celery -A project worker" >>blog/Procfile
	commit blog "A worker"
	refused blog
	has "error[celery-import]" push.log
'

t 'what is nearly wrong is spoken of by no rule of the stage' '
	cd blog
	cat >project/celery.py <<-END
		from celery import Celery

		app = Celery("project")
	END
	grep -q "^release:" Procfile || echo "release: python manage.py migrate" >>Procfile
	cat >>project/settings.py <<-END

		PAYMENT_KEY = os.environ["PAYMENT_KEY"]
		MIDDLEWARE += ["django.middleware.clickjacking.XFrameOptionsMiddleware"]
		SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
		SECURE_SSL_REDIRECT = True
		SECURE_HSTS_SECONDS = 31536000
		SECURE_HSTS_INCLUDE_SUBDOMAINS = True
		SECURE_HSTS_PRELOAD = True
		SESSION_COOKIE_SECURE = True
		CSRF_COOKIE_SECURE = True
	END
	cd ..
	commit blog "All as Django would have it"
	push blog
	slugbuild explain --json | jq -r ".[] | select(.stage == \"probe\") | .id" >rules
	test "$(grep -c . rules)" -ge 8
	while read -r rule; do hasnt "[$rule]" push.log; done <rules
'

t 'new migrations that lose nothing, two of them after one, and merged' '
	model=$(sed -n "s/^class \([A-Za-z]*\)(.*/\1/p" blog/helloworld/models.py | head -n 1)
	for name in a b; do
		cat >blog/helloworld/migrations/0002_$name.py <<-END
			from django.db import migrations, models


			class Migration(migrations.Migration):
			    dependencies = [("helloworld", "0001_initial")]
			    operations = [
			        migrations.AddField("$model", "note_$name", models.CharField(max_length=9, null=True)),
			    ]
		END
		sed -i "s/^class $model.*/&\n    note_$name = models.CharField(max_length=9, null=True)/" \
			blog/helloworld/models.py
	done
	cat >blog/helloworld/migrations/0003_merge.py <<-END
		from django.db import migrations


		class Migration(migrations.Migration):
		    dependencies = [("helloworld", "0002_a"), ("helloworld", "0002_b")]
		    operations = []
	END
	commit blog "Notes"
	push blog
	while read -r rule; do hasnt "[$rule]" push.log; done <rules
'

# An alias, a type that does not fit and a name of the environment's own: each as Pydantic 2 says it.
t 'all that the real pydantic-settings misses is told in one push, and the cure for all of it' '
	echo "pydantic-settings>=2" >>blog/requirements.txt
	cp blog/project/settings.py settings.before
	cat >blog/project/typed.py <<-END
		from pydantic import Field, PostgresDsn, SecretStr
		from pydantic_settings import BaseSettings, SettingsConfigDict


		class Typed(BaseSettings):
		    model_config = SettingsConfigDict(env_prefix="SHOP_")

		    mail_host: str
		    mail_password: SecretStr
		    database: PostgresDsn = Field(validation_alias="MAIN_DATABASE")
		    workers: int = 2
	END
	printf "\nfrom project.typed import Typed\n\ntyped = Typed()\n" >>blog/project/settings.py
	slugbuild config:set SHOP_WORKERS=many-of-them -a blog >/dev/null 2>&1
	commit blog "Typed settings"
	refused blog
	cat push.log
	sed "s/^ *remote: *//; s/^ *! *//" push.log | tr -s " \n" "  " >flat.log
	has "mail_host: Field required [type=missing" flat.log
	has "mail_password: Field required [type=missing" flat.log
	has "MAIN_DATABASE: Field required [type=missing" flat.log
	has "workers: Input should be a valid integer" flat.log
	has "SHOP_MAIL_HOST=…" flat.log
	has "SHOP_MAIL_PASSWORD=…" flat.log
	has "MAIN_DATABASE=…" flat.log
	hasnt many-of-them push.log
	slugbuild config:set SHOP_WORKERS=3 SHOP_MAIL_HOST=mail SHOP_MAIL_PASSWORD=sesame-open-up \
		MAIN_DATABASE=postgres://me:sesame-open-up@localhost/x -a blog >/dev/null 2>&1
	push blog
	hasnt sesame push.log
'

done_testing
