# Sourced by r*.sh after lib.sh: real apps, real servers. They say SKIP with the reason.
# shellcheck shell=sh

# wants_python 3.9: skips all where no interpreter of that minor version is found.
wants_python()
{
	[ -n "$SB_INDEX" ] || skip_all 'no package index can be reached (tests/e2e/run --real probes it)'
	for dir in $(echo "$SB_PYTHONS" | tr : ' ') /usr/bin /usr/local/bin; do
		if [ -x "$dir/python$1" ]; then
			python=$dir/python$1
			return
		fi
	done
	skip_all "no Python $1 on this machine"
}

# The newest interpreter that there is.
newest_python()
{
	[ -n "$SB_INDEX" ] || skip_all 'no package index can be reached (tests/e2e/run --real probes it)'
	python=$(for dir in $(echo "$SB_PYTHONS" | tr : ' ') /usr/bin /usr/local/bin; do
		ls "$dir"/python3.[0-9]* 2>/dev/null
	done | grep -E '/python3\.[0-9]+$' | sed 's|\(.*/python\)\(3\.[0-9]*\)$|\2 &|' | sort -V | tail -n 1 | cut -d' ' -f2)
	[ -n "$python" ] || skip_all 'no Python 3 on this machine'
}

wants_runit()
{
	reason=$(lacks runsvdir sv chpst)
	[ -z "$reason" ] || skip_all "$reason"
	settings runner runit
}

# app_from FOLDER APP: a copy of tests/apps/FOLDER as a repository.
app_from()
{
	cp -R "$top/tests/apps/$1" "$2"
	chmod -R u+w "$2"
	git init -q "$2"
	commit "$2" "The app"
	git -C "$2" remote add production "$root/repos/$2.git"
}

# postgres_start: a server in $WORK/pg on $pg_port; $pg_url is its owner's address.
postgres_start()
{
	pg_bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
	[ -n "$pg_bin" ] || skip_all 'no PostgreSQL server on this machine'
	[ "$(id -u)" != 0 ] || skip_all 'PostgreSQL does not run as root'
	pg_port=$((low_port + 18))
	pg_url=postgresql://owner:ownerpw@127.0.0.1:$pg_port/postgres
	echo ownerpw >pg.password
	"$pg_bin/initdb" -D "$WORK/pg" -U owner -A scram-sha-256 --pwfile pg.password -N >initdb.log 2>&1 ||
		{ cat initdb.log; return 1; }
	"$pg_bin/pg_ctl" -D "$WORK/pg" -w -l "$WORK/pg.log" -o "-p $pg_port -h 127.0.0.1 -k $WORK" start >/dev/null
}

postgres_stop() { "$pg_bin/pg_ctl" -D "$WORK/pg" -m immediate stop >/dev/null 2>&1; }

redis_start()
{
	reason=$(lacks redis-server)
	[ -z "$reason" ] || skip_all "$reason"
	redis_port=$((low_port + 19))
	redis_url=redis://127.0.0.1:$redis_port
	(cd "$WORK" && exec redis-server --port $redis_port --bind 127.0.0.1 --save '' --appendonly no) >redis.log 2>&1 &
	wait_for 10 redis-cli -p $redis_port ping
}
redis_stop() { redis-cli -p "$redis_port" shutdown nosave 2>/dev/null; }

# https URL: as a browser behind the front proxy would be answered.
https() { get -H 'X-Forwarded-Proto: https' "$@"; }
