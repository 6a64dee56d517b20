#!/bin/sh
# GitLab: its hooks are children of Gitaly, not of git; they get an environment from a list, no
# quarantine path, and a SIGTERM when the client is gone. Gitaly itself cannot be had where these tests run:
# gitaly.py does what its source does around custom hooks.
. "$(dirname "$0")/../e2e/lib.sh"

here=$top/tests/hosts
socket=$WORK/gitaly/socket
global=$WORK/custom_hooks
mkdir -p gitaly "$socket.d" "$global"
knob() { echo "$2" >"$socket.d/$1"; }
no_knobs() { rm -f "$socket.d"/*; }

# gitlab_repo NAME: a bare repository in which git runs Gitaly's hooks, and no others.
gitlab_repo()
{
	git init -q --bare "$1.git"
	git -C "$1.git" config core.hooksPath "$WORK/gitaly"
	git -C "$1.git" config receive.advertisePushOptions true
	mkdir "$1.git/custom_hooks"
}

for hook in pre-receive update post-receive; do
	ln -s "$here/gitaly.py" "gitaly/$hook"
done
CUSTOM_HOOKS_DIR=$global USER=git LANG=de_DE.UTF-8 python3 "$here/gitaly.py" serve "$socket" >gitaly/log 2>&1 &
daemon=$!
wait_for 10 test -S "$socket"

app_new blog
# No second run of collectstatic behind a push: what runs here is the push's.
settings probe off remember false
gitlab_repo blog
repo=$WORK/blog.git
git -C blog remote set-url production "$repo"

change() { git -C blog checkout -q -f main && echo "/* $1 */" >>blog/static/css/site.css; commit blog "$1"; }
head_of() { git -C "$repo" rev-parse -q --verify "refs/heads/${1:-main}"; }
released() { test "$(jq -r .commit "$(manifest_of blog)")" = "$(head_of)"; }
builds() { find "$root/apps/blog/builds" -mindepth 1 -maxdepth 1; }
# Every line that a refusal shows, the pusher's git aside, is one that GitLab's pages show.
all_marked()
{
	has "GL-HOOK-ERR: " "$1"
	grep "^remote: \(GL-HOOK\| !\)" "$1" | grep -v "^remote: GL-HOOK-ERR: " && fail 'an unmarked line'
	true
}

t 'hooks:install finds GitLab, and doctor is content' '
	slugbuild hooks:install "$repo" --app blog >install.log 2>&1
	has "(gitlab)" install.log
	slugbuild doctor "$repo" >doctor.log || true
	has "ok  hooks of $repo (gitlab)" doctor.log
	ls "$repo"/custom_hooks/*.d/slugbuild | grep -c . | grep -qx 2
'

t 'the environment is that of Gitaly, from a daemon' '
	printf "%s\n" "#!/bin/sh" "env >$WORK/environment; ps -o comm= -p \$PPID >$WORK/parent" \
		>"$repo/custom_hooks/pre-receive.d/aa"
	chmod 755 "$repo/custom_hooks/pre-receive.d/aa"
	push blog production main:refs/heads/elsewhere
	has "nothing is deployed" push.log
	for name in LANG USER GIT_QUARANTINE_PATH GIT_PUSH_OPTION_COUNT; do
		fails grep "^$name=" environment
	done
	grep "^GIT_OBJECT_DIRECTORY=/.*/blog.git/" environment
	grep "^GIT_DIR=$repo\$" environment
	has python3 parent
'

t 'scenario 40: without LANG and a quarantine path a push is built and released' '
	push blog
	has "Released v2" push.log
	released
'

t 'push options: those of GitLab are not ours, and ours work' '
	change options
	fails push blog -o dry-run -o ci.skip -o merge_request.target=main production main
	has "Dry run" push.log
	hasnt "Unknown" push.log
	push blog
	released
'

t 'scenario 40: every line of a refusal begins with GL-HOOK-ERR:' '
	git -C blog tag good
	echo "web: gunicorn hallo.wsgi" >blog/Procfile
	commit blog spoiled
	before=$(head_of)
	fails push blog
	all_marked push.log
	has "GL-HOOK-ERR: " push.log
	grep "GL-HOOK-ERR:.*Procfile:1" push.log
	test "$(head_of)" = "$before"
	git -C blog reset -q --hard good
	echo "no-such-package==1.0" >>blog/requirements.txt
	commit blog spoiled
	fails push blog
	all_marked push.log
	grep "GL-HOOK-ERR:.*no-such-package" push.log
	git -C blog reset -q --hard good
'

# web NAME: the working copy'"'"'s commit arrives as an edit on the web pages does.
web() { python3 "$here/gitaly.py" web "$socket" "$repo" refs/heads/main "$WORK/blog" "$(git -C blog rev-parse main)" >web.log 2>&1; }

t 'scenario 40: an edit on the web, which no receive-pack sees, is built and released' '
	change web
	web || { cat web.log; false; }
	has "GL_PROTOCOL=web" environment
	cat web.log
	released
	test "$(head_of)" = "$(git -C blog rev-parse main)"
'

t 'scenario 40: an edit that is refused says why in lines that the page shows' '
	echo "web: gunicorn hallo.wsgi" >blog/Procfile
	commit blog spoiled
	before=$(head_of)
	fails web
	cat web.log
	grep "^GL-HOOK-ERR:.*Procfile:1" web.log
	sed s/^/remote:\ / web.log >marked
	all_marked marked
	test "$(head_of)" = "$before"
	git -C blog reset -q --hard HEAD^
'

t 'a hook before ours that refuses ends it: nothing is built' '
	printf "%s\n" "#!/bin/sh" "echo not today; exit 1" >"$repo/custom_hooks/pre-receive.d/bb"
	chmod 755 "$repo/custom_hooks/pre-receive.d/bb"
	change refused
	builds >before
	fails push blog
	has "not today" push.log
	builds | cmp - before
	rm "$repo/custom_hooks/pre-receive.d/bb"
	push blog
'

t 'the ref moves seconds after the hook, and nobody runs post-receive: the watcher releases' '
	knob ref-delay 4
	knob no-post-receive ""
	change watched
	web || { cat web.log; false; }
	test "$(head_of)" = "$(git -C blog rev-parse main)"
	wait_for 20 released
	no_knobs
'

t 'a push whose post-receive never runs is released by the watcher' '
	knob no-post-receive ""
	change watched-push
	push blog
	wait_for 20 released
	no_knobs
'

# Of our repositories: other tests, with other pushes, run at the same time.
no_hooks()
{
	for pid in $(pgrep -x pre-receive); do
		case $(readlink "/proc/$pid/cwd") in "$WORK"*) return 1 ;; esac
	done
}
slow()
{
	change slow
	cat >>blog/hello/settings.py <<-'END'
		import sys, time
		if "collectstatic" in sys.argv:
		    time.sleep(60)
	END
	commit blog slow
}

