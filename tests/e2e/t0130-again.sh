#!/bin/sh
# A failure moves nothing, and the same commit may be pushed again when its cause is gone.
. "$(dirname "$0")/lib.sh"

app_new blog
server_new blog
push blog >first.log 2>&1

t 'scenario 1: pip fails: exit 1, ref and release stay, and the same commit, pushed again, is built again' '
	echo "no-such-thing==1" >>blog/requirements.txt
	commit blog "Wants what is not there"
	for round in 1 2; do
		refused blog
		exits 1 push blog
		has "no-such-thing" push.log
		has "Installing dependencies" push.log
	done
	test "$(slugbuild builds -a blog --json | jq "map(select(.state == \"failed\")) | length")" = 4
	git -C blog reset -q --hard HEAD~1
'

t 'scenario 2: slug and marker are staged in pre-receive; current changes only in post-receive' '
	printf "%s\n" "#!/bin/sh" "ls $root/apps/blog/staged $root/store/tmp >$WORK/staged" \
		"readlink $root/apps/blog/current >$WORK/current" >"$(repo_of blog)/hooks/update"
	chmod 755 "$(repo_of blog)/hooks/update"
	commit blog "Looked at half way"
	push blog
	rm "$(repo_of blog)/hooks/update"
	grep -q "$(git -C blog rev-parse main)" staged
	grep -q "[0-9a-f]\{64\}.tar.gz" staged
	test "$(cat current)" = releases/v2
	test "$(release_of blog)" = v3
	wait_for 10 no_leftovers_quietly blog
	slugbuild rollback -a blog
	test "$(release_of blog)" = v4
'

t 'scenario 10: no-cache and verbose both apply, an unknown option warns, no count means none' '
	commit blog "With options"
	push blog -o no-cache -o verbose -o "strange option" production main
	has "Unknown push option \"strange option\"" push.log
	has "0 of " push.log
	has "Installing dependencies" push.log
	grep -E "^remote:        dependencies +from +[0-9.]+ ms +[0-9.]+ ms" push.log
	grep -E "^remote:        slug +from +[0-9.]+ ms +[0-9.]+ ms" push.log
	git -C "$(repo_of blog)" config receive.advertisePushOptions false
	commit blog "Without"
	push blog
	git -C "$(repo_of blog)" config receive.advertisePushOptions true
	hasnt "Unknown push option" push.log
	hasnt " ms" push.log
	has "Using cached dependencies" push.log
	test "$(release_of blog)" = v6
'

t 'a build that fails leaves ref and release alone' '
	echo "KEY = os.environ.__getitem__(\"KEY\")" >>blog/hello/settings.py
	commit blog "Wants a KEY"
	refused blog
	has "config:set KEY=" push.log
	test "$(release_of blog)" = v6
'

t 'its log is kept and says failed' '
	slugbuild builds -a blog >builds.txt
	grep -qi fail builds.txt
'

t 'the cure that the error named makes the same commit deploy' '
	slugbuild config:set -a blog KEY=value >set.log 2>&1 || { cat set.log; false; }
	push blog
	test "$(release_of blog)" = v8
	test "$(tip_of blog)" = "$(git -C blog rev-parse main)"
'

t 'an exact cause is told for a build that the admin breaks: no room, no python' '
	commit blog once
	settings diskFloor 1000g
	refused blog
	grep -Ei "disk|space|free" push.log
	git config --global --unset slugbuild.diskFloor
	push blog
	test "$(release_of blog)" = v9
'

t 'a commit that was current before can be deployed again without a push' '
	old=$(git -C blog rev-parse main)
	commit blog newer
	push blog
	slugbuild deploy "$old" -a blog >deploy.log 2>&1 || { cat deploy.log; false; }
	test "$(release_of blog)" = v11
	test "$(jq -r .commit "$(manifest_of blog)")" = "$old"
	has "Released v11" deploy.log
'

t 'releases:wait knows what is current' '
	slugbuild releases:wait "$(git -C blog rev-parse main~1)" -a blog
	fails timeout 20 slugbuild releases:wait 0123456789012345678901234567890123456789 -a blog
'

t 'the record of a build has the time of each step, to the release' '
	commit blog timed
	push blog
	slugbuild builds -a blog --json >builds.json
	jq -e ".[0].timings | map(.step) | index(\"check\") and index(\"dependencies\") and index(\"slug\")" builds.json
	jq -e ".[0].timings | all(.ms >= 0 and .from_ms >= 0)" builds.json
	jq -e ".[0].publish_timings | map(.step) | index(\"publishing\") and index(\"release directory\")" builds.json
	jq -e ".[0].state == \"published\" and .[0].release > 1" builds.json
	slugbuild builds:output "$(jq -r ".[0].id" builds.json)" -a blog >output.log
	grep "^release directory .* ms" output.log
'

done_testing
