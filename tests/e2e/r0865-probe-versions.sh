#!/bin/sh
# The probe's script by every Python and Django that there is an interpreter for: the same app, the same
# findings. No push here: only what the script says.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
[ -n "$SB_INDEX" ] || skip_all 'no package index can be reached (tests/e2e/run --real probes it)'

mkdir -p app/site1 app/orders/migrations app/orders/templates
touch app/site1/__init__.py app/orders/__init__.py app/orders/migrations/__init__.py
echo 'import os; os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")' >app/manage.py
echo 'urlpatterns = []' >app/site1/urls.py
cat >app/site1/wsgi.py <<-'END'
	import os
	from django.core.wsgi import get_wsgi_application
	os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
	application = get_wsgi_application()
END
cat >app/site1/settings.py <<-'END'
	import os
	import django
	print("garbage")
	BASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
	SECRET_KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	DEBUG = False
	ALLOWED_HOSTS = ["www.example.com"]
	ROOT_URLCONF = "site1.urls"
	INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.staticfiles", "orders"]
	MIDDLEWARE = MIDDLEWARE_CLASSES = []
	DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(BASE_DIR, "db.sqlite3")}}
	TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
	STATIC_URL = "/static/"
	STATIC_ROOT = os.path.join(BASE_DIR, "staticfiles")
	manifest = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
	if django.VERSION < (4, 2):
	    STATICFILES_STORAGE = manifest
	else:
	    STORAGES = {"staticfiles": {"BACKEND": manifest}}
	if os.environ.get("HSTS"):
	    INSTALLED_APPS.append("django.contrib.sessions")
	    MIDDLEWARE += ["django.middleware.security.SecurityMiddleware",
	                   "django.contrib.sessions.middleware.SessionMiddleware",
	                   "django.middleware.csrf.CsrfViewMiddleware",
	                   "django.middleware.clickjacking.XFrameOptionsMiddleware"]
	    SECRET_KEY, SECRET_KEY_FALLBACKS = "short", ["short too"]
	    SECURE_HSTS_SECONDS = int(os.environ["HSTS"])
	    SECURE_CONTENT_TYPE_NOSNIFF = SESSION_COOKIE_HTTPONLY = False
	    SECURE_REFERRER_POLICY = None
	    X_FRAME_OPTIONS = "SAMEORIGIN"
	    DEBUG, ALLOWED_HOSTS = True, []
END
cat >app/orders/models.py <<-'END'
	from django.db import models


	class Order(models.Model):
	    paid = models.BooleanField(default=False)
END
cat >app/orders/migrations/0001_initial.py <<-'END'
	from django.db import migrations, models


	class Migration(migrations.Migration):
	    dependencies = []
	    operations = [migrations.CreateModel("Order", [
	        ("id", models.AutoField(verbose_name="ID", serialize=False, auto_created=True, primary_key=True)),
	        ("old", models.BooleanField(default=False)), ("who", models.IntegerField(null=True))])]
END
cat >app/orders/migrations/0002_more.py <<-'END'
	from django.db import migrations, models


	class Migration(migrations.Migration):
	    dependencies = [("orders", "0001_initial")]
	    operations = [
	        migrations.RemoveField("order", "old"),
	        migrations.RenameField("order", "who", "whom"),
	        migrations.AlterField("order", "whom", models.IntegerField()),
	        migrations.AddField("order", "fine", models.IntegerField(null=True)),
	    ]
END
printf '{%% load static %%}\n{%% static "logo.png" %%}\n' >app/orders/templates/page.html
cat >question.json <<-END
	{"step": "build", "manage": "manage.py", "processes": {"web": "gunicorn site1.wsgi"}, "root": "$WORK/app",
	 "old": ["orders/migrations/0001_initial.py"], "said": [], "app": "shop", "token": "T0KEN"}
END
cat >wanted <<-'END'
	deploy-security site1/settings.py 0
	migration-destructive orders/migrations/0002_more.py 7
	migration-destructive orders/migrations/0002_more.py 8
	migration-destructive orders/migrations/0002_more.py 9
	migrations-missing orders/models.py 0
	static-entry-missing orders/templates/page.html 2
END

found=0
for pair in 2.7:1.11.29 3.6:2.2.28 3.7:3.2.25 3.8:4.2.20 3.10:5.2.1 3.12:6.0; do
	python=
	for dir in $(echo "$SB_PYTHONS" | tr : ' ') /usr/bin /usr/local/bin; do
		[ -n "$python" ] || [ ! -x "$dir/python${pair%:*}" ] || python=$dir/python${pair%:*}
	done
	if [ -z "$python" ]; then
		skip "Django ${pair#*:}" "no Python ${pair%:*} on this machine"
		continue
	fi
	found=$((found + 1))
	t "Python ${pair%:*}, Django ${pair#*:}" '
		"$python" -m pip install -q --disable-pip-version-check --target "lib-${pair%:*}" "django==${pair#*:}" 2>pip.log || { cat pip.log; false; }
		cd app
		PYTHONPATH="$WORK/lib-${pair%:*}" "$python" -B "$top/templates/probes/django_probe.py" ../question.json >../out 2>../err || { cat ../err; false; }
		cd ..
		grep "^{" out | tail -n 1 >answer.json
		jq -e ".token == \"T0KEN\" and .failed == null and .notes == []" answer.json || { cat answer.json; false; }
		jq -r ".findings[] | \"\(.rule) \(.path) \(.line)\"" answer.json | sort -u | cmp - wanted || { cat answer.json; false; }
		jq -e "all(.findings[]; .rule != \"deploy-security\" or (.fix | length > 0))" answer.json
		test ! -e app/db.sqlite3
	'
done
t 'every warning of check --deploy that Django 5.2 has, each with its cure and in words of ours' '
	for dir in $(echo "$SB_PYTHONS" | tr : " ") /usr/bin; do
		[ ! -x "$dir/python3.10" ] || python=$dir/python3.10
	done
	cd app
	: >../all
	for seconds in 0 60; do
		HSTS=$seconds PYTHONPATH="$WORK/lib-3.10" "$python" -B "$top/templates/probes/django_probe.py" ../question.json 2>../err >../out
		grep "^{" ../out | jq -e "all(.findings[] | select(.rule == \"deploy-security\"); .fix | length > 0)"
		grep "^{" ../out | jq -r ".findings[] | select(.rule == \"deploy-security\").text" >>../all
	done
	cd ..
	sed "s/.*security.\(W[0-9]*\).*/\1/" all | sort -u | tr "\n" " " >numbers
	[ "$(cat numbers)" = "W004 W005 W006 W008 W009 W012 W015 W016 W018 W019 W020 W021 W022 W025 " ] || { cat numbers; false; }
	hasnt "You have not set" all
	hasnt "Your " all
'
[ $found -gt 0 ] || fail 'no interpreter at all'

done_testing
