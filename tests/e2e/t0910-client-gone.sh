#!/bin/sh
# The client goes away: by file, by ssh and by HTTP, at each stage, by Ctrl-C, by kill -9 and by a
# connection that breaks. Either nothing has moved and nothing runs any more within five seconds, or
# the commit is released; never a ref that moved with no release.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/transports.sh"

app_new blog
settings remember false # these builds are to be slow each time
server_new blog
ssh_start
git -C blog remote add ssh "$ssh_url$(repo_of blog)"
http_start lighttpd
git -C blog remote add lighttpd "$http_url/blog.git"
http_start apache
git -C blog remote add apache "$http_url/blog.git"
push blog >push1.log 2>&1
git -C blog branch good

# A commit whose collectstatic takes that long.
slow()
{
	git -C blog checkout -q -f -B main good
	cat >>blog/hello/settings.py <<-END
		import sys, time
		if "collectstatic" in sys.argv:
		    print("collecting slowly")
		    sys.stdout.flush()
		    time.sleep($1)
	END
	commit blog "Takes $1 seconds"
}

# leave_when REMOTE KILL CMD…: pushes, waits until CMD succeeds, and ends the client by KILL: the signal
# for the whole group of the client, as a terminal's Ctrl-C does, or of `git push` alone ("KILL1").
leave_when()
{
	remote=$1 how=$2
	shift 2
	env --default-signal=INT setsid git -C blog push -f "$remote" main >gone.log 2>&1 &
	client=$!
	wait_for 60 "$@"
	case $how in
	KILL1) kill -KILL $client ;;
	*) kill "-$how" -$client ;;
	esac
	wait $client || true
}

building() { [ -n "$(collecting)" ]; }
hooks() { [ -n "$(pgrep -x pre-receive)" ]; }
quiet() { idle && ! hooks; }
at_tip() { [ "$(jq -r .commit "$(manifest_of blog)")" = "$(git -C blog rev-parse main)" ]; }
moved() { [ "$(tip_of blog)" = "$(git -C blog rev-parse main)" ]; }
last_state() { slugbuild builds -a blog --json | jq -r '.[0].state'; }

# Nothing moved, nothing runs, the lock is free: asked for five seconds.
cancelled()
{
	standing blog >before
	leave_when "$@"
	wait_for 5 quiet
	standing blog | cmp - before
	test "$(last_state)" = cancelled
	no_leftovers blog
}

for way in production ssh lighttpd apache; do
	t "scenario 12: Ctrl-C while collectstatic runs, $way" '
		slow 30
		cancelled '$way' INT building
	'
done

t 'scenario 12: git push killed alone, with nobody left to end the rest' '
	slow 30
	cancelled production KILL1 building
	slow 31
	cancelled ssh KILL1 building
'

t 'scenario 12: the same commit, pushed again, deploys' '
	slow 0
	leave_when ssh INT hooks
	wait_for 5 quiet
	moved || push blog -f ssh main
	at_tip
'

done_testing
