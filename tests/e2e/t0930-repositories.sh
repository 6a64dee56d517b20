#!/bin/sh
# Strange pushes into strange repositories, and trees with strange names in them.
. "$(dirname "$0")/lib.sh"

app_new blog
server_new blog
push blog >push1.log 2>&1 || cat push1.log
git -C blog branch good

# back APP: its work tree and branch as they were at first.
back() { git -C blog checkout -q -f -B main good; git -C blog clean -qfdx; }

t 'scenario 4: a shallow clone without its parents is refused before anything is built' '
	built=$(slugbuild builds -a blog --json | jq length)
	git clone -q --bare blog origin.git
	commit blog two
	git -C blog push -q ../origin.git main
	git clone -q --depth 1 "file://$WORK/origin.git" shallow
	git -C shallow remote add production "$(repo_of blog)"
	commit shallow three
	standing blog >before
	fails push shallow -f production main
	has "git fetch --unshallow (in CI: fetch-depth: 0)" push.log
	standing blog | cmp before -
	test "$(slugbuild builds -a blog --json | jq length)" = "$built"
	git clone -q --depth 1 "file://$WORK/origin.git" one
	fails git -C one push -f "$(repo_of blog)" HEAD:refs/heads/main >push.log 2>&1
	has "git fetch --unshallow (in CI: fetch-depth: 0)" push.log
	git -C shallow fetch -q --unshallow
	push shallow -f production main
	test "$(release_of blog)" = v3
	git -C blog pull -q production main
'

t 'scenario 6: tags by pattern deploy, peeled; other tags, and tags of trees and blobs, do not' '
	git -C "$(repo_of blog)" config slugbuild.branch "refs/tags/v*"
	commit blog "For a tag"
	git -C blog tag -a -m one v1.0
	git -C blog tag -a -m nested v1.1 v1.0 2>/dev/null
	push blog production main
	test "$(release_of blog)" = v3
	push blog production v1.0
	test "$(release_of blog)" = v4
	test "$(jq -r .commit "$(manifest_of blog)")" = "$(git -C blog rev-parse main)"
	test "$(jq -r .push.ref "$(manifest_of blog)")" = refs/tags/v1.0
	git -C blog tag other
	git -C blog tag -a -m tree tree "main^{tree}"
	git -C blog tag -a -m blob blob main:Procfile
	git -C blog tag light-tree "main^{tree}"
	push blog production other tree blob light-tree
	test "$(release_of blog)" = v4
	fails grep -Ei "slugbuild|deploy|warn" push.log
'

t 'a tag that the pattern takes and that is no commit is refused in words' '
	git -C blog tag -a -m tree v9 "main^{tree}"
	refused blog production v9
	has "is a tree" push.log
	has "refs/tags/v9" push.log
'

t 'many mapped refs of one app and one commit are one build; several commits are refused' '
	commit blog "Two tags"
	git -C blog tag v2.0 && git -C blog tag v2.1
	push blog production v2.0 v2.1
	test "$(release_of blog)" = v5
	git -C blog tag v3.0
	commit blog "Another"
	git -C blog tag v3.1
	refused blog production v3.0 v3.1
	has "v3.0" push.log
	has "v3.1" push.log
	git -C "$(repo_of blog)" config --unset slugbuild.branch
	push blog
'

t 'scenario 8: two mapped refs at one commit, two apps: one slug, two releases' '
	server_new twin --repo "$(repo_of blog)"
	git -C "$(repo_of blog)" config slugbuild.branch "main=blog staging=twin"
	before=$(release_of blog)
	commit blog "For both"
	push blog production main main:refs/heads/staging
	test "$(release_of twin)" = v2
	test "$(release_of blog)" != "$before"
	test "$(slug_of blog)" = "$(slug_of twin)"
	git -C "$(repo_of blog)" config --unset slugbuild.branch
	git -C "$(repo_of blog)" config slugbuild.app blog
'

t 'an unborn HEAD: the first push to the branch that it names deploys' '
	server_new fresh --branch trunk
	git -C blog push "$(repo_of fresh)" main >push.log 2>&1
	has "git push REMOTE main:trunk" push.log
	test "$(release_of fresh)" = v1
	git -C blog push "$(repo_of fresh)" main:trunk
	test "$(release_of fresh)" = v2
'

