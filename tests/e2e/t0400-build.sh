#!/bin/sh
# What works on a plain clone, with no server and no set-up at all.
. "$(dirname "$0")/lib.sh"
git config --global --remove-section slugbuild

app_new blog

t 'build in the clone writes APP.tar.gz and its description, and the tree stays clean' '
	cd blog
	slugbuild build >../build.log 2>&1 || { cat ../build.log; false; }
	test -s blog.tar.gz
	jq -e . blog.tar.gz.json
	rm blog.tar.gz blog.tar.gz.json
	test -z "$(git status --porcelain)"
	has "-----> " ../build.log
'

t 'it builds what is committed, at any revision, not what lies in the work tree' '
	git -C blog tag one
	echo "body { color: blue }" >blog/static/css/site.css
	commit blog two
	echo "body { color: red }" >blog/static/css/site.css
	slugbuild build blog one -o one.tar.gz
	slugbuild build blog -o two.tar.gz
	tar xzOf one.tar.gz static/css/site.css | grep green
	tar xzOf two.tar.gz static/css/site.css | grep blue
	git -C blog checkout -q static
'

t 'a bare repository will do' '
	git clone -q --bare blog bare.git
	slugbuild build bare.git main -o bare.tar.gz
	cmp bare.tar.gz two.tar.gz
'

t '--timings tells where the time went, and what was reused' '
	slugbuild build blog one -o again.tar.gz --timings >timings.log 2>&1
	cat timings.log
	grep "^dependencies .* ms  reused" timings.log
	grep "^layer of the app .* ms  reused  (0 of . pieces made)" timings.log
	grep "^collectstatic .* ms" timings.log
	cmp again.tar.gz one.tar.gz
'

t 'a revision that is not there, a folder that is no repository: misuse or input, with a sentence' '
	fails slugbuild build blog no-such-branch -o x.tar.gz
	mkdir empty
	fails slugbuild build empty -o x.tar.gz
	test ! -e x.tar.gz
'

t 'what fails leaves no slug' '
	echo "absent==1" >>blog/requirements.txt
	commit blog "A package that is not there"
	exits 3 slugbuild build blog -o x.tar.gz
	test ! -e x.tar.gz
	test ! -e x.tar.gz.json
'

t 'findings are exit 1' '
	echo "web: gunicorn hallo.wsgi" >blog/Procfile
	commit blog "A module that is not there"
	exits 1 slugbuild build blog -o x.tar.gz
'

t 'help is there for every command, and a wrong word is met with the nearest' '
	slugbuild --help >help.txt
	for word in create check build releases rollback config ps logs run gc doctor inspect; do
		grep -qw "$word" help.txt
		slugbuild "$word" --help >word.txt
		test -s word.txt
	done
	exits 2 slugbuild relaeses 2>wrong.txt
	has releases wrong.txt
	exits 2 slugbuild build --no-such-option
	exits 2 slugbuild
'

t 'output that cannot be written is a failure' '
	fails sh -c "slugbuild --help >/dev/full"
'

done_testing
