# Sourced by every test. A test is: t 'what must hold' 'shell that exits 0'; the shell runs
# under set -e in a subshell: hand results on by files. Everything happens in $WORK, under an
# empty environment, with a state root and a home of its own; what a failed test leaves is kept.
# shellcheck shell=sh

top=$(cd "$(dirname "$0")/../.." && pwd)
if [ -z "${SB_CLEAN:-}" ]; then
	# shellcheck disable=SC2086
	exec env -i SB_CLEAN=1 ${GIT_DEFAULT_HASH:+GIT_DEFAULT_HASH="$GIT_DEFAULT_HASH"} BIN="${BIN:-$top/build/release/bin}" SB_BASE="${SB_BASE:-}" \
		SB_PYTHONS="${SB_PYTHONS:-}" SB_SMALL="${SB_SMALL:-}" SB_FOREIGN="${SB_FOREIGN:-}" \
		SB_INDEX="${SB_INDEX:-}" SB_EDITS="${SB_EDITS:-}" SB_EVERY="${SB_EVERY:-}" SB_SEED="${SB_SEED:-$$}" PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
		ASAN_OPTIONS="detect_leaks=1:abort_on_error=0" \
		LSAN_OPTIONS="suppressions=$top/tests/lint/lsan.supp:print_suppressions=0" LC_ALL=C TZ=UTC sh "$0" "$@"
fi
set -u
name=$(basename "$0" .sh)
WORK=$(mktemp -d "${SB_BASE:-/tmp}/work.$name.XXXX")
export WORK BIN HOME="$WORK/home" PATH="$BIN:$PATH" GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0
export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.com
export GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.com
root=$WORK/state
wheels=${SB_BASE:+$SB_BASE/wheels}
tests=0
failed=0
umask 022
mkdir "$HOME" && cd "$WORK" || exit 1
exec </dev/null # whatever the starter's standard input is, no test's result hangs on it

# Every process that was started below $WORK, by what it was called with, its environment or where it
# stands: of what goes on behind a push nothing else tells.
ours()
{
	for proc in /proc/[0-9]*; do
		pid=${proc#/proc/}
		[ "$pid" != $$ ] || continue
		if cat "$proc/cmdline" "$proc/environ" 2>/dev/null | tr '\0' '\n' | grep -qF "$WORK" ||
			case $(readlink "$proc/cwd" 2>/dev/null) in "$WORK"*) true ;; *) false ;; esac; then
			echo "$pid"
		fi
	done
}

# The collectstatic processes of our builds: in a box their mounts tell whose they are.
collecting()
{
	for pid in $(pgrep -f "manage.py collectstatic"); do
		if grep -qsF "$(basename "$WORK")" "/proc/$pid/mountinfo"; then echo "$pid"; fi
	done
}
idle() { [ -z "$(collecting)" ]; }
# A push is at it: not the run behind the push before.
building()
{
	for one in $(collecting); do # not the run behind the push before
		if ! grep -qsF /second/ "/proc/$one/mountinfo"; then return 0; fi
	done
	return 1
}

end_all()
{
	for round in 1 2 3; do
		pids=$(ours) 2>/dev/null
		[ -n "$pids" ] || return 0
		# shellcheck disable=SC2086
		kill "-$([ $round = 1 ] && echo TERM || echo KILL)" $pids 2>/dev/null
		sleep 0.2
	done
}

# shellcheck disable=SC2329
leave()
{
	status=$?
	trap - EXIT
	cd /
	end_all
	if [ $failed = 0 ] && [ $status = 0 ]; then
		chmod -R u+w "$WORK" 2>/dev/null
		rm -rf "$WORK"
	else
		echo "# kept: $WORK" >&2
	fi
	exit $status
}
trap leave EXIT
trap 'exit 1' HUP INT TERM

