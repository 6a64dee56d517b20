#!/bin/sh
# The slug of a tree of 200 MB from an empty store, synced to disk, against `tar | gzip -6`, which is
# not: at least 3 times as fast on two processors, and no larger by more than 1 %. Medians of RUNS
# (default 5), taken in turns.
set -eu
MB=${MB:-200}
program=compress
. "$(dirname "$0")/begin"

# The tree: what lies on this machine of the kind that slugs hold, Python first; each file once.
mkdir "$work/tree"
find /usr/lib/python3 /usr/lib/python3.* /usr/lib/python2.7 /usr/share /usr/include /usr/lib \
	-xdev -type f -size -40000k -printf '%s %p\0' 2>/dev/null |
	awk -v RS='\0' -v ORS='\0' -v want=$((MB * 1000000)) '{
		size = $1; sub(/^[0-9]+ /, "")
		if (seen[$0]++ || /\n/) next
		if (sum >= want) exit
		sum += size + 512; print
	}' | tar -c --hard-dereference --null -T - -P --transform 's,^/,,' -f - 2>/dev/null | tar -x -C "$work/tree" 2>/dev/null
chmod -R u+rwX "$work/tree"

elapsed_ms()
{
	start=$(date +%s%N)
	"$@"
	echo $((($(date +%s%N) - start) / 1000000))
}
usual()
{
	tar -C "$work/tree" -cf - . | gzip -6 >"$work/usual.tar.gz"
}
ours()
{
	"$program" "$work/tree" "$work/store" "$work/ours.tar.gz" >"$work/facts"
}
again()
{
	"$program" "$work/tree" "$work/store" "$work/again.tar.gz" >"$work/facts2"
}
median()
{
	sort -n "$1" | sed -n "$(((RUNS + 1) / 2))p"
}

tar -C "$work/tree" -cf - . | wc -c >"$work/raw" # and all of it is in memory now
n=0
while [ $n -lt "$RUNS" ]; do
	rm -rf "$work/store"
	mkdir "$work/store"
	elapsed_ms usual >>"$work/t.usual"
	elapsed_ms ours >>"$work/t.ours"
	elapsed_ms again >>"$work/t.again"
	cmp "$work/ours.tar.gz" "$work/again.tar.gz"
	n=$((n + 1))
done
gzip -t "$work/ours.tar.gz"
awk -v raw="$(cat "$work/raw")" -v usual="$(median "$work/t.usual")" -v ours="$(median "$work/t.ours")" \
	-v again="$(median "$work/t.again")" -v a="$(wc -c <"$work/usual.tar.gz")" \
	-v b="$(wc -c <"$work/ours.tar.gz")" -v cpus="$(nproc)" 'BEGIN {
	printf "tree of %.0f MB, %d processors\n", raw / 1e6, cpus
	printf "tar | gzip -6         %6d ms  %11d bytes\n", usual, a
	printf "slugbuild, no store   %6d ms  %11d bytes  %.2f times as fast, %.4f of the size\n", ours, b, usual / ours, b / a
	printf "slugbuild, full store %6d ms\n", again
	if (cpus >= 2 && usual < 3 * ours) { print "wanted: 3 times as fast"; bad = 1 }
	if (b > 1.01 * a) { print "wanted: at most 1.01 of the size"; bad = 1 }
	exit bad
}'
