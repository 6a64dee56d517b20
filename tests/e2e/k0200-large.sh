#!/bin/sh
# What a push may be by default: nearly 200,000 files and folders, a file of 2 GB. Built and
# released in bounded memory.
. "$(dirname "$0")/lib.sh"

app_new blog
server_new blog
settings probe off
. "$top/tests/e2e/peak.sh"

t 'scenario 24: a tree of 195,000 files is built and released, in bounded memory' '
	many_files main 195000
	push blog production many:main
	bounded
	[ "$(tar tzf "$(slug_of blog)" | grep -c "^data/.*txt$")" = 195000 ]
'

t 'scenario 24: so is one with a file of 2 GB' '
	truncate -s 2047M blog/film.bin
	git -C blog -c core.bigFileThreshold=1m add -A
	git -C blog commit -q -m "A film"
	push blog production +main
	bounded
	tar tzvf "$(slug_of blog)" | grep "2146435072 .*film.bin"
'

done_testing
