#!/bin/sh
# kill -9 before each system call that changes something, and each of them failing, in turn: what is
# current is the old release or the new one, whole; the next reconcile makes it the new one; no
# number is used twice.
. "$(dirname "$0")/lib.sh"
[ -z "$(lacks strace)" ] || skip_all "$(lacks strace)"

changes=write,pwrite64,rename,renameat,renameat2,linkat,unlink,unlinkat,symlinkat,mkdirat
changes=$changes,fsync,fdatasync,ftruncate,fchmod,fchmodat,utimensat,copy_file_range

app_new blog
echo "worker: sleep 1000" >>blog/Procfile
commit blog "A worker"
server_new blog
push blog >push1.log 2>&1
has "Released v2" push1.log

mine()
{
	for pid in $(pgrep -x "$1"); do
		if find "/proc/$pid/cwd" "/proc/$pid/fd" -lname "$WORK*" 2>/dev/null | grep -q .; then echo "$pid"; fi
	done
}
invariants() { python3 "$top/tests/e2e/standing.py" "$root" blog; }

# The state in which a commit is staged, its ref has moved, and nobody is left to publish it.
stage()
{
	mv "$(repo_of blog)/hooks/post-receive" post-receive
	cat >"$(repo_of blog)/hooks/reference-transaction" <<-END
		#!/bin/sh
		[ "\$1" != committed ] || kill -9 \$(cat $WORK/watcher) \$PPID
		[ "\$1" != prepared ] || pgrep -x pre-receive >$WORK/watcher
	END
	chmod 755 "$(repo_of blog)/hooks/reference-transaction"
	push blog || true
	rm "$(repo_of blog)/hooks/reference-transaction"
	mv post-receive "$(repo_of blog)/hooks/post-receive"
	test "$(tip_of blog)" = "$(git -C blog rev-parse main)"
	test "$(release_of blog)" = "${1:-v2}"
	rm -rf snapshot
	mkdir snapshot
	(cd "$root" && cp -a --parents apps repos store/tmp store/slugs "$WORK/snapshot")
}

restore()
{
	(cd "$root" && rm -rf apps repos store/tmp store/slugs)
	cp -a snapshot/. "$root/"
}

# How many of those calls a publication makes.
calls()
{
	restore
	strace -o calls.trace -e trace=$changes slugbuild reconcile >reconcile.log 2>&1
	grep -c "^[a-z0-9]*(" calls.trace
}

# each_point CHECK INJECTION…: at each call, one after the other; then what holds at once, and after the next reconcile.
each_point()
{
	check=$1
	shift
	n=$(calls)
	tip=$(git -C blog rev-parse main)
	test "$n" -gt 20
	echo "$n calls"
	point=0
	while [ $point -lt "$n" ]; do
		point=$((point + 1))
		restore
		timeout 60 strace -o /dev/null -e trace=$changes -e "inject=$changes:$1:when=$point" \
			slugbuild reconcile >reconcile.log 2>&1 || true
		invariants >standing.1 || { cat standing.1 reconcile.log; fail "at call $point: $(sed -n "${point}p" calls.trace)"; }
		slugbuild reconcile >again.log 2>&1 || true
		invariants >standing.2 || { cat standing.2 again.log; fail "then, at call $point: $(sed -n "${point}p" calls.trace)"; }
		"$check" || { cat standing.1 standing.2 reconcile.log again.log; fail "outcome of call $point ($1): $(sed -n "${point}p" calls.trace)"; }
		set -- "$@" "$1"
		shift
	done
}

is_next_or_failed()
{
	grep -q "newest=v$((base + 1)) current=v$((base + 1)) .* v$((base + 1))=$tip:current\$" standing.2 && return 0
	grep -q "newest=v$((base + 1)) current=v$base .* v$((base + 1))=$tip:failed\$" standing.2
}

# The commit is v3, once, and current.
is_new() { grep -q "newest=v3 current=v3 .* v3=$tip:current\$" standing.2; }
# Or it failed and says so, and the old one stays; a retry gives the new one.
is_new_or_failed()
{
	is_new && return 0
	grep -q "newest=v3 current=v2 .*v2=[0-9a-f]*:current v3=$tip:failed" standing.2 || return 1
	slugbuild releases:retry -a blog >retry.log 2>&1 || { cat retry.log; return 1; }
	invariants >standing.3 && grep -q "newest=v4 current=v4 .* v4=$tip:current" standing.3
}

t 'kill -9 before each change of a publication: old or new, then new' '
	commit blog "To be killed"
	stage
	each_point is_new signal=KILL
'

t 'each change of a publication fails for want of space: old or new, then new or a failure that a retry mends' '
	each_point is_new_or_failed error=ENOSPC
'

# Another error at each call than at the one before it.
t 'the same for a disk that fails, a quota, a read-only filesystem, too many open files' '
	each_point is_new_or_failed error=EIO error=EDQUOT error=EROFS error=EMFILE error=ENFILE
'

# What a kill leaves of a release phase that ran is told as failed: it may not run twice by itself.
t 'kill -9 before each change, with a release phase and a runner' '
	printf "#!/bin/sh\ncat >/dev/null\necho \"\$1\" >>$WORK/verbs\n" >runner
	chmod 755 runner
	restore
	slugbuild reconcile
	git -C "$(repo_of blog)" config slugbuild.runner "$WORK/runner"
	slugbuild ps:scale web=0 worker=1 -a blog
	echo "release: true" >>blog/Procfile
	commit blog "With a release phase"
	base=$(($(release_of blog | tr -d v)))
	stage $(release_of blog)
	each_point is_next_or_failed signal=KILL
	grep -qx deploy verbs
'

done_testing
