#!/bin/sh
# What check is given: a bare repository, a clone, a folder, a tar, the index of a commit that is
# being made. With no set-up at all.
. "$(dirname "$0")/lib.sh"

# An app whose Procfile names a module that is not there.
mkdir -p plain/mysite
printf 'web: gunicorn blog.wsgi\n' >plain/Procfile
printf 'Django==5.2\ngunicorn==23.0\n' >plain/requirements.txt
printf 'application = None\n' >plain/mysite/wsgi.py
printf 'import os\n' >plain/manage.py
: >plain/mysite/__init__.py
cp -R plain clone
git init -q clone
commit clone
git clone -q --bare clone bare.git

# findings NAME ARGUMENT…: what check finds, in NAME.txt, one a line.
findings()
{
	to=$1
	shift
	code=0
	slugbuild check --static --json "$@" >"$to.json" || code=$?
	[ $code -le 1 ] || return $code
	jq -r '.findings[] | "\(.severity) \(.rule) \(.path):\(.line):\(.column)"' "$to.json" >"$to.txt"
}

t 'a clone, a bare repository, a folder and a tar: the same findings' '
	findings clone clone
	grep -q "^error procfile-module-missing Procfile:1:15" clone.txt
	findings bare bare.git
	findings folder plain
	git -C clone archive HEAD | findings archive -
	tar cf - -C plain . | findings tar -
	tar cf - --format=pax -C plain . | findings pax -
	for other in bare folder archive tar pax; do cmp clone.txt $other.txt; done
	test "$(jq -r .commit clone.json)" = "$(git -C clone rev-parse HEAD)"
	test "$(jq -r .commit folder.json)" = null
'

t 'where one stands: in the clone, below it, in the folder' '
	(cd clone && findings ../here && cd mysite && findings ../../below)
	(cd plain && findings ../inside)
	for other in here below inside; do cmp clone.txt $other.txt; done
	(cd clone/mysite && findings ../../rev HEAD)
	cmp clone.txt rev.txt
'

t 'the source stage reads a folder and a tar too' '
	app_new blog
	sed -i "s/^DEBUG.*/DEBUG = True/" blog/hello/settings.py
	commit blog "Debug"
	slugbuild check blog --json >commit.json || true
	git -C blog archive HEAD | slugbuild check - --json >tar.json || true
	rm -rf blog/.git
	slugbuild check blog --json >plain.json || true
	jq -e "[.findings[].rule] | index(\"settings-debug\")" plain.json
	cmp plain.json tar.json
	jq ".commit = null" commit.json >same.json
	jq . plain.json | cmp - same.json
'

t 'a folder: pipes and what is called .git are not there, links lead nowhere, nothing is written' '
	cp -R plain odd
	mkfifo odd/fifo
	mkdir odd/sub
	git init -q odd/sub
	ln -s /etc/passwd odd/runtime.txt
	ln -s . odd/round
	printf x >"odd/$(printf "\303\274\n\377")"
	find odd | sort >before
	findings odd odd
	grep -q "file-is-symlink-out runtime.txt" odd.txt
	find odd | sort >after
	cmp before after
	rm odd/runtime.txt odd/round
	chmod 000 odd/Procfile
	[ "$(id -u)" = 0 ] || exits 4 slugbuild check odd --static
	settings maxFiles 3
	code=0
	slugbuild check odd --static >said 2>&1 || code=$?
	git config --global --unset slugbuild.maxFiles
	[ $code -gt 1 ] || fail "maxFiles: exit status $code"
	has "more files and folders than may be" said
'

