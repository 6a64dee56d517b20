#!/bin/sh
. "$(dirname "$0")/lib.sh"

app_new blog
mkdir -p blog/.profile.d
echo 'export GREETED=${GREETED:-profile}' >blog/.profile.d/greet.sh
printf 'docs\n*.psd\n' >blog/.slugignore
mkdir blog/docs && echo long >blog/docs/manual.txt && echo x >blog/art.psd
printf '#!/bin/sh\necho ran\n' >blog/tool && chmod 755 blog/tool
ln -s tool blog/link
mkdir -p 'blog/data/Grüße und "Zeichen"' && echo x >'blog/data/Grüße und "Zeichen"/ä b'
commit blog "All kinds of names"

t 'slugbuild build on a plain clone needs no set-up' '
	slugbuild build blog -o one.tar.gz >build.log 2>&1 || { cat build.log; false; }
	test -s one.tar.gz
	jq -e .slug.sha256 one.tar.gz.json
	test "$(jq -r .slug.sha256 one.tar.gz.json)" = "$(sha256sum <one.tar.gz | cut -d" " -f1)"
'

t 'what .slugignore names is not in it; modes, links and odd names are' '
	mkdir -p here
	tar xzf one.tar.gz -C here
	test ! -e here/docs
	test ! -e here/art.psd
	test -x here/tool
	test "$(readlink here/link)" = tool
	test -f "here/data/Grüße und \"Zeichen\"/ä b"
	test "$(stat -c %a here/manage.py)" = 755
	test "$(stat -c %a here/Procfile)" = 644
'

# serve DIR: the launcher's web process there, on a port of its own; the page on stdout.
serve()
{
	port=$((low_port + 15))
	env -i PATH=/usr/bin:/bin PORT=$port ${2:+"$2"} "$1/.slugbuild/launch" web >serve.log 2>&1 &
	server=$!
	get "http://127.0.0.1:$port/" || { cat serve.log; kill $server; return 1; }
	get "http://127.0.0.1:$port/static/css/site.css"
	kill $server
	wait $server || true
}

t 'it runs where plain tar put it' '
	serve "$WORK/here" >page
	has "Hello, profile" page
	has "color: green" page
'

t 'it runs after it was moved, and by a way with a space in it' '
	mkdir "other place"
	mv here "other place/there"
	serve "$WORK/other place/there" GREETED=moved >page
	has "Hello, moved" page
	has "color: green" page
'

t 'console scripts and bin/python are those of the slug' '
	cd /
	"$WORK/other place/there/.slugbuild/launch" run sh -c "command -v gunicorn; command -v python" >"$WORK/which"
	cat "$WORK/which"
	test "$(grep -c "other place/there/.slugbuild/" "$WORK/which")" = 2
	"$WORK/other place/there/.slugbuild/launch" run django-admin check 2>&1 | tail -n 1
'

t 'no file in it names the folder it was built in' '
	fails grep -rlF "$WORK/state" "other place/there"
	grep -rlE "/(tmp|work)[./][A-Za-z0-9./_-]*/.slugbuild/python" "other place/there" | fails grep .
'

t 'GNU tar, bsdtar, busybox and Python read the same tree' '
	slug=one.tar.gz
	for reader in tar bsdtar "busybox tar" python; do
		command -v "${reader%% *}" >/dev/null || [ "$reader" = python ] || continue
		rm -rf out && mkdir out
		case $reader in
		python) python3 -c "import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])" $slug out ;;
		*) $reader -xzf $slug -C out 2>warnings ; test ! -s warnings ;;
		esac
		(cd out && find . -type f -exec sha256sum {} + | sort) >sums.new
		[ -e sums ] || cp sums.new sums
		cmp sums sums.new
	done
	tar tzvf $slug | awk "{print \$2}" | grep -v "^0/0$" | fails grep .
'

t 'the same commit gives the same bytes: other umask, zone, locale, folder, CPU count' '
	cp -r blog elsewhere
	(
		umask 077
		export TZ=Asia/Kathmandu LC_ALL=C.UTF-8
		mkdir -p deep/er && cd deep/er
		taskset -c 0 slugbuild build ../../elsewhere -o "$WORK/two.tar.gz"
	) >build2.log 2>&1 || { cat build2.log; false; }
	cmp one.tar.gz two.tar.gz
'

# Another machine, as far as one can be had here: its user is another one with another home, its name,
# its files (a clone of the repository, an empty store) lie on another file system, at other paths and
# with other inodes. The interpreter and the installer are the same, as the slug says they must be.
elsewhere=
for dir in /dev/shm /var/tmp /tmp; do
	[ -w "$dir" ] && [ "$(stat -c %d "$dir")" != "$(stat -c %d "$WORK")" ] && elsewhere=$dir && break
