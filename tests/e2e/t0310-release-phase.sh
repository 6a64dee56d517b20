#!/bin/sh
. "$(dirname "$0")/lib.sh"

app_new blog
server_new blog
mark=$WORK/state/mark
printf 'web: gunicorn hello.wsgi\nrelease: sh release.sh\n' >blog/Procfile
cat >blog/release.sh <<'END'
echo "releasing with $GREETED"
echo "cwd $(pwd)"
exit "${PHASE:-0}"
END
commit blog "A release phase"

t 'the release phase runs once, before the switch, with the config vars; its output is kept' '
	slugbuild config:set -a blog GREETED=phase
	push blog
	has "releasing with phase" push.log
	test "$(grep -c "releasing with" push.log)" = 1
	release_of blog >first
	slugbuild releases:output "$(cat first)" -a blog >output.txt
	has "releasing with phase" output.txt
'

t 'scenario 36: its failure leaves the former release current, keeps the ref, says so and how to go on, and is recorded' '
	echo "exit 3" >blog/release.sh
	commit blog "The migration fails"
	push blog || true
	test "$(release_of blog)" = "$(cat first)"
	has "releases:retry" push.log
	hasnt "Verifying deploy... done" push.log
	test "$(tip_of blog)" = "$(git -C blog rev-parse main)"
	slugbuild releases -a blog >releases.txt
	grep -i failed releases.txt
	has "stays current" push.log
	v=$(slugbuild releases -a blog --json | jq "map(.number) | max")
	test "$(slugbuild releases:info v$v -a blog --json | jq -r .state)" = failed
'

t 'releases:wait says that this commit is not current' '
	fails timeout 20 slugbuild releases:wait "$(git -C blog rev-parse main)" -a blog
'

t 'releases:retry runs it again, and it goes through when its cause is gone' '
	echo "test -n \"\$FIXED\"" >blog/release.sh
	commit blog "Wants FIXED"
	push blog || true
	test "$(release_of blog)" = "$(cat first)"
	exits 3 slugbuild releases:retry -a blog
	slugbuild config:set -a blog FIXED=1 >set.log 2>&1 || { cat set.log; }
	slugbuild deploy -a blog >deploy.log 2>&1 || { cat deploy.log; false; }
	test "$(jq -r .commit "$(manifest_of blog)")" = "$(git -C blog rev-parse main)"
	slugbuild releases:wait "$(git -C blog rev-parse main)" -a blog
'

t 'a phase that never ends is ended by its limit' '
	echo "sleep 600" >blog/release.sh
	commit blog "Sleeps"
	release_of blog >before
	settings releaseTimeout 3
	start=$(date +%s)
	push blog || true
	test $(($(date +%s) - start)) -lt 60
	test "$(release_of blog)" = "$(cat before)"
	grep -Ei "3 s|limit|time" push.log
	git config --global --unset slugbuild.releaseTimeout
'

done_testing