t 'scenario 19: chained alternates, absolute and relative, and a path with ":" and "\""' '
	odd="$WORK/odd:na\"me"
	mkdir "$odd"
	git clone -q --bare blog "$odd/base.git"
	git init -q --bare "$odd/middle.git"
	git init -q --bare "$odd/top.git"
	echo "$odd/base.git/objects" >"$odd/middle.git/objects/info/alternates"
	echo ../../middle.git/objects >"$odd/top.git/objects/info/alternates"
	server_new chained --repo "$odd/top.git"
	commit blog "Through alternates"
	git -C blog push "$odd/top.git" main >push.log 2>&1 || { cat push.log; false; }
	test "$(release_of chained)" = v2
	test ! -e "$odd/top.git/objects/$(git -C blog rev-parse main:manage.py | sed "s|^..|&/|")"
'

t 'scenario 20: extensions.worktreeConfig, partialClone and preciousObjects are read' '
	for extension in worktreeConfig=true preciousObjects=true partialClone=origin; do
		app=$(echo "x${extension%=*}" | tr A-Z a-z)
		server_new "$app"
		git -C "$(repo_of "$app")" config core.repositoryFormatVersion 1
		git -C "$(repo_of "$app")" config "extensions.${extension%=*}" "${extension#*=}"
		git -C blog push "$(repo_of "$app")" main >push.log 2>&1 || { cat push.log; false; }
		test "$(release_of "$app")" = v2
	done
'

t 'scenario 20: without git a repository that libgit2 cannot read is refused by its format' '
	server_new sums --object-format sha256
	git -C "$(repo_of sums)" config slugbuild.git /nonexistent/git
	git init -q --object-format=sha256 sums
	commit sums one
	fails git -C sums push "$(repo_of sums)" main >push.log 2>&1
	has objectformat push.log
	has /nonexistent/git push.log
'

t 'a partial clone pushes, and a blob that the server has only promised is named' '
	git -C "$(repo_of blog)" config uploadpack.allowFilter true
	git clone -q --filter=blob:none "file://$(repo_of blog)" partial
	echo "# more" >>partial/hello/views.py
	commit partial "From a partial clone"
	git -C partial push origin main >push.log 2>&1 || { cat push.log; false; }
	test "$(jq -r .commit "$(manifest_of blog)")" = "$(git -C partial rev-parse main)"
	git clone -q --bare --filter=blob:none "file://$(repo_of blog)" promised.git
	server_new promised --repo "$WORK/promised.git"
	git -C partial commit -q --allow-empty -m again
	fails git -C partial push "$WORK/promised.git" main >push.log 2>&1
	cat push.log
	has "partial clone" push.log
'

t 'scenario 25: names of any byte, in locale C: the slug holds the bytes, the manifest is JSON' '
	back
	python3 - <<-"END"
		import os
		os.makedirs(b"blog/odd")
		for name in (b"caf\xe9", b"two\nlines", b"-rf", b"tab\there", b"back\\slash", b"quo\"te", b"\xff\xfe", b" "):
		    with open(b"blog/odd/" + name, "wb") as f:
		        f.write(name)
		os.symlink(b"caf\xe9", b"blog/odd/to-\xe9")
	END
	commit blog "Odd names"
	push blog -f production main
	slug_of blog >slug
	rm -rf out && mkdir out
	tar xzf "$(cat slug)" -C out
	diff -r blog/odd out/odd
	python3 -c "import json, sys; json.load(open(sys.argv[1], encoding=\"utf-8\"))" "$(manifest_of blog)"
	slugbuild inspect "$(cat slug)" --json | python3 -c "import json, sys; json.loads(sys.stdin.buffer.read().decode())"
	slugbuild releases -a blog --json | jq -e . >json
'

t 'symlinks of every kind: carried as they are, followed by nobody' '
	back
	mkdir blog/links
	ln -s ../Procfile blog/links/in
	ln -s / blog/links/root
	ln -s ../../../../../../etc/passwd blog/links/out
	ln -s nowhere blog/links/dangling
	ln -s loop blog/links/loop
	ln -s . blog/links/self
	ln -s ../hello blog/links/folder
	commit blog "Links"
	push blog -f production main
	rm -rf out && mkdir out
	tar xzf "$(slug_of blog)" -C out
	for link in in root out dangling loop self folder; do
		test "$(readlink "out/links/$link")" = "$(readlink "blog/links/$link")"
	done
