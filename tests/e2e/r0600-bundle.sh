#!/bin/sh
# slugbuild.bundlePython: the slug runs in a root that holds nothing but the C library and what
# the interpreter links to.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
newest_python
lacking=$(lacks patchelf bwrap ldd)
[ -z "$lacking" ] || skip_all "$lacking"

app_from demo blog
"$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' >blog/.python-version
commit blog "A Python of one's own"

# What a file links to, and the loader, copied to the same places below $2.
libraries()
{
	ldd "$1" | grep -oE '/[^ ]+' | sort -u | while read -r lib; do
		case $lib in "$WORK"/*) continue ;; esac
		mkdir -p "$2$(dirname "$lib")"
		[ -e "$2$lib" ] || cp -L "$lib" "$2$lib"
	done
}

t 'the slug carries its interpreter' '
	settings bundlePython true
	slugbuild build blog -o blog.tar.gz >build.log 2>&1 || { cat build.log; false; }
	tar tzf blog.tar.gz | grep -E "^\.slugbuild/runtime/bin/python3"
'

t 'it runs where there is no Python: the C library and a shell are all' '
	mkdir -p jail/app jail/usr/bin jail/bin jail/tmp jail/dev jail/proc
	tar xzf blog.tar.gz -C jail/app
	for tool in sh env dirname readlink nproc cat sed; do
		cp "$(command -v $tool)" jail/bin/
		cp "$(command -v $tool)" jail/usr/bin/
		libraries "$(command -v $tool)" "$WORK/jail"
	done
	for elf in jail/app/.slugbuild/runtime/bin/python3.* $(find jail/app/.slugbuild/runtime -name "*.so"); do
		case $elf in *-config) continue ;; esac
		libraries "$elf" "$WORK/jail" || true
	done
	find jail -path jail/app -prune -o -name "python*" -print | fails grep .
	port=$((low_port + 15))
	bwrap --bind jail / --dev /dev --proc /proc --tmpfs /tmp --clearenv --setenv PATH /bin:/usr/bin \
		--setenv PORT $port --die-with-parent /app/.slugbuild/launch web >serve.log 2>&1 &
	job=$!
	get "http://127.0.0.1:$port/" >page || { cat serve.log; kill $job; false; }
	kill $job
	has "This page came here by git push." page
'

done_testing
