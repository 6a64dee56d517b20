# shellcheck shell=bash
# bash completion for slugbuild(1). Commands are those that `slugbuild help` lists, so
# that this file knows none by heart.

_slugbuild_apps()
{
	slugbuild apps --json 2>/dev/null |
		grep -o '"name": *"[a-z][a-z0-9-]*"' | sed 's/.*"\([^"]*\)"$/\1/'
}

_slugbuild_app()
{
	local i
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		-a | --app) printf '%s\n' -a "${words[i + 1]}" && return ;;
		esac
	done
}

_slugbuild()
{
	local cur prev words cword command options
	_get_comp_words_by_ref -n : cur prev words cword 2>/dev/null || {
		cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
		words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
	}
	command=${words[1]-}
	COMPREPLY=()

	if [[ $cword -le 1 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "help $(slugbuild help 2>/dev/null |
			sed -n 's/^  \([a-z][a-z:]*\) .*/\1/p')" -- "$cur")
	else
		local app
		mapfile -t app < <(_slugbuild_app)
		case $prev in
		-a | --app | --confirm)
			mapfile -t COMPREPLY < <(compgen -W "$(_slugbuild_apps)" -- "$cur")
			;;
		--root | --repo)
			mapfile -t COMPREPLY < <(compgen -d -- "$cur")
			;;
		-o | --output)
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			;;
		--host)
			mapfile -t COMPREPLY < <(compgen -W "bare gitea gitlab" -- "$cur")
			;;
		--strict)
			mapfile -t COMPREPLY < <(compgen -W heroku -- "$cur")
			;;
		--runner)
			mapfile -t COMPREPLY < <(compgen -W "runit systemd supervisor procfile none" -- "$cur")
			;;
		*)
			if [[ $cur == -* ]]; then
				options=$(slugbuild "$command" --help 2>/dev/null | grep -o -- '--[a-z][a-z-]*' | sort -u)
				mapfile -t COMPREPLY < <(compgen -W "$options -a --help" -- "$cur")
			else
				case $command in
				releases:info | releases:output | releases:retry | rollback)
					mapfile -t COMPREPLY < <(compgen -W "$(slugbuild releases "${app[@]}" 2>/dev/null |
						grep -o '^v[0-9]*')" -- "$cur")
					;;
				config:get | config:unset)
					mapfile -t COMPREPLY < <(compgen -W "$(slugbuild config "${app[@]}" 2>/dev/null |
						grep -o '^[A-Za-z_][A-Za-z0-9_]*')" -- "$cur")
					;;
				builds:output | builds:cancel)
					mapfile -t COMPREPLY < <(compgen -W "$(slugbuild builds "${app[@]}" 2>/dev/null |
						grep -o '^[0-9]\{8\}T[0-9]\{6\}-[0-9a-f]*')" -- "$cur")
					;;
				explain)
					mapfile -t COMPREPLY < <(compgen -W "$(slugbuild explain 2>/dev/null |
						grep -o '^[a-z][a-z0-9-]*')" -- "$cur")
					;;
				addons:create)
					mapfile -t COMPREPLY < <(compgen -W "postgresql redis" -- "$cur")
					;;
				ps:restart | ps:stop | logs)
					mapfile -t COMPREPLY < <(compgen -W "$(slugbuild ps "${app[@]}" 2>/dev/null |
						grep -o '^[A-Za-z0-9_-]*\.[0-9]*')" -- "$cur")
					;;
				check | build | inspect | doctor | hooks:install | hooks:remove)
					mapfile -t COMPREPLY < <(compgen -f -- "$cur")
					compopt -o filenames 2>/dev/null
					;;
				help)
					mapfile -t COMPREPLY < <(compgen -W "$(slugbuild help 2>/dev/null |
						sed -n 's/^  \([a-z][a-z:]*\) .*/\1/p')" -- "$cur")
					;;
				esac
			fi
			;;
		esac
	fi
	# A ":" splits words for readline: leave out of a reply what stands before it already.
	if declare -F __ltrim_colon_completions >/dev/null; then
		__ltrim_colon_completions "$cur"
	fi
}

complete -F _slugbuild slugbuild
