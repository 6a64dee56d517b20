#!/bin/sh
# The shape of src/: a file includes headers of its own folder and of those before it in `layers`,
# and each foreign library is included in one folder only.
layers='base sys source check build slug release app cli'
homes='git2:source archive:slug zlib:slug libdeflate:slug jansson:base openssl:base seccomp:sys'
bad=0

complain()
{
	echo "$*" >&2
	bad=1
}

seen=
for layer in $layers; do
	seen="$seen $layer "
	for dep in $(sed -n 's|^#include "\([a-z]*\)/.*|\1|p' src/$layer/*.[ch] 2>/dev/null | sort -u); do
		case $seen in
		*" $dep "*) ;;
		*) complain "src/$layer includes $dep/, which comes after it" ;;
		esac
	done
done
for pair in $homes; do
	strays=$(grep -rl "^#include <${pair%:*}[./_]" src hooks | grep -v "^src/${pair#*:}/")
	[ -z "$strays" ] || complain "<${pair%:*}> belongs to src/${pair#*:}, not: $strays"
done
exit $bad
