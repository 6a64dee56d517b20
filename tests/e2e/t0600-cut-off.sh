#!/bin/sh
# Kills, lost clients and races: the last release stays, the next push works, nothing is lost.
. "$(dirname "$0")/lib.sh"

app_new blog
settings remember false # these builds are to be slow each time
server_new blog
push blog >push1.log 2>&1

# A build of about five seconds whose start can be seen.
slow()
{
	cat >>blog/hello/settings.py <<-END
		import sys, time
		if "collectstatic" in sys.argv:
		    print("collecting slowly")
		    sys.stdout.flush()
		    time.sleep(${1:-5})
	END
	commit blog slow
}
git -C blog branch good

at_tip() { [ "$(jq -r .commit "$(manifest_of blog)")" = "$(git -C blog rev-parse main)" ]; }
delivering() { [ -n "$(pids_of post-receive)" ]; }

# Pids of the processes named $1 below our folder, that git started.
pids_of()
{
	for pid in $(ours); do
		if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$1" ]; then echo "$pid"; fi
	done
}

t 'scenario 17: kill -9 of the hook while it builds: the push is refused, nothing moved' '
	slow
	standing blog >before
	push blog >killed.log 2>&1 &
	job=$!
	wait_for 60 building
	hooks=$(pids_of pre-receive)
	test -n "$hooks"
	kill -9 $hooks
	fails wait $job
	standing blog | cmp before -
	test "$(release_of blog)" = v2
'

t 'scenario 17: the next push of the same commit finds no lock and works, and nothing of the killed one is left' '
	push blog
	test "$(release_of blog)" = v3
	wait_for 20 idle
	wait_for 10 no_leftovers_quietly blog
	test -z "$(slugbuild builds -a blog --json | jq -r ".[] | select(.state == \"building\" or .state == \"waiting\") | .id")"
'

t 'kill -9 of receive-pack: the ref did not move, the next push works' '
	commit blog "Killed receive-pack"
	push blog >killed.log 2>&1 &
	job=$!
	wait_for 60 building
	kill -9 $(pgrep -f "receive-pack.*$(repo_of blog)")
	wait $job || true
	test "$(release_of blog)" = v3
	wait_for 60 idle
	push blog
	test "$(release_of blog)" = v4
'

t 'the client goes away: the build is cancelled, and the next push works' '
	commit blog "Gone client"
	setsid git -C blog push production main >gone.log 2>&1 &
	job=$!
	wait_for 60 building
	kill -9 -"$job" 2>/dev/null || kill -9 $job
	wait $job || true
	wait_for 60 idle
	push blog
	wait_for 20 at_tip
'

t 'a ref that moved without post-receive is published by the watcher, or else by reconcile' '
	commit blog "No post-receive"
	mv "$(repo_of blog)/hooks/post-receive" aside
	push blog
	mv aside "$(repo_of blog)/hooks/post-receive"
	if ! (wait_for 30 at_tip) >/dev/null; then
		slugbuild reconcile
	fi
	at_tip
'

t 'two branches of one repository pushed at once, for two apps' '
	slugbuild hooks:install "$(repo_of blog)" --app dev >install.log 2>&1 || { cat install.log; false; }
	git -C "$(repo_of blog)" config slugbuild.branch "main=blog develop=dev"
	commit blog "For both"
	git -C blog push production main >one.log 2>&1 &
	one=$!
	git -C blog push production main:refs/heads/develop >two.log 2>&1 &
	two=$!
	wait $one || { cat one.log; false; }
	wait $two || { cat two.log; false; }
	at_tip
	test "$(release_of dev)" = v2
'

t 'kill -9 of post-receive: reconcile takes it up' '
	git -C "$(repo_of blog)" config slugbuild.branch main=blog
	printf "web: gunicorn hello.wsgi\nrelease: sleep 8\n" >blog/Procfile
	commit blog "A slow release phase"
	push blog >killed.log 2>&1 &
	job=$!
	wait_for 60 delivering
	sleep 3
	kill -9 $(pids_of post-receive) || true
	wait $job || true
	slugbuild reconcile || true
	at_tip || slugbuild releases:retry -a blog
	wait_for 30 at_tip
'

done_testing
