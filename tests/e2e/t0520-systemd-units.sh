#!/bin/sh
# The units that the systemd runner writes, and those that are installed, as systemd reads them;
# and what its helper, which is root, refuses.
. "$(dirname "$0")/lib.sh"
reason=$(lacks systemd-analyze)
[ -z "$reason" ] || skip_all "$reason"

app=$root/apps/blog/releases/v7/app
mkdir -p "$app/.slugbuild" units
printf '#!/bin/sh\nexec sleep 60\n' >"$app/.slugbuild/launch"
chmod 755 "$app/.slugbuild/launch"

helper()
{
	DRY=1 UNITS=$WORK/units PRIVATE=$WORK/private "$top/templates/runners/systemd/root-helper" "$@"
}
quiet() { systemd-analyze verify "$@" >said 2>&1 && test ! -s said || { cat said; false; }; }

t 'the units are understood, word for word' '
	printf "A=\"x\"\n" | helper deploy blog v7 "$root" 20001 1 - abc123 aa11 web.1,worker.1
	ln -s slugbuild-blog@.service units/slugbuild-blog@web.1.service
	quiet "units/slugbuild-blog@web.1.service"
	quiet units/slugbuild-blog.socket
'
t 'config vars lie where only root reads, and in no unit' '
	test "$(stat -c %a private/blog.env)" = 600
	test "$(stat -c %a private)" = 700
	fails grep -r "A=" units
'
t 'the units that make install places are understood too' '
	mkdir -p placed
	for unit in "$top"/templates/systemd/*; do
		sed -e "s|@DATADIR@|$top/templates|" -e "s|@BINDIR@|$BIN|" -e "s|^User=.*|User=root|" \
			"$unit" >"placed/${unit##*/}"
	done
	quiet placed/slugbuild-runit.service
	quiet placed/slugbuild-reconcile.timer
'
t 'the helper takes no name, number or path that could mean something else' '
	for words in "deploy ../x v7 $root 20001 0 - - - web.1" "deploy blog 7 $root 20001 0 - - - web.1" \
		"deploy blog v7;x $root 20001 0 - - - web.1" "deploy blog v7 $root/%n 20001 0 - - - web.1" \
		"deploy blog v7 $root/../state 20001 0 - - - web.1" "deploy blog v7 $root 80 0 - - - web.1" \
		"deploy blog v7 $root 20001 2 - - - web.1" "deploy blog v7 $root 20001 0 /etc - - web.1" \
		"deploy blog v7 $root 20001 0 - x - web.1" "deploy blog v7 $root 20001 0 - - ../x web.1" \
		"deploy blog v7 $root 20001 0 - - - ../x.1" "stop blog web.1;x" "stop blog web" "logs blog 5x" \
		"stop Blog" "stop blog-" "start" "reboot blog"; do
		fails helper $words </dev/null
	done
	ln -s "$app" "$root/apps/blog/releases/link"
	mkdir "$root/apps/blog/releases/v8" && ln -s /etc "$root/apps/blog/releases/v8/app"
	fails helper deploy blog v8 "$root" 20001 0 - - - web.1 </dev/null
'
t 'where systemd does not run the machine the runner says so' '
	[ ! -d /run/systemd/system ] || exit 0
	echo "{}" | env SLUGBUILD=x SLUGBUILD_ROOT="$root" SLUGBUILD_APP=blog SLUGBUILD_RUNNER_STATE=x \
		"$top/templates/runners/systemd/run" deploy >said 2>&1 && fail "it went on"
	has "systemd is not running" said
'
done_testing