t 'an unfit tar is refused by name, and leaves nothing' '
	python3 - <<-END
		import io, tarfile
		def make(name, *entries):
		    with tarfile.open(name, "w") as tar:
		        for path, kind, target in entries:
		            one = tarfile.TarInfo(path)
		            one.type, one.linkname = kind, target
		            one.size = 1 if kind == tarfile.REGTYPE else 0
		            tar.addfile(one, io.BytesIO(b"x"))
		F, L, H, D, C = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE
		make("absolute", ("/etc/cron.d/x", F, ""))
		make("dots", ("a/../../x", F, ""))
		make("below-link", ("a", L, "/tmp"), ("a/x", F, ""))
		make("below-file", ("a", F, ""), ("a/x", F, ""))
		make("twice", ("a", F, ""), ("./a", F, ""))
		make("device", ("a", C, ""))
		make("hard", ("a", H, "/etc/passwd"))
		make("spelt", ("a/.GIT/config", F, ""))
		make("long", ("n" * 300, F, ""))
		make("deep", ("/".join("d" * 100) + "/x", F, ""))
		make("good", ("./Procfile", F, ""), ("same", H, "Procfile"), ("a/.git/config", F, ""), ("b", D, ""))
	END
	for name in absolute dots below-link below-file twice device hard spelt long deep; do
		code=0
		TMPDIR=$WORK slugbuild check - --static <$name >said 2>&1 || code=$?
		cat said
		[ $code -gt 1 ] || fail "$name: exit status $code"
		hasnt "error[" said
	done
	findings good - <good
	for text in "" "no tar at all"; do
		code=0
		printf %s "$text" | slugbuild check - >said 2>&1 || code=$?
		[ $code -gt 1 ] || fail "exit status $code"
		has tar said
	done
	head -c 700 good >cut
	code=0
	slugbuild check - <cut >said 2>&1 || code=$?
	[ $code -gt 1 ] || fail "cut: exit status $code"
	ls -A "$WORK" | grep "^slugbuild-" && fail "left behind"
	settings maxBytes 100
	head -c 4096 /dev/zero >zeros
	code=0
	tar cf - zeros | slugbuild check - >said 2>&1 || code=$?
	git config --global --unset slugbuild.maxBytes
	[ $code -gt 1 ] || fail "maxBytes: exit status $code"
'

t 'a pre-commit hook: what is staged decides, not what lies in the work tree' '
	cp -R clone work
	printf "#!/bin/sh\nexec slugbuild check --staged\n" >work/.git/hooks/pre-commit
	chmod 755 work/.git/hooks/pre-commit
	cd work
	head=$(git rev-parse HEAD)
	echo "web: gunicorn mysite.wsgi" >Procfile
	fails git commit -q --allow-empty -m "Nothing is mended in the index" 2>said
	grep -q "procfile-module-missing" said
	test "$(git rev-parse HEAD)" = "$head"
	git add Procfile
	echo "web: gunicorn blog.wsgi" >Procfile
	git commit -q -m "Mended"
	test "$(git rev-parse HEAD)" != "$head"
	head=$(git rev-parse HEAD)
	# -a has an index of its own, which the hook is told of; so has "git commit FILE".
	fails git commit -q -a -m "Spoiled again" 2>said
	fails git commit -q -m "Spoiled again" Procfile 2>said
	grep -q "procfile-module-missing" said
	test "$(git rev-parse HEAD)" = "$head"
	git checkout -q Procfile
	mkdir deep && cd deep && echo x >file && git add -N file
	git commit -q --allow-empty -m "From below, with a file that is only meant to come"
'

t 'the same in a work tree of its own, and where git dir and work tree are apart' '
	cd work
	git worktree add -q ../tree
	cd ../tree
	echo "web: gunicorn blog.wsgi" >Procfile
	fails git commit -q -a -m spoiled
	git checkout -q Procfile
	git commit -q --allow-empty -m fine
	mkdir ../apart
	cp Procfile requirements.txt ../apart
	cd ..
	git --git-dir=work/.git --work-tree=apart add -A 2>/dev/null
	fails git --git-dir=work/.git --work-tree=apart commit -q -m "Removes the module"
'

t 'the same where the ids are SHA-256, which libgit2 cannot read' '
	git init -q --object-format=sha256 wide
	cp -R plain/. wide
	sed -i s/blog/mysite/ wide/Procfile
	commit wide
	printf "#!/bin/sh\nexec slugbuild check --staged\n" >wide/.git/hooks/pre-commit
	chmod 755 wide/.git/hooks/pre-commit
	git -C wide worktree add -q ../wide-tree
	for tree in wide wide-tree; do
		echo "web: gunicorn blog.wsgi" >$tree/Procfile
		fails git -C $tree commit -q -a -m spoiled 2>said
		has procfile-module-missing said
		git -C $tree checkout -q Procfile
		git -C $tree commit -q --allow-empty -m fine
	done
