# What the shipped runners share. Sourced by runners/NAME/run, never run.
#
# A runner gets one verb, the manifest on standard input, and in its environment
# SLUGBUILD, SLUGBUILD_ROOT, SLUGBUILD_APP, SLUGBUILD_RELEASE and
# SLUGBUILD_RUNNER_STATE. Exit 0 done, 3 not mine, 75 try again, else failed.
# slugbuild-manifest(5) describes both.
#
# What reaches a service file is an argv that begins with slugbuild's own path,
# quoted for the target: never a Procfile command, never a config var's value.

# shellcheck shell=sh disable=SC2016,SC2034
set -u
umask 027
LC_ALL=C
export LC_ALL

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

again() {
	printf '%s\n' "$*" >&2
	exit 75
}

need() { # PROGRAM PACKAGE
	command -v "$1" >/dev/null 2>&1 || die "$1 is not installed: apt-get install $2"
}

# The environment, checked; the manifest in $manifest.
start() {
	: "${SLUGBUILD:?}" "${SLUGBUILD_ROOT:?}" "${SLUGBUILD_APP:?}" "${SLUGBUILD_RUNNER_STATE:?}"
	app=$SLUGBUILD_APP
	root=$SLUGBUILD_ROOT
	state=$SLUGBUILD_RUNNER_STATE
	release=${SLUGBUILD_RELEASE:-}
	case $app in
	'' | -* | *[!a-z0-9-]*) die "not an app's name: $app" ;;
	esac
	need jq jq
	manifest=$(cat)
}

manifest() { # JQ-FILTER [ARG...]
	printf '%s' "$manifest" | jq -r "$@"
}

# "web.1", "worker.1", "worker.2": one a line, what the release should run.
wanted() {
	manifest '. as $m | .processes | to_entries[]
		| select(.key | test("^[A-Za-z0-9_-]+$"))
		| .key as $t | (($m.formation[$t]) // .value.count // 0) as $n
		| range(1; $n + 1) | "\($t).\(.)"' || die "cannot read the manifest"
}

# The argv of one process; $2 is a filter that makes text of it (default: for sh).
argv() { # TYPE.N [JQ-FILTER]
	manifest --arg t "${1%.*}" --arg p "$1" \
		'.processes[$t].exec | .[0:-1] + [$p] | '"${2:-@sh}" || die "cannot read the manifest"
}

# Whether a process is meant by an argument "web", "web.1" or none.
meant() { # TYPE.N [PROC]
	[ -z "${2:-}" ] || [ "$1" = "$2" ] || [ "${1%.*}" = "$2" ]
}

is_wanted() { # TYPE.N LIST
	case "
$2
" in
	*"
$1
"*) return 0 ;;
	esac
	return 1
}

# Writes standard input to a file in one step; false when it said that already.
put() { # FILE MODE
	{ cat >"$1.tmp$$" && chmod "$2" "$1.tmp$$"; } || die "cannot write $1"
	if [ -f "$1" ] && cmp -s "$1" "$1.tmp$$"; then
		rm -f "$1.tmp$$"
		return 1
	fi
	mv -f "$1.tmp$$" "$1" || die "cannot write $1"
}

# One member of the "processes" that status prints.
status_row() { # NAME STATE PID SINCE
	jq -cn --arg n "$1" --arg s "$2" --arg p "${3:-0}" --arg t "${4:-0}" \
		'{name: $n, state: $s, pid: (($p | tonumber) as $p | if $p > 0 then $p else null end), since: ($t | tonumber)}'
}

status_end() {
	jq -cs '{processes: (. | sort_by(.name))}'
}

# The arguments of `logs`: sets tail (yes or empty), lines and proc.
log_args() {
	tail='' lines=100 proc=''
	while [ $# -gt 0 ]; do
		case $1 in
		--tail | -t) tail=yes ;;
		-n)
			lines=${2:-}
			shift
			;;
		-*) die "logs: unknown option $1" ;;
		*) proc=$1 ;;
		esac
		[ $# -eq 0 ] || shift
	done
	case $lines in
	'' | *[!0-9]*) die "logs: -n wants a number" ;;
	esac
}

# Log files that svlogd -tt stamped ("2026-11-21_03:31:00.12345 line"): the last
# lines of all of them in order of time, or those and what comes.
show_logs() { # FOLDER of the app's logs; uses tail, lines, proc
	[ -d "$1" ] || return 0
	kids=''
	for dir in "$1"/*/; do
		logged=${dir%/}
		logged=${logged##*/}
		{ [ -f "${dir}current" ] && meant "$logged" "$proc"; } || continue
		if [ -n "$tail" ]; then
			tail -n "$lines" -F "${dir}current" --pid=$$ 2>/dev/null | stamp "$logged" &
			kids="$kids $!"
		fi
	done
	if [ -n "$tail" ]; then
		# shellcheck disable=SC2086
		trap 'kill $kids 2>/dev/null; exit 0' TERM INT HUP
		wait
		return 0
	fi
	for dir in "$1"/*/; do
		logged=${dir%/}
		logged=${logged##*/}
		{ [ -f "${dir}current" ] && meant "$logged" "$proc"; } || continue
		# What was rotated away a moment ago is still wanted.
		find "$dir" -name '@*.s' -print0 | sort -z | xargs -0r cat -- /dev/null | cat - "${dir}current" |
			tail -n "$lines" | stamp "$logged"
	done | sort -s -k 1,1 | tail -n "$lines"
}

stamp() { # NAME
	sed -u -e "s/^\([0-9-]*\)_\([0-9:.]*\) /\1T\2+00:00 app[$1]: /" -e t -e "s/^/- app[$1]: /"
}
