#!/bin/sh
# gitolite, Debian's, over a real sshd: it judges a ref in git's update hook, after pre-receive. So ours
# checks in pre-receive and builds in a VREF, which gitolite runs after its own verdict.
. "$(dirname "$0")/../e2e/lib.sh"
. "$top/tests/e2e/transports.sh"

reason=$(lacks gitolite sshd)
[ -z "$reason" ] || skip_all "$reason"
settings probe off
mkdir -p ssh "$HOME/.ssh" keys
for key in ada bob; do
	ssh-keygen -q -t ed25519 -N '' -f "keys/$key"
done
export USER="$(id -un)"
git config --global init.defaultBranch master # the one that gitolite compiles
gitolite setup -pk keys/ada.pub >gitolite.log 2>&1 || { cat gitolite.log >&2; echo 'Bail out! gitolite setup'; exit 1; }
ln -s "$HOME/.ssh/authorized_keys" ssh/authorized_keys
ssh_start
ssh_plain=$GIT_SSH_COMMAND

# as NAME CMD…: with that person's key.
as()
{
	person=$1
	shift
	GIT_SSH_COMMAND=$(echo "$ssh_plain" | sed "s#$WORK/ssh/client#$WORK/keys/$person#") "$@"
}

# The admin's side: once, for all repositories.
sed -i 's|^ *# *LOCAL_CODE *=> *"$ENV{HOME}/local",|LOCAL_CODE => "$ENV{HOME}/local",|' "$HOME/.gitolite.rc"
mkdir -p "$HOME/local/VREF"
printf '#!/bin/sh\nexec %s update "$1" "$2" "$3"\n' "$BIN/pre-receive" >"$HOME/local/VREF/slugbuild"
chmod 755 "$HOME/local/VREF/slugbuild"
as ada git clone -q "$ssh_url/gitolite-admin" admin >clone.log 2>&1 || { cat clone.log >&2; echo 'Bail out! no clone'; exit 1; }
git config --global init.defaultBranch main
cp keys/bob.pub admin/keydir/
cat >>admin/conf/gitolite.conf <<-'END'

	repo blog
	    RW+             = ada
	    RW  dev         = bob
	    -   VREF/slugbuild = @all
END
commit admin 'blog, for ada; bob may push dev'
as ada git -C admin push -q origin HEAD >admin.log 2>&1 || { cat admin.log >&2; echo 'Bail out! no push'; exit 1; }

app_new blog
repo=$HOME/repositories/blog.git
git -C blog remote set-url production "$ssh_url/blog"
builds() { find "$root/apps/blog/builds" -mindepth 1 -maxdepth 1; }

t 'hooks:install finds gitolite, and doctor is content' '
	slugbuild hooks:install "$repo" --app blog >install.log 2>&1
	has "(gitolite)" install.log
	slugbuild doctor "$repo" >doctor.log || true
	has "ok  hooks of $repo (gitolite)" doctor.log
'

t 'a push is built by the VREF and released, with its options' '
	git -C "$repo" config receive.advertisePushOptions true
	as ada push blog -o no-cache production main
	has "(0 of " push.log
	has "Released v2" push.log
'

t 'what gitolite refuses is neither built nor given a config var' '
	echo "/* bob */" >>blog/static/css/site.css
	commit blog bob
	config=$root/apps/blog/config.json
	builds >before
	chmod 0 "$config"
	fails as bob push blog
	chmod 600 "$config"
	has DENIED push.log
	hasnt config.json push.log
	hasnt Building push.log
	builds | cmp - before
'

t 'a branch that deploys nothing is let through' '
	as bob push blog production main:dev
	has "nothing is deployed" push.log
	builds | cmp - before
'

t 'a build that fails refuses the ref' '
	echo "no-such-package==1.0" >>blog/requirements.txt
	commit blog spoiled
	before=$(git -C "$repo" rev-parse main)
	fails as ada push blog
	has no-such-package push.log
	test "$(git -C "$repo" rev-parse main)" = "$before"
	git -C blog reset -q --hard HEAD^
	as ada push blog
	has Released push.log
'

done_testing
