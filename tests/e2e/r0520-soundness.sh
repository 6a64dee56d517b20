#!/bin/sh
# Random edits of real sites: what is remembered has to be what a build that remembers nothing
# makes. SB_EDITS edits (12), a third each of: a Django project, one with WhiteNoise and brotli,
# what `wagtail start` makes. For small collectors and many more edits: make soundness.
# shellcheck shell=sh disable=SC2016
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
newest_python
bwrap --unshare-all --ro-bind / / true 2>/dev/null || skip_all 'bubblewrap does not work here'
settings probe off
edits=${SB_EDITS:-12}

cat >edit.py <<'END'
import os, random, sys

seed, site = int(sys.argv[1]), sys.argv[2]
dice = random.Random(seed)
os.chdir(site)
files = [os.path.join(d, f) for d, ds, fs in os.walk(".") if ".git" not in d.split("/") for f in fs]
keep = {"./requirements.txt", "./Procfile", "./.python-version", "./manage.py"}
files = sorted(f for f in files if f not in keep)
static = [f for f in files if "/static/" in f]


def add(path, text, mode="w"):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, mode) as f:
        f.write(text)


def comment(path):
    add(path, {"py": "\n# %d\n", "css": "\n/* %d */\n", "js": "\n// %d\n", "html": "\n<!-- %d -->\n"}.get(
        path.rsplit(".", 1)[-1], "\n%d\n") % seed, "a")


app = "one"
what = dice.choice(["py", "py", "py", "html", "html", "css", "css", "add", "addpy", "drop", "rename", "link",
                    "mode", "settings", "doc", "doc", "copy", "absent"])
if what in ("py", "html", "css"):
    some = [f for f in files if f.endswith("." + what) and not os.path.islink(f)]
    if some:
        comment(dice.choice(some))
elif what == "add":
    add("./%s/static/%s/n%d.css" % (app, app, dice.randrange(9)), "b { width: %dpx }\n" % seed)
elif what == "addpy":
    add("./%s/module%d.py" % (app, dice.randrange(9)), "value = %d\n" % seed)
elif what == "drop" and len(static) > 3:
    os.unlink(dice.choice([f for f in static if "/n" in f or f == static[0]] or static[:1]))
elif what == "rename" and static:
    f = dice.choice(static)
    os.rename(f, "%s/r%d.css" % (os.path.dirname(f), dice.randrange(9)))
elif what == "link":
    path = "./%s/static/%s/l%d.css" % (app, app, dice.randrange(4))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        os.unlink(path)
    real = [os.path.basename(f) for f in static if os.path.dirname(f) == os.path.dirname(path) and not os.path.islink(f)]
    if real:
        os.symlink(dice.choice(real), path)
elif what == "mode" and files:
    f = dice.choice(files)
    if not os.path.islink(f):
        os.chmod(f, os.stat(f).st_mode ^ 0o111)
elif what == "settings":
    comment(dice.choice([f for f in files if "settings" in f and f.endswith(".py")]))
elif what == "doc":
    add("./doc/d%d.txt" % dice.randrange(9), "%d\n" % seed)
elif what == "copy" and static:
    f = dice.choice(static)
    if not os.path.islink(f):
        add("./%s/static/%s/c%d.css" % (app, app, dice.randrange(5)), open(f, errors="replace").read())
elif what == "absent":
    add("./%s/%s/x.txt" % (app, dice.choice(["static/new", "templates/%s" % app, "locale", "management"])), "x\n")
print(what)
END

new_site()
{
	"$python" -m venv "venv.$1"
	"venv.$1/bin/pip" -q install $2
	mkdir "$1"
}
finish_site()
{
	"venv.$1/bin/pip" freeze >"$1/requirements.txt"
	echo 'web: gunicorn mysite.wsgi' >"$1/Procfile"
	"$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' >"$1/.python-version"
	mkdir -p "$1/one/static/one" "$1/one/templates/one"
	: >"$1/one/__init__.py"
	echo 'p { color: red }' >"$1/one/static/one/a.css"
	echo '.b { background: url(a.css) }' >"$1/one/static/one/b.css"
	echo '<p>one</p>' >"$1/one/templates/one/page.html"
	git init -q "$1"
	commit "$1" site
}
django_site()
{
	new_site "$1" "gunicorn $2"
	"venv.$1/bin/django-admin" startproject mysite "$1"
	sed -i 's/^SECRET_KEY = .*/import os; SECRET_KEY = os.environ.get("SECRET_KEY", "x")/' \
		"$1/mysite/settings.py"
	cat >>"$1/mysite/settings.py" <<-END
		STATIC_ROOT = BASE_DIR / "staticfiles"
		INSTALLED_APPS.append("one")
		STORAGES = {"staticfiles": {"BACKEND": "$3"}}
	END
	finish_site "$1"
}
wagtail_site()
{
	new_site "$1" "gunicorn $2"
	"venv.$1/bin/wagtail" start mysite "$1" >/dev/null
	sed -i 's/^SECRET_KEY = .*/import os; SECRET_KEY = os.environ.get("SECRET_KEY", "x")/' \
		"$1"/mysite/settings/*.py
	cat >>"$1/mysite/settings/base.py" <<-END
		INSTALLED_APPS.append("one")
		STORAGES["staticfiles"]["BACKEND"] = "$3"
	END
	finish_site "$1"
}

# build SITE FILE: SITE as it is.
build() { slugbuild build "$1" -a "$1" -o "$2" >"$2.log" 2>&1; }

# try SITE N: N edits, each with and without memory.
try()
{
	done=0 reused=0
	build "$1" first.tar.gz || { cat first.tar.gz.log; fail "$1 cannot be built"; }
	while [ $done -lt "$2" ]; do
		seed=$((SB_SEED * 1000 + done)) done=$((done + 1))
		/usr/bin/python3 edit.py $seed "$1" >what
		commit "$1"
		settings remember true
		code=0 plain=0
		build "$1" now.tar.gz || code=1
		if grep -q 'nothing it read has changed' now.tar.gz.log; then
			reused=$((reused + 1))
		elif [ $code = 0 ]; then
			build "$1" again.tar.gz # the second run
		fi
		settings remember false
		build "$1" plain.tar.gz || plain=1
		if [ $code != $plain ] || { [ $code = 0 ] && ! cmp now.tar.gz plain.tar.gz; }; then
			git -C "$1" show --stat
			tail -n 5 now.tar.gz.log plain.tar.gz.log
			fail "$1, edit $done: $(cat what), seed $seed"
		fi
		# What breaks the site would break it for good.
		[ $code = 0 ] || git -C "$1" reset -q --hard HEAD~1
		echo "$1: $done edits, $reused reused, $(cat what)" >>"$WORK/progress"
	done
	echo "# $1: $done edits, $reused of them reused what was remembered" >>"$WORK/counts"
	[ $reused -gt 0 ] || [ "$2" -lt 10 ] || fail 'nothing was ever reused'
}

third=$((edits / 3))
t 'a Django project' 'django_site plain django \
	django.contrib.staticfiles.storage.ManifestStaticFilesStorage; try plain $third'
t 'one with WhiteNoise and brotli' 'django_site white "django whitenoise brotli" \
	whitenoise.storage.CompressedManifestStaticFilesStorage; try white $third'
t 'what wagtail start makes' 'wagtail_site wag "wagtail whitenoise" \
	whitenoise.storage.CompressedManifestStaticFilesStorage; try wag $third'
cat counts 2>/dev/null
done_testing
