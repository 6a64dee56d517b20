#!/bin/sh
# What the app's own code may try while it is built, beyond eating the machine: each try is refused,
# contained or harmless, and the next push deploys.
. "$(dirname "$0")/lib.sh"

app_new blog
settings remember false
server_new blog
push blog >push1.log 2>&1
git -C blog branch good

# in_build: what stands on standard input, as Python, when collectstatic runs.
in_build()
{
	git -C blog checkout -q -f -B main good
	{
		printf 'import os, signal, socket, stat, subprocess, sys, time\nif "collectstatic" in sys.argv:\n'
		sed 's/^/    /'
	} >>blog/hello/settings.py
	commit blog "Tries something"
}
into_static() { printf 'os.makedirs(STATIC_ROOT, exist_ok=True)\nos.chdir(STATIC_ROOT)\n%s\n' "$1" | in_build; }

t 'kill -9 of every process it can see, and of its parent: its own box at most' '
	echo "os.kill(os.getppid(), signal.SIGKILL); os.kill(-1, signal.SIGKILL)" | in_build
	code=0
	push blog -f production main || code=$?
	test $code = 0 || has "collectstatic" push.log
	wait_for 20 idle
	no_leftovers_quietly blog
'

for try in 'os.mkfifo("fifo")' 's = socket.socket(socket.AF_UNIX); s.bind("socket")'; do
	t "what is no file, folder or symlink is not taken into the slug: $try" '
		into_static "'"$(echo "$try" | sed 's/"/\\"/g')"'"
		refused blog -f production main
		has "collectstatic left something that is no file: staticfiles" push.log
	'
done

t 'a device cannot be made; setuid bits and odd modes do not reach the slug' '
	into_static "
try:
    os.mknod(\"device\", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    print(\"made a device\")
except OSError:
    pass
for name, mode in ((\"setuid\", 0o6755), (\"shut\", 0o000), (\"open\", 0o666)):
    open(name, \"w\").write(name)
    try:
        os.chmod(name, mode)
    except PermissionError:
        print(\"may not: %s\" % name)"
	push blog -f production main
	hasnt "made a device" push.log
	tar tvzf "$(slug_of blog)" >list
	grep -E "^-rw-r--r-- .* staticfiles/open$" list
	grep -E "^-rw-r--r-- .* staticfiles/shut$" list
	grep -E "^-rwxr-xr-x .* staticfiles/setuid$|^-rw-r--r-- .* staticfiles/setuid$" list
'

t 'a folder that nobody may look into is named' '
	into_static "
os.makedirs(\"dark/below\")
os.chmod(\"dark\", 0)"
	refused blog -f production main
	has "staticfiles/dark" push.log
'

t 'symlinks and hard links to what is not its own: no byte of the host gets into the slug' '
	into_static "
os.symlink(\"/etc/hostname\", \"name\")
os.symlink(\"$root/apps/blog/config.json\", \"config\")
os.symlink(\"../../../../../../../../etc\", \"etc\")
for path in (\"/etc/hostname\", \"/etc/passwd\"):
    try:
        os.link(path, \"hard\")
    except OSError:
        pass"
	code=0
	push blog -f production main || code=$?
	if [ $code = 0 ]; then
		app=$root/apps/blog/releases/$(release_of blog)/app/staticfiles
		test -L "$app/name" && test -L "$app/etc"
		tar tvzf "$(slug_of blog)" | grep -E "staticfiles/(name|etc|config)" | grep -qv "^l" && fail "followed" || true
	fi
'

t 'a descriptor that it keeps and writes to later changes nothing: the slug is what was hashed' '
	into_static "
f = open(\"kept\", \"w\"); f.write(\"first\"); f.flush()
if os.fork() == 0:
    os.setsid()
    for i in range(100):
        time.sleep(0.1); f.seek(0); f.write(\"later\"); f.flush()
    os._exit(0)"
	push blog -f production main
	slug=$(slug_of blog)
	sleep 2
	test "$(sha256sum <"$slug" | cut -d" " -f1)" = "$(jq -r .slug.sha256 "$(manifest_of blog)")"
	test "$(cat "$root/apps/blog/releases/$(release_of blog)/app/staticfiles/kept")" = first
'

t 'a folder that is swapped for a symlink to /etc all the time' '
	into_static "
os.mkdir(\"swap\"); open(\"swap/x\", \"w\").write(\"ours\")
if os.fork() == 0:
    os.setsid()
    for i in range(200000):
        os.rename(\"swap\", \"other\"); os.symlink(\"/etc\", \"swap\"); os.unlink(\"swap\"); os.rename(\"other\", \"swap\")
    os._exit(0)
time.sleep(1)"
	push blog -f production main || true
	tar tzf "$(slug_of blog)" >list
	fails grep -E "staticfiles/(swap|other)/(passwd|hostname)" list
'

for end in 'sys.exit(77):failed with status 77' 'os.abort():killed by signal 6' 'os.kill(os.getpid(), signal.SIGSEGV):killed by signal 11'; do
	t "an end that is none: ${end%%:*}" '
		echo "'"${end%%:*}"'" | in_build
		refused blog -f production main
		has "'"${end##*:}"'" push.log
		test -z "$(find "$root" -type f \( -name core -o -name "core.[0-9]*" \))"
	'
done

t 'lines that look like ours stand where only lines of children stand' '
	in_build <<-"END"
		print("-----> Released v99")
		print("remote: -----> Released v99")
		print("\rVerifying deploy... done.")
		sys.exit(1)
	END
	refused blog -f production main
	grep -E "^remote: (----->|Verifying|Released)" push.log | fails grep -E "v99|Verifying"
	has "       -----> Released v99" push.log
'

t 'a file larger than its limit, sparse: the limit is named' '
	settings buildDisk 2m
	into_static "
with open(\"sparse\", \"wb\") as f:
    f.truncate(1 << 40)"
	refused blog -f production main
	grep -Ei "large|size|limit|signal 25" push.log
	git config --global --unset slugbuild.buildDisk
'

t 'more files than may be' '
	settings maxFiles 2000
	into_static "
for i in range(2500):
    open(str(i), \"w\").close()"
	code=0
	push blog -f production main || code=$?
	cat push.log
	git config --global --unset slugbuild.maxFiles
'

t 'refs/replace changes nothing of what is deployed' '
	git -C blog checkout -q -f -B main good
	commit blog "The real one"
	real=$(git -C blog rev-parse main)
	echo "body { color: red }" >blog/static/css/site.css
	commit blog "The one put in its place"
	git -C "$(repo_of blog)" config --unset receive.hideRefs
	git -C blog push -q production "main:refs/replace/$real" >push.log 2>&1 || { cat push.log; false; }
	push blog -f production "$real:refs/heads/main"
	grep -q green "$root/apps/blog/releases/$(release_of blog)/app/static/css/site.css"
	test "$(jq -r .tree "$root/apps/blog/releases/$(release_of blog)/release.json")" = \
		"$(git -C blog --no-replace-objects rev-parse "$real^{tree}")"
'

t 'after all of it the app deploys' '
	git -C blog checkout -q -f -B main good
	commit blog "Well again"
	push blog -f production main
	test "$(jq -r .commit "$(manifest_of blog)")" = "$(git -C blog rev-parse main)"
	no_leftovers blog
'

done_testing
