# Sourced by tests that hold a push's memory against a limit, after server_new blog.
# shellcheck shell=sh
hooks=$(repo_of blog)/hooks

# The largest resident memory, in kB, of the hook and of each process that it waited for, in `peak`.
mv "$hooks/pre-receive" "$hooks/ours"
cat >"$hooks/pre-receive" <<END
#!/usr/bin/python3
import resource, subprocess, sys
code = subprocess.call(["$hooks/ours"])
open("$WORK/peak", "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
END
chmod 755 "$hooks/pre-receive"
bounded()
{
	echo "peak: $(cat peak) kB"
	case $BIN in */san/bin) return ;; esac
	[ "$(cat peak)" -lt $((128 << 10)) ] || fail "over 128 MiB"
}
