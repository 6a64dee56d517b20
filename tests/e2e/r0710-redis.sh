#!/bin/sh
# addons:create redis on a real server: a database number of each app's own, given back.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
redis_start
settings addon.redis "$redis_url"
server_new one
server_new two

number_of() { slugbuild config:get REDIS_URL -a "$1" | sed "s|^$redis_url/||"; }

t 'each app gets REDIS_URL with a database number of its own, and a release' '
	for app in one two; do
		slugbuild addons:create redis -a $app >addon.log 2>&1 || { cat addon.log; false; }
		number_of $app | grep -xE "[1-9][0-9]*"
		slugbuild addons -a $app | grep redis
		test -d "$root/apps/$app/releases/v2"
	done
	test "$(number_of one)" != "$(number_of two)"
'

t 'what one app writes the other does not see' '
	redis-cli -u "$(slugbuild config:get REDIS_URL -a one)" set whose one
	test -z "$(redis-cli -u "$(slugbuild config:get REDIS_URL -a two)" get whose)"
'

t 'a second one for the same app is refused' '
	fails slugbuild addons:create redis -a one >addon.log 2>&1
	has "already" addon.log
'

t 'destroy without the name, or with another one, does nothing' '
	fails slugbuild addons:destroy redis -a one </dev/null
	fails slugbuild addons:destroy redis -a one --confirm two
	redis-cli -u "$(slugbuild config:get REDIS_URL -a one)" get whose | grep -x one
'

t 'destroy with the name takes REDIS_URL and the data away; the other app keeps its own' '
	number_of one >number
	slugbuild addons:destroy redis -a one --confirm one
	fails slugbuild config:get REDIS_URL -a one
	test "$(redis-cli -p $redis_port -n "$(cat number)" dbsize)" = 0
	number_of two | grep -xE "[1-9][0-9]*"
	test -z "$(slugbuild addons -a one | grep redis)"
'

t 'the number is free for the next app' '
	server_new three
	slugbuild addons:create redis -a three >addon.log 2>&1 || { cat addon.log; false; }
	test "$(number_of three)" = "$(cat number)"
'

redis_stop
done_testing
