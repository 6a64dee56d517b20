#!/bin/sh
# What hooks:install makes of a Gitea repository. Gitea itself is not here (make check-hosts runs the
# real one); its hooks are: each calls every file of its folder, goes on after one has failed, and
# exits as the first that did.
. "$(dirname "$0")/lib.sh"

# gitea_repo NAME: a bare repository as Gitea makes it; its own check says what ./verdict says.
gitea_repo()
{
	git init -q --bare "$1.git"
	git -C "$1.git" config receive.advertisePushOptions true
	echo 'exit 0' >verdict
	for hook in pre-receive update post-receive; do
		mkdir -p "$1.git/hooks/$hook.d"
		cat >"$1.git/hooks/$hook" <<-'END'
			#!/bin/sh
			first=0
			input=/dev/null
			case $0 in *-receive) input=$(mktemp) && cat >"$input" ;; esac
			for hook in "$0".d/*; do
				[ -x "$hook" ] || continue
				code=0
				"$hook" "$@" <"$input" || code=$?
				[ $first != 0 ] || first=$code
			done
			case $0 in *-receive) rm "$input" ;; esac
			exit $first
		END
		echo '#!/bin/sh' >"$1.git/hooks/$hook.d/gitea"
		chmod 755 "$1.git/hooks/$hook" "$1.git/hooks/$hook.d/gitea"
	done
	printf '#!/bin/sh\n. %s/verdict\n' "$WORK" >"$1.git/hooks/pre-receive.d/gitea"
}

change() { echo "/* $1 */" >>blog/static/css/site.css; commit blog "$1"; }
# What a build would leave.
traces() { find "$root" -type f ! -path "*/pushes/*" | sort; }

app_new blog
settings probe off
gitea_repo blog
git -C blog remote set-url production "$WORK/blog.git"

t 'Gitea is recognised: the check goes into pre-receive.d, the build into update.d' '
	slugbuild hooks:install blog.git --app blog >install.log 2>&1
	has "(gitea)" install.log
	grep -q "pre-receive. check " blog.git/hooks/pre-receive.d/slugbuild
	grep -q "pre-receive. update " blog.git/hooks/update.d/slugbuild
	test -x blog.git/hooks/post-receive.d/slugbuild
	slugbuild doctor blog.git >doctor.log || true
	has "ok  hooks of $WORK/blog.git (gitea)" doctor.log
	has "ok  Gitea calls them" doctor.log
	slugbuild config:set -a blog DISABLE_COLLECTSTATIC=1 # none of these tests looks at what it makes
'

t 'doctor names a hook of Gitea that calls nothing, and a build where only the check may be' '
	chmod a-x blog.git/hooks/update
	fails slugbuild doctor blog.git >doctor.log
	has "BAD $WORK/blog.git/hooks/update does not call them" doctor.log
	has "gitea admin regenerate hooks" doctor.log
	chmod a+x blog.git/hooks/update
	sed -i s/\ check// blog.git/hooks/pre-receive.d/slugbuild
	fails slugbuild doctor blog.git >doctor.log
	has "BAD hooks of" doctor.log
	slugbuild hooks:install blog.git --app blog >install.log 2>&1
'

t 'scenario 39: a push that Gitea refuses is checked, and nothing else: no build, no config var' '
	printf "%s\n" "echo Gitea: protected branch >&2" "exit 7" >verdict
	config=$(echo "$root"/apps/blog/config.json)
	chmod 0 "$config"
	traces >before 2>&1
	fails push blog
	traces >after 2>&1
	chmod 600 "$config"
	cmp before after
	has "Gitea: protected branch" push.log
	has "pre-receive hook declined" push.log
	hasnt config.json push.log
	hasnt "Building" push.log
	echo "exit 0" >verdict
'

t 'a push that it lets in is built, released, and what it told the update hook is gone' '
	push blog
	has "Building blog from main" push.log
	has "Released v3" push.log
	test -z "$(ls "$root/pushes")"
'

