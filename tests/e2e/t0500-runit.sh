#!/bin/sh
# The embedded runner, for real: a web process and a worker of two apps.
. "$(dirname "$0")/lib.sh"
reason=$(lacks runsvdir sv chpst)
[ -z "$reason" ] || skip_all "$reason"

settings runner runit healthTimeout 20
for app in blog shop; do
	app_new $app
	printf 'web: gunicorn hello.wsgi\nworker: python work.py\n' >$app/Procfile
	cat >$app/work.py <<-'END'
		import os
		import sys
		import time

		print("working as %s for %s" % (os.environ.get("DYNO"), os.environ.get("GREETED")))
		sys.stdout.flush()
		while True:
		    time.sleep(1)
	END
	commit $app "A worker"
done

t 'with no supervisor the error names the command that starts one' '
	server_new blog
	server_new shop
	push blog || true
	has "runit" push.log
	has "tree" push.log
	fails test "$(release_of blog)" = v2
'

runit_start
t 'then releases:retry is enough' '
	slugbuild releases:retry -a blog >retry.log 2>&1 || { cat retry.log; false; }
	get "$(url_of blog)/" >page
	has "Hello, world" page
	get "$(url_of blog)/static/css/site.css" | grep green
'

t 'ps shows both, ps:scale starts a worker, its lines come in logs' '
	slugbuild config:set -a blog GREETED=blog-people
	slugbuild ps:scale -a blog worker=1
	wait_for 20 sh -c "slugbuild logs -a blog | grep -q \"working as worker.1 for blog-people\""
	slugbuild ps -a blog >ps.txt
	has web.1 ps.txt
	has worker.1 ps.txt
	slugbuild ps -a blog --json | jq -e "[.. | .state? // empty] | map(select(. == \"up\")) | length == 2"
'

t 'values of config vars reach the process whole' '
	value="a%b \$c \"d\" '"'"'e'"'"' \\ f
second line"
	slugbuild config:set -a blog "GREETED=$value" >set.log 2>&1 || { cat set.log; false; }
	get "$(url_of blog)/" >page
	printf "Hello, %s\n" "$value" | cmp - page
	slugbuild config:set -a blog GREETED=blog-people
'

t 'two apps run side by side, each on its port' '
	push shop
	get "$(url_of shop)/" >page
	has "Hello, world" page
	test "$(url_of shop)" != "$(url_of blog)"
	get "$(url_of blog)/" | grep blog-people
'

t 'one app reads no file, config or process of another, and no repository' '
	slugbuild config:set -a shop SHOP_SECRET=not-for-blog >set.log
	shop=$root/apps/shop
	slugbuild run -a blog -- sh -c "ls $root/apps/shop $root/repos; cat $shop/config.json $shop/current/env; cat $HOME/.gitconfig; cat /proc/[0-9]*/environ" >seen 2>&1 || true
	cat seen
	hasnt SHOP_SECRET seen
	hasnt not-for-blog seen
	hasnt slugbuild] seen
	fails grep -E "^(config|HEAD|app)\.?" seen
	slugbuild run -a blog -- sh -c "touch ok && echo changed >>.slugbuild/python/pyvenv.cfg" >write.log 2>&1 && fail "wrote into the store"
	slugbuild run -a blog -- sh -c "touch $root/store/x $root/apps/blog/x" || true # in its own /tmp it may
	test ! -e "$root/store/x" && test ! -e "$root/apps/blog/x"
'

t 'the app has its own folder to write in' '
	slugbuild run -a blog -- sh -c "echo x >written && cat written"
'

t 'no second is lost in a release: the old one serves until the new one can' '
	url=$(url_of blog)
	(
		n=0
		while [ ! -e stop ]; do
			curl -fsS -m 5 -o /dev/null "$url/" || n=$((n + 1))
			sleep 0.1
		done
		echo $n >missed
	) 2>missed.log &
	commit blog again
	push blog
	touch stop
	wait
	cat missed
	test "$(cat missed)" -lt 30
	rm stop
'

t 'a killed web process is started again' '
	pid=$(slugbuild ps -a blog --json | jq "[.. | objects | select(.name? == \"web.1\") | .pid][0]")
	kill -9 "$pid"
	get "$(url_of blog)/" | grep blog-people
'

t 'stopping and starting everything leaves the current release serving' '
	release_of blog >before
	runit_stop
	fails curl -fsS -m 3 "$(url_of blog)/"
	runit_start
	get "$(url_of blog)/" | grep blog-people
	get "$(url_of shop)/" | grep world
	test "$(release_of blog)" = "$(cat before)"
'

t 'rollback is live within seconds' '
	echo "def page(environ): return \"wrong\"" >blog/hello/views.py
	commit blog "A mistake"
	push blog
	get "$(url_of blog)/" | grep wrong
	start=$(date +%s)
	slugbuild rollback -a blog
	get "$(url_of blog)/" | grep blog-people
	test $(($(date +%s) - start)) -lt 15
'

t 'ps:stop stops, ps:restart starts again' '
	slugbuild ps:stop -a shop
	fails curl -fsS -m 3 "$(url_of shop)/"
	slugbuild ps:restart -a shop
	get "$(url_of shop)/" | grep world
'

t 'apps:destroy ends what ran' '
	url=$(url_of shop)
	slugbuild apps:destroy -a shop --confirm shop
	fails curl -fsS -m 3 "$url/"
	get "$(url_of blog)/" | grep blog-people
'

runit_stop
done_testing
