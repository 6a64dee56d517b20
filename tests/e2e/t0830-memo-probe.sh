# What the check of the app answered is remembered. By what it read: r0852, with a real Django; the
# stand-in here has no settings that the check could ask.
# shellcheck shell=sh disable=SC2016
. "$(dirname "$0")/lib.sh"

bwrap --unshare-all --ro-bind / / true 2>/dev/null || skip_all 'bubblewrap does not work here'
reused='Checking the app: nothing it read has changed'
app_new blog
own_index blog
mkdir blog/.heroku blog/docs
: >blog/.heroku/collectstatic_disabled
echo x >blog/docs/x
commit blog

build()
{
	slugbuild build blog -a blog -o now.tar.gz --timings >build.log 2>&1 || { cat build.log; return 1; }
}
findings() { grep -E '^ *(!  +)?(warning|error)' "$1"; }

t 'two runs, then none' 'build; hasnt "$reused" build.log; has "Checking the app" build.log; findings build.log >first
	build; hasnt "$reused" build.log; build; has "$reused" build.log
	grep "^probe .*reused" build.log; findings build.log >third; cmp first third'
t 'nor after an edit where it does not look' 'echo y >blog/docs/x; commit blog; build; has "$reused" build.log'
t 'but with another config var' \
	'server_new blog; slugbuild config:set -a blog COLOUR=red >/dev/null 2>&1; build; hasnt "$reused" build.log
	 fails grep -r red "$root/store/traces"'
t 'with -o no-cache it is asked each time' \
	'build; build; has "$reused" build.log; slugbuild build blog -a blog -o n.tar.gz --no-cache >n.log 2>&1
	 hasnt "$reused" n.log'
t 'a push has it confirmed when it is over' \
	'rm -rf "$root/store/traces"; push blog; hasnt "$reused" push.log
	 wait_for 30 grep -rq "\"confirmed\"" "$root/store/traces"
	 echo z >blog/docs/x; commit blog; push blog; has "$reused" push.log'
done_testing
