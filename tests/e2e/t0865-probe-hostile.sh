#!/bin/sh
# The probe runs the app's code: whatever that prints, ends, forks or puts in the place of ours, the
# result is what is true, or a finding that nothing is known; never silence.
. "$(dirname "$0")/lib.sh"

app_new blog
printf 'exec(os.environ.get("HOSTILE", ""))\n' >>blog/hello/settings.py
commit blog "Do as the config var says"
server_new blog
slugbuild config:set STAND_IN_VERSION=4.2.0 DISABLE_COLLECTSTATIC=1 -a blog >/dev/null 2>&1

t 'an app that behaves is not spoken of' '
	push blog
	hasnt "[probe-" push.log
	hasnt "error[" push.log
'

# No process of a probe is left; in a box the mounts tell whose it is.
no_probe()
{
	for pid in $(pgrep -f django_probe.py); do
		if grep -qsF "$(basename "$WORK")" "/proc/$pid/mountinfo"; then return 1; fi
	done
}

# What stands on standard input is run as the last of the settings; the tree stays as it is.
hostile()
{
	slugbuild config:set HOSTILE -a blog
	git -C blog commit -q --allow-empty -m hostile
}

t 'printed garbage and forged answers hide nothing: what is wrong still refuses the push' '
	git -C blog checkout -q -b broken
	echo "import no_such_module" >>blog/hello/wsgi.py
	commit blog "Import nothing"
	hostile <<-"END"
		import json
		import sys
		sys.stdout.write("garbage\xff\n{\n")
		for token in ("", "null", "0" * 64):
		    text = json.dumps({"token": token, "findings": [], "failed": None, "notes": [], "state": {}})
		    for fd in range(1, 12):
		        try:
		            os.write(fd, ("\n" + text + "\n").encode())
		        except OSError:
		            pass
	END
	refused blog production broken:main
	has "error[wsgi-import]: hello/wsgi.py:" push.log
	has no_such_module push.log
	git -C blog checkout -q main
'

for ending in 'os._exit(0)' 'os.kill(os.getpid(), 9)' 'os.closerange(0, 64)' \
	'import json; json.dumps = lambda *a, **k: "{}"' \
	'import sys; [sys.stderr.write("x" * 65536) for _ in range(600)]'; do
	t "no answer is a finding, and the push goes on: $ending" '
		echo "$ending" | hostile
		push blog
		has "warning[probe-silent]" push.log
		has "Verifying deploy... done." push.log
		hasnt Traceback push.log
	'
done

t 'an exit in the settings is told by name' '
	echo "raise SystemExit(0)" | hostile
	push blog
	has "warning[probe-settings]: hello/settings.py:" push.log
	has "SystemExit: 0" push.log
'

# What the real pydantic-settings prints for a field each, in Pydantic's words.
fields()
{
	hostile <<-END
		class ValidationError(ValueError):
		    pass
		raise ValidationError("$1 validation errors for Settings" + "".join(
		    "\\nprovider_token_%d\\n  Field required [type=missing, input_value={}, input_type=dict]"
		    "\\n    For further information visit https://errors.pydantic.dev/2.12/v/missing" % i
		    for i in range($1)))
	END
}

t 'forty settings that do not fit are all told, and the cure for all of them' '
	fields 40
	refused blog
	sed "s/^ *remote: *//; s/^ *! *//" push.log | tr -s " \n" "  " >flat.log
	for i in $(seq 0 39); do
		has "provider_token_$i: Field required [type=missing" flat.log
		has " PROVIDER_TOKEN_$i=… " flat.log
	done
'

t 'three hundred likewise' '
	fields 300
	refused blog
	sed "s/^ *remote: *//; s/^ *! *//" push.log | tr -s " \n" "  " >flat.log
	for i in 0 150 299; do has "provider_token_$i: Field required [type=missing" flat.log; done
'

t 'one that hangs ends with its time' '
	settings stepTimeout 5
	echo "import time; time.sleep(1000)" | hostile
	push blog
	has "warning[probe-silent]" push.log
	git config --global --unset slugbuild.stepTimeout
'

t 'forks, whether they wait or go on, answer nothing and are gone' '
	hostile <<-"END"
		import time
		if os.fork() == 0:
		    os.fork()
		    time.sleep(987)
		os.fork()
	END
	push blog
	hasnt "probe-silent" push.log
	wait_for 10 no_probe
'

t 'in the release step, too: no answer is a finding in the record' '
	settings probe after
	echo "os._exit(0)" | hostile
	push blog
	has "Checked behind the push: slugbuild releases:info $(release_of blog) -a blog" push.log
	reported() { [ "$(slugbuild releases:info --json -a blog | jq -r .report)" = made ]; }
	wait_for 30 reported
	slugbuild releases:info --json -a blog | jq -e ".state == \"current\" and .findings[0].rule == \"probe-silent\""
	git config --global --unset slugbuild.probe
'

done_testing
