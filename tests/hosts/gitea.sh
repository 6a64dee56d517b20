# Sourced after lib.sh and transports.sh: a Gitea of our own on loopback, with a database and
# repositories below $WORK, that runs as the tests' user.
#
#	gitea_start          $url (http://127.0.0.1:PORT), $ssh_port, $repos, users ada (admin) and bob
#	api METHOD PATH [JSON]   as ada; the answer in api.json, its status in $status; fails on 4xx, 5xx
#	as bob api …             as bob
#	gitea ARG…           its command line
# shellcheck shell=sh disable=SC2034,SC2154 # variables of lib.sh, and for our readers

hosts=$top/build/hosts
gitea_dir=$WORK/gitea
repos=$gitea_dir/repos

gitea()
{
	env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$gitea_dir/home" USER="$(id -un)" \
		"$hosts/gitea" --config "$gitea_dir/custom/conf/app.ini" "$@"
}

gitea_start()
{
	[ -x "$hosts/gitea" ] || skip_all "$(cat "$hosts/gitea.skip" 2>/dev/null || echo 'no Gitea built')"
	mkdir -p "$gitea_dir/custom/conf" "$gitea_dir/home"
	try_ports gitea gitea_serve 0
	url=http://127.0.0.1:$port ssh_port=$((port + 1))
	wait_for 60 curl -fsS -m 2 "$url/api/healthz"
	for user in ada bob; do
		gitea admin user create --username $user --password "x-Passw0rd-$user" --email $user@example.com \
			--must-change-password=false --access-token --access-token-name t --access-token-scopes all \
			"$([ $user = ada ] && echo --admin || echo --admin=false)" >"$gitea_dir/$user" 2>&1 ||
			{ cat "$gitea_dir/$user" >&2; echo 'Bail out! no users'; exit 1; }
	done
	as ada :
	ssh-keygen -q -t ed25519 -N '' -f "$WORK/gitea/key"
	api POST /user/keys "$(jq -n --arg key "$(cat "$WORK/gitea/key.pub")" '{title: "k", key: $key}')"
	GIT_SSH_COMMAND="ssh -F none -i $WORK/gitea/key -o IdentitiesOnly=yes -o LogLevel=ERROR"
	GIT_SSH_COMMAND="$GIT_SSH_COMMAND -o StrictHostKeyChecking=no -o UserKnownHostsFile=$WORK/gitea/known"
	export GIT_SSH_COMMAND
}

# as USER CMD…: with that user's token.
as()
{
	token=$(grep -oE '[0-9a-f]{40}' "$gitea_dir/$1" | tail -n 1)
	shift
	"$@"
}

gitea_serve()
{
	# RUN_USER is checked against who runs it; DISABLE_GIT_HOOKS stays as Gitea's default has it.
	cat >"$gitea_dir/custom/conf/app.ini" <<-END
		RUN_MODE = prod
		RUN_USER = $(id -un)
		WORK_PATH = $gitea_dir
		[server]
		HTTP_ADDR = 127.0.0.1
		HTTP_PORT = $1
		ROOT_URL = http://127.0.0.1:$1/
		STATIC_ROOT_PATH = $hosts/static
		OFFLINE_MODE = true
		START_SSH_SERVER = true
		SSH_LISTEN_HOST = 127.0.0.1
		SSH_LISTEN_PORT = $(($1 + 1))
		BUILTIN_SSH_SERVER_USER = git
		[database]
		DB_TYPE = sqlite3
		PATH = $gitea_dir/gitea.db
		[repository]
		ROOT = $repos
		[security]
		INSTALL_LOCK = true
		SECRET_KEY = of-these-tests
		[migrations]
		ALLOW_LOCALNETWORKS = true
		[cron]
		ENABLED = false
		[log]
		MODE = console
		[indexer]
		ISSUE_INDEXER_TYPE = db
		[session]
		PROVIDER = memory
		[actions]
		ENABLED = false
		[packages]
		ENABLED = false
	END
	serve gitea "$1" env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$gitea_dir/home" USER="$(id -un)" \
		"$hosts/gitea" web --config "$gitea_dir/custom/conf/app.ini"
}

api()
{
	status=$(curl -sS -m 60 -o "$WORK/api.json" -w '%{http_code}' -X "$1" -H "Authorization: token $token" \
		-H 'Content-Type: application/json' ${3:+-d "$3"} "$url/api/v1$2") || return 1
	case $status in 2*) ;; *) echo "$1 $2: $status"; cat "$WORK/api.json"; return 1 ;; esac
}

# The address of OWNER/REPO for a user; by ssh for ada, whose key we have.
http_of() { echo "http://$1:x-Passw0rd-$1@${url#http://}/$2.git"; }
ssh_of() { echo "ssh://git@127.0.0.1:$ssh_port/$2.git"; }
