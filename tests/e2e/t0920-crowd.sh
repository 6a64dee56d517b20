#!/bin/sh
# Pushes at once: to one app, to several. Order is kept, who waits is told for whom, and what a later
# push has superseded never becomes the newest release.
. "$(dirname "$0")/lib.sh"

settings remember false
for app in blog shop; do
	app_new $app
	server_new $app
done
push blog >push1.log 2>&1
push shop >push2.log 2>&1
git -C blog branch good
git -C shop branch good

# slow APP SECONDS: a commit on `good` whose collectstatic takes that long.
slow()
{
	git -C "$1" checkout -q -f -B main good
	cat >>"$1/hello/settings.py" <<-END
		import sys, time
		if "collectstatic" in sys.argv:
		    time.sleep($2)
	END
	commit "$1" "Takes $2 seconds, $(date +%N)"
}

# begin APP LOG [REFSPEC]: a push in the background.
begin() { : >"$2"; git -C "$1" push -f production "${3:-main}" >"$2" 2>&1 & }
states() { slugbuild builds -a "$1" --json | jq -r '.[].state'; }
in_state() { states "$1" | grep -qx "$2"; }
count() { states "$1" | grep -cx "$2"; }
position() { slugbuild builds -a "$1" --json | jq -r '[.[] | select(.state == "waiting") | .position] | sort | join(" ")'; }
positions() { [ "$(position "$1")" = "$2" ]; }
newest() { ls "$root/apps/$1/releases" | sort -V | tail -n 1; }
commit_of() { jq -r .commit "$(manifest_of "$@")"; }

t 'scenario 16: the second of two pushes waits, is told for whom, and is refused unbuilt when the ref has moved' '
	slow blog 3
	tip=$(git -C blog rev-parse main)
	begin blog one.log
	one=$!
	wait_for 30 in_state blog building
	git -C blog commit -q --allow-empty -m "Two of two" && git -C blog branch -f two && git -C blog reset -q --hard HEAD~1
	begin blog two.log two:main
	two=$!
	wait_for 10 positions blog 1
	slugbuild builds -a blog | grep "waiting.*number 1 in line for blog"
	wait $one
	fails wait $two
	cat two.log
	grep -E "Waiting for the push of $(echo $tip | cut -c1-8) to blog \(pid [0-9]+\)" two.log
	grep -E "It has run for [0-9]+ s" two.log
	has "main has moved while this push waited" two.log
	hasnt "Installing" two.log
	hasnt "Compressing" two.log
	test "$(commit_of blog)" = $tip
	test "$(tip_of blog)" = $tip
'

t 'scenario 16: different apps build side by side' '
	settings maxBuilds 2
	slow blog 3
	slow shop 3
	begin blog one.log
	one=$!
	begin shop two.log
	two=$!
	wait_for 30 in_state blog building
	wait_for 30 in_state shop building
	in_state blog building
	wait $one
	wait $two
	hasnt Waiting two.log
'

t 'up to slugbuild.maxBuilds: the next one waits for a place and says so' '
	settings maxBuilds 1
	slow blog 3
	slow shop 0
	begin blog one.log
	one=$!
	wait_for 30 in_state blog building
	begin shop two.log
	two=$!
	wait_for 10 positions shop 1
	slugbuild builds -a shop | grep "waiting.*number 1 in line for a place to build"
	in_state blog building
	wait $one
	wait $two
	cat two.log
	grep -E "Waiting for the push of [0-9a-f]{8} to blog \(pid [0-9]+\)" two.log
	has "at once on this server: 1 (slugbuild.maxBuilds)" two.log
	test "$(commit_of shop)" = "$(git -C shop rev-parse main)"
'

t 'builds:cancel: of one that waits and of one that runs; their pushers are told and nothing moves' '
	slow blog 30
	standing blog >before
	begin blog one.log
	one=$!
	wait_for 30 in_state blog building
	begin blog two.log good:refs/heads/main
	two=$!
	wait_for 10 in_state blog waiting
	id=$(slugbuild builds -a blog --json | jq -r ".[] | select(.state == \"waiting\") | .id")
	slugbuild builds:cancel $id -a blog
	fails wait $two
	cat two.log
	has "cancelled: builds:cancel" two.log
	has $id two.log
	in_state blog building
	slugbuild builds:cancel -a blog
	fails wait $one
	cat one.log
	has "builds:cancel" one.log
	standing blog | cmp before -
	test "$(slugbuild builds -a blog --json | jq -r ".[:2][].state" | sort -u)" = cancelled
	exits 2 slugbuild builds:cancel $id -a blog
	git config --global --unset slugbuild.maxBuilds
'

