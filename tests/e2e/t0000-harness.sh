#!/bin/sh
# What the other tests stand on.
. "$(dirname "$0")/lib.sh"

t 'the tests run as nobody in particular' 'test "$(id -u)" != 0'
t 'the binaries are there and can be run' 'slugbuild --version'
t 'a failing command fails a test, in the middle too' '
	got=0
	(set -e; eval "false; true") || got=$?
	test -n "$got"
	fails false
'
t 'the wheels are wheels' 'python3 -m zipfile -l "$(ls "$wheels"/django-*.whl)" | grep "django/core/wsgi.py"'
t 'an interpreter for the apps is in reach' 'python3 -c "import venv"'
t 'git knows the settings' 'test "$(git config slugbuild.root)" = "$root"'

done_testing
