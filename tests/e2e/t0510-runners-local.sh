#!/bin/sh
# The other runners of this machine, for real: a web process and a worker under supervisor,
# and under honcho or foreman.
. "$(dirname "$0")/lib.sh"

supervisor_start()
{
	setsid "$top/templates/runners/supervisor/start" "$root" </dev/null >start.log 2>&1 &
	wait_for 20 supervisorctl -c "$root/supervisor/supervisord.conf" -s "unix://$root/supervisor/sock" pid
}
supervisor_stop() { "$top/templates/runners/supervisor/start" --stop "$root"; }
procfile_start()
{
	setsid "$top/templates/runners/procfile/start" "$root" </dev/null >start.log 2>&1 &
	wait_for 20 test -s "$root/procfile/pid"
}
procfile_stop()
{
	kill "$(cat "$root/procfile/pid")"
	wait_for 40 test ! -e "$root/procfile/pid"
}

app_new blog
printf 'web: gunicorn hello.wsgi\nworker: python work.py\n' >blog/Procfile
cat >blog/work.py <<-'END'
	import os
	import sys
	import time

	print("working as %s for %s" % (os.environ.get("DYNO"), os.environ.get("GREETED")))
	sys.stdout.flush()
	while True:
	    time.sleep(1)
END
commit blog "A worker"
settings healthTimeout 20

# What holds under each of them: $runner, and ${runner}_start and ${runner}_stop.
runs()
{
	cp -R blog "$runner"
	git -C "$runner" remote set-url production "$root/repos/$runner.git"
	settings runner "$runner"

	t "$runner: where it is down the error names the command that starts it" '
		server_new $runner
		push $runner || true
		has "runners/$runner/start" push.log
		${runner}_start
		slugbuild releases:retry -a $runner
		get "$(url_of $runner)/" | grep "Hello, world"
	'
	t "$runner: % \$ \" '\'' \\ and newline reach the process" '
		value="a%b %(ENV_X)s \$c \"d\" '"'"'e'"'"' \\ f # g ; h
second line"
		slugbuild config:set -a $runner "GREETED=$value"
		get "$(url_of $runner)/" >page
		printf "Hello, %s\n" "$value" | cmp - page
		hasnt_anywhere "second line" "$root/$runner"
	'
	t "$runner: a worker is scaled up, seen and heard" '
		slugbuild config:set -a $runner GREETED=people
		slugbuild ps:scale -a $runner worker=2
		wait_for 20 sh -c "slugbuild logs -a $runner | grep -q \"app.worker.2.: working as worker.2 for people\""
		slugbuild ps -a $runner --json >ps.json
		jq -e "[.. | .state? // empty] == [\"up\", \"up\", \"up\"]" ps.json
		slugbuild ps:scale -a $runner worker=0
		slugbuild ps -a $runner --json | jq -e "[.. | objects | select(.state? == \"up\") | .name] == [\"web.1\"]"
	'
	t "$runner: a new release and a rollback are served" '
		echo "def page(environ): return \"second\"" >$runner/hello/views.py
		commit $runner second
		push $runner
		get "$(url_of $runner)/" | grep second
		slugbuild rollback -a $runner
		get "$(url_of $runner)/" | grep people
	'
	t "$runner: stopping and starting everything leaves the current release serving" '
		${runner}_stop
		fails curl -fsS -m 3 "$(url_of $runner)/"
		${runner}_start
		get "$(url_of $runner)/" | grep people
	'
	t "$runner: ps:stop, ps:restart, apps:destroy" '
		url=$(url_of $runner)
		slugbuild ps:stop -a $runner
		fails curl -fsS -m 3 "$url/"
		slugbuild ps:restart -a $runner
		get "$url/" | grep people
		slugbuild apps:destroy -a $runner --confirm $runner
		fails curl -fsS -m 3 "$url/"
		test ! -e "$root/log/$runner"
		${runner}_stop
	'
}
hasnt_anywhere()
{
	if grep -rnF -e "$1" "$2"; then fail "\"$1\" below $2"; fi
}

runner=supervisor
reason=$(lacks supervisord supervisorctl perl)
if [ -n "$reason" ]; then
	skip 'supervisor' "$reason"
else
	runs
fi
runner=procfile
reason=$(lacks overmind)
[ -z "$reason" ] || reason=$(lacks honcho)
[ -z "$reason" ] || reason=$(lacks foreman)
if [ -n "$reason" ]; then
	skip 'procfile' "no overmind, honcho or foreman on this machine"
else
	runs
fi
done_testing
