#!/bin/sh
. "$(dirname "$0")/lib.sh"

app_new blog
server_new blog
push blog >push1.log 2>&1

t 'doctor finds this set-up fit, says what it found, and names every setting' '
	slugbuild doctor >doctor.txt 2>&1 || { cat doctor.txt; false; }
	has "$root" doctor.txt
	grep -i python doctor.txt
	slugbuild doctor --json | jq -e .
'

t 'doctor names a setting that is none, and the nearest' '
	settings buildTimout 30
	fails sh -c "slugbuild doctor >doctor.txt 2>&1"
	grep -i buildTimeout doctor.txt
	git config --global --unset slugbuild.buildTimout
'

t 'everything that lists does so in JSON as well' '
	for command in apps "releases -a blog" "builds -a blog" "config -a blog" "releases:info v2 -a blog"; do
		slugbuild $command --json >out.json || fail "$command"
		jq -e . out.json >/dev/null || fail "$command: no JSON"
	done
'

t 'inside a repository of one app -a may be left out' '
	cd "$(repo_of blog)"
	slugbuild releases >"$WORK/releases.txt"
	has v2 "$WORK/releases.txt"
'

t 'an app that is not there is named, with those that are' '
	fails sh -c "slugbuild releases -a blgo >wrong.txt 2>&1"
	has blog wrong.txt
'

t 'inspect reads a slug from the store and refuses what is none' '
	slugbuild inspect "$(slug_of blog)" >inspect.txt
	has manage.py inspect.txt || has web inspect.txt
	echo nonsense >bad.tar.gz
	fails slugbuild inspect bad.tar.gz
	head -c 2000 "$(slug_of blog)" >cut.tar.gz
	fails slugbuild inspect cut.tar.gz
'

t 'hooks:install makes any bare repository deploy; hooks:remove leaves it as it was' '
	git init -q --bare other.git
	ls -R other.git/hooks | sort >before
	slugbuild hooks:install "$WORK/other.git" --app other
	git -C blog push "$WORK/other.git" main >push.log 2>&1 || { cat push.log; false; }
	test "$(release_of other)" = v2
	slugbuild hooks:remove "$WORK/other.git"
	ls -R other.git/hooks | sort | cmp - before
'

t 'hooks:install keeps the hook that is there already, and both run' '
	git init -q --bare third.git
	printf "#!/bin/sh\ncat >/dev/null\necho their own hook\n" >third.git/hooks/post-receive
	chmod 755 third.git/hooks/post-receive
	slugbuild hooks:install "$WORK/third.git" --app third >install.log 2>&1 || true
	cat install.log
	if grep -q slugbuild third.git/hooks/post-receive* 2>/dev/null; then
		git -C blog push "$WORK/third.git" main >push.log 2>&1 || true
		has "their own hook" push.log
	else
		grep -i "post-receive" install.log
	fi
'

t 'gc tells what it would take, and takes only that' '
	slugbuild gc --dry-run
	slugbuild gc
	test -f "$(slug_of blog)"
'

t 'reconcile has nothing to do, and says so by its exit status' '
	slugbuild reconcile
	test "$(release_of blog)" = v2
'

t 'apps:destroy wants the name again and then leaves nothing' '
	fails sh -c "slugbuild apps:destroy -a third </dev/null"
	slugbuild apps:destroy -a third --confirm third
	test ! -e "$root/apps/third"
	slugbuild apps >apps.txt
	hasnt third apps.txt
	test "$(release_of blog)" = v2
'

done_testing
