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
	test "$(grep -c "^remote:  !" push.log)" -le 2 # one line of ours, broken at 72 columns
	test "$(grep -c "deploys from" push.log)" = 1
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
	fails grep -Ei "slugbuild|deploy|warn|nothing" push.log
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

# lines N PREFIX: what git would tell a hook of N new refs.
lines()
{
	git -C blog rev-parse main | awk -v n="$1" -v name="$2" \
		'{ none = $1; gsub(/./, "0", none); for (i = 0; i < n; i++) print none, $1, name i }'
}

t '20,000 refs of a mirror: none deploys, then one does' '
	lines 20000 refs/tags/t | sed "s/^0* \(.*\) \(.*\)/create \2 \1/" | git -C blog update-ref --stdin
	was=$(release_of blog)
	push blog production "refs/tags/*"
	test "$(git -C "$(repo_of blog)" for-each-ref refs/tags/t* | wc -l)" = 20000
	test "$(release_of blog)" = "$was"
	fails grep -Ei "slugbuild|deploy|warn|nothing" push.log
	git -C "$(repo_of blog)" for-each-ref --format="delete %(refname)" "refs/tags/t*" |
		git -C "$(repo_of blog)" update-ref --stdin
	commit blog "With 20,000 tags"
	built=$(slugbuild builds -a blog --json | jq length)
	push blog production main "refs/tags/*"
	test "$(git -C "$(repo_of blog)" for-each-ref refs/tags/t* | wc -l)" = 20000
	test "$(jq -r .commit "$(manifest_of blog)")" = "$(git -C blog rev-parse main)"
	test "$(slugbuild builds -a blog --json | jq length)" = $((built + 1))
	git -C "$(repo_of blog)" for-each-ref --format="delete %(refname)" "refs/tags/t*" |
		git -C "$(repo_of blog)" update-ref --stdin
'

t '20,000 branches: five are named, the rest is counted; too many that deploy are refused' '
	lines 20000 refs/heads/b >branches
	lines 1001 refs/tags/v >deploying
	cd "$(repo_of blog)"
	export GIT_DIR=.
	"$BIN/pre-receive" <"$WORK/branches" >"$WORK/said" 2>&1
	test "$(grep -c "deploys from" "$WORK/said")" = 5
	has "And to 19995 more branches: nothing is deployed." "$WORK/said"
	git config slugbuild.branch "main=blog refs/tags/v*=blog"
	exits 1 "$BIN/pre-receive" <"$WORK/deploying" >"$WORK/said" 2>&1
	has "over 1000 refs of this push would deploy" "$WORK/said"
	has "slugbuild.branch" "$WORK/said"
'

# The line of a ref is some 100 bytes: held, they would be over 100 MB.
t 'a million refs are read in the memory that one needs' '
	lines 1 refs/tags/t >one
	lines 1000000 refs/tags/a-name-of-some-length-as-continuous-integration-makes-them- >million
	cd "$(repo_of blog)"
	export GIT_DIR=.
	cat >"$WORK/peak.py" <<-END
		import resource, subprocess, sys
		code = subprocess.call(sys.argv[1], stdin=open(sys.argv[2]))
		print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
		sys.exit(code)
	END
	for hook in pre post; do
		few=$(python3 "$WORK/peak.py" "$BIN/$hook-receive" "$WORK/one")
		many=$(python3 "$WORK/peak.py" "$BIN/$hook-receive" "$WORK/million")
		echo "$hook-receive: $few kB for one ref, $many kB for a million"
		case $BIN in */san/bin) continue ;; esac
		[ "$many" -lt $((few + 4096)) ] || fail "memory grows with the refs"
	done
'

done_testing
