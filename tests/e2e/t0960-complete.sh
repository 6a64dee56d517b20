#!/bin/sh
# Trees that only refer to what they need: submodules and git-lfs.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/transports.sh"

app_new blog
server_new blog
push blog >push1.log 2>&1 || cat push1.log
git -C blog branch good
back() { git -C blog checkout -q -f -B main good; git -C blog clean -qffdx; }

mkdir site
git init -q theme
mkdir theme/pages
echo first >theme/pages/home.html
commit theme one
pinned=$(git -C theme rev-parse HEAD)
absent=$(echo "$pinned" | tr 0-9a-f 1)
echo second >theme/pages/home.html
commit theme two
git clone -q --bare theme site/theme.git
git -C site/theme.git update-server-info
port=$((low_port + 17))
(cd site && exec python3 -m http.server --bind 127.0.0.1 $port) >serve.log 2>&1 &
wait_for 10 curl -fs "http://127.0.0.1:$port/theme.git/HEAD"

# links PATH URL [COMMIT]: a submodule, whether it is there or not.
links()
{
	back
	printf '[submodule "theme"]\n\tpath = %s\n\turl = %s\n' "$1" "$2" >blog/.gitmodules
	git -C blog add .gitmodules
	git -C blog update-index --add --cacheinfo "160000,${3:-$pinned},$1"
	git -C blog commit -q -m "A submodule at $2"
}

t 'scenario 22: a link to a repository without .gitmodules is refused by its path' '
	git -C blog update-index --add --cacheinfo "160000,$pinned,vendored/theme"
	git -C blog commit -q -m "Only a link"
	refused blog
	sed "s/$(printf "\033")\[[0-9;]*m//g" push.log >plain
	has "error[submodule]: vendored/theme" plain
'

t 'submodules are refused unless the owner says fetch or ignore' '
	links lib/theme "http://127.0.0.1:$port/theme.git"
	refused blog -f production main
	has lib/theme push.log
	has "slugbuild.submodules fetch" push.log
	settings submodules ignore
	push blog -f production main
	has lib/theme push.log
	test -z "$(tar tzf "$(slug_of blog)" | grep lib/theme/pages)"
'

# What the second run of collectstatic makes behind the push goes by itself.
nothing_temporary() { [ -z "$(ls -A "$root/store/tmp" | grep "^.tmp-[0-9a-f]*$")" ]; }
t 'scenario 22: with fetch the pinned commit arrives, and is fetched once' '
	settings submodules fetch
	commit_message=again
	git -C blog commit -q --allow-empty -m "$commit_message"
	push blog -f production main
	has "Fetching the submodule lib/theme" push.log
	test "$(tar xzOf "$(slug_of blog)" lib/theme/pages/home.html)" = first
	git -C blog commit -q --allow-empty -m "once more"
	push blog
	hasnt "Fetching" push.log
	test "$(tar xzOf "$(slug_of blog)" lib/theme/pages/home.html)" = first
	wait_for 30 nothing_temporary
'

t 'what cannot be fetched is told in the words of git, and of ssh' '
	links lib/theme "http://127.0.0.1:$port/nowhere.git" "$absent"
	refused blog -f production main
	has "not found" push.log
	has "could not be fetched" push.log
	links lib/theme "http://127.0.0.1:$port/theme.git" "$absent"
	refused blog -f production main
	has "could not be fetched" push.log
	links lib/theme "ssh://git@127.0.0.1:1/theme.git" "$absent"
	refused blog -f production main
	has "ssh: connect to host 127.0.0.1 port 1: Connection refused" push.log
'

