#!/bin/sh
. "$(dirname "$0")/lib.sh"

app_new blog
server_new blog
push blog >push1.log 2>&1
echo 'body { color: blue }' >blog/static/css/site.css
commit blog two
push blog >push2.log 2>&1

t 'two pushes are v2 and v3' '
	test "$(release_of blog)" = v3
	slugbuild releases -a blog --json | jq -e "[.. | .number? // empty] | contains([1, 2, 3])"
'

t 'scenario 38: rollback makes a new release of the old slug without a build; a rebuild gives the same bytes' '
	builds=$(slugbuild builds -a blog --json | jq length)
	slugbuild rollback v2 -a blog >rollback.log 2>&1 || { cat rollback.log; false; }
	test "$(release_of blog)" = v4
	test "$(jq -r .slug.sha256 "$(manifest_of blog v4)")" = "$(jq -r .slug.sha256 "$(manifest_of blog v2)")"
	test "$(slugbuild builds -a blog --json | jq length)" = "$builds"
	grep -q green "$root/apps/blog/releases/v4/app/staticfiles/css/site.css"
	slugbuild build blog HEAD~1 -a blog -o again.tar.gz --no-cache >build.log 2>&1 || { cat build.log; false; }
	test "$(sha256sum <again.tar.gz | cut -d" " -f1)" = "$(jq -r .slug.sha256 "$(manifest_of blog v2)")"
'

t 'rollback without a number goes to the one before' '
	slugbuild rollback -a blog
	test "$(release_of blog)" = v5
'

t 'a release that is not there cannot be rolled back to' '
	fails slugbuild rollback v99 -a blog
	test "$(release_of blog)" = v5
'

t 'config:set makes a release, masks the value in every output, keeps it 0600' '
	slugbuild config:set -a blog TOKEN=geheimes-wort OTHER="two words" >set.log 2>&1 || { cat set.log; false; }
	test "$(release_of blog)" = v6
	hasnt geheimes-wort set.log
	test "$(slugbuild config:get TOKEN -a blog)" = geheimes-wort
	slugbuild releases:info v6 -a blog >info.txt
	hasnt geheimes-wort info.txt
	find "$root" -type f -print0 | xargs -0 grep -lF geheimes-wort >holders || true
	cat holders
	while read -r file; do test "$(stat -c %a "$file")" = 600; done <holders
	hasnt manifest.json holders
'

t 'values come from standard input too, whole, with every odd character' '
	printf "a\"b\\\\c\$d%%e\`f'"'"'g\nline two" >odd
	slugbuild config:set -a blog ODD <odd >set.log 2>&1 || { cat set.log; false; }
	test "$(slugbuild config:get ODD -a blog)" = "$(cat odd)"
	slugbuild run -a blog -- sh -c "printf %s \"\$ODD\"" >got
	cmp odd got
'

t 'a value that an app prints is masked in its build' '
	echo "print(\"the token is \" + os.environ.get(\"TOKEN\", \"\"))" >>blog/hello/settings.py
	commit blog "Prints its token"
	push blog
	hasnt geheimes-wort push.log
'

t 'config:unset makes a release without it' '
	slugbuild config:unset TOKEN -a blog
	fails slugbuild config:get TOKEN -a blog
	slugbuild config -a blog >config.txt
	has OTHER config.txt
	hasnt TOKEN config.txt
'

t 'a bad name is refused' '
	fails slugbuild config:set -a blog "1BAD=x"
	fails slugbuild config:set -a blog "1BAD" </dev/null
'

t 'a name without a value, and nothing on standard input, is refused: K= is an empty value' '
	fails slugbuild config:set -a blog NOTHING </dev/null 2>set.log
	has "NOTHING has no value" set.log
	has "fix: NOTHING=VALUE" set.log
	fails slugbuild config:get NOTHING -a blog
	echo | fails slugbuild config:set -a blog NOTHING
	slugbuild config:set -a blog NOTHING= </dev/null
	test -z "$(slugbuild config:get NOTHING -a blog)"
	slugbuild config:unset -a blog NOTHING
'

t 'a rollback restores the config of that release' '
	slugbuild rollback v6 -a blog
	test "$(slugbuild config:get TOKEN -a blog)" = geheimes-wort
'

t 'run gives the app its environment and its exit status' '
	slugbuild run -a blog -- python -c "import os; print(os.environ[\"TOKEN\"])" >run.out
	grep -q geheimes-wort run.out
	got=0
	slugbuild run -a blog -- sh -c "exit 7" || got=$?
	test $got = 7
'

t 'old releases go, the newest and the current stay, numbers are never used again' '
	settings keepReleases 3
	for n in 1 2 3 4; do commit blog "more $n" && push blog; done
	ls "$root/apps/blog/releases" | sort -V >kept
	cat kept
	test "$(wc -l <kept)" -le 4
	tail -n 1 kept | grep -qx "$(release_of blog)"
	slugbuild gc
	slugbuild run -a blog -- true
'

t 'gc takes no slug that a release names' '
	for file in "$root"/apps/blog/releases/v*/manifest.json; do
		path=$(jq -r ".slug.path // empty" "$file")
		[ -z "$path" ] || test -f "$path"
	done
'

done_testing
