#!/bin/sh
# In a test, "! command" ends nothing: the shell's -e passes over a negated command, and unless it is the
# last one of the test it cannot fail. `fails command` says the same and can. So can no "&& false || true".
set -eu
cd "$(dirname "$0")/../.."
bad=0
if grep -nE '^[[:space:]]*! |&& false \|\| true' tests/e2e/*.sh tests/hosts/*.sh; then
	echo 'tests/lint/negations.sh: these assert nothing; say: fails COMMAND' >&2
	bad=1
fi
exit $bad
