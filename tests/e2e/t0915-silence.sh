#!/bin/sh
# A build that says nothing, one that says too much to somebody who does not read, and what it leaves
# running: no push hangs on any of them.
. "$(dirname "$0")/lib.sh"

app_new blog
settings remember false
server_new blog
push blog >push1.log 2>&1
git -C blog branch good

# in_build 'python': runs it when collectstatic runs.
in_build()
{
	git -C blog checkout -q -f -B main good
	printf 'import os, subprocess, sys, time\nif "collectstatic" in sys.argv:\n%s\n' "$1" >>blog/hello/settings.py
	commit blog "Odd while it builds"
}
elapsed() { echo $(($(date +%s) - start)); }

t 'a silent step shows signs of life that name it, and ends at its own limit' '
	in_build "    time.sleep(300)"
	settings stepTimeout 19
	start=$(date +%s)
	refused blog -f production main
	test $(elapsed) -lt 60
	grep -E "still at: . python manage.py collectstatic --noinput \(1[0-9] s\)" push.log
	grep -E "collectstatic.*took longer than 19 s" push.log
	git config --global --unset slugbuild.stepTimeout
'

t 'git itself sends what the pusher does not see, each second, for who cuts idle connections' '
	in_build "    time.sleep(5)"
	GIT_TRACE_PACKET=$WORK/packets push blog -f production main
	test "$(grep -c "sideband< .1$\|sideband< \\\\1$" packets)" -ge 3 || { grep -v "push[<>]" packets | cut -c1-120 | head -40; false; }
'

t 'what a build leaves running in the background holds no push open' '
	in_build "    subprocess.Popen([\"sleep\", \"300\"], start_new_session=True)
    subprocess.Popen(\"sleep 301 & sleep 302\", shell=True)"
	start=$(date +%s)
	push blog -f production main
	test $(elapsed) -lt 60
	test -z "$(pgrep -u "$(id -u)" -f "^sleep 30[012]$")"
'

# A client that is stopped reads nothing, and its connection stays.
stopped()
{
	setsid git -C blog push -f production main >stopped.log 2>&1 &
	client=$!
	wait_for 60 grep -q "Building blog" stopped.log
	kill -STOP $client
}
released() { [ "$(jq -r .commit "$(manifest_of blog)")" = "$(git -C blog rev-parse main)" ]; }
staged_or_released() { slugbuild builds -a blog --json | jq -e ".[0].state == \"staged\" or .[0].state == \"published\""; }

t 'scenario 14: a client that never reads, 10 MB of output: no wait is longer than the stall limit' '
	git config --global slugbuild.stallTimeout 2
	in_build "    for i in range(160000): print(\"x\" * 64)"
	start=$(date +%s)
	stopped
	wait_for 30 staged_or_released
	test $(elapsed) -lt 40
	kill -CONT $client
	wait $client || true
	wait_for 20 released
	id=$(slugbuild builds -a blog --json | jq -r ".[0].id")
	slugbuild builds:output $id -a blog | wc -c >bytes
	test "$(cat bytes)" -gt 10000000
'

t 'scenario 14: the client is gone and 10 MB are said to nobody: nothing blocks' '
	settings onDisconnect finish
	in_build "    time.sleep(2)
    for i in range(160000): print(\"x\" * 64)"
	start=$(date +%s)
	setsid git -C blog push -f production main >gone.log 2>&1 &
	client=$!
	wait_for 60 grep -q "manage.py collectstatic" gone.log
	kill -KILL $client
	wait $client || true
	wait_for 30 released
	test $(elapsed) -lt 60
	git config --global --unset slugbuild.onDisconnect
	git config --global --unset slugbuild.stallTimeout
'

done_testing
