#!/bin/sh
# A real Gitea: pushes over HTTP and ssh, pushes that it refuses itself, its web edits and merges,
# wikis, mirrors, moved repositories. Its service user, the tests' own, owns the state root.
. "$(dirname "$0")/../e2e/lib.sh"
. "$top/tests/e2e/transports.sh"
. "$top/tests/hosts/gitea.sh"

gitea_start
app_new blog
# No second run of collectstatic behind a push: what runs here is the push's.
settings probe off remember false
config=$root/apps/blog/config.json
repo=$repos/ada/blog.git
api POST /user/repos '{"name": "blog", "default_branch": "main", "private": true}'
git -C blog remote set-url production "$(http_of ada ada/blog)"

change() { echo "/* $1 */" >>blog/static/css/site.css; commit blog "$1"; }
builds() { find "$root/apps/blog/builds" -mindepth 1 -maxdepth 1; }
head_of() { git -C "$repo" rev-parse -q --verify "refs/heads/${1:-main}"; }
# The release that is current was made from what main holds.
released() { test "$(jq -r .commit "$(manifest_of blog)")" = "$(head_of)"; }
# Puts what the working copy has at its side in step with the server's main.
catch_up() { git -C blog fetch -q production && git -C blog reset -q --hard production/main; }

t 'hooks:install finds Gitea, and doctor is content' '
	slugbuild hooks:install "$repo" --app blog >install.log 2>&1
	has "(gitea)" install.log
	slugbuild doctor "$repo" >doctor.log || true
	has "ok  hooks of $repo (gitea)" doctor.log
	has "ok  Gitea calls them" doctor.log
'

t 'a push over HTTP is built and released, with its options' '
	push blog -o no-cache -o nonsense production main
	has "Unknown push option \"nonsense\"" push.log
	test "$(grep -c nonsense push.log)" = 1
	has "(0 of " push.log
	has "Released v2" push.log
	released
	test -z "$(ls "$root/pushes")"
'

t 'a push over its ssh' '
	change ssh
	push blog "$(ssh_of ada ada/blog)" main
	has "Released v3" push.log
	released
'

t 'a build that fails refuses the ref and shows why; the same push works after the mending' '
	git -C blog tag good
	echo "no-such-package==1.0" >>blog/requirements.txt
	commit blog spoiled
	before=$(head_of)
	fails push blog
	has "no-such-package" push.log
	has "hook declined" push.log
	test "$(head_of)" = "$before"
	git -C blog reset -q --hard good
'

# What a protected branch lets nobody see: the settings of this app print a canary when they are run.
api PUT /repos/ada/blog/collaborators/bob '{"permission": "write"}'

t 'scenario 39: what Gitea refuses is neither built nor given a config var' '
	echo "import sys; print(\"CANARY sings\", file=sys.stderr)" >>blog/hello/settings.py
	commit blog canary
	api POST /repos/ada/blog/branch_protections "{\"rule_name\": \"main\", \"enable_push\": false}"
	builds >before
	chmod 0 "$config"
	fails push blog "$(http_of bob ada/blog)" main >/dev/null
	chmod 600 "$config"
	has "Not allowed to push to protected branch main" push.log
	has "pre-receive hook declined" push.log
	hasnt CANARY push.log
	hasnt config.json push.log
	hasnt Building push.log
	builds | cmp - before
	test "$(head_of)" = "$(git -C blog rev-parse good)"
	api DELETE /repos/ada/blog/branch_protections/main
'

t 'the same push, let in: the canary sings, and without its config it would not be built' '
	chmod 0 "$config"
	fails push blog "$(http_of bob ada/blog)" main
	chmod 600 "$config"
	has config.json push.log
	push blog "$(http_of bob ada/blog)" main
	has "CANARY sings" push.log
	released
'