for how in soft hard; do
	t "scenario 15: SIGTERM to the group, $how: children die, nothing moves, within 5 s" '
		[ $how = hard ] || knob soft ""
		slow
		before=$(head_of)
		setsid git -C blog push production main >gone.log 2>&1 &
		pusher=$!
		wait_for 60 building
		kill -TERM -$pusher
		wait_for 5 idle
		wait_for 5 no_hooks
		# What a killed one leaves, the next build sweeps.
		[ $how = hard ] || wait_for 5 no_leftovers_quietly blog
		test "$(head_of)" = "$before"
		state=$(slugbuild builds -a blog --json | jq -r ".[0].state")
		[ "$state" = cancelled ] || [ $how = hard ]
	'
	no_knobs
	git -C blog reset -q --hard "$(head_of)"
done

t 'and pushing again works' '
	change again
	push blog
	released
'

t 'wikis, designs and snippets are passed over without a word' '
	change aside
	builds >before
	for other in wiki-1 group-1-wiki design-1 snippet-1; do
		AS_GL_REPOSITORY=$other push blog -f production "main:refs/heads/$other"
		hasnt "remote:" push.log
	done
	AS_GL_REPOSITORY=wiki-1 push blog production main
	hasnt "remote:" push.log
	builds | cmp - before
	exits 2 slugbuild hooks:install blog.wiki.git --app blog --host gitlab >out 2>&1 || exits 4 cat out
	change back
	push blog
'

t 'the refs that Gitaly keeps for itself are passed over' '
	git -C "$repo" config slugbuild.branch "refs/*"
	builds >before
	for ref in keep-around/x merge-requests/1/head pipelines/7 environments/prod/deployments/1 tmp/x; do
		push blog production "main:refs/$ref"
		hasnt "remote:" push.log
	done
	builds | cmp - before
	git -C "$repo" config --unset slugbuild.branch
'

t 'a deletion, and a push of nothing new, have no quarantine' '
	push blog production :elsewhere
	push blog production main:again
	has "nothing is deployed" push.log
	push blog production :again
'

t 'the global folder serves the repositories that name an app, and is silent for the others' '
	gitlab_repo other
	rmdir other.git/custom_hooks
	gitlab_repo quiet
	slugbuild hooks:install other.git --app other --global "$global" >install.log 2>&1
	test -x "$global/pre-receive.d/slugbuild"
	test ! -e other.git/custom_hooks
	slugbuild doctor other.git >doctor.log || true
	has "ok  hooks of $global (gitlab)" doctor.log
	git -C blog push "$WORK/quiet.git" main >push.log 2>&1
	hasnt "remote:" push.log
	git -C blog push "$WORK/other.git" main >push.log 2>&1 || { cat push.log; false; }
	has "Released v2" push.log
	slugbuild hooks:remove other.git
	test -x "$global/pre-receive.d/slugbuild"
	change removed
	git -C blog push "$WORK/other.git" main >push.log 2>&1
	hasnt "Building" push.log
	slugbuild hooks:remove other.git --global "$global"
	test -z "$(find "$global" -type f)"
'

kill $daemon
done_testing
