#!/bin/sh
# Peak anonymous memory of the hooks' own processes (pre-receive, post-receive and the watcher
# they leave), while pushes of hard trees are taken: one blob of 300 MB, and 100,000 files. git's
# children are measured beside them. Each of ours has to stay under 64 MiB.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd -P)
BIN=${BIN:-$top/build/release/bin}
limit_kb=65536
work=$(mktemp -d "${TMPDIR:-/var/tmp}/slugbuild-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export HOME="$work" GIT_CONFIG_NOSYSTEM=1 PATH="$BIN:/usr/local/bin:/usr/bin:/bin"
git config --global user.name Ada
git config --global user.email ada@example.com
git config --global init.defaultBranch main
git config --global core.compression 1
git config --global slugbuild.root "$work/state"
git config --global slugbuild.runner none

# Polls every process that was started from below $work or works on it; writes NAME PEAK lines.
watch()
{
	python3 - "$work" "$1" <<'END'
import os, sys, time
work, stop = sys.argv[1:]
peaks = {}
while not os.path.exists(stop):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as f:
                words = f.read().split(b"\0")
            with open("/proc/%s/comm" % pid) as f:
                name = f.read().strip()
            if name not in ("pre-receive", "post-receive", "slugbuild", "git"):
                continue
            with open("/proc/%s/environ" % pid, "rb") as f:
                if work.encode() not in f.read() and not any(work.encode() in w for w in words):
                    continue
            with open("/proc/%s/status" % pid) as f:
                for line in f:
                    if line.startswith("RssAnon:"):
                        if name == "git":
                            name = "git " + next((w.decode() for w in words[1:] if w[:1] not in (b"-", b"/", b"c")
                                                 and b"=" not in w), "")
                        peaks[name] = max(peaks.get(name, 0), int(line.split()[1]))
        except OSError:
            pass
    time.sleep(0.005)
for name in sorted(peaks):
    print(name, peaks[name])
END
}

bad=0
measure()
{
	rm -f "$work/stop"
	watch "$work/stop" >"$work/peaks" &
	watcher=$!
	if ! git -C "$work/$1" push -q "$work/state/repos/$1.git" main >"$work/log" 2>&1; then
		touch "$work/stop"
		cat "$work/log" >&2
		exit 1
	fi
	sleep 1
	touch "$work/stop"
	wait $watcher
	while read -r kb name; do
		mark=
		case $name in
		git*) mark='  (git itself, not ours)' ;;
		*) [ "$kb" -le $limit_kb ] || { mark='  OVER THE LIMIT'; bad=1; } ;;
		esac
		printf '  %-24s %7.1f MiB%s\n' "$name" "$(echo "$kb" | awk '{ print $1 / 1024 }')" "$mark"
	done <<-END
		$(sed 's/^\(.*\) \([0-9]*\)$/\2 \1/' "$work/peaks")
	END
}

app()
{
	git init -q "$work/$1"
	slugbuild create "$1" >/dev/null
	: >"$work/$1/requirements.txt"
	echo 'web: python -m http.server' >"$work/$1/Procfile"
}

app blob
head -c 300000000 /dev/urandom >"$work/blob/film.bin"
git -C "$work/blob" add -A
git -C "$work/blob" commit -qm film
echo 'Peak anonymous memory, one blob of 300 MB:'
measure blob
rm -rf "$work/blob" "$work/state/repos/blob.git"

app files
python3 - "$work/files" <<'END'
import os, sys
for d in range(500):
    folder = os.path.join(sys.argv[1], "data", "d%03d" % d)
    os.makedirs(folder)
    for f in range(200):
        with open(os.path.join(folder, "f%03d.txt" % f), "w") as out:
            out.write("%d %d\n" % (d, f))
END
git -C "$work/files" add -A
git -C "$work/files" commit -qm files
echo 'Peak anonymous memory, 100,000 files:'
measure files
exit $bad