t()
{
	tests=$((tests + 1))
	(set -e; cd "$WORK"; eval "$2") >"$WORK/log" 2>&1
	# shellcheck disable=SC2181
	if [ $? = 0 ]; then
		echo "ok $tests - $1"
	else
		failed=$((failed + 1))
		echo "not ok $tests - $1"
		{
			echo "# $name: not ok $tests - $1"
			tail -n 60 "$WORK/log" | sed 's/^/# /'
		} >&2
		cp "$WORK/log" "$WORK/failed.$tests"
	fi
}

# t, or a skip with the reason where `needs PROGRAM…` is not met.
skip()
{
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

# What is missing of these programs, as a reason, or nothing.
lacks()
{
	for program in "$@"; do
		command -v "$program" >/dev/null || { echo "no $program on this machine"; return; }
	done
}

done_testing()
{
	echo "1..$tests"
	exit $((failed > 0))
}

# Inside tests -------------------------------------------------------------------------------

fail()
{
	echo "FAILED: $*"
	exit 1
}

# The command must fail (a plain "!" does not end a shell under set -e).
fails()
{
	if "$@"; then fail "this should have failed: $*"; fi
}

# exits STATUS CMD…
exits()
{
	wanted=$1
	shift
	got=0
	"$@" || got=$?
	[ "$got" = "$wanted" ] || fail "exit status $got, not $wanted: $*"
}

# has TEXT FILE: the text stands in it. lacks_text: it does not.
has()
{
	grep -qF -e "$1" "$2" || { cat "$2"; fail "no \"$1\" in $2"; }
}

hasnt()
{
	if grep -nF -e "$1" "$2"; then fail "\"$1\" in $2"; fi
}

# wait_for SECONDS CMD…: until it succeeds.
wait_for()
{
	tries=$(($1 * 5))
	shift
	while [ $tries -gt 0 ]; do
		if "$@" >/dev/null 2>&1; then return 0; fi
		tries=$((tries - 1))
		sleep 0.2
	done
	fail "still not, after waiting: $*"
}

get()
{
	curl -fsS -m 10 --retry 20 --retry-connrefused --retry-delay 1 --retry-max-time 20 -o - "$@"
}

# A server: settings, wheels ---------------------------------------------------------------------

settings()
{
	while [ $# -gt 0 ]; do
		git config --global "slugbuild.$1" "$2"
		shift 2
	done
}

number=$(echo "$name" | tr -dc 0-9 | sed 's/^0*//')
# 5xx: ports of an app that nobody else's test is given.
low_port=$((20000 + (${number:-0} * 7 + SB_SEED) % 498 * 20))
git config --global init.defaultBranch main
git config --global advice.detachedHead false
git config --global protocol.file.allow always
settings root "$root" runner none ports "$low_port-$((low_port + 19))"
[ -z "$SB_PYTHONS" ] || [ "${name#r}" = "$name" ] || settings pythonPath "$SB_PYTHONS"
if [ -z "$wheels" ]; then
	wheels=$WORK/wheels
	python3 "$top/tests/wheels/make" "$wheels" || exit 1
fi

# commit DIR [MESSAGE]: all that is in it.
commit()
{
	git -C "$1" add -A -f
	git -C "$1" commit -q --allow-empty -m "${2:-change}"
}

# A small app of the stand-in Django, as a repository in ./APP with a remote "production".
app_new()
{
	mkdir -p "$1/hello" "$1/static/css" "$1/wheels"
	cp "$wheels"/django-* "$wheels"/gunicorn-* "$1/wheels/"
	cat >"$1/requirements.txt" <<-END
		--no-index
		--find-links wheels
		django==0.1
		gunicorn==0.1
	END
	echo 'web: gunicorn hello.wsgi' >"$1/Procfile"
	/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' >"$1/.python-version"
	cat >"$1/manage.py" <<-'END'
		#!/usr/bin/env python
		import os
		import sys

		if __name__ == "__main__":
		    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hello.settings")
		    from django.core.management import execute_from_command_line
		    execute_from_command_line(sys.argv)
	END
	chmod 755 "$1/manage.py"
	: >"$1/hello/__init__.py"
	cat >"$1/hello/settings.py" <<-'END'
		import os

		BASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
		SECRET_KEY = os.environ.get("SECRET_KEY", "for tests")
		DEBUG = False
		ALLOWED_HOSTS = ["*"]
		INSTALLED_APPS = ["django.contrib.staticfiles", "hello"]
		STATIC_URL = "/static/"
		STATIC_ROOT = os.path.join(BASE_DIR, "staticfiles")
		STATICFILES_DIRS = [os.path.join(BASE_DIR, "static")]
		ROOT_VIEW = "hello.views.page"
	END
	cat >"$1/hello/wsgi.py" <<-'END'
		import os

		from django.core.wsgi import get_wsgi_application

		os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hello.settings")
		application = get_wsgi_application()
	END
	cat >"$1/hello/views.py" <<-'END'
		import os


		def page(environ):
		    return "Hello, %s\n" % os.environ.get("GREETED", "world")
	END
	echo 'body { color: green }' >"$1/static/css/site.css"
	git init -q "$1"
	commit "$1" "Say hello"
	git -C "$1" remote add production "$root/repos/$1.git"
}

# own_index APP: its packages come from ./index by HTTP, which is no part of the tree: the layer does
# not hang on the app's own files. The port is the last of ours. The change is not committed.
own_index()
{
	rm -r "$1/wheels"
	cp -R "$wheels" index
	port=$((low_port + 19))
	/usr/bin/python3 -m http.server --bind 127.0.0.1 -d index $port >index.log 2>&1 &
	wait_for 10 curl -fs "http://127.0.0.1:$port/"
	sed -i "s|--find-links.*|--find-links http://127.0.0.1:$port/|" "$1/requirements.txt"
}

# server_new APP [OPTION…]: what `slugbuild create` makes.
server_new()
{
	slugbuild create "$@" >create.log 2>&1 || { cat create.log; fail "slugbuild create $*"; }
}

# push APP [GIT-PUSH-ARGUMENTS]: production main when nothing else is said; all output in push.log.
push()
{
	pushed=$1
	shift
	[ $# -gt 0 ] || set -- production main
	code=0
	git -C "$pushed" push "$@" >"$WORK/push.log" 2>&1 || code=$?
	sed 's/^/    /' "$WORK/push.log"
	return $code
}

repo_of() { echo "$root/repos/$1.git"; }
release_of() { basename "$(readlink "$root/apps/$1/current")"; }
tip_of() { git -C "$(repo_of "$1")" rev-parse -q --verify "${2:-refs/heads/main}"; }
manifest_of() { echo "$root/apps/$1/releases/${2:-$(release_of "$1")}/manifest.json"; }
slug_of() { jq -r .slug.path "$(manifest_of "$@")"; }
url_of() { jq -r '"http://127.0.0.1:\(.port)"' "$(manifest_of "$1")"; }

# What must not change when a push is refused.
standing()
{
	git -C "$(repo_of "$1")" for-each-ref
	readlink "$root/apps/$1/current"
	ls "$root/apps/$1/releases"
}

# Nothing is left behind of a build; after one that succeeded it is its watcher that sweeps.
no_leftovers()
{
	left=$(find "$root/store/tmp" "$root/apps/$1/staged" "$root/apps/$1/work" \
		-mindepth 1 -print 2>/dev/null | head -n 5)
	[ -z "$left" ] || fail "left behind: $left"
}

# refused APP [GIT-PUSH-ARGUMENTS]: the push fails, the ref and the releases stay, nothing is left.
refused()
{
	standing "$1" >standing.before
	fails push "$@"
	standing "$1" >standing.after
	cmp standing.before standing.after || fail 'the refused push changed something'
	wait_for 10 no_leftovers_quietly "$1"
}
no_leftovers_quietly() { (no_leftovers "$1"); }

# The supervisor of the embedded runner, as the machine's owner would start it at boot.
runit_start()
{
	setsid "$top/templates/runners/runit/tree" "$root" </dev/null >"$WORK/runit.log" 2>&1 &
	wait_for 10 test -d "$root/runit"
}

runit_stop()
{
	"$top/templates/runners/runit/tree" --stop "$root"
}
