#!/bin/sh
# Trees of many files, and large ones: what our memory is, and what is said over the limits. Smaller
# here than the limits are by default (200,000 files, 2 GB), which are set to fit; k0200 has those.
. "$(dirname "$0")/lib.sh"

app_new blog
server_new blog
settings probe off
git -C blog branch good
. "$top/tests/e2e/peak.sh"

t 'scenario 24: 30,000 files over the limit are refused before anything is built, in bounded memory' '
	many_files good 30000
	settings maxFiles 20000
	refused blog production many:main
	git config --global --unset slugbuild.maxFiles
	has 20000 push.log
	hasnt Installing push.log
	bounded
'

t 'scenario 24: a file of 256 MB: refused with the largest paths under the limit, in bounded memory' '
	for n in 01 02 03 04 05 06 07 08 09 10; do head -c ${n}0000 /dev/zero >blog/file$n.bin; done
	truncate -s 256M blog/film.bin
	commit blog "A film"
	settings maxBlob 200m
	refused blog
	git config --global --unset slugbuild.maxBlob
	has "film.bin: a file of 268435456 bytes" push.log
	has "256.0 MiB  film.bin" push.log
	has "MiB  file10.bin" push.log
	has "MiB  file02.bin" push.log
	hasnt "MiB  file01.bin" push.log
	bounded
'

t 'scenario 24: within the limit it is built and released, in bounded memory' '
	push blog
	bounded
	tar tzvf "$(slug_of blog)" | grep "268435456 .*film.bin"
'

done_testing
