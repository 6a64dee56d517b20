# Sourced after lib.sh by tests that push by something else than a file path. Each *_start serves
# all of $root/repos as the tests' own user, on loopback, and sets the address's beginning:
#
#	ssh_start                   $ssh_url    ssh://USER@127.0.0.1:PORT   (a real sshd, own keys)
#	http_start lighttpd|apache  $http_url   http://127.0.0.1:PORT       (git http-backend behind it)
#
#	git -C blog remote add by-ssh "$ssh_url$(repo_of blog)"
#	git -C blog remote add by-http "$http_url/blog.git"
#
# lighttpd hands a request on when it has all of it, apache as it comes: both are met.
# What the servers say lies in $WORK/ssh/log, $WORK/http/log. They end with the test.
# shellcheck shell=sh disable=SC2034,SC2154 # variables of lib.sh, and for our readers

# serve NAME PORT CMD…: in the background until it listens; false when it ends before.
serve()
{
	served=$1 port=$2
	shift 2
	"$@" </dev/null >>"$WORK/$served/log" 2>&1 &
	server=$!
	tries=100
	while [ $tries -gt 0 ]; do
		kill -0 $server 2>/dev/null || return 1
		if listens "$server" "$port"; then return 0; fi
		tries=$((tries - 1))
		sleep 0.1
	done
	kill $server
	return 1
}

# That process, and nobody else, listens on the port: by the socket's number in both tables.
listens()
{
	hex=$(printf '0100007F:%04X' "$2")
	inode=$(awk -v at="$hex" '$2 == at && $4 == "0A" { print $10 }' /proc/net/tcp)
	[ -n "$inode" ] && find "/proc/$1/fd" -lname "socket:\[$inode\]" 2>/dev/null | grep -q .
}

# try_ports NAME FUNCTION: FUNCTION PORT makes the server's files and calls serve.
try_ports()
{
	mkdir -p "$WORK/$1"
	for step in 0 1 2 3 4 5 6 7; do
		port=$((low_port + 10000 + step * 2 + $3))
		if "$2" "$port"; then return 0; fi
	done
	cat "$WORK/$1/log" >&2
	echo "Bail out! $1 does not start"
	exit 1
}

# What the programs on the server's side get: our home, where `settings` are.
server_env="HOME=$HOME PATH=$PATH GIT_CONFIG_NOSYSTEM=1"

ssh_start()
{
	mkdir -p "$WORK/ssh"
	for key in host client; do
		[ -f "$WORK/ssh/$key" ] || ssh-keygen -q -t ed25519 -N '' -f "$WORK/ssh/$key" || exit 1
	done
	[ -f "$WORK/ssh/authorized_keys" ] || cp "$WORK/ssh/client.pub" "$WORK/ssh/authorized_keys"
	try_ports ssh ssh_serve 0
	ssh_url="ssh://$(id -un)@127.0.0.1:$port"
	GIT_SSH_COMMAND="ssh -F none -i $WORK/ssh/client -o IdentitiesOnly=yes -o LogLevel=ERROR"
	GIT_SSH_COMMAND="$GIT_SSH_COMMAND -o StrictHostKeyChecking=no -o UserKnownHostsFile=$WORK/ssh/known"
	export GIT_SSH_COMMAND
}

ssh_serve()
{
	cat >"$WORK/ssh/config" <<-END
		ListenAddress 127.0.0.1:$1
		HostKey $WORK/ssh/host
		AuthorizedKeysFile $WORK/ssh/authorized_keys
		PidFile none
		StrictModes no
		UsePAM no
		PasswordAuthentication no
		MaxStartups 100
		AcceptEnv GIT_PROTOCOL
		SetEnv $server_env
	END
	serve ssh "$1" /usr/sbin/sshd -D -e -f "$WORK/ssh/config"
}

http_start()
{
	git config --global http.receivepack true
	try_ports http "http_serve_$1" 1
	# shellcheck disable=SC2034
	http_url="http://127.0.0.1:$port"
}

http_serve_lighttpd()
{
	cat >"$WORK/http/config" <<-END
		server.modules = ("mod_alias", "mod_setenv", "mod_cgi")
		server.document-root = "$WORK/http"
		server.bind = "127.0.0.1"
		server.port = $1
		server.stream-response-body = 1
		alias.url = ("/" => "/usr/lib/git-core/git-http-backend/")
		cgi.assign = ("" => "")
		setenv.set-environment = ("GIT_PROJECT_ROOT" => "$root/repos", "GIT_HTTP_EXPORT_ALL" => "1",
			$(echo "$server_env" | sed 's/\([^ =]*\)=\([^ ]*\)/"\1" => "\2",/g'))
	END
	serve http "$1" /usr/sbin/lighttpd -D -f "$WORK/http/config"
}

http_serve_apache()
{
	modules=/usr/lib/apache2/modules
	cat >"$WORK/http/config" <<-END
		LoadModule mpm_event_module $modules/mod_mpm_event.so
		LoadModule authz_core_module $modules/mod_authz_core.so
		LoadModule alias_module $modules/mod_alias.so
		LoadModule env_module $modules/mod_env.so
		LoadModule cgid_module $modules/mod_cgid.so
		ServerName 127.0.0.1
		ServerRoot $WORK/http
		Listen 127.0.0.1:$1
		PidFile $WORK/http/pid
		ScriptSock $WORK/http/cgi
		ErrorLog $WORK/http/log
		ScriptAlias / /usr/lib/git-core/git-http-backend/
		SetEnv GIT_PROJECT_ROOT $root/repos
		SetEnv GIT_HTTP_EXPORT_ALL 1
		$(echo "$server_env" | tr ' ' '\n' | sed 's/^\([^=]*\)=/SetEnv \1 /')
	END
	serve http "$1" /usr/sbin/apache2 -D FOREGROUND -f "$WORK/http/config"
}
