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
	# Two of one second would be one commit, which git need not push again.
	commit blog "Takes $1 seconds, $(date +%N)"
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

# Processes of that name that have something of ours open: the watcher stands nowhere.
mine()
{
	for pid in $(pgrep -x "$1"); do
		if find "/proc/$pid/cwd" "/proc/$pid/fd" -lname "$WORK*" 2>/dev/null | grep -q .; then echo "$pid"; fi
	done
}
hooks() { [ -n "$(mine pre-receive)" ]; }
quiet() { idle && ! hooks; }
at_tip() { [ "$(jq -r .commit "$(manifest_of blog)")" = "$(git -C blog rev-parse main)" ]; }
moved() { [ "$(tip_of blog)" = "$(git -C blog rev-parse main)" ]; }
last_state() { slugbuild builds -a blog --json | jq -r '.[0].state'; }

# Nothing moved, nothing runs, the lock is free: within five seconds, or twice that where the machine is
# busy with other tests.
cancelled()
{
	standing blog >before
	leave_when "$@"
	wait_for 10 quiet
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
	wait_for 10 quiet
	moved || push blog -f ssh main
	at_tip
'

# Held at its very beginning: nothing was checked yet.
stop_hook()
{
	stopped=$(mine pre-receive) && kill -STOP $stopped && kill -0 $stopped
}

t 'the client goes away before the build has begun' '
	slow 30
	standing blog >before
	leave_when production KILL1 stop_hook
	kill -CONT $(mine pre-receive)
	wait_for 10 quiet
	standing blog | cmp - before
	wait_for 5 no_leftovers_quietly blog
'

t 'the client goes away while dependencies are fetched from an index that does not answer' '
	git -C blog checkout -q -f -B main good
	python3 - "$WORK/mute.port" <<-"END" &
		import socket, sys, time
		ear = socket.create_server(("127.0.0.1", 0))
		open(sys.argv[1], "w").write(str(ear.getsockname()[1]))
		time.sleep(300)
	END
	mute=$!
	wait_for 10 test -s mute.port
	printf "%s\n" "--index-url http://127.0.0.1:$(cat mute.port)/simple" django==0.1 gunicorn==0.1 >blog/requirements.txt
	commit blog "Asks an index that does not answer"
	cancelled ssh INT grep -q "Installing dependencies" gone.log
	kill $mute
'

t 'the client goes away while the slug is compressed' '
	git -C blog checkout -q -f -B main good
	head -c 60000000 /dev/urandom >blog/static/noise
	commit blog "Takes long to compress"
	settings level 12
	cancelled ssh INT grep -q "Compressing" gone.log
	git config --global --unset slugbuild.level
'

t 'the client goes away while it waits for another push' '
	flock -x "$root/apps/blog/lock.build" sleep 600 &
	holder=$!
	slow 0
	cancelled ssh INT grep -q "Waiting for" gone.log
	kill $(pgrep -P $holder) $holder
'

# The release is current a moment before its build's output says so.
told()
{
	slugbuild builds:output "$(slugbuild builds -a blog --json | jq -r ".[0].id")" -a blog >output.txt
	grep -q "$1" output.txt
}
for way in "production KILL1" "ssh INT"; do
	t "scenario 13: with slugbuild.onDisconnect = finish it is built and released all the same, ${way% *}" '
		git config --global slugbuild.onDisconnect finish
		slow 3
		leave_when '"$way"' building
		wait_for 30 at_tip
		moved
		wait_for 10 told "Released v" || { cat output.txt; false; }
		git config --global --unset slugbuild.onDisconnect
	'
done

t 'with slugbuild.onDisconnect = finish a web server ends git all the same: nothing has moved' '
	git config --global slugbuild.onDisconnect finish
	slow 30
	cancelled lighttpd INT building
	git config --global --unset slugbuild.onDisconnect
'

# git asks this hook when all refs are locked and once more when they have moved: after
# pre-receive's exit, before post-receive.
between()
{
	cat >"$(repo_of blog)/hooks/reference-transaction" <<-END
		#!/bin/sh
		[ "\$1" = $1 ] && grep -q refs/heads/main && [ ! -e $WORK/between.done ] || exit 0
		echo \$PPID >$WORK/between.pid.new
		mv $WORK/between.pid.new $WORK/between.pid
		while [ ! -e $WORK/between.done ]; do sleep 0.1; done
	END
	chmod 755 "$(repo_of blog)/hooks/reference-transaction"
	rm -f between.pid between.done
}
watchers() { mine pre-receive; }
no_watcher() { [ -z "$(watchers)" ]; }

# Either it is all there or nothing of it.
settled()
{
	if moved; then at_tip; else quiet && no_watcher; fi
}
for way in "production KILL1" "ssh KILL" "apache KILL"; do
	t "scenario 13: the client goes away between the verdict and the ref, ${way% *}" '
		slow 0
		between prepared
		leave_when '"$way"' test -e between.pid
		touch between.done
		wait_for 20 settled
		moved || push blog -f ssh main
		at_tip
	'
done

# The ref has moved, and everything of this push is dead: receive-pack, watcher, client.
all_dead()
{
	slow 0
	between committed
	leave_when production KILL1 test -e between.pid
	kill -9 $(cat between.pid) $(watchers)
	touch between.done
	wait_for 10 no_watcher
	moved
	fails at_tip
}

t 'receive-pack and the watcher die when the ref has moved: slugbuild reconcile releases it' '
	all_dead
	slugbuild reconcile
	at_tip
	slugbuild builds -a blog | head -n 1 | grep published
'

t 'the same: the next hook of any push releases it first' '
	all_dead
	lost=$(git -C blog rev-parse main)
	commit blog "The next push"
	push blog
	at_tip
	jq -r .commit "$root"/apps/blog/releases/*/manifest.json | grep -x "$lost"
	rm "$(repo_of blog)/hooks/reference-transaction"
'

t 'the same, after the machine was off: every process dead, and the timer comes first' '
	slow 0
	between committed
	leave_when production KILL1 test -e between.pid
	kill -9 $(cat between.pid) $(watchers) $(mine sshd) $(mine lighttpd) $(mine apache2) || true
	touch between.done
	wait_for 10 no_watcher
	rm "$(repo_of blog)/hooks/reference-transaction"
	moved
	fails at_tip
	line=$(sed -n "s/^ExecStart=//p" "$top/templates/systemd/slugbuild-reconcile.service")
	sh -c "$(echo "$line" | sed "s|@BINDIR@|$BIN|")"
	at_tip
	ssh_start
'

t 'the client goes away while the release phase runs: it goes on' '
	git -C blog checkout -q -f -B main good
	echo "release: sleep 3" >>blog/Procfile
	commit blog "A release phase"
	leave_when ssh INT grep -q "Running release command" gone.log
	wait_for 30 at_tip
'

t 'scenario 15: SIGTERM to the group of the hook ends its children within five seconds' '
	slow 30
	standing blog >before
	setsid git -C blog push -f production main >gone.log 2>&1 &
	client=$!
	wait_for 30 building
	group=$(ps -o pgid= -p $(mine pre-receive) | tr -d " ")
	kill -TERM -$group
	wait_for 10 quiet
	fails wait $client
	standing blog | cmp - before
	no_leftovers blog
'

t 'after all of it a push deploys, and no lock and nothing else is left' '
	slow 0
	push blog -f ssh main
	at_tip
	wait_for 10 no_leftovers_quietly blog
	test -z "$(find "$root/line" "$root/apps/blog/line" -type f)"
'

done_testing
