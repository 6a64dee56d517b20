#!/bin/sh
# What a build may use up, and what surrounds it that may be wrong.
. "$(dirname "$0")/lib.sh"

app_new blog
server_new blog
push blog >push1.log 2>&1
git -C blog branch good

# in_build 'python': runs it when collectstatic runs.
in_build()
{
	git -C blog checkout -q -f -B main good
	{
		echo 'import os, sys, time'
		echo 'if "collectstatic" in sys.argv:'
		printf '%s\n' "$1" | sed 's/^/    /'
	} >>blog/hello/settings.py
	commit blog "Eats the machine"
}

still()
{
	test "$(release_of blog)" = v2
	wait_for 20 idle
}

no_sleepers() { [ -z "$(pgrep -u "$(id -u)" -x -f "sleep 7654")" ]; }

t 'a build that never ends is ended, and so are its children' '
	in_build "
import subprocess
subprocess.Popen([\"sleep\", \"7654\"], start_new_session=True)
time.sleep(7654)"
	settings stepTimeout 4
	start=$(date +%s)
	refused blog -f production main
	test $(($(date +%s) - start)) -lt 60
	still
	wait_for 10 no_sleepers
	grep -Ei "4 s|time|limit" push.log
	git config --global --unset slugbuild.stepTimeout
'

t 'a build that prints without end is ended; the log stays small' '
	in_build "
while True:
    print(\"x\" * 1000)"
	settings buildOutput 1m
	refused blog -f production main
	still
	test "$(du -sk "$root/apps/blog/builds" | cut -f1)" -lt 20000
	test "$(wc -c <push.log)" -lt 5000000
	git config --global --unset slugbuild.buildOutput
'

t 'a line without end does not fill memory or the terminal' '
	in_build "
sys.stdout.write(\"y\" * 30000000)
sys.exit(1)"
	refused blog -f production main
	still
'

t 'a build that eats memory is ended' '
	in_build "
hog = []
while True:
    hog.append(bytearray(10 << 20))"
	settings buildMemory 300m
	refused blog -f production main
	still
	grep -Ei "memory|MemoryError|killed" push.log
	git config --global --unset slugbuild.buildMemory
'

t 'a build that forks without end is ended, and the machine lives' '
	in_build "
while True:
    try:
        if os.fork() == 0:
            time.sleep(600)
    except OSError:
        sys.exit(\"no more processes\")"
	settings buildProcesses 64 stepTimeout 30
	refused blog -f production main
	still
	git config --global --unset slugbuild.buildProcesses
	git config --global --unset slugbuild.stepTimeout
'

t 'control bytes that a build prints are made visible' '
	in_build "
sys.stdout.write(\"\\\\x1b]0;title\\\\x07 \\\\x1b[2J evil\\\\n\")
sys.exit(1)"
	refused blog -f production main
	fails grep -aE "$(printf "\033")\[2J|$(printf "\033")\]0" push.log
	has evil push.log
'

t 'a build reads nothing of the host: no other app, no repository, no network' '
	in_build "
import glob, socket
seen = [p for p in (\"$root/apps\", \"$root/repos\", \"$HOME/.gitconfig\", \"$WORK/push.log\") if os.path.exists(p)]
print(\"sees: %s\" % seen)
try:
    socket.create_connection((\"127.0.0.1\", 1), 2)
except OSError as e:
    print(\"network: %s\" % e)
print(\"env: %s\" % sorted(k for k in os.environ if k.startswith((\"GIT_\", \"LD_\", \"SSH_\"))))
sys.exit(1)"
	refused blog -f production main
	has "sees: []" push.log
	has "env: []" push.log
'

if [ -z "$SB_SMALL" ]; then
	skip 'scenario 37: a full disk' 'a small file system is made only by root'
else
	t 'scenario 37: a full disk: the error says so, nothing moved, nothing is left, old releases are gone' '
		full=$SB_SMALL/$$
		mkdir "$full"
		app_new tiny
		git config --global slugbuild.root "$full"
		settings diskFloor 0
		slugbuild create tiny
		git -C tiny remote set-url production "$full/repos/tiny.git"
		root=$full
		push tiny
		head -c 60000000 /dev/urandom >fill.bin
		cp fill.bin tiny/static/big.bin
		commit tiny "Larger than the disk"
		fails push tiny
		grep -Ei "space|disk|full" push.log
		test "$(release_of tiny)" = v2
		git -C tiny reset -q --hard HEAD~1
		commit tiny "Fits again"
		push tiny
		test "$(release_of tiny)" = v3
		dd if=/dev/zero of="$full/ballast" bs=64k 2>/dev/null || true
		commit tiny "No room at all"
		fails push tiny
		test "$(release_of tiny)" = v3
		rm "$full/ballast"
		git config --global slugbuild.keepReleases 2
		push tiny
		git config --global --unset slugbuild.keepReleases
		test "$(release_of tiny)" = v4
		test "$(ls "$root/apps/tiny/releases" | grep -c "^v")" = 2
		no_leftovers tiny
	'
	chmod -R u+w "${SB_SMALL:?}/$$" && rm -rf "${SB_SMALL:?}/$$"
	settings root "$root"
	git config --global --unset slugbuild.diskFloor
fi

if [ "$(id -u)" = 0 ]; then
	skip 'a root that is not writable' 'root may write anywhere'
else
	t 'a root that is not writable: who may not write where, and nothing moves' '
		git -C blog checkout -q -f -B main good
		commit blog "Read-only root"
		standing blog >before
		chmod a-w "$root/store" "$root/store"/* "$root/apps/blog" "$root/apps/blog"/builds
		code=0
		push blog || code=$?
		chmod u+w "$root/store" "$root/store"/* "$root/apps/blog" "$root/apps/blog"/builds
		test $code != 0
		standing blog | cmp before -
		grep -Ei "writ|permission" push.log
	'
fi

if [ -z "$SB_FOREIGN" ]; then
	skip "scenario 21: another user's repository" 'only root can make one'
else
	t "scenario 21: a repository of another owner: its path, who owns it and who we run as" '
		fails sh -c "slugbuild hooks:install $SB_FOREIGN --app alien >foreign.log 2>&1"
		cat foreign.log
		tr -s " \n!" "   " <foreign.log >words
		has "the repository $SB_FOREIGN belongs to root, slugbuild runs as $(id -un)" words
		has "safe.directory $SB_FOREIGN" foreign.log
		fails git -C blog push "$SB_FOREIGN" main
	'
fi

t 'scenario 20: a repository with SHA-256 ids deploys, and rolls back' '
	server_new modern --object-format sha256
	git init -q --object-format=sha256 modern
	cp -r blog/hello blog/manage.py blog/Procfile blog/requirements.txt blog/static blog/wheels modern/
	cp blog/.python-version modern/ 2>/dev/null || true
	commit modern one
	git -C modern remote add production "$(repo_of modern)"
	push modern
	test "$(release_of modern)" = v2
	test "$(jq -r .commit "$(manifest_of modern)")" = "$(tip_of modern)"
	test "$(tip_of modern | wc -c)" = 65
	slugbuild releases -a modern
	slugbuild releases:wait "$(tip_of modern)" -a modern
	slugbuild check modern
	slugbuild build modern HEAD~0 -o modern.tar.gz
	echo "web: sh run" >modern/Procfile
	printf "import \"" >modern/hello/views.py
	commit modern two
	refused modern
	slugbuild rollback v1 -a modern && fail "v1 has no slug" || true
	git -C modern reset -q --hard HEAD~1
	commit modern three
	push modern
	slugbuild rollback -a modern
	test "$(release_of modern)" = v4
'

if git init -q --bare --ref-format=reftable "$WORK/tables.git" 2>/dev/null; then
	t 'scenario 20: a repository with reftables deploys' '
		server_new tables --repo "$WORK/tables.git"
		git -C blog checkout -q -f -B main good
		git -C blog push "$WORK/tables.git" main
		test "$(release_of tables)" = v2
	'
else
	skip 'scenario 20: a repository with reftables deploys' "git $(git --version | cut -d' ' -f3) has none: 2.45 does"
fi

t 'after all of it the app still deploys' '
	git -C blog checkout -q -f -B main good
	commit blog "Still well"
	push blog -f production main
	test "$(release_of blog)" = v3
'

done_testing
