#!/bin/sh
# A lock that is older than what it was made from is named before anything is installed.
. "$(dirname "$0")/lib.sh"

app_new blog
server_new blog
cp "$top/tests/apps/blog2025-pipenv/Pipfile" "$top/tests/apps/blog2025-pipenv/Pipfile.lock" blog/
git -C blog rm -q requirements.txt

t 'scenario 32: a stale Pipfile.lock is refused, naming pipenv lock, before anything is installed' '
	sed -i "s/^django = .*/django = \"==3.2.25\"/" blog/Pipfile
	commit blog "Forgets pipenv lock"
	refused blog
	has "pipenv lock" push.log
	has "error[lock-stale]: Pipfile.lock" push.log
	hasnt Installing push.log
'

done_testing
