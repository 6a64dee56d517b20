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

# A branch "many" of the clone blog: $2 files more than branch $1 has.
many_files()
{
	python3 - "$1" "$2" >stream <<-'END'
		import sys
		print("blob\nmark :1\ndata 2\nx\n\ncommit refs/heads/many\ncommitter A <a@example.com> 1700000000 +0000")
		print("data 4\nmany\nfrom refs/heads/%s^0" % sys.argv[1])
		for n in range(int(sys.argv[2])):
		    print("M 100644 :1 data/d%03d/f%03d.txt" % (n // 500, n % 500))
	END
	git -C blog fast-import --quiet <stream
}
