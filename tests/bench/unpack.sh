#!/bin/sh
# A release's folder of 20,000 small files, on a disk: the time of slugbuild with all processors
# against the same on one and against tar xzf. Medians of RUNS (default 5), taken in turns.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd -P)
BIN=${BIN:-$top/build/release/bin}
RUNS=${RUNS:-5}
FILES=${FILES:-20000}
program=$(dirname "$BIN")/bench/unpack
if [ ! -x "$program" ]; then
	echo "SKIP: $program is not built"
	exit 0
fi
work=$(mktemp -d "${TMPDIR:-/var/tmp}/slugbuild-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

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
n=0
# What is unpacked is kept to the end: ext4 looks for a new file's inode past those freed a moment ago.
while [ $n -lt "$RUNS" ]; do
	mkdir "$work/all.$n" "$work/one.$n" "$work/tar.$n"
	"$program" "$work/slug.tar.gz" "$work/all.$n" >>"$work/t.all"
	taskset -c "$one" "$program" "$work/slug.tar.gz" "$work/one.$n" >>"$work/t.one"
	start=$(date +%s%N)
	tar -xzf "$work/slug.tar.gz" -C "$work/tar.$n"
	echo $((($(date +%s%N) - start) / 1000000)) >>"$work/t.tar"
	n=$((n + 1))
done
[ "$(find "$work/all.0" -type f | wc -l)" -ge "$FILES" ]
diff -r "$work/all.0" "$work/one.0"
median()
{
	sort -n "$1" | sed -n "$(((RUNS + 1) / 2)){s/ .*//;p}"
}
awk -v all="$(median "$work/t.all")" -v one="$(median "$work/t.one")" -v tar="$(median "$work/t.tar")" \
	-v files="$FILES" -v cpus="$(nproc)" 'BEGIN {
	printf "%d files, %d processors\n", files, cpus
	printf "tar xzf                  %6d ms\n", tar
	printf "slugbuild, one processor %6d ms  %.2f times as fast as tar\n", one, tar / one
	printf "slugbuild                %6d ms  %.2f times as fast as tar, %.2f times as on one\n", all, tar / all, one / all
	if (cpus >= 2 && one < 1.1 * all) { print "wanted: 1.1 times as fast as on one"; bad = 1 }
	exit bad
}'
