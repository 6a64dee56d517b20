#!/bin/sh
# Who may do what with a key, over a real sshd.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/transports.sh"

app_new blog
app_new shop
server_new blog
server_new shop
ssh_start
# The server's authorized_keys are those of our home.
mkdir -p "$HOME/.ssh"
printf '# mine\nssh-ed25519 %s foreign\n' "$(ssh-keygen -q -t ed25519 -N '' -f other && cut -d' ' -f2 other.pub)" >"$HOME/.ssh/authorized_keys"
for who in ada bob root-of-all; do ssh-keygen -q -t ed25519 -N '' -C "$who@laptop" -f "key.$who"; done
ssh-keygen -q -t rsa -b 2048 -N '' -f key.rsa
ssh-keygen -q -t ecdsa -N '' -f key.ecdsa

# as WHO WORD…: ssh with that person's key; what it says in said.
as()
{
	who=$1 && shift
	code=0
	# shellcheck disable=SC2086
	ssh -F none -i "key.$who" -o IdentitiesOnly=yes -o LogLevel=ERROR -o BatchMode=yes \
		-o StrictHostKeyChecking=no -o UserKnownHostsFile="$WORK/ssh/known" -p "$port" "$(id -un)@127.0.0.1" "$@" \
		</dev/null >said 2>&1 || code=$?
	sed 's/^/    /' said
	return $code
}