t 'findings are shown once; files that must be mended are refused before anything is built' '
	git -C blog rm -q --cached Procfile
	echo "web: gunicorn hallo.wsgi" >blog/Procfile
	commit blog spoiled
	ls "$root/apps/blog/builds" >before
	fails push blog
	ls "$root/apps/blog/builds" | cmp - before
	has "Procfile:1" push.log
	has "pre-receive hook declined" push.log
	git -C blog reset -q --hard HEAD^
	git -C blog rm -q Procfile
	commit blog "No Procfile"
	push blog
	test "$(grep -c "procfile-missing" push.log)" = 1
	git -C blog revert --no-edit HEAD
	push blog
'

t 'push options reach the build, which git gives none' '
	change options
	push blog -o no-cache -o verbose production main
	has "(0 of " push.log
	has "Where the time went" push.log
	change dry
	fails push blog -o dry-run production main
	has "Dry run" push.log
	push blog
	hasnt "(0 of " push.log
	hasnt "Where the time went" push.log
'

t 'two pushes at once do not read the options of one another' '
	app_new twin
	gitea_repo twin
	git -C twin remote set-url production "$WORK/twin.git"
	slugbuild hooks:install twin.git --app twin >install.log 2>&1
	push twin
	printf "%s\n" "#!/bin/sh" "touch $WORK/arrived; while [ ! -e $WORK/go ]; do sleep 0.1; done" \
		>blog.git/hooks/update.d/gitea
	change first-of-two
	git -C blog push -o no-cache production main >first.log 2>&1 &
	first=$!
	wait_for 30 test -e arrived
	echo "/* twin */" >>twin/static/css/site.css
	commit twin second-of-two
	push twin
	hasnt "(0 of " push.log
	test "$(ls "$root/pushes" | wc -l)" = 1
	touch go
	wait $first
	has "(0 of " first.log
	echo "#!/bin/sh" >blog.git/hooks/update.d/gitea
'

t 'what an update hook behind ours refuses is not released, and leaves nothing' '
	printf "#!/bin/sh\nexit 1\n" >blog.git/hooks/update.d/zz
	chmod 755 blog.git/hooks/update.d/zz
	change refused-later
	release=$(release_of blog)
	fails push blog
	has "hook declined" push.log
	wait_for 10 sh -c "test -z \"\$(ls $root/apps/blog/staged)\""
	test "$(release_of blog)" = "$release"
	rm blog.git/hooks/update.d/zz
	push blog
'

t 'two refs of one app in an atomic push do not wait for one another' '
	git -C blog.git config slugbuild.branch "main staging"
	change atomic
	push blog --atomic production main main:staging
	git -C blog.git config --unset slugbuild.branch
	test "$(git -C blog.git rev-parse staging)" = "$(git -C blog rev-parse main)"
'

t 'wikis, and refs that Gitea keeps for itself, are passed over without a word' '
	change aside
	release=$(release_of blog)
	GITEA_REPO_IS_WIKI=true push blog production main:wiki
	hasnt "remote:" push.log
	GITEA_INTERNAL_PUSH=true push blog production main:refs/pull/1/head
	git -C blog.git config slugbuild.branch "refs/*"
	push blog production main:refs/pull/2/head
	hasnt "Building" push.log
	git -C blog.git config --unset slugbuild.branch
	test "$(release_of blog)" = "$release"
	mkdir -p blog.wiki.git && cp -R blog.git/. blog.wiki.git
	exits 2 slugbuild hooks:install blog.wiki.git --app blog >out 2>&1
	has wiki out
'

t 'a repository that was renamed deploys on; the command finds it after the next push' '
	mv blog.git moved.git
	git -C blog remote set-url production "$WORK/moved.git"
	push blog
	has "Released" push.log
	test "$(jq -r .repo "$root/apps/blog/app.json")" = "$WORK/moved.git"
	slugbuild deploy -a blog --no-cache
	mv moved.git again.git
	cd again.git && slugbuild deploy -a blog && slugbuild doctor . | grep "ok  hooks of"
'

t 'hooks:remove takes ours out and leaves those of Gitea' '
	slugbuild hooks:remove again.git
	ls again.git/hooks/*.d/* | grep -c gitea | grep -qx 3
	test -z "$(ls again.git/hooks/*.d/* | grep slugbuild)"
'

done_testing
