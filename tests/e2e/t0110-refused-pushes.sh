#!/bin/sh
# Every row of bad input: a finding or an error with its place and its cure; the ref, the
# releases and the disk are as before.
. "$(dirname "$0")/lib.sh"

app_new blog
server_new blog
push blog >first.log 2>&1 || { cat first.log; }
git -C blog tag good

# bad 'what' 'what makes it bad, run in the app' TEXT…: each text must be in the answer.
bad()
{
	what=$1 case=case.$((tests + 1))
	printf '%s\n' "$2" >"$case.sh"
	shift 2
	printf '%s\n' "$@" >"$case.texts"
	t "$what" "spoiled $case"
}

spoiled()
{
	git -C blog checkout -q -f -B main good
	(cd blog && . "$WORK/$1.sh")
	commit blog spoiled
	refused blog -f production main
	while read -r text; do has "$text" push.log; done <"$1.texts"
}

t 'the good one was taken' 'test "$(release_of blog)" = v2'

bad 'scenario 28: Procfile.txt is no Procfile' \
	'git mv Procfile Procfile.txt' Procfile.txt 'git mv Procfile.txt Procfile'
bad 'procfile is no Procfile' \
	'git mv Procfile procfile' procfile 'git mv'
bad 'no dependency file' \
	'git rm -q requirements.txt' requirements.txt
bad 'scenario 32: two package managers: both files are named' \
	'printf "version = 1\n" >uv.lock; printf "[project]\nname = \"x\"\nversion = \"1\"\n" >pyproject.toml' \
	requirements.txt uv.lock
bad 'a Pipfile without its lock' \
	'git rm -q requirements.txt; printf "[packages]\ndjango = \"*\"\n" >Pipfile' \
	Pipfile.lock 'pipenv lock'
bad 'scenario 28: requirements.txt in UTF-16' \
	'printf "\377\376d\0j\0a\0n\0g\0o\0\n\0" >requirements.txt' requirements.txt UTF-16 UTF-8
bad 'scenario 33: a Python that nobody has: what is installed is listed' \
	'echo 3.99 >.python-version' 3.99 .python-version:1 '(there are:' \
	"$(/usr/bin/python3 -c 'import platform; print(platform.python_version())')"
bad 'the same of a runtime.txt' \
	'echo python-3.99.1 >runtime.txt; git rm -q .python-version' 3.99.1 'runtime.txt:1'
bad 'a runtime that is no Python' \
	'echo ruby-3.2.1 >runtime.txt' 'runtime.txt:1'
bad 'a package that does not exist is named' \
	'echo no-such-package==1.0 >>requirements.txt' no-such-package
bad 'a package that does not build: its own words are shown' \
	"cp $wheels/broken-0.1.tar.gz wheels/; echo broken==0.1 >>requirements.txt" broken frobnicate.h
bad 'a package whose hash is wrong' \
	"cp $wheels/hashed-* wheels/; printf '%s\n' --no-index '--find-links wheels' \
		'hashed==0.1 --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000' \
		>requirements.txt; echo 'web: python manage.py serve' >Procfile" hashed hash
bad 'scenario 31: a web module that is not in the tree: the line and the right one are shown' \
	'echo "web: gunicorn hallo.wsgi" >Procfile' 'Procfile:1' hallo.wsgi 'hello.wsgi'
bad 'scenario 31: gunicorn that nothing installs' \
	'sed -i /gunicorn/d requirements.txt' 'Procfile:1' gunicorn 'requirements.txt'
bad 'a web program that nothing installs' \
	'echo "web: uvicornn hello.asgi" >Procfile' 'Procfile:1' uvicornn
bad 'a syntax error in settings: file and line' \
	'printf "x = 1\nif x\n    pass\n" >>hello/settings.py' 'hello/settings.py:' 'SyntaxError'
bad 'an import in settings that fails' \
	'echo "import absent_module" >>hello/settings.py' absent_module
bad 'scenario 30: STATIC_ROOT unset: the line to write, and how to go without' \
	'sed -i /^STATIC_ROOT/d hello/settings.py' STATIC_ROOT 'STATIC_ROOT =' 'DISABLE_COLLECTSTATIC=1'
bad 'STATIC_ROOT under a file' \
	'sed -i "s/^STATIC_ROOT.*/STATIC_ROOT = os.path.join(os.path.abspath(__file__), \"staticfiles\")/" hello/settings.py' \
	STATIC_ROOT 'STATIC_ROOT =' 'DISABLE_COLLECTSTATIC=1'
bad 'a variable that the settings want and nobody set: name, line, cure' \
	'echo "KEY = os.environ[\"PAYMENT_KEY\"]" >>hello/settings.py' \
	PAYMENT_KEY 'hello/settings.py:12' 'config:set PAYMENT_KEY='
bad 'scenario 29: an empty SECRET_KEY' \
	'sed -i "s/^SECRET_KEY.*/SECRET_KEY = os.environ.get(\"SECRET_KEY\", \"\")/" hello/settings.py' \
	SECRET_KEY 'config:set SECRET_KEY='
bad 'a merge left unfinished in the Procfile' \
	'printf "<<<<<<< HEAD\nweb: gunicorn hello.wsgi\n=======\nweb: x\n>>>>>>> b\n" >Procfile' 'Procfile:1'

t 'all findings come at once' '
	git -C blog checkout -q -B main good
	echo ruby-3.2 >blog/runtime.txt
	echo "web: gunicorn hallo.wsgi" >blog/Procfile
	commit blog spoiled
	refused blog -f production main
	has runtime.txt:1 push.log
	has Procfile:1 push.log
'

t 'check says the same without a push: exit 1, --json' '
	exits 1 slugbuild check blog >check.txt 2>&1
	has "Procfile:1" check.txt
	slugbuild check blog --json >check.json || true
	jq -e "[.. | .rule? // empty] | length >= 2" check.json
	git -C blog checkout -q -B main good
	slugbuild check blog
'

t 'no Procfile is a loud warning with the file to write, and a release without processes' '
	git -C blog checkout -q -B main good
	git -C blog rm -q Procfile
	commit blog "No Procfile"
	push blog -f production main
	has Procfile push.log
	has "web: gunicorn hello.wsgi" push.log
	test "$(release_of blog)" = v3
	test "$(jq ".processes | length" "$(manifest_of blog)")" = 0
'

t 'slugbuild.rule.procfile-missing = error refuses it' '
	settings rule.procfile-missing error
	commit blog "Still no Procfile"
	refused blog
	has "web: gunicorn hello.wsgi" push.log
'

done_testing