t 'a key is added with one forced command; foreign lines stay; modes are right' '
	chmod 755 "$HOME/.ssh"
	cp "$HOME/.ssh/authorized_keys" before
	slugbuild keys:add ada --app blog <key.ada.pub
	head -n 2 "$HOME/.ssh/authorized_keys" | cmp before -
	grep "^restrict,command=\"" "$HOME/.ssh/authorized_keys" | grep "shell --root .* ada blog\" ssh-ed25519 "
	test "$(stat -c %a "$HOME/.ssh")" = 700
	test "$(stat -c %a "$HOME/.ssh/authorized_keys")" = 600
	slugbuild keys:add bob <key.bob.pub
	for kind in rsa ecdsa; do slugbuild keys:add "x$kind" -a blog -a shop <"key.$kind.pub"; done
	slugbuild keys >list
	has "$(ssh-keygen -lf key.ada.pub | cut -d" " -f2)" list
	hasnt foreign list
	slugbuild keys --json | jq -e ".[0] == {name: \"ada\", type: \"ssh-ed25519\", apps: [\"blog\"],
		fingerprint: \"$(ssh-keygen -lf key.ada.pub | cut -d" " -f2)\"} and .[1].apps == null
		and .[2].apps == [\"blog\", \"shop\"]"
	slugbuild keys:remove xrsa && slugbuild keys:remove xecdsa
	ssh-keygen -lf "$HOME/.ssh/authorized_keys"
'

t 'what is no key, has options, is private or is taken is refused, and nothing changes' '
	cp "$HOME/.ssh/authorized_keys" before
	no() { exits 2 slugbuild keys:add "$@" >said 2>&1; cat said; cmp before "$HOME/.ssh/authorized_keys"; }
	echo "ssh-ed25519 AAAA" | no eve && has "no public key" said
	echo junk | no eve
	: | no eve
	no eve <key.root-of-all && has private said
	sed "s/^/command=\"sh\" /" key.root-of-all.pub | no eve && has options said
	sed "s/^ssh-ed25519/ssh-rsa/" key.root-of-all.pub | no eve
	cat key.root-of-all.pub key.rsa.pub | no eve && has "one public key" said
	no eve <key.ada.pub && has "ada" said
	no eve <other.pub && has "by another hand" said
	no "../eve" <key.root-of-all.pub
	no eve --app nothere <key.root-of-all.pub && has nothere said
	exits 2 slugbuild keys:remove nobody
'

cp "$HOME/.ssh/authorized_keys" "$WORK/ssh/authorized_keys"
host="ssh://$(id -un)@127.0.0.1:$port"
ada="ssh -F none -i $WORK/key.ada -o IdentitiesOnly=yes -o LogLevel=ERROR -o StrictHostKeyChecking=no -o UserKnownHostsFile=$WORK/ssh/known"

t 'push, fetch and archive by the name and by the path of the app' '
	export GIT_SSH_COMMAND="$ada"
	git -C blog push "$host/blog.git" main >push.log 2>&1 || { cat push.log; false; }
	test "$(release_of blog)" = v2
	git clone -q "$host$(repo_of blog)" clone
	git clone -q "$host/blog" clone2
	git archive --remote "$host/blog" main Procfile | tar t
	commit clone more
	git -C clone push -q origin main
	test "$(release_of blog)" = v3
'

t 'the app of another is not there: no push, no fetch, by no spelling' '
	export GIT_SSH_COMMAND="$ada"
	standing shop >before
	for url in "$host/shop.git" "$host$(repo_of shop)" "$host$root/repos/blog.git/../shop.git" "$host/../shop" "$host$root/repos/"; do
		fails git -C shop push "$url" main >said 2>&1
		has "ada has no repository" said
		fails git clone -q "$url" stolen >said 2>&1
		has "ada has no repository" said
	done
	standing shop | cmp before -
'

t 'commands on her own app, with and without -a' '
	as ada slugbuild releases -a blog && has v3 said
	as ada slugbuild releases && has v3 said
	as ada slugbuild config:set "GREETED=\"you  there\"" -a blog
	as ada "slugbuild config:get GREETED" && has "you  there" said
	as ada slugbuild ps -a blog
	as ada slugbuild run -- echo hello && has hello said
	as ada slugbuild rollback
	as bob slugbuild releases -a shop
	exits 2 as bob slugbuild releases && has "which app" said
'

t 'nothing else' '
	mark=$WORK/mark
	refused_words() { exits 2 as ada "$@"; test "$(grep -c " !     " said)" -le 3; test ! -e "$mark"; }
	exits 2 as ada
	has "there is no shell here" said
	refused_words sh
	refused_words "touch $mark"
	refused_words "git-receive-pack $(repo_of blog); touch $mark"
	refused_words "git-upload-pack --upload-pack=touch\ $mark $(repo_of blog)"
	refused_words "git-upload-pack \$(touch $mark)"
	refused_words "git-upload-pack \"\`touch $mark\`\""
	refused_words "git -c core.fsmonitor=touch status"
	refused_words git-shell
	refused_words "git-upload-pack --help"
	refused_words "git-upload-pack -"
	refused_words slugbuild
	refused_words slugbuild doctor
	refused_words slugbuild shell bob shop
	refused_words "slugbuild keys:add eve"
	refused_words slugbuild apps:destroy -a blog --confirm blog
	refused_words slugbuild build / -o "$mark"
	refused_words slugbuild releases -a shop
	refused_words slugbuild releases -ashop
	refused_words slugbuild releases --app=shop
	refused_words slugbuild releases -a blog -a shop
	refused_words slugbuild releases -a blog/../shop
	refused_words slugbuild logs --root /tmp -a blog
	refused_words slugbuild logs --root=/tmp
	refused_words "slugbuild logs -a \"blog"
	refused_words "slugbuild logs
touch $mark"
'

t 'a removed key is let in no more' '
	slugbuild keys:remove ada
	cp "$HOME/.ssh/authorized_keys" "$WORK/ssh/authorized_keys"
	exits 255 as ada slugbuild releases
	slugbuild keys --json | jq -e "map(.name) == [\"bob\"]"
'

t 'git-shell is the other way: git only, and slugbuild not' '
	sed "s|^|command=\"/usr/bin/git-shell -c \\\\\"\$SSH_ORIGINAL_COMMAND\\\\\"\" |" key.ada.pub >>"$WORK/ssh/authorized_keys"
	export GIT_SSH_COMMAND="$ada"
	before=$(release_of blog)
	commit blog "By git-shell"
	git -C blog push -f "$host$(repo_of blog)" main >push.log 2>&1 || { cat push.log; false; }
	test "$(release_of blog)" != "$before"
	fails as ada slugbuild releases -a blog
	fails as ada sh
'

done_testing