'

t 'scenario 26: Procfile and procfile side by side are refused; other names that differ in case warn' '
	back
	cp blog/Procfile blog/procfile
	commit blog "Two of them"
	refused blog -f production main
	has procfile push.log
	has "git rm" push.log
	back
	mkdir -p blog/pages
	echo 1 >blog/pages/About.html && echo 2 >blog/pages/about.html
	commit blog "Case"
	push blog -f production main
	has "About.html" push.log
	has "pages/about.html" push.log
'

# raw TREE-LINES: a commit of a tree made of raw bytes, past what git itself would make.
raw_push()
{
	commit_id=$(git -C blog commit-tree -p main -m raw "$1")
	standing blog >standing.before
	fails git -C blog push -f production "$commit_id:refs/heads/main" >push.log 2>&1
	standing blog | cmp standing.before -
	cat push.log
}

# What stands around the app's folder, and each file of the names in those trees.
outside()
{
	ls -A "$WORK" "$root" "$root/store" "$root/apps/blog"
	find "$WORK" /tmp -maxdepth 8 -type d \( -name second -o -name work \) -prune -o \
		\( -name settings.py -o -name views.py -o -name Procfile \) -print 2>/dev/null | grep -F "$WORK" | sort
}

t 'scenario 27: "..", ".git" and a file beneath a symlink are refused; nothing is written outside' '
	back
	git -C "$(repo_of blog)" config receive.fsckObjects false
	touch raw now standing.before push.log outside.before
	outside >outside.before
	blob=$(git -C blog rev-parse main:Procfile)
	for name in .. .git; do
		mode=40000 id=$(git -C blog rev-parse main:hello)
		python3 - "$mode" "$name" "$id" "$(git -C blog rev-parse main:Procfile)" <<-"END" >raw
			import sys
			mode, name, tree, blob = sys.argv[1:]
			sys.stdout.buffer.write(mode.encode() + b" " + name.encode() + b"\0" + bytes.fromhex(tree)
			    + b"100644 Procfile\0" + bytes.fromhex(blob))
		END
		raw_push "$(git -C blog hash-object -t tree --literally -w --stdin <raw)"
		has "$name" push.log
	done
	link=$(printf /tmp | git -C blog hash-object -w --stdin)
	python3 - "$link" "$(git -C blog rev-parse main:hello)" <<-"END" >raw
		import sys
		link, tree = (bytes.fromhex(x) for x in sys.argv[1:])
		sys.stdout.buffer.write(b"120000 static\0" + link + b"40000 static\0" + tree)
	END
	raw_push "$(git -C blog hash-object -t tree --literally -w --stdin <raw)"
	has static push.log
	test ! -e /tmp/settings.py
	outside >now
	diff outside.before now
	git -C "$(repo_of blog)" config receive.fsckObjects true
'

t 'scenario 28: a CRLF Procfile builds with a warning' '
	back
	printf "web: gunicorn hello.wsgi\r\n" >blog/Procfile
	commit blog CRLF
	push blog -f production main
	has Windows push.log
	test "$(jq -r .processes.web.command "$(manifest_of blog)")" = "gunicorn hello.wsgi"
'

t 'scenario 29: a SECRET_KEY given for the build passes, and is in neither slug nor manifest' '
	back
	sed -i "s/^SECRET_KEY.*/SECRET_KEY = os.environ[\"SECRET_KEY\"]/" blog/hello/settings.py
	commit blog "No key"
	refused blog -f production main
	has "hello/settings.py:4" push.log
	has "slugbuild config:set SECRET_KEY=" push.log
	slugbuild config:set -a blog SECRET_KEY=placeholder-5b1f9c >set.log
	push blog -f production main
	hasnt placeholder-5b1f9c push.log
	rm -rf out && mkdir out
	tar xzf "$(slug_of blog)" -C out
	fails grep -r placeholder-5b1f9c out "$(manifest_of blog)"
'

t 'scenario 30: what a manifest storage wrote is in the slug' '
	tar tzf "$(slug_of blog)" | grep -x "\(./\)*staticfiles/staticfiles.json"
	tar xzOf "$(slug_of blog)" staticfiles/staticfiles.json | jq -e ".paths[\"css/site.css\"]"
'

done_testing
