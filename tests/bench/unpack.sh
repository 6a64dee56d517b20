#!/bin/sh
# A release's folder of 20,000 small files, on a disk and in memory: the time of slugbuild with all
# processors against the same on one and against tar xzf. Medians of RUNS (default 5), taken in turns.
set -eu
FILES=${FILES:-20000}
program=unpack
. "$(dirname "$0")/begin"

python3 - "$top/tests/bench" "$work" "$FILES" <<'END'
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import trees
trees.BYTES = 4000 * int(sys.argv[3])
trees.make(sys.argv[2] + "/repo.git", int(sys.argv[3]))
END
HOME=$work "$BIN/slugbuild" build "$work/repo.git" main --root "$work/state" -o "$work/slug.tar.gz" \
	</dev/null >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

one=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
median()
{
	sort -n "$1" | sed -n "$(((RUNS + 1) / 2)){s/ .*//;p}"
}
# What is unpacked is kept to the end: ext4 looks for a new file's inode past those freed a moment ago.
turns()
{
	place=$(mktemp -d "$1/slugbuild-bench.XXXXXX")
	rm -f "$work"/t.*
	n=0
	while [ $n -lt "$RUNS" ]; do
		mkdir "$place/all.$n" "$place/one.$n" "$place/tar.$n"
		"$program" "$work/slug.tar.gz" "$place/all.$n" >>"$work/t.all"
		taskset -c "$one" "$program" "$work/slug.tar.gz" "$place/one.$n" >>"$work/t.one"
		start=$(date +%s%N)
		tar -xzf "$work/slug.tar.gz" -C "$place/tar.$n"
		echo $((($(date +%s%N) - start) / 1000000)) >>"$work/t.tar"
		n=$((n + 1))
	done
	same=0
	[ "$(find "$place/all.0" -type f | wc -l)" -ge "$FILES" ] && diff -r "$place/all.0" "$place/one.0" || same=1
	rm -rf "$place"
	[ $same = 0 ]
	awk -v all="$(median "$work/t.all")" -v one="$(median "$work/t.one")" -v tar="$(median "$work/t.tar")" \
		-v files="$FILES" -v cpus="$(nproc)" -v where="$2" -v want="$3" 'BEGIN {
		printf "%d files, %d processors, %s\n", files, cpus, where
		printf "tar xzf                  %6d ms\n", tar
		printf "slugbuild, one processor %6d ms  %.2f times as fast as tar\n", one, tar / one
		printf "slugbuild                %6d ms  %.2f times as fast as tar, %.2f times as on one\n", all, tar / all, one / all
		if (cpus >= 2 && one < want * all) { print "wanted: " want " times as fast as on one"; bad = 1 }
		exit bad
	}'
}
bad=0
# A disk makes files for one at a time, for the most part: there it may not be slower.
turns "$work" 'on disk' 0.9 || bad=1
[ ! -w /dev/shm ] || turns /dev/shm 'in memory' 1.2 || bad=1
exit $bad