done
if [ -z "$elsewhere" ]; then
	skip 'the same bytes on another machine, by another user' 'no second file system to write to'
elif ! unshare --user --map-root-user --uts unshare --user --map-user=4321 true 2>/dev/null; then
	skip 'the same bytes on another machine, by another user' 'no namespaces for users'
else
	t 'the same bytes on another machine, by another user' '
		far=$(mktemp -d "$elsewhere/slugbuild-far.XXXXXX")
		away() { chmod -R u+w "$far"; rm -rf "$far"; }
		trap away EXIT
		git clone -q blog "$far/a clone"
		mkdir -m 700 "$far/home"
		env -i PATH="$PATH" HOME="$far/home" USER=zoe LOGNAME=zoe TMPDIR="$far/home" LANG=C.UTF-8 TZ=Pacific/Chatham \
			unshare --user --map-root-user --uts sh -c "
				umask 027; hostname far.example.com; ulimit -n 200; cd /
				exec unshare --user --map-user=4321 --map-group=4321 nice taskset -c 0 slugbuild build \"\$1\" -o \"\$2/far.tar.gz\" --root \"\$2/st ate\"" \
			- "$far/a clone" "$far" >far.log 2>&1 </dev/null || { cat far.log; false; }
		has "(0 of " far.log
		cp "$far/far.tar.gz" .
		cmp one.tar.gz far.tar.gz
		away
		trap - EXIT
	'
fi

case $BIN in
*/san/*) lacking='faketime and the sanitizer cannot both come first' ;;
*) lacking=$(lacks faketime) ;;
esac
if [ -n "$lacking" ]; then
	skip 'the same bytes under another clock' "$lacking"
else
	t 'the same bytes under another clock' '
		NO_FAKE_STAT=1 faketime "2031-05-04 03:02:01" slugbuild build blog -o three.tar.gz >build3.log 2>&1 || { cat build3.log; false; }
		cmp one.tar.gz three.tar.gz
	'
fi

t 'and the same as a push makes of it' '
	server_new blog
	push blog
	cmp one.tar.gz "$(slug_of blog)"
'

t 'other requirements: the same bytes from a store that knows the former layer as from an empty one' '
	cp -r blog fewer
	grep -v gunicorn blog/requirements.txt >fewer/requirements.txt
	echo "web: python -m http.server" >fewer/Procfile
	commit fewer "Without gunicorn"
	slugbuild build fewer -o known.tar.gz >known.log 2>&1 || { cat known.log; false; }
	slugbuild build fewer -o fresh.tar.gz --root "$WORK/empty" >fresh.log 2>&1 || { cat fresh.log; false; }
	cmp known.tar.gz fresh.tar.gz
	ls "$root"/store/notes/bytecode-*
	tar tzf known.tar.gz | grep "django/conf/__pycache__/.*\.pyc$"
'

t 'inspect shows what is in it' '
	slugbuild inspect one.tar.gz >inspect.txt
	has web inspect.txt
	slugbuild inspect one.tar.gz --json | jq -e .
'

t 'a slug over the limit is refused with its largest paths' '
	head -c 3000000 /dev/urandom >blog/video.bin
	commit blog "A film"
	settings slugLimit 1m
	refused blog
	has video.bin push.log
	git config --global --unset slugbuild.slugLimit
'

t 'a tree over maxBlob or maxBytes is refused with its ten largest paths, those left out not among them' '
	git -C blog rm -q --cached video.bin && rm blog/video.bin
	for n in 01 02 03 04 05 06 07 08 09 10 11; do head -c ${n}00000 /dev/urandom >blog/film$n.bin; done
	head -c 5000000 /dev/urandom >blog/draft.bin
	echo draft.bin >blog/.slugignore
	commit blog "Eleven films"
	named() { for n in 02 07 11; do has "MiB  film$n.bin" push.log; done; hasnt "  film01.bin" push.log; hasnt " draft.bin" push.log; }
	settings maxBlob 900k
	refused blog
	has "film10.bin: a file of 1000000 bytes; the limit is 921600" push.log
	named && has "or raise slugbuild.maxBlob" push.log
	git config --global --unset slugbuild.maxBlob
	settings maxBytes 4m
	refused blog
	has 4194304 push.log
	named && has "or raise slugbuild.maxBytes" push.log
	git config --global --unset slugbuild.maxBytes
'

done_testing
