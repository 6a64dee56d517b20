#!/bin/sh
# The manual, the completion and the rules that install them.
. "$(dirname "$0")/lib.sh"

t 'the manual names the settings of the table, and no others' '
	sed -n "s/^	{ \"\([a-zA-Z]*\)\", SB_.*/\1/p" "$top/src/base/settings_table.c" | sort >table
	sed -n "/BEGIN settings/,/END settings/s/^\.It Cm slugbuild\.\([a-zA-Z]*\)\$/\1/p" \
		"$top/templates/man/slugbuild.1" | sort >manual
	test -s table
	diff table manual
'
t 'it names every command that help lists' '
	slugbuild help | sed -n "s/^  \([a-z][a-z:]*\) .*/\1/p" >commands
	test -s commands
	while read -r command; do
		grep -qE "^\.It Ic $command( |\$)" "$top/templates/man/slugbuild.1" || fail "no $command"
	done <commands
'
t 'explain, and the page made of it, have every rule of the source' '
	sed -n "s/^	{ \"\([a-z0-9-]*\)\", SB_.*/\1/p" "$top"/src/check/rules_*.c | sort >rules
	test -s rules
	slugbuild explain --json | jq -r ".[].id" | sort >explained
	diff rules explained
	slugbuild explain --mdoc >slugbuild-rules.7
	while read -r rule; do
		grep -qE "^\.It Cm $rule Pq (error|warning|off)\$" slugbuild-rules.7 || fail "no $rule"
		slugbuild explain "$rule" >page
		grep -qE "^(error|warning|off)\[$rule\]: " page || fail "explain $rule"
	done <rules
'
t 'explain names the nearest of a rule that is none' '
	slugbuild explain procfile-mising 2>said && false
	test $? = 2
	grep -q "there is no rule procfile-mising; the nearest is procfile-missing" said
'
t 'and every key of the manifest' '
	jq -r ".properties | keys[]" "$top/templates/manifest.schema.json" >keys
	while read -r key; do
		grep -qE "^\.It Cm .*\b$key\b" "$top/templates/man/slugbuild-manifest.5" || fail "no $key"
	done <keys
'
reason=$(lacks mandoc)
if [ -n "$reason" ]; then
	skip 'mandoc finds nothing to say' "$reason"
else
	t 'mandoc finds nothing to say' '
		slugbuild explain --mdoc >slugbuild-rules.7
		for page in "$top"/templates/man/* slugbuild-rules.7; do mandoc -Tlint -W warning "$page"; done >said 2>&1
		fails grep -v "mandoc.db" said
	'
fi
t 'install places all of it, and uninstall leaves nothing' '
	kind=$(basename "$(dirname "$BIN")")
	set -- -s -C "$top" KIND="$kind" -o all DESTDIR="$WORK/dest" PREFIX=/opt/x
	make "$@" install >made.log 2>&1 || { cat made.log; false; }
	cd dest/opt/x
	test -x bin/slugbuild && test -x libexec/slugbuild/pre-receive && test -x share/slugbuild/runners/runit/run
	test -s share/man/man1/slugbuild.1 && test -s share/man/man5/slugbuild-manifest.5
	test -s share/man/man7/slugbuild-hooks.7 && test -s share/man/man7/slugbuild-rules.7 && test -s share/bash-completion/completions/slugbuild
	test -s lib/systemd/system/slugbuild-runit.service
	fails grep -rn "@DATADIR@\|@BINDIR@\|@LIBEXECDIR@" . --include="*.[1-9]" --include="*.service" --include=sudoers
	make "$@" uninstall >/dev/null
	test -z "$(find "$WORK/dest" ! -type d)"
'
done_testing
