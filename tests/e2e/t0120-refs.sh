#!/bin/sh
. "$(dirname "$0")/lib.sh"

app_new blog
server_new blog
release_exists() { test -d "$root/apps/blog/releases/$1"; }

t 'scenario 11: another branch is accepted with a line that says what would have deployed' '
	git -C blog push production main:refs/heads/topic >push.log 2>&1
	cat push.log
	has topic push.log
	has "topic:main" push.log
	fails release_exists v2
	test "$(tip_of blog refs/heads/topic)" = "$(git -C blog rev-parse main)"
'

t 'a tag deploys nothing' '
	git -C blog tag -a -m one v1.0
	push blog production v1.0
	fails release_exists v2
'

t 'scenario 7: deploy branch, another branch, two tags and a deletion in one push: one build' '
	git -C blog tag light
	git -C blog branch -f topic-two main
	push blog production main topic-two v1.0 light :topic
	test "$(release_of blog)" = v2
	fails release_exists v3
	test "$(slugbuild builds -a blog --json | jq length)" = 1
	fails tip_of blog refs/heads/topic
	test "$(tip_of blog refs/heads/topic-two)" = "$(git -C blog rev-parse main)"
'

t 'scenario 5: deleting what deploys nothing is passed over in silence' '
	push blog production :topic-two :light
	test "$(release_of blog)" = v2
	fails tip_of blog refs/heads/topic-two
	! grep -Ei "slugbuild|deploy|warn|nothing" push.log
'

t 'scenario 5: deleting the deploy branch builds nothing and leaves the running release alone' '
	git -C "$(repo_of blog)" config receive.denyDeleteCurrent ignore
	push blog production :main
	has "blog keeps its current release" push.log
	fails tip_of blog
	test "$(release_of blog)" = v2
	test "$(slugbuild builds -a blog --json | jq length)" = 1
	commit blog again
	push blog
	test "$(release_of blog)" = v3
'

t 'scenario 9: rewritten history deploys and is recorded as forced; force = refuse rejects it unbuilt' '
	was=$(tip_of blog)
	git -C blog commit -q --amend --allow-empty -m "Rewritten"
	push blog -f production main
	test "$(release_of blog)" = v4
	jq -e ".push.forced == true and .push.old == \"$was\"" "$(manifest_of blog)"
	jq -e ".push.forced == false" "$(manifest_of blog v3)"
	settings force refuse
	built=$(slugbuild builds -a blog --json | jq length)
	git -C blog commit -q --amend --allow-empty -m "Rewritten again"
	refused blog -f production main
	has "a forced push to main is refused here" push.log
	test "$(slugbuild builds -a blog --json | jq length)" = "$built"
	git config --global --unset slugbuild.force
	git -C blog reset -q --hard production/main
'

t 'scenario 3: what an update hook or denyNonFastForwards refuses is not released, and nothing stays staged' '
	hook=$(repo_of blog)/hooks/update
	printf "#!/bin/sh\nexit 1\n" >"$hook"
	chmod 755 "$hook"
	commit blog "Refused by update"
	refused blog
	has "Compressing" push.log
	rm "$hook"
	git -C "$(repo_of blog)" config receive.denyNonFastForwards true
	git -C blog branch -f kept main
	git -C blog reset -q --hard HEAD~2
	commit blog "Another history"
	refused blog -f production main
	git -C "$(repo_of blog)" config --unset receive.denyNonFastForwards
	git -C blog reset -q --hard kept
	push blog
	test "$(release_of blog)" = v5
'

t 'slugbuild.branch maps branches to apps' '
	server_new dev --repo "$(repo_of blog)" --branch develop ||
		slugbuild hooks:install "$(repo_of blog)" --app dev
	git -C "$(repo_of blog)" config slugbuild.branch "main=blog develop=dev"
	commit blog "For both"
	push blog production main main:refs/heads/develop
	test "$(release_of dev)" = v2
	test "$(release_of blog)" = v6
'

t 'a ref name with a newline forges nothing' '
	commit blog "Forged"
	new=$(git -C blog rev-parse main)
	old=$(tip_of blog)
	printf "%s %s refs/heads/x\n%s %s refs/heads/main\n" "$new" "$new" "$old" "$new" |
		(cd "$(repo_of blog)" && GIT_DIR=. "$BIN/post-receive") || true
	test "$(release_of blog)" = v6
'

t 'lines that are no push are refused' '
	cd "$(repo_of blog)"
	export GIT_DIR=.
	fails sh -c "echo junk | \"$BIN/pre-receive\""
	fails sh -c "printf \"%s\" 0000 | \"$BIN/pre-receive\""
'

done_testing
