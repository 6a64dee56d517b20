#!/bin/sh
# slugbuild.sandbox = off, require, auto; and what code of an app sees while it is built, with
# the box and, to show that it looked, without.
. "$(dirname "$0")/lib.sh"

sees=$(bwrap --unshare-all --ro-bind / / true 2>&1 && echo yes)
app_new blog
app_new other
server_new blog
server_new other
low=$((low_port + 17))
python3 -c '
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    server.accept()[0].close()
' $low "$WORK" >/dev/null 2>&1 </dev/null &

# says TEXT FILE: however the report was broken into lines.
says()
{
	sed 's/^remote: *//; s/^ *! *//' "$2" | tr -s ' \n' ' ' >said
	has "$1" said
}

# The settings look around when they are imported.
cat >>blog/hello/settings.py <<END


def _look(what, act):
    try:
        act()
        print("sees: " + what)
    except OSError as error:
        print("does not see: %s (%s)" % (what, type(error).__name__))


def _around():
    import socket

    _look("network", lambda: socket.create_connection(("127.0.0.1", $low), 5).close())
    _look("resolver", lambda: open("/etc/resolv.conf").close())
    _look("state root", lambda: os.listdir("$root"))
    _look("other app", lambda: os.listdir("$root/apps/other"))
    _look("other config", lambda: open("$root/apps/other/config.json").close())
    _look("own config", lambda: open("$root/apps/blog/config.json").close())
    _look("other repository", lambda: open("$root/repos/other.git/HEAD").close())
    _look("own repository", lambda: open("$root/repos/blog.git/HEAD").close())
    _look("home", lambda: os.listdir("$HOME"))
    _look("processes of others", lambda: os.kill($$, 0))
    print("environment: " + " ".join(sorted(os.environ)))
    print("processes: %d" % sum(name.isdigit() for name in os.listdir("/proc")))


_around()
END
commit blog "Look around"
slugbuild config:set -a other OTHER=other-secret >set.log 2>&1 || cat set.log
slugbuild config:set -a blog OWN=own-value >set.log 2>&1 || cat set.log

broken_bwrap()
{
	printf '#!/bin/sh\necho "no namespaces today" >&2\nexit 1\n' >broken
	chmod 755 broken
	settings bwrap "$WORK/broken"
}

t 'the secret of the other app lies where the test looks for it' '
	has other-secret "$root/apps/other/config.json"
	test "$(stat -c %a "$root/apps/other/config.json")" = 600
'

t 'off works, says so, and the code sees all that its user sees' '
	settings sandbox off
	push blog
	has "building without a sandbox: slugbuild.sandbox is off" push.log
	for what in network "state root" "other app" "other config" "other repository" home; do
		has " sees: $what" push.log
	done
'

t 'off says so each time' '
	commit blog again
	push blog
	has "building without a sandbox: slugbuild.sandbox is off" push.log
'

t 'off runs commands too' '
	slugbuild run -a blog -- python -c "print(6 * 7)" | grep -x 42
'

t 'require with a bubblewrap that cannot work refuses in a sentence; the ref stays' '
	broken_bwrap
	settings sandbox require
	commit blog again
	refused blog
	says "slugbuild.sandbox = require, but the sandbox does not work" push.log
	says "no namespaces today" push.log
	says "slugbuild.sandbox = auto" push.log
	hasnt "sees: " push.log
'

t 'require runs no command without a box either' '
	fails slugbuild run -a blog -- python -c "print(6 * 7)" >run.log 2>&1
	hasnt 42 run.log
	says "slugbuild.sandbox = require" run.log
'

t 'require where there is no bubblewrap at all' '
	settings bwrap "$WORK/nowhere"
	refused blog
	says "bubblewrap is not installed" push.log
'

t 'auto goes on without it and says so, each time' '
	broken_bwrap
	settings sandbox auto
	push blog
	has "building without a sandbox:" push.log
	says "no namespaces today" push.log
	commit blog again
	push blog
	has "building without a sandbox:" push.log
'

git config --global --unset slugbuild.bwrap
if [ "$sees" != yes ]; then
	skip 'in the box the code of an app sees nobody else' "bubblewrap does not work here: $sees"
	done_testing
fi

for mode in auto require; do
	settings sandbox $mode
	t "with the box ($mode) the code sees no network, no other app, no config, no repository" '
		commit blog again
		push blog
		hasnt "without a sandbox" push.log
		for what in network resolver "state root" "other app" "other config" "own config" \
			"other repository" "own repository" home "processes of others"; do
			has "does not see: $what" push.log
		done
		hasnt " sees: " push.log
		hasnt other-secret push.log
	'
done

t 'its environment is built from nothing: config vars, and nothing of who pushed' '
	grep -m 1 "environment: " push.log >environment
	has OWN environment
	for name in GIT_DIR GIT_AUTHOR_NAME BIN WORK GIT_QUARANTINE_PATH OTHER; do
		hasnt " $name " environment
	done
'

t 'and it writes to nothing but the build: not to the source of the next push, not to /usr' '
	cat >>blog/hello/settings.py <<-END
		for _path in ("/usr/x", "/etc/x", "/x", "$root/x", "$WORK/x"):
		    try:
		        open(_path, "w").close()
		        print("wrote " + _path)
		    except OSError as error:
		        print("cannot write " + _path)
	END
	commit blog "Write around"
	push blog
	hasnt "wrote /" push.log
	for path in /usr/x /etc/x /x "$root/x" "$WORK/x"; do
		has "cannot write $path" push.log
		test ! -e "$path"
	done
'

done_testing
