# Pushes: what the first one made is made once more when it is over; the second one reuses it.
# shellcheck shell=sh disable=SC2016
. "$(dirname "$0")/lib.sh"

bwrap --unshare-all --ro-bind / / true 2>/dev/null || skip_all 'bubblewrap does not work here'
reused='collectstatic: nothing it read has changed'
settings probe off # t0830 is about that
app_new blog
own_index blog
cat >>blog/hello/settings.py <<-'END'
	import time
	time.sleep(float(os.environ.get("SLOW", "0")))
END
commit blog 'An index'
server_new blog

edit()
{
	echo '# more' >>blog/hello/views.py
	commit blog
}
newest() { slugbuild builds -a blog --json | jq -r '.[0].id'; }
state() { cat "$root"/store/traces/*.json | jq -r .state | sort | uniq -c | xargs; }
said() { slugbuild builds:output "$1" -a blog >said; grep -qF "$2" said; }
quiet() { [ -z "$(collecting)" ]; }
busy() { [ -n "$(collecting)" ]; }

t 'the second run is made when the push is over' \
	'push blog; hasnt "$reused" push.log; hasnt "second run" push.log
	 wait_for 30 said "$(newest)" "It made the same files"; test "$(state)" = "1 confirmed"'
t 'so the second push does not run collectstatic, and its files are there' \
	'edit; push blog; has "$reused" push.log; tar tzf "$(slug_of blog)" >names; has staticfiles/css/site.css names
	 wait_for 20 quiet; no_leftovers blog; test -z "$(ls "$root/apps/blog/second")"'
t 'a push that changes a static file does, and says what has changed' \
	'echo "b {}" >>blog/static/css/site.css; commit blog; push blog; hasnt "$reused" push.log
	 has "/app/static/css/site.css has changed" push.log
	 tar xzOf "$(slug_of blog)" staticfiles/css/site.css | grep "^b {}"
	 slugbuild builds -a blog --json | jq -e ".[0].timings[] | select(.step == \"collectstatic\") |
	 	.note == \"/app/static/css/site.css has changed\""
	 wait_for 30 said "$(newest)" "It made the same files"; edit; push blog; has "$reused" push.log'
t 'the next push ends a second run that is not done' \
	'slugbuild config:set SLOW=4 -a blog >/dev/null 2>&1; edit; push blog
	 wait_for 20 said "$(newest)" "A second run"; first=$(newest)
	 slugbuild config:unset SLOW -a blog >/dev/null 2>&1; edit; push blog
	 hasnt "Waiting for" push.log; wait_for 20 said "$first" "another build of the app begins"
	 wait_for 20 quiet; test "$(state)" = "1 confirmed 1 once" || { state; exit 1; }'
t 'what was killed is not reused, and the next push has it made again' \
	'slugbuild config:set SLOW=3 -a blog >/dev/null 2>&1
	 wait_for 30 quiet; edit; push blog; hasnt "$reused" push.log
	 wait_for 20 said "$(newest)" "It made the same files" || cat said; rm "$root"/store/traces/*
	 edit; push blog; wait_for 20 said "$(newest)" "A second run"
	 wait_for 20 busy; sleep 0.3; kill -9 $(collecting) || :
	 wait_for 20 said "$(newest)" "did not come to its end"; test "$(state)" = "1 once"
	 edit; push blog; hasnt "$reused" push.log
	 wait_for 20 said "$(newest)" "It made the same files"; test "$(state)" = "1 confirmed"
	 edit; push blog; has "$reused" push.log'
done_testing
