#!/bin/sh
# slugbuild doctor REPO: each thing that can be wrong with a repository is named, with a cure that helps.
. "$(dirname "$0")/lib.sh"

app_new blog
server_new blog
repo=$(repo_of blog)
git -C "$repo" fetch -q "$WORK/blog" main:main # objects and a branch, without a build

# What doctor says of the repository, in said; sound: nothing to mend and no tip.
doctor() { code=0; slugbuild doctor "$repo" >said 2>&1 || code=$?; sed 's/^/    /' said; return $code; }
sound() { doctor || fail "still ill"; hasnt "tip " said; }
# cure: runs the (last) command that a fix in `said` names.
cure() { sed -n 's/^ *fix: \(.*: \)\{0,1\}\([a-z].*\)$/\2/p' said | tail -n 1 >cure.sh; cat cure.sh; sh -e cure.sh; }
old() { touch -d '2 days ago' "$@"; }

t 'what create made is sound' '
	sound
	has "ok  hooks of $repo (bare)" said
	has "ok  its objects and refs are ours to write" said
'

t 'a hook without its executable bit, which git passes over in silence' '
	chmod a-x "$repo/hooks/pre-receive"
	exits 4 doctor
	has "BAD hooks of $repo (bare): $repo/hooks/pre-receive cannot be run" said
	cure && sound
'

t 'a hook that is gone, is not ours, or calls a program that is gone' '
	mv "$repo/hooks/post-receive" kept
	exits 4 doctor
	has "post-receive is not there" said
	has "fix: slugbuild hooks:install $repo --app blog" said
	test ! -e "$repo/hooks/post-receive"
	cure && sound
	echo "#!/bin/sh" >"$repo/hooks/post-receive"
	exits 4 doctor && has "post-receive is not ours" said
	sed "s,exec .*/,exec '\''/nowhere/," kept >"$repo/hooks/post-receive"
	exits 4 doctor && has "calls /nowhere/post-receive, which cannot be run" said
	cure && sound
'

t 'core.hooksPath leads elsewhere: in the repository and in the config of the user' '
	git -C "$repo" config core.hooksPath other
	exits 4 doctor && has "BAD core.hooksPath = other: git looks for hooks there" said
	cure && sound
	git -C "$repo" config core.hooksPath hooks && sound
	git -C "$repo" config --unset core.hooksPath
	git config --global core.hooksPath /nowhere
	exits 4 doctor && has "BAD core.hooksPath = /nowhere" said
	git config --global --unset core.hooksPath
	sound
'

t 'core.sharedRepository: hooks would run as several users' '
	git -C "$repo" config core.sharedRepository group
	exits 4 doctor && has "BAD core.sharedRepository = group" said
	has "slugbuild keys:add" said
	git -C "$repo" config --unset core.sharedRepository
	sound
'

t 'settings that git lacks are tips: nothing is refused for them' '
	cp "$repo/config" kept
	for key in receive.keepAlive receive.advertisePushOptions receive.fsckObjects core.fsync; do
		git -C "$repo" config --unset $key
		doctor
		test "$(grep -c "^tip " said)" = 1
		has "fix: git -C $repo config $key " said
		cure && sound
	done
	git -C "$repo" config receive.keepAlive 60
	slugbuild doctor "$repo" --json | jq -e "any(.[]; .ok and (.fix // \"\" | contains(\"keepAlive 1\")))"
	cp kept "$repo/config"
	sound
'

t 'what git refuses before the hooks are asked, or after they have built' '
	for key in receive transfer; do
		git -C "$repo" config --add $key.hideRefs refs/heads
		exits 4 doctor
		has "BAD $key.hideRefs = refs/heads: git refuses every push to refs/heads/main, which deploys" said
		fails git -C blog push "$repo" HEAD:main
		cure && sound
		git -C blog push "$repo" HEAD:main
		git -C "$repo" config --unset-all $key.hideRefs refs/heads
	done
	git -C "$repo" config --get-all receive.hideRefs | grep -qx refs/replace
	git -C "$repo" config receive.denyNonFastForwards true
	doctor
	has "tip receive.denyNonFastForwards refuses a forced push after it was built" said
	cure && sound
	git -C "$repo" config --unset slugbuild.force
	git -C "$repo" config --unset receive.denyNonFastForwards
	git -C "$repo" config --unset receive.maxInputSize
	doctor
	has "tip a push may be as large as the disk" said
	cure && sound
	git -C "$repo" config core.bare false
	exits 4 doctor
	has "BAD main is checked out here: git refuses pushes to it after they were built" said
	cure && sound
	git -C "$repo" config core.bare true
	git -C "$repo" config --unset receive.denyCurrentBranch
'

