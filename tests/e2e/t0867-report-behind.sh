# slugbuild.probe = after: the report on a release is made behind the push that made it.
# shellcheck shell=sh disable=SC2016
. "$(dirname "$0")/lib.sh"

app_new blog
# Imported for the probe alone, which no runner here stands beside: it waits until it is told to go on.
cat >>blog/hello/settings.py <<-'END'
	import time
	while os.environ.get("WAITS") and not os.path.exists("go"):
	    time.sleep(0.05)
	exec(os.environ.get("ENDS", ""))
END
echo 'import no_such_module' >>blog/hello/wsgi.py
commit blog "Wait where the config var says so"
server_new blog
settings probe after
slugbuild config:set STAND_IN_VERSION=4.2.0 DISABLE_COLLECTSTATIC=1 WAITS=1 -a blog >/dev/null 2>&1

fact() { slugbuild releases:info "$1" --json -a blog | jq -r "$2"; }
says() { [ "$(fact "$1" .report)" = "$2" ]; }
folder() { echo "$root/apps/blog/releases/$(release_of blog)/app"; }
build_of() { fact "$1" .build; }
logged() { slugbuild builds:output "$1" -a blog >said; grep -qF "$2" said; }
# At work in its box, not just on its way there: bubblewrap is late to tie its box to its parent's life.
probing()
{
	for pid in $(pgrep -f django_probe.py); do
		if grep -qsF "$(basename "$WORK")" "/proc/$pid/mountinfo" && grep -qs ^python "/proc/$pid/comm"; then
			echo "$pid"
		fi
	done
}
busy() { [ -n "$(probing)" ]; }
no_probe() { [ -z "$(probing)" ]; }
edit() { git -C blog commit -q --allow-empty -m more; }
# Who makes the report on a release.
maker()
{
	for fd in /proc/[0-9]*/fd/*; do
		[ "$(readlink "$fd" 2>/dev/null)" != "$root/apps/blog/releases/$1/report" ] || echo "$fd" | cut -d/ -f3
	done | sort -u
}

t 'a push does not wait for settings that wait, and says where the report will be' '
	push blog; v=$(release_of blog); says "$v" running
	has "-----> Checked behind the push: slugbuild releases:info $v -a blog" push.log
	has "Verifying deploy... done." push.log; hasnt "wsgi-import" push.log; fact "$v" .state | grep -x current
	slugbuild releases:info -a blog | grep "^report *running"'
t 'the report arrives: in the record and in the log of the build' '
	v=$(release_of blog); : >"$(folder)/go"; wait_for 30 says "$v" made
	fact "$v" ".findings | length" | grep -vx 0; fact "$v" .state | grep -x current
	logged "$(build_of "$v")" "Checking $v behind the push"; logged "$(build_of "$v")" "[wsgi-import]"
	logged "$(build_of "$v")" "The report on $v is made: $(fact "$v" ".findings | length") finding"
	exits 1 slugbuild check blog -a blog --json >check.json; jq -e ".findings[] | select(.rule == \"wsgi-import\")" check.json
	slugbuild releases:info -a blog | grep "^finding *error.wsgi-import. hello/wsgi.py"; wait_for 10 no_probe'
t 'where it hangs, the next push is not held, outdates it and is reported on' '
	edit; push blog; old=$(release_of blog); wait_for 20 busy; says "$old" running
	edit; push blog; new=$(release_of blog); hasnt "Waiting for" push.log; test "$old" != "$new"
	wait_for 20 says "$old" "not made: another release took its place"; fact "$old" .state | grep -x superseded
	logged "$(build_of "$old")" "No report on $old: another release took its place."
	: >"$(folder)/go"; wait_for 30 says "$new" made; fact "$new" .state | grep -x current; wait_for 10 no_probe'
t 'so it is where the former release is removed at once' '
	settings keepReleases 1; edit; push blog; old=$(release_of blog); build=$(build_of "$old"); wait_for 20 busy
	edit; push blog; new=$(release_of blog); wait_for 20 test ! -e "$root/apps/blog/releases/$old"
	wait_for 20 logged "$build" "No report on $old: another release took its place."
	slugbuild gc >/dev/null; says "$new" running; : >"$(folder)/go"; wait_for 30 says "$new" made
	git config --global --unset slugbuild.keepReleases'
t 'a machine that dies leaves a release without a report, and otherwise whole' '
	edit; push blog; v=$(release_of blog); wait_for 20 busy; kill -9 $(maker "$v"); wait_for 20 no_probe
	says "$v" "not made: its process ended"; fact "$v" .state | grep -x current
	slugbuild releases:retry -a blog >retry.log 2>&1; has "Checked behind the push" retry.log
	new=$(release_of blog); test "$new" != "$v"; : >"$(folder)/go"; wait_for 30 says "$new" made'
t 'a release that fails is asked at once: it may say why' '
	slugbuild config:set ENDS="raise KeyError(\"PROVIDER\")" -a blog >/dev/null 2>&1
	slugbuild config:unset WAITS -a blog >/dev/null 2>&1
	echo "release: false" >>blog/Procfile; commit blog; push blog
	has "[probe-settings]: hello/settings.py:" push.log; has "failed; v" push.log; hasnt "behind the push" push.log
	v=v$(slugbuild releases -a blog --json | jq -r "map(.number) | max")
	fact "$v" .state | grep -x failed; fact "$v" ".findings[0].rule" | grep -x probe-settings'
t 'probe = off asks nothing' '
	settings probe off; sed -i /^release/d blog/Procfile; commit blog; push blog
	hasnt "behind the push" push.log; fact "$(release_of blog)" "has(\"report\") or has(\"findings\")" | grep -x false'
done_testing
