#!/bin/sh
# The runner that the README shows, taken from it word for word.
. "$(dirname "$0")/lib.sh"

sed -n '/^```sh$/,/^```$/p' "$top/README.md" | sed '/^```/d' >runner
chmod 755 runner
app_new blog
settings runner "$WORK/runner"
server_new blog

t 'it is a shell script of at most 40 lines' '
	sh -n runner
	test "$(wc -l <runner)" -le 40
'

t 'it serves what was pushed' '
	push blog
	test "$(release_of blog)" = v2
	get "$(url_of blog)/" | grep "Hello, world"
'

t 'and what is pushed next, and its logs' '
	sed -i "s/Hello/Good morning/" blog/hello/views.py
	commit blog "Good morning"
	push blog
	wait_for 15 sh -c "curl -fsS $(url_of blog)/ | grep \"Good morning\""
	slugbuild logs -a blog | grep Listening
'

t 'and stops' '
	slugbuild ps:stop -a blog
	wait_for 10 sh -c "! curl -fsS -m 2 $(url_of blog)/"
'

done_testing
