#!/bin/sh
# Each place in a build that writes below the root fails, in turn: the push is refused with one clear
# line and status 4 or 75, or goes through whole; nothing half is in the store, and the next push works.
# Of some 300 places every fourth; SB_EVERY=1: all of them.
. "$(dirname "$0")/lib.sh"
[ -z "$(lacks cc)" ] || skip_all "$(lacks cc)"
if ldd "$BIN/pre-receive" | grep -q libasan; then skip_all 'the sanitizers want no other library before them'; fi

cc -O1 -shared -fPIC -pthread -o fault.so "$top/tests/e2e/fault.c" -ldl || exit 1
app_new blog
server_new blog
push blog >push1.log 2>&1 || exit 1
repo=$(repo_of blog)
rm "$repo/hooks/pre-receive"
: >faults
cat >"$repo/hooks/pre-receive" <<END
#!/bin/sh
. $WORK/faults
env \${faults:+LD_PRELOAD=$WORK/fault.so SB_FAULT_ROOT=$root \$faults} "$BIN/pre-receive"
echo \$? >$WORK/status
exit \$(cat $WORK/status)
END
chmod 755 "$repo/hooks/pre-receive"

nobody() { ! pgrep -r D,R,S,T -u "$(id -u)" "[et]-receive|bwrap"; }
# Nobody writes there any more: neither the run behind the push nor the watcher.
settle()
{
	for pid in $(pgrep -r D,R,S,T -u "$(id -u)" "[et]-receive"); do kill -9 "$pid" 2>/dev/null || :; done
	# bubblewrap, when its own first process is killed within a moment, leaves the other waiting for it.
	sleep 0.3
	for pid in $(pgrep -P 1 -u "$(id -u)" bwrap); do kill -9 "$pid" 2>/dev/null || :; done
	(wait_for 60 nobody) || { ps -u "$(id -u)" -o pid,ppid,stat,wchan:20,args; return 1; }
}
settle
cp -a "$root" snapshot
restore()
{
	settle || return 1
	chmod -R u+w "$root"
	rm -rf "$root"
	cp -a snapshot "$root"
}

# Packages, static files and the app's own tree are made anew by this commit.
sed -i 's/^django/# once more\n&/' blog/requirements.txt
mkdir -p blog/deep/er
echo 'p { color: red }' >blog/static/css/more.css
echo one >blog/deep/er/file
ln -s er blog/deep/link
commit blog "All layers"
tip=$(git -C blog rev-parse main)

# What the store holds is what its names say, and what a release needs is there.
whole()
{
	python3 "$top/tests/e2e/standing.py" "$root" blog || return 1
	for slug in "$root"/store/slugs/*.tar.gz; do
		test "$(sha256sum <"$slug" | cut -d' ' -f1)" = "$(basename "$slug" .tar.gz)" || { echo "half: $slug"; return 1; }
	done
}

# refused_well ON TEXT: it was refused with a status of the system's, the reason, and nothing moved.
refused_well()
{
	case $(cat status) in
	4 | 75) ;;
	*) echo "status $(cat status)"; return 1 ;;
	esac
	test "$(tip_of blog)" != "$tip" || { echo "the ref has moved"; return 1; }
	test "$(release_of blog)" = v2 || { echo "released"; return 1; }
	grep -q "^remote:  !     [^ ]" push.log || { echo "no line says why"; return 1; }
	sed 's/ *$//' push.log | tr '\n' ' ' | sed 's/ remote:  !     / /g' | grep -q "$2" || { echo "no \"$2\""; return 1; }
	# A root that takes nothing any more is cleaned up by the next build.
	[ "$1" = 1 ] || wait_for 10 no_leftovers_quietly blog || { no_leftovers blog; return 1; }
}

# fault_at PLACE ERRNO ON TEXT: a push in which it fails, and one after it. What ends by `fail` ends this only.
fault_at()
(
	restore || { echo "somebody of the push before is left"; exit 1; }
	rm -f status
	echo "faults='SB_FAULT_AT=$1 SB_FAULT_ERRNO=$2 SB_FAULT_ON=$3'" >faults
	if push blog >/dev/null; then
		test "$(release_of blog)" = v3 || { echo "accepted, not released"; exit 1; }
	else
		refused_well "$3" "$4" || exit 1
	fi
	whole || exit 1
	: >faults
	cp push.log first.log
	[ "$(release_of blog)" = v3 ] || push blog >/dev/null || { echo "the next push fails"; cat first.log; exit 1; }
	test "$(release_of blog)" = v3 || { echo "not released by the next push"; exit 1; }
	whole || exit 1
	# The run behind the push has some while it runs. What could not be removed the next build removes.
	(wait_for 30 no_leftovers_quietly blog) && exit 0
	git -C blog commit -q --allow-empty -m again
	push blog >/dev/null || echo "a third push fails"
	git -C blog reset -q --hard HEAD~1
	wait_for 60 no_leftovers_quietly blog
)

# Of the lines of the log one place is enough. Of those that only open something every fifth.
some_places() { awk '/builds\/[^.\/]*\/log$/ && lines++ { next } $2 == "open" && opened++ % 5 { next } { print }'; }
case_of()
{
	case $1 in
	open) set -- "$2" 'EMFILE 24 open.files' 'ENFILE 23 open.files' ;;
	*) set -- "$2" 'EIO 5 Input/output' 'EDQUOT 122 quota' 'EROFS 30 Read-only' 'EMFILE 24 open.files' 'ENFILE 23 open.files' ;;
	esac
	k=$1 && shift && shift $((k % $#)) && echo "$1"
}

t 'the places are found' '
	echo "faults=\"SB_FAULT_LIST=$WORK/all\"" >faults
	push blog
	some_places <all >places
	wc -l all places
	test "$(wc -l <places)" -gt 100
'

# each_place ON EVERY FIRST: another error at each place than at the one before it.
each_place()
{
	on=$1 n=$3 bad=0 tried=0
	while read -r place call path; do
		n=$((n + 1))
		[ $((n % $2)) = 0 ] || continue
		tried=$((tried + 1))
		case_of "$call" "$((n / $2))" >case
		read -r name code text <case
		fault_at "$place" "$code" "$on" "$text" >one.log 2>&1 && continue
		bad=$((bad + 1))
		echo "## $name $call $path $place"
		cat one.log push.log
	done <places
	echo "$tried places"
	test $bad = 0 && test $tried -gt 10
}
t 'a call that fails once' 'each_place 0 ${SB_EVERY:-4} 0'
t 'all calls fail from there on' 'each_place 1 $((4 * ${SB_EVERY:-4})) 0'

# What git keeps is read, not written: a fault of the machine there is none of what was pushed.
t 'an object that cannot be read is told with the reason, and as the system'"'"'s fault' '
	restore
	echo "faults=\"SB_FAULT_ROOT=$repo SB_FAULT_LIST=$WORK/objects\"" >faults
	push blog
	bad=0 tried=0
	grep "objects/.*/[0-9a-f]*$" objects | awk "!((NR - 1) % 4)" >some
	while read -r place call path; do
		restore
		echo "faults=\"SB_FAULT_ROOT=$repo SB_FAULT_AT=$place SB_FAULT_ERRNO=5 SB_FAULT_OPENS=1 SB_FAULT_ON=1\"" >faults
		if push blog >one.log; then continue; fi
		tried=$((tried + 1))
		(refused_well 1 "Input/output") >>one.log && continue
		bad=$((bad + 1))
		echo "## $call $path"
		cat one.log
	done <some
	echo "$tried refused"
	test $bad = 0 && test $tried -gt 0
'

done_testing
