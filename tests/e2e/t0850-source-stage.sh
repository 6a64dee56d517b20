#!/bin/sh
# The source stage: what the settings say before anything is installed.
. "$(dirname "$0")/lib.sh"

app_new blog
sed -i 's/^ALLOWED_HOSTS.*/ALLOWED_HOSTS = ["blog.example.com"]/' blog/hello/settings.py
echo __pycache__/ >blog/.gitignore
commit blog "Name the host"
server_new blog

t 'good settings are not spoken of' '
	push blog
	hasnt "warning[" push.log
	hasnt "error[" push.log
	git -C blog branch good
'

t 'warnings are shown with line and caret, and refuse nothing' '
	sed -i "s/^DEBUG.*/DEBUG = os.getenv(\"DEBUG\", \"False\")/" blog/hello/settings.py
	commit blog "Debug by text"
	push blog
	has "warning[settings-debug]: hello/settings.py:5:1" push.log
	has "DEBUG = os.getenv(\"DEBUG\", \"False\")" push.log
	has "Verifying deploy... done." push.log
'

t 'a variable that nobody set refuses the push before anything is built; set, it passes' '
	git -C blog checkout -q -f -B main good
	echo "KEY = os.environ[\"PAYMENT_KEY\"]" >>blog/hello/settings.py
	commit blog "Take payments"
	refused blog -f production main
	has "error[settings-env-missing]: hello/settings.py:12:7" push.log
	has "slugbuild config:set PAYMENT_KEY=… -a blog" push.log
	hasnt "Installing" push.log
	slugbuild config:set PAYMENT_KEY=sesame -a blog
	push blog -f production main
	hasnt "settings-env-missing" push.log
	hasnt sesame push.log
'

t 'check: without an app nothing is known of variables; with -a it is' '
	echo "OTHER = os.environ[\"OTHER_KEY\"]" >>blog/hello/settings.py
	commit blog "Another"
	slugbuild check blog >check.txt 2>&1
	hasnt OTHER_KEY check.txt
	exits 1 slugbuild check blog -a blog >check.txt 2>&1
	has OTHER_KEY check.txt
	hasnt PAYMENT_KEY check.txt
'

t 'the owner sets the severity' '
	settings rule.settings-env-missing off
	slugbuild check blog -a blog
	git config --global --unset slugbuild.rule.settings-env-missing
'

t 'Python names its own syntax errors' '
	git -C blog checkout -q -f -B main good
	printf "def f(:\n" >>blog/hello/settings.py
	commit blog "Broken"
	refused blog -f production main
	has "error[settings-syntax]: hello/settings.py:12:7:" push.log
	has SyntaxError push.log
	hasnt "Installing" push.log
'

t 'check --static starts no interpreter' '
	slugbuild check --static blog >check.txt 2>&1
	has "No findings" check.txt
	exits 1 slugbuild check blog
	git -C blog checkout -q -f -B main good
'

t 'check --checklist: each item with its state' '
	slugbuild check --checklist blog >check.txt
	has "ok       the Procfile has a web process  [Procfile:1]" check.txt
	has "missing  HTTP is redirected to HTTPS (SECURE_SSL_REDIRECT)" check.txt
	slugbuild check --checklist --json blog | jq -e "all(.[]; .state | IN(\"ok\", \"missing\", \"unknown\"))"
'

t 'nothing of the app is run' '
	echo "open(\"$WORK/ran\", \"w\").write(\"ran\")" >>blog/hello/settings.py
	echo "open(\"$WORK/ran\", \"w\").write(\"ran\")" >>blog/manage.py
	commit blog "Leave a trace"
	slugbuild check blog
	test ! -e ran
'

t 'settings that nobody can follow say nothing, and take no time' '
	git -C blog checkout -q -f -B main good
	{ printf "X = "; head -c 20000 /dev/zero | tr "\0" "("; } >>blog/hello/settings.py
	commit blog "Deep"
	timeout 20 slugbuild check blog >check.txt 2>&1 || true
	hasnt Traceback check.txt
	git -C blog checkout -q -f -B main good
	{ printf "X = "; python3 -c "print(\"f(\" * 80 + \")\" * 80)"; } >>blog/hello/settings.py
	commit blog "Nested"
	timeout 5 slugbuild check blog
'

done_testing
