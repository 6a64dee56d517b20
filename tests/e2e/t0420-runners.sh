#!/bin/sh
# A runner of the owner's own, by the protocol that the README shows.
. "$(dirname "$0")/lib.sh"

app_new blog
cat >runner <<'END'
#!/bin/sh
# Notes each call and keeps the manifest; `mode` says how it behaves.
cat >"$SLUGBUILD_ROOT/manifest.last"
echo "$1 $SLUGBUILD_APP $SLUGBUILD_RELEASE" >>"$SLUGBUILD_ROOT/calls"
case $(cat "$SLUGBUILD_ROOT/mode" 2>/dev/null) in
fail) echo 'no room, said the runner'; exit 1 ;;
again) exit 75 ;;
hang) sleep 1000 ;;
env) env | sort >"$SLUGBUILD_ROOT/env" ;;
esac
case $1 in
status) echo '{"processes":[{"name":"web.1","state":"up","pid":1,"since":5}]}' ;;
logs) echo 'app[web.1]: a line' ;;
*) echo "ran $1" ;;
esac
END
chmod 755 runner
server_new blog --runner "$WORK/runner"
settings runner "$WORK/runner"

t 'it is handed the manifest on standard input, verb first' '
	push blog
	has "deploy blog v2" "$root/calls"
	jq -e ".app == \"blog\" and .release == 2" "$root/manifest.last"
	has "ran deploy" push.log
'

t 'its environment is built from nothing' '
	echo env >"$root/mode"
	commit blog env
	SECRET_OF_THE_HOST=leak GIT_FOO=bar push blog
	cat "$root/env"
	hasnt leak "$root/env"
	hasnt GIT_ "$root/env"
	has "SLUGBUILD_APP=blog" "$root/env"
	echo ok >"$root/mode"
'

t 'ps, ps:scale, ps:restart, ps:stop and logs reach it' '
	slugbuild ps -a blog >ps.txt
	has web.1 ps.txt
	slugbuild ps:restart -a blog
	has "restart blog v3" "$root/calls"
	slugbuild logs -a blog >logs.txt
	has "a line" logs.txt
	slugbuild ps:stop -a blog
	has "stop blog v3" "$root/calls"
'

t 'one that fails leaves the former release current and shows what it said' '
	echo fail >"$root/mode"
	commit blog "The runner fails"
	push blog || true
	test "$(release_of blog)" = v3
	has "no room, said the runner" push.log
	has "releases:retry" push.log
'

t 'releases:retry goes on when it can' '
	echo ok >"$root/mode"
	slugbuild releases:retry -a blog
	test "$(release_of blog)" = v5
'

t 'one that hangs is ended by its limit' '
	echo hang >"$root/mode"
	settings runnerTimeout 3
	commit blog "The runner hangs"
	start=$(date +%s)
	push blog || true
	test $(($(date +%s) - start)) -lt 60
	test "$(release_of blog)" = v5
	echo ok >"$root/mode"
'

t 'one that is missing is named' '
	settings runner "$WORK/no-such-runner"
	git -C "$(repo_of blog)" config --unset slugbuild.runner || true
	git -C "$(repo_of blog)" config --unset slugbuild.blog.runner || true
	commit blog "No runner"
	push blog || true
	test "$(release_of blog)" = v5
	has no-such-runner push.log
'

t 'none starts nothing and is content' '
	settings runner none
	slugbuild deploy -a blog
	test "$(jq -r .commit "$(manifest_of blog)")" = "$(git -C blog rev-parse main)"
'

done_testing