t 'over ssh with the key of slugbuild.sshKey, from a host that is known, and from no other' '
	mkdir keys
	ssh_start
	unset GIT_SSH_COMMAND # of the pusher, by a file path here
	ssh-keygen -q -t ed25519 -N "" -f keys/other
	chmod 600 ssh/client keys/other
	: >keys/nobody
	echo "[127.0.0.1]:$port $(cut -d" " -f1,2 ssh/host.pub)" >keys/known
	rm -rf "$root"/store/cache/modules
	links lib/theme "$ssh_url$WORK/site/theme.git"
	settings sshKnownHosts "$WORK/keys/known"
	refused blog -f production main
	has "Permission denied (publickey" push.log
	has "slugbuild.sshKey" push.log
	settings sshKey "$WORK/keys/other"
	refused blog -f production main
	has "Permission denied (publickey" push.log
	settings sshKey "$WORK/ssh/client" sshKnownHosts "$WORK/keys/nobody"
	refused blog -f production main
	has "Host key verification failed" push.log
	settings sshKnownHosts "$WORK/keys/absent"
	refused blog -f production main
	tr -s " \n!" "   " <push.log | sed "s/ remote: / /g" | grep "slugbuild.sshKnownHosts names .*keys/absent"
	settings sshKnownHosts "$WORK/keys/known"
	cat >>blog/hello/settings.py <<-"END"
		import glob
		print("sees keys: %s" % glob.glob("/slugbuild/ssh*"))
	END
	git -C blog add hello/settings.py && git -C blog commit -q -m "Looks for the key"
	push blog -f production main
	test "$(tar xzOf "$(slug_of blog)" lib/theme/pages/home.html)" = first
	has "sees keys: []" push.log
	fails grep -rF "$(sed -n 2p ssh/client)" "$root"
	git config --global --unset slugbuild.sshKey
	git config --global --unset slugbuild.sshKnownHosts
'

t 'no URL reaches a program, a file or an option' '
	git -C "$(repo_of blog)" config receive.fsckObjects false
	git -C theme config uploadpack.packObjectsHook "touch $WORK/mark"
	for url in "ext::sh -c touch% $WORK/mark" "file://$WORK/theme" "$WORK/theme" ../theme.git ./theme -utouch \
		"--upload-pack=touch $WORK/mark" "ssh://-oProxyCommand=touch/x" "-oProxyCommand=touch:x" \
		"git@-oProxyCommand=touch:x" "fd::3" "http::ext::sh"; do
		links lib/theme "$url"
		refused blog -f production main
		has ".gitmodules" push.log
		test ! -e mark
	done
'

# A file as git-lfs would commit it.
points()
{
	printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %s\n' \
		"$(sha256sum <"$1" | cut -d' ' -f1)" "$(wc -c <"$1")"
}
head -c 300000 /dev/urandom >photo.png
echo small >other.png

pointers()
{
	back
	echo '*.png filter=lfs diff=lfs merge=lfs -text' >blog/.gitattributes
	mkdir -p blog/static/img
	git -C blog config filter.lfs.clean cat
	points photo.png >blog/static/img/photo.png
	points other.png >blog/other.png
	commit blog Pointers
}

t 'scenario 23: pointers of git-lfs are refused, and listed' '
	pointers
	refused blog -f production main
	has static/img/photo.png push.log
	has other.png push.log
'

t 'scenario 23: with a store the contents arrive, verified by SHA-256 and size' '
	mkdir -p objects
	settings lfsStore "$WORK/objects"
	pointers
	refused blog -f production main
	has "not in the LFS store" push.log
	has static/img/photo.png push.log
	for file in photo.png other.png; do
		digest=$(sha256sum <$file | cut -d" " -f1)
		dir=objects/$(echo "$digest" | sed "s|^\(..\)\(..\).*|\1/\2|")
		mkdir -p "$dir"
		cp $file "$dir/$digest"
	done
	push blog -f production main
	tar xzOf "$(slug_of blog)" static/img/photo.png | cmp - photo.png
	tar xzOf "$(slug_of blog)" staticfiles/img/photo.png | cmp - photo.png
	tar xzOf "$(slug_of blog)" other.png | cmp - other.png
'

t 'an object that is damaged, or of another size, is not taken' '
	digest=$(sha256sum <photo.png | cut -d" " -f1)
	file=objects/$(echo "$digest" | sed "s|^\(..\)\(..\).*|\1/\2/&|")
	printf x | dd of="$file" conv=notrunc bs=1 seek=7 2>/dev/null
	git -C blog commit -q --allow-empty -m again
	refused blog
	has "is damaged" push.log
	printf xx >"$file"
	refused blog
	has "has 2 bytes; the pointer says 300000" push.log
'

done_testing