t 'the exit of ours does not mask the one of Gitea: a push that both refuse says both' '
	api POST /repos/ada/blog/branch_protections "{\"rule_name\": \"main\", \"enable_push\": false}"
	echo "web: gunicorn hallo.wsgi" >blog/Procfile
	commit blog spoiled
	fails push blog "$(ssh_of ada ada/blog)" main
	has "Not allowed to push to protected branch main" push.log
	has "Procfile:1" push.log
	api DELETE /repos/ada/blog/branch_protections/main
	git -C blog reset -q --hard HEAD^
'

edit()
{
	jq -n --arg text "$(printf '%s\n' "$2" | base64 -w0)" --arg sha "$(git -C "$repo" rev-parse "main:$1")" \
		'{content: $text, sha: $sha, message: "from the web", branch: "main"}' >edit.json
	api PUT "/repos/ada/blog/contents/$1" "$(cat edit.json)"
}

t 'an edit on the web is built and released' '
	edit static/css/site.css "body { color: red }"
	released
	catch_up
'

t 'an edit that does not build is refused, and the answer says why' '
	before=$(head_of)
	fails edit Procfile "web: gunicorn hallo.wsgi"
	cat api.json
	has "no module" api.json
	fails edit requirements.txt "no-such-package==1.0"
	cat api.json
	test "$(head_of)" = "$before"
	released
'

t 'a pull request builds nothing; its merge does' '
	git -C blog checkout -q -b feature
	change feature
	push blog production feature
	has "nothing is deployed" push.log
	builds >before
	api POST /repos/ada/blog/pulls "{\"head\": \"feature\", \"base\": \"main\", \"title\": \"f\"}"
	number=$(jq .number api.json)
	git -C "$repo" rev-parse "refs/pull/$number/head"
	builds | cmp - before
	wait_for 30 api POST "/repos/ada/blog/pulls/$number/merge" "{\"Do\": \"merge\"}"
	released
	git -C blog checkout -q main
	catch_up
	test -n "$(git -C blog log --merges -1)"
'

t 'a merge of what does not build is refused, and the answer says why' '
	git -C blog checkout -q -b spoiled
	echo "web: gunicorn hallo.wsgi" >blog/Procfile
	commit blog spoiled
	push blog production spoiled
	before=$(head_of)
	api POST /repos/ada/blog/pulls "{\"head\": \"spoiled\", \"base\": \"main\", \"title\": \"s\"}"
	number=$(jq .number api.json)
	for try in 1 2 3 4 5 6 7 8; do
		fails api POST "/repos/ada/blog/pulls/$number/merge" "{\"Do\": \"merge\"}"
		[ "$status" = 405 ] || break
		sleep 1
	done
	cat api.json
	test "$status" = 409
	has "hallo.wsgi" api.json
	test "$(head_of)" = "$before"
	git -C blog checkout -q main
'

t 'refs/for/main makes a pull request and deploys nothing' '
	git -C blog checkout -q -b agit
	change agit
	builds >before
	push blog -o topic=agit -o title=agit production HEAD:refs/for/main
	builds | cmp - before
	hasnt "Unknown push option" push.log
	api GET "/repos/ada/blog/pulls?state=open"
	jq -e ".[] | select(.title == \"agit\")" api.json
	git -C blog checkout -q main
'

t 'a wiki is passed over, even where our hooks are in it' '
	api POST /repos/ada/blog/wiki/new "{\"title\": \"Home\", \"content_base64\": \"aGk=\"}"
	wiki=$repos/ada/blog.wiki.git
	exits 2 slugbuild hooks:install "$wiki" --app blog >out 2>&1
	for hook in pre-receive update post-receive; do
		cp "$repo/hooks/$hook.d/slugbuild" "$wiki/hooks/$hook.d/"
	done
	git -C "$wiki" config slugbuild.app blog
	git -C "$wiki" config slugbuild.root "$root"
	git -C "$wiki" config slugbuild.branch "main master"
	git clone -q "$(http_of ada ada/blog.wiki)" wiki
	echo more >wiki/More.md
	commit wiki more
	builds >before
	git -C wiki push origin HEAD >wiki.log 2>&1 || { cat wiki.log; false; }
	hasnt "remote: ---" wiki.log
	hasnt deployed wiki.log
	builds | cmp - before
