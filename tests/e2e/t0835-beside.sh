# The check of the app and collectstatic run side by side: what is shown, and what ends, does not hang
# on which of them is faster.
# shellcheck shell=sh disable=SC2016
. "$(dirname "$0")/lib.sh"

app_new blog
cat >>blog/hello/settings.py <<-'END'
	import sys
	import time
	exec(os.environ.get("CHECKED" if sys.argv[1:2] == ["check"] else "COLLECTED", ""))
END
commit blog "Do as the config vars say"
server_new blog
# Who is at it does not say so in a pushed file: the check's config var is not collectstatic's.
does()
{
	slugbuild config:set STAND_IN_VERSION=4.2.0 CHECKED="$1" COLLECTED="$2" -a blog >/dev/null 2>&1
	git -C blog commit -q --allow-empty -m more
}
line() { grep -nF -e "$1" push.log | head -n 1 | cut -d: -f1; }
checking()
{
	for pid in $(pgrep -f django_probe.py); do
		if grep -qsF "$(basename "$WORK")" "/proc/$pid/mountinfo"; then echo "$pid"; fi
	done
}
both() { [ -n "$(checking)" ] && [ -n "$(collecting)" ]; }
none() { [ -z "$(checking)$(collecting)" ]; }
timing() { slugbuild builds -a blog --json | jq ".[0].timings[] | select(.step == \"$1\") | $2"; }

t 'the findings of the check come first, however long it takes; both ran at once' '
	does "time.sleep(2); sys.exit(0)" ""; push blog
	test "$(line "[probe-settings]")" -lt "$(line "manage.py collectstatic")"
	test "$(line "manage.py collectstatic")" -lt "$(line "static file")"
	tar tzf "$(slug_of blog)" | grep -x staticfiles/css/site.css
	jq -en "$(timing probe .from_ms) + $(timing probe .ms) >= $(timing collectstatic .from_ms) + $(timing collectstatic .ms)"
	jq -en "$(timing collectstatic .from_ms) < $(timing probe .from_ms) + $(timing probe .ms)"
	wait_for 10 no_leftovers_quietly blog'
t 'nor do they where collectstatic is the slower one, which is shown as it comes' '
	does "sys.exit(0)" "time.sleep(2); print(\"one line\"); time.sleep(0.1)"; push blog
	test "$(line "[probe-settings]")" -lt "$(line "manage.py collectstatic")"
	test "$(line "manage.py collectstatic")" -lt "$(line "one line")"
	test "$(line "one line")" -lt "$(line "static file")"'
t 'an error of the check refuses, and ends a collectstatic that would go on' '
	does "os.environ[\"PAYMENT_KEY\"]" "time.sleep(500)"; refused blog
	has "[probe-settings]: hello/settings.py" push.log; hasnt "manage.py collectstatic" push.log
	wait_for 10 none'
t 'a collectstatic that fails refuses, behind what the check found' '
	does "time.sleep(2); sys.exit(0)" "raise KeyError(\"OTHER_KEY\")"; refused blog
	test "$(line "[probe-settings]")" -lt "$(line "manage.py collectstatic")"
	has "OTHER_KEY" push.log; wait_for 10 none'
t 'a cancelled build ends both' '
	does "time.sleep(500)" "time.sleep(500)"
	push blog >/dev/null & pushed=$!
	wait_for 30 both; slugbuild builds:cancel -a blog; fails wait $pushed
	has "cancelled" push.log; wait_for 10 none; wait_for 10 no_leftovers_quietly blog'
t 'so does a killed hook' '
	push blog >/dev/null & pushed=$!
	wait_for 30 both; sleep 0.5; kill -9 "$(slugbuild builds -a blog --json | jq ".[0].pid")"
	fails wait $pushed; wait_for 10 none'
done_testing