t 'what waits for one app is built and released in the order of arrival' '
	git -C "$(repo_of blog)" config slugbuild.branch "main second third"
	slow blog 3
	git -C blog branch -f first main
	for branch in second third; do
		git -C blog commit -q --allow-empty -m "$branch"
		git -C blog branch -f $branch
	done
	begin blog one.log first:refs/heads/main
	one=$!
	wait_for 30 in_state blog building
	begin blog two.log second
	two=$!
	wait_for 10 positions blog 1
	begin blog three.log third
	three=$!
	wait_for 10 positions blog "1 2"
	v=$(newest blog | tr -d v)
	wait $one && wait $two && wait $three
	has "Others that stand before this push: 1" three.log
	test "$(commit_of blog v$((v + 1)))" = "$(git -C blog rev-parse first)"
	test "$(commit_of blog v$((v + 2)))" = "$(git -C blog rev-parse second)"
	test "$(commit_of blog v$((v + 3)))" = "$(git -C blog rev-parse third)"
	git -C "$(repo_of blog)" config slugbuild.branch main
'

t 'a commit that a later push superseded before it was released is not released' '
	git -C blog checkout -q -f -B main good
	commit blog older
	older=$(git -C blog rev-parse main)
	flock -x "$root/apps/blog/lock.publish" sleep 600 &
	holder=$!
	begin blog one.log
	one=$!
	wait_for 30 grep -q "Waiting for" one.log
	commit blog newer
	begin blog two.log
	two=$!
	wait_for 30 grep -q "Waiting for" two.log
	kill $(pgrep -P $holder) $holder
	wait $one && wait $two
	cat one.log two.log
	has "is superseded by a later push" one.log
	test "$(commit_of blog)" = "$(git -C blog rev-parse main)"
	test "$(commit_of blog "$(newest blog)")" = "$(git -C blog rev-parse main)"
	jq -r .commit "$root"/apps/blog/releases/*/manifest.json >released
	hasnt "$older" released
'

t 'five pushes at once to one app: each that waits is told who builds and for how long, none overtakes' '
	git -C blog checkout -q -f -B main good
	slow blog 3
	for i in 1 2 3 4 5; do
		git -C blog commit -q --allow-empty -m "Five $i" && git -C blog branch -f five$i && git -C blog reset -q --hard HEAD~1
	done
	newest blog | tr -d v >first
	for i in 1 2 3 4 5; do
		begin blog five.$i.log five$i:refs/heads/main
		echo $! >five.$i.pid
		[ $i != 1 ] || wait_for 30 in_state blog building
	done
	wait_for 20 positions blog "1 2 3 4"
	good=0
	for i in 1 2 3 4 5; do
		if wait "$(cat five.$i.pid)"; then
			good=$((good + 1))
		else
			grep -E "has moved while this push waited|cannot lock ref" five.$i.log
		fi
		[ $i = 1 ] || grep -E "Waiting for the push of [0-9a-f]{8} to blog \(pid [0-9]+\)" five.$i.log
		[ $i = 1 ] || grep -E "It has run for [0-9]+ s" five.$i.log
	done
	test $good -ge 1
	test "$(commit_of blog)" = "$(tip_of blog)"
	git -C "$(repo_of blog)" reflog --format=%H main | head -n $good | tac >moved
	for i in $(seq $good); do commit_of blog v$(($(cat first) + i)); done >released
	cmp moved released
'

t 'twenty pushes at once, to two apps: each is released or refused, in the order the refs moved' '
	for app in blog shop; do
		git -C $app checkout -q -f -B main good
		for i in 1 2 3 4 5 6 7 8 9 10; do
			git -C $app commit -q --allow-empty -m "Push $i"
			git -C $app branch -f crowd$i
			git -C $app reset -q --hard HEAD~1
		done
		newest $app | tr -d v >$app.newest
	done
	for i in 1 2 3 4 5 6 7 8 9 10; do
		for app in blog shop; do
			begin $app crowd.$app.$i.log crowd$i:refs/heads/main
			echo $! >crowd.$app.$i.pid
		done
	done
	for app in blog shop; do
		good=0
		for i in 1 2 3 4 5 6 7 8 9 10; do
			if wait "$(cat crowd.$app.$i.pid)"; then
				good=$((good + 1))
				has "Released v" crowd.$app.$i.log
			else
				grep -E "has moved while this push waited|cannot lock ref" crowd.$app.$i.log
			fi
		done
		test $good -ge 1
		test "$(commit_of $app)" = "$(tip_of $app)"
		git -C "$(repo_of $app)" reflog --format=%H main | head -n $good | tac >moved
		n=$(cat $app.newest)
		for i in $(seq $good); do commit_of $app v$((n + i)); done >released
		cmp moved released
	done
'

done_testing
