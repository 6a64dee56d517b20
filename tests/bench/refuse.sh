#!/bin/sh
# A push that the check refuses, against git's own time for one that a hook of one line
# refuses, one after the other: the difference of such a pair has to be at most 0.1 s (median of
# RUNS pairs, default 11).
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd -P)
BIN=${BIN:-$top/build/release/bin}
RUNS=${RUNS:-11}
limit_ms=100
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export HOME="$work" GIT_CONFIG_NOSYSTEM=1 PATH="$BIN:/usr/local/bin:/usr/bin:/bin"
git config --global user.name Ada
git config --global user.email ada@example.com
git config --global init.defaultBranch main
git config --global slugbuild.root "$work/state"
git config --global slugbuild.runner none

# A site of ordinary size: 2,000 files in 100 folders; its Procfile names a module that is not there.
git init -q "$work/app"
(
	cd "$work/app"
	for d in $(seq 1 100); do
		mkdir -p "app/d$d"
		for f in $(seq 1 20); do echo "x = $d$f" >"app/d$d/m$f.py"; done
	done
	touch requirements.txt
	printf 'import os\n' >manage.py
	echo 'web: gunicorn nosuch.wsgi' >Procfile
	git add -A
	git commit -qm site
)
slugbuild create blog >/dev/null 2>&1
git init -q --bare "$work/plain.git"
printf '#!/bin/sh\nexit 1\n' >"$work/plain.git/hooks/pre-receive"
chmod 755 "$work/plain.git/hooks/pre-receive"

# Milliseconds of one refused push to $1.
once()
{
	start=$(date +%s%N)
	if git -C "$work/app" push -q "$1" main >"$work/log" 2>&1; then
		echo "the push to $1 was not refused" >&2
		exit 1
	fi
	echo $((($(date +%s%N) - start) / 1000000))
}

median()
{
	sort -n "$1" | sed -n "$(((RUNS + 1) / 2))p"
}

once "$work/plain.git" >/dev/null
once "$work/state/repos/blog.git" >/dev/null
grep -q nosuch "$work/log" || {
	echo 'it was refused for another reason:' >&2
	cat "$work/log" >&2
	exit 1
}
n=0
while [ $n -lt "$RUNS" ]; do
	plain=$(once "$work/plain.git")
	ours=$(once "$work/state/repos/blog.git")
	echo "$plain" >>"$work/plain"
	echo "$ours" >>"$work/ours"
	echo $((ours - plain)) >>"$work/more"
	n=$((n + 1))
done
more=$(median "$work/more")
printf 'refused push of 2,000 files: %d ms, by a one-line hook %d ms: %d ms more (limit %d)\n' \
	"$(median "$work/ours")" "$(median "$work/plain")" "$more" $limit_ms
[ "$more" -le $limit_ms ]