'

t 'what the ref held is deployed where Gitea moves it without a hook: a mirror' '
	api POST /repos/migrate "$(jq -n --arg from "$(http_of ada ada/blog)" \
		"{clone_addr: \$from, repo_name: \"copy\", mirror: true, mirror_interval: \"0\"}")"
	slugbuild hooks:install "$repos/ada/copy.git" --app copy >install.log 2>&1
	change mirrored
	push blog
	api POST /repos/ada/copy/mirror-sync
	wait_for 30 sh -c "test \$(git -C $repos/ada/copy.git rev-parse main) = $(head_of)"
	test "$(release_of copy)" = v1
	slugbuild deploy -a copy
	test "$(jq -r .commit "$(manifest_of copy)")" = "$(head_of)"
'

t 'hooks that Gitea writes anew leave ours alone' '
	gitea admin regenerate hooks
	change regenerated
	push blog
	released
'

t 'a renamed repository, and one given to another owner, deploy on' '
	api PATCH /repos/ada/blog "{\"name\": \"site\"}"
	repo=$repos/ada/site.git
	change renamed
	push blog "$(http_of ada ada/site)" main
	released
	api POST /orgs "{\"username\": \"acme\"}"
	api POST /repos/ada/site/transfer "{\"new_owner\": \"acme\"}"
	repo=$repos/acme/site.git
	test -d "$repo"
	change transferred
	push blog "$(ssh_of ada acme/site)" main
	released
	test "$(jq -r .repo "$root/apps/blog/app.json")" = "$repo"
	slugbuild deploy -a blog
'
repo=$repos/acme/site.git
git -C blog remote set-url production "$(http_of ada acme/site)"

# Started and left to run: a Gitea hands its output on over HTTP in lumps.
slow()
{
	git -C blog checkout -q main
	cat >>blog/hello/settings.py <<-'END'
		import sys, time
		if "collectstatic" in sys.argv:
		    time.sleep(60)
	END
	commit blog slow
}
for way in http ssh; do
	t "a client that goes away in the middle of a build, by $way: it ends, and nothing moves" '
		slow
		before=$(head_of)
		setsid git -C blog push "$('$way'_of ada acme/site)" main >gone.log 2>&1 &
		pusher=$!
		wait_for 60 building
		kill -KILL -$pusher
		wait_for 5 idle
		wait_for 5 sh -c "slugbuild builds -a blog --json | jq -e \".[0].state == \\\"cancelled\\\"\""
		test "$(head_of)" = "$before"
	'
	git -C blog reset -q --hard HEAD^
done

t 'and pushing again works' '
	change again
	push blog
	released
'

# For N refs that deploy nothing: seconds of our share of update.d, and of that of Gitea.
share()
{
	began=$(date +%s%N)
	for i in $(seq "$2"); do
		GIT_DIR=. SSH_ORIGINAL_COMMAND=x "hooks/update.d/$1" "refs/heads/b$i" \
			0000000000000000000000000000000000000000 "$(git rev-parse main)"
	done
	echo $((($(date +%s%N) - began) / 1000 / $2))
}
t 'a ref that deploys nothing costs less than what Gitea spends on it' '
	cd "$repo"
	ours=$(share slugbuild 40) theirs=$(share gitea 40)
	echo "# update.d: ours $ours us a ref, Gitea $theirs us" | tee "$WORK/share"
	[ "$ours" -lt "$theirs" ]
'
cat "$WORK/share"

t 'hooks:remove leaves what is not ours' '
	slugbuild hooks:remove "$repo"
	test -z "$(find "$repo/hooks" -name slugbuild)"
	test "$(find "$repo/hooks" -name gitea | wc -l)" = 4
	change removed
	push blog
	hasnt Building push.log
'

done_testing