# hidden yes|no VALUE… (k=v, in their order; "user:" in front: in the user's config): what git does with a
# push to main, and what the doctor says, are the same.
hidden()
{
	wanted=$1 && shift
	git -C "$repo" config --unset-all receive.hideRefs || true
	git -C "$repo" config --unset-all transfer.hideRefs || true
	git config --global --unset-all transfer.hideRefs || true
	for one in "$@"; do
		case $one in
		user:*) one=${one#user:} && git config --global --add "${one%%=*}.hideRefs" "${one#*=}" ;;
		*) git -C "$repo" config --add "${one%%=*}.hideRefs" "${one#*=}" ;;
		esac
	done
	if git -C blog push "$repo" HEAD:main >push.log 2>&1; then
		test $wanted = no
		doctor
		hasnt hideRefs said
	else
		has "hidden ref" push.log
		test $wanted = yes
		exits 4 doctor
		has "git refuses every push to refs/heads/main, which deploys" said
		cure && doctor
		git -C blog push "$repo" HEAD:main
	fi
}

t 'all values of hideRefs count, in their order, as git takes them' '
	hidden yes receive=refs/heads receive=refs/replace
	hidden no receive=refs/heads receive=!refs/heads/main
	hidden yes receive=!refs/heads/main receive=refs/heads
	hidden yes transfer=refs/heads/main/
	hidden no transfer=refs transfer=!refs/heads
	hidden yes receive=!refs/heads transfer=refs
	hidden no receive=refs/heads/ma receive=refs/heads/main/x
	hidden yes receive=^refs/heads
	hidden no receive=refs receive=!^refs/heads/main
	hidden yes user:transfer=refs/heads
	hidden no user:transfer=refs/heads receive=!refs/heads/main
	hidden no receive=refs/replace
'

t 'what a git that died has left: locks and incoming objects, when they are old' '
	touch "$repo/refs/heads/main.lock" && sound
	old "$repo/refs/heads/main.lock"
	exits 4 doctor && has "BAD $repo/refs/heads/main.lock was left 28" said
	cure && sound
	mkdir "$repo/refs/heads/a" && touch "$repo/refs/heads/a/b.lock" "$repo/packed-refs.lock"
	old "$repo/refs/heads/a/b.lock" "$repo/packed-refs.lock"
	exits 4 doctor && has packed-refs.lock said && has a/b.lock said
	rm -r "$repo/refs/heads/a" "$repo/packed-refs.lock"
	mkdir -p "$repo/objects/tmp_objdir-incoming-abc/pack" "$repo/objects/tmp_objdir-incoming-new"
	old "$repo/objects/tmp_objdir-incoming-abc"
	doctor && has "tip 1 folder of objects that pushes left" said
	cure && sound
	test -d "$repo/objects/tmp_objdir-incoming-new"
	rm -r "$repo/objects/tmp_objdir-incoming-new"
'

case $(unshare -rm true 2>&1) in
'') t 'hooks on a filesystem that runs no program' '
	cp -a "$repo/hooks" kept.hooks
	# shellcheck disable=SC2016
	unshare -rm sh -ec "
		mount -t tmpfs -o noexec,mode=755 none \"\$1/hooks\"
		cp kept.hooks/* \"\$1/hooks/\"
		slugbuild doctor \"\$1\" >said 2>&1 || echo \$? >code" sh "$repo"
	cat said
	test "$(cat code)" = 4
	has "BAD $repo/hooks is mounted noexec" said
	has "fix: mount its filesystem without noexec" said
	sound
' ;;
*) skip 'hooks on a filesystem that runs no program' 'this user may mount nothing' ;;
esac

if [ "$(id -u)" != 0 ]; then
	t 'modes that keep the user of the hooks from writing or reading' '
		for one in refs/heads objects/pack objects; do
			chmod 555 "$repo/$one"
			exits 4 doctor
			has "BAD $repo/$one is not ours to write: mode 555, of $(id -un)" said
			cure && sound
		done
		mkdir -p "$repo/objects/00" && chmod 000 "$repo/objects/00"
		exits 4 doctor
		has "BAD $repo/objects/00 is not ours to write: mode 0, of $(id -un)" said
		cure && sound
		chmod 000 "$repo/config"
		exits 4 doctor
		has "BAD $repo/config is not ours to read: mode 0" said
		hasnt "tip " said
		cure && sound
	'
else
	skip 'modes that keep the user of the hooks from writing or reading' 'root may read and write anything'
fi

if [ -n "$SB_FOREIGN" ]; then
	t 'a repository of another owner: safe.directory, or its owner' '
		exits 4 slugbuild doctor "$SB_FOREIGN" >said 2>&1
		has "BAD the repository $SB_FOREIGN belongs to root" said
		has "fix: as $(id -un): git config --global --add safe.directory $SB_FOREIGN" said
		has "or: chown -R" said
		git config --global --add safe.directory "$SB_FOREIGN"
		exits 4 slugbuild doctor "$SB_FOREIGN" >said 2>&1
		git config --global --unset safe.directory
		hasnt "belongs to root" said
	'
else
	skip 'a repository of another owner' 'no repository of root is at hand: started as root, tests/e2e/run makes one'
fi

done_testing
