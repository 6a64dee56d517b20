#!/bin/sh
# WhiteNoise itself, an old one and the newest, with brotli: one file changed, the others are not
# compressed again, and the slug is the same as when they are.
# shellcheck shell=sh disable=SC2016
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
newest_python
bwrap --unshare-all --ro-bind / / true 2>/dev/null || skip_all 'bubblewrap does not work here'
settings probe off

# site NAME WHITENOISE: a Django project with text worth compressing.
site()
{
	"$python" -m venv "venv.$1"
	"venv.$1/bin/pip" -q install django brotli gunicorn "$2"
	mkdir "$1"
	"venv.$1/bin/django-admin" startproject mysite "$1"
	sed -i 's/^SECRET_KEY = .*/import os; SECRET_KEY = os.environ.get("SECRET_KEY", "x")/' "$1/mysite/settings.py"
	cat >>"$1/mysite/settings.py" <<-END
		STATIC_ROOT = BASE_DIR / "staticfiles"
		STATICFILES_DIRS = [BASE_DIR / "static"]
		STORAGES = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
	END
	mkdir "$1/static"
	for i in 1 2 3 4 5 6; do
		seq $((i * 1000)) $((i * 1000 + 60000)) >"$1/static/n$i.txt"
	done
	"venv.$1/bin/pip" freeze >"$1/requirements.txt"
	echo 'web: gunicorn mysite.wsgi' >"$1/Procfile"
	"$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' >"$1/.python-version"
	git init -q "$1"
	commit "$1" site
}

# build SITE FILE [OPTION…]
build()
{
	built=$1 file=$2
	shift 2
	slugbuild build "$built" -a "$built" -o "$file" --timings "$@" >"$file.log" 2>&1 ||
		{ cat "$file.log"; return 1; }
}
took() { sed -n 's/^collectstatic  *from  *[0-9.]* ms  *\([0-9]*\).*/\1/p' "$1.log"; }

for one in new:whitenoise old:whitenoise==6.2.0; do
	name=${one%%:*}
	t "${one#*:}: one changed file does not compress the rest again" "
		site $name '${one#*:}'
		build $name all.tar.gz
		test \$(find \"\$root/store/compressed/$name\" -type f | wc -l) -gt 100
		echo more >>$name/static/n1.txt
		commit $name
		build $name one.tar.gz
		settings remember false
		build $name plain.tar.gz
		settings remember true
		cmp one.tar.gz plain.tar.gz
		tar tzf one.tar.gz | grep -c '[.]br\$' >count
		test \$(cat count) -gt 50
		echo '# ${one#*:}: collectstatic' \$(took one.tar.gz) 'ms, without' \$(took plain.tar.gz) 'ms' >>\"\$WORK/counts\"
		test \$((\$(took one.tar.gz) * 3)) -lt \$((\$(took plain.tar.gz) * 2))"
done
cat counts 2>/dev/null
done_testing
