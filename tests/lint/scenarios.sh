#!/bin/sh
# Each of the forty acceptance scenarios has a test, named `scenario N: …`. Those in `owed` have none
# yet: they are listed, and a number whose test has come must leave the list.
set -eu
cd "$(dirname "$0")/../.."
owed=''
have=$(grep -rhoE "^\s*(t|bad|skip) ['\"]scenario [0-9]+:" tests --include='*.sh' | sed 's/.*scenario \([0-9]*\):/\1/' | sort -nu)
bad=0
n=1
while [ $n -le 40 ]; do
	found=no is_owed=no
	for one in $have; do [ "$one" != $n ] || found=yes; done
	for one in $owed; do [ "$one" != $n ] || is_owed=yes; done
	case $found$is_owed in
	nono) echo "tests/lint/scenarios.sh: no test is named \"scenario $n: …\"" >&2 && bad=1 ;;
	yesyes) echo "tests/lint/scenarios.sh: scenario $n has its test; take it out of owed" >&2 ;;
	esac
	n=$((n + 1))
done
for one in $have; do
	[ "$one" -ge 1 ] && [ "$one" -le 40 ] || { echo "tests/lint/scenarios.sh: there is no scenario $one" >&2; bad=1; }
done
exit $bad