'

t 'an index that only git reads: split, and with SHA-256 ids' '
	cp -R work split
	git -C split checkout -q -f HEAD
	git -C split update-index --split-index
	findings split split --staged
	git -C work checkout -q -f HEAD
	git -C work reset -q --hard
	findings whole work --staged
	cmp split.txt whole.txt
	git init -q --object-format=sha256 sha
	cp -R plain/. sha
	git -C sha add -A
	findings sha256 sha --staged
	cmp clone.txt sha256.txt
'

t 'an unresolved merge is said to be one' '
	git init -q merge
	for side in base one two; do
		git -C merge checkout -q -B $side base 2>/dev/null || git -C merge checkout -q -B $side
		echo $side >merge/file
		commit merge $side
	done
	git -C merge merge -q one >/dev/null 2>&1 || true
	slugbuild check merge --staged >said 2>&1 && false
	has "file: a merge is not resolved" said
'

reason=$(lacks strace)
if [ -n "$reason" ]; then
	skip '--static starts no program' "$reason"
	skip '--static on a SHA-256 repository starts git' "$reason"
else
	# What check --static does beside reading, in `others`; the third word is a pattern of more that it may.
	# The leak checker of a build under sanitizers has a process of its own.
	traced()
	{
		git -C "$1" archive HEAD >archive.tar
		export ASAN_OPTIONS=detect_leaks=0
		code=0
		strace -f -qq -o trace -e trace=process,network \
			slugbuild check --static "$2" <archive.tar >static.log 2>&1 || code=$?
		[ $code = 1 ] && has procfile-module-missing static.log
		grep -q "execve(\".*/slugbuild\"" trace
		grep -vE "execve\(.*/slugbuild\"|exit_group\(|sendto\(2,|\+\+\+ exited${3:+|$3}" trace >others || true
		test ! -s others || { cat others; fail "$2"; }
	}

	t '--static starts no program and opens no socket' '
		git init -q --object-format=sha1 old
		cp -R plain/. old
		commit old
		git clone -q --bare old old.git
		for what in old old.git plain -; do
			traced old "$what"
		done
		strace -f -qq -o trace -e trace=execve slugbuild check clone >/dev/null 2>&1 || true
		test "$(grep -c "execve(" trace)" -gt 1
	'

	# Nothing else reads these: a pair of sockets, and git at their other end.
	t '--static on a SHA-256 repository starts git, which asks for objects, and nothing else' '
		git init -q --object-format=sha256 new
		cp -R plain/. new
		commit new
		git clone -q --bare new new.git
		pair="socketpair\(AF_UNIX|clone\(|wait4\(|kill\(|SIGCHLD|killed by|shutdown\(|sendto\(|resumed>"
		for what in new new.git plain -; do
			traced new "$what" "execve\(\"/usr/bin/git\"|$pair"
			case $what in new*) expected="cat-file rev-parse" ;; *) expected= ;; esac
			sed -n "s/.*execve(\"\/usr\/bin\/git\", \[\"[^\"]*\", \(\"-c\", \"[^\"]*\", \)*\"\([a-z-]*\)\".*/\2/p" trace |
				sort -u | tr "\n" " " >asked
			test "$(cat asked)" = "${expected:+$expected }" || { cat asked; fail "$what"; }
		done
	'
fi

t 'misuse is named' '
	exits 2 slugbuild check - HEAD </dev/null
	exits 2 slugbuild check --staged clone HEAD
	fails slugbuild check nowhere >said 2>&1
	has "nowhere does not exist" said
	fails slugbuild check plain HEAD >said 2>&1
	tr -s " \n!" "   " <said | grep "is no git repository" # whatever the length of the path before it
'

done_testing
