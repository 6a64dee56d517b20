#!/bin/sh
# What stays of the dependency layer before: a layer made partly of it is the one made from scratch,
# byte for byte; nothing of a removed package is left; nothing that runs can write to it.
. "$(dirname "$0")/lib.sh"
. "$top/tests/e2e/real.sh"
newest_python
"$python" -m venv tools && tools/bin/pip install -q uv >uv.log 2>&1 || skip_all 'uv cannot be installed from this index'

app_new blog
rm -rf blog/wheels
server_new blog
settings uv "$WORK/tools/bin/uv" useUv true
port=$((low_port + 17))
mkdir index
cat >index/packages <<'END'
one 1.0 one/__init__.py=V=1 one/data.txt=d one/sub/deep.py=x=1 one-says@one:main
one 2.0 one/__init__.py=V=2 one/other.txt=d one-tells@one:main
two 1.0 two/__init__.py=V=1 two/a/b/c/d.txt=deep
three 1.0 three.py=V=3 three-1.0.data/data/share/three/readme=hello
three 1.1 three.py=V=31
four 1.0 shared/__init__.py=x=1 shared/four.py=V=4
five 1.0 shared/__init__.py=x=1 shared/five.py=V=5
five 2.0 shared/__init__.py=x=1 shared/five.py=V=52
comma 1.0 comma.py=V=1 a,b.txt=odd
bad 1.0 bad/__init__.py=def(
setuptools 90.0 setuptools/__init__.py=V=90 pkg_resources/__init__.py=V=90
END
python3 "$top/tests/e2e/package_index.py" index $port >index.log 2>&1 &
wait_for 10 curl -fs "http://127.0.0.1:$port/packages"
mkdir -p index/simple/django index/simple/gunicorn
cp "$wheels"/django-* index/simple/django/
cp "$wheels"/gunicorn-* index/simple/gunicorn/

requires()
{
	printf '%s\n' "--index-url http://127.0.0.1:$port/simple" django==0.1 gunicorn==0.1 "$@" >blog/requirements.txt
	commit blog "Requires $*"
}

layer_of() { jq -r '.slug.layers[] | select(.name == "python") | .key' "$(manifest_of blog)"; }
tree_of() { echo "$root/store/layers/$(layer_of)/tree/.slugbuild/python/lib/python$series/site-packages"; }
series=$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# taken_over FILE…: is the former layer's own file; is_new FILE…: is not.
taken_over() { for at; do [ "$(stat -c %h "$(tree_of)/$at")" -gt 1 ] || { echo "$at is no link"; return 1; }; done; }
is_new() { for at; do [ "$(stat -c %h "$(tree_of)/$at")" = 1 ] || { echo "$at is a link"; return 1; }; done; }

# The same slug from a store that knows nothing.
same_from_scratch()
{
	[ ! -d fresh ] || chmod -R u+w fresh
	rm -rf fresh fresh.tar.gz
	slugbuild build blog main -o fresh.tar.gz --root "$WORK/fresh" >fresh.log 2>&1 || { cat fresh.log; return 1; }
	[ "$(jq -r .slug.sha256 fresh.tar.gz.json)" = "$(jq -r .slug.sha256 "$(manifest_of blog)")" ] || {
		mkdir -p a b
		tar xzf fresh.tar.gz -C a && tar xzf "$(slug_of blog)" -C b
		diff -r a b
		return 1
	}
	find "$(tree_of)/../../../.." -perm /222 ! -type l | grep . && return 1
	return 0
}

t 'a package more: the others are taken over, and the layer is the one from scratch' '
	requires one==1.0 two==1.0
	push blog
	is_new one/__init__.py
	requires one==1.0 two==1.0 three==1.0
	push blog
	taken_over one/__init__.py one/sub/deep.py two/a/b/c/d.txt two-1.0.dist-info/RECORD
	[ "$(stat -c %h "$(tree_of)"/one/__pycache__/__init__.*.pyc)" -gt 1 ]
	is_new three.py
	slugbuild builds -a blog --json | jq -r ".[0].timings[] | select(.step == \"dependencies\") | .note" >note
	has "5 packages are those of the layer before" note
	same_from_scratch
'

t 'another version: nothing of the old one is left, no file, script, folder or bytecode' '
	requires one==2.0 two==1.0 three==1.0
	push blog
	taken_over two/__init__.py three.py
	is_new one/__init__.py one/other.txt
	[ ! -e "$(tree_of)/one/data.txt" ] && [ ! -e "$(tree_of)/one/sub" ] && [ ! -e "$(tree_of)/one-1.0.dist-info" ]
	[ ! -e "$(tree_of)/../../../bin/one-says" ] && [ -e "$(tree_of)/../../../bin/one-tells" ]
	same_from_scratch
'

t 'a package less: nothing of it is left, not even what lay outside of site-packages' '
	[ -e "$(tree_of)/../../../share/three/readme" ]
	requires one==2.0 two==1.0
	push blog
	taken_over one/__init__.py two/__init__.py
	[ ! -e "$(tree_of)/three.py" ] && [ ! -e "$(tree_of)/../../../share" ]
	[ -z "$(ls "$(tree_of)/__pycache__" 2>/dev/null)" ]
	same_from_scratch
'

t 'what is left open is resolved anew: the newest, not what was there' '
	requires one==2.0 two==1.0 "three<1.1"
	push blog
	requires one==2.0 "two" three
	push blog
	slugbuild run -a blog -- python -c "import three; print(three.V)" >said
	has 31 said
	taken_over one/__init__.py
	is_new three.py two/__init__.py
	same_from_scratch
'

t 'a file of two packages, of which one changes: all is installed' '
	requires four==1.0 five==1.0
	push blog
	requires four==1.0 five==2.0
	push blog
	is_new shared/four.py shared/__init__.py
	same_from_scratch
	requires four==1.0 five==2.0 one==1.0
	push blog
	taken_over shared/four.py shared/five.py shared/__init__.py
	same_from_scratch
'

t 'a RECORD with names in quotes, and code that does not compile' '
	requires comma==1.0 bad==1.0 one==1.0
	push blog
	requires comma==1.0 bad==1.0 one==2.0
	push blog
	same_from_scratch
	requires bad==1.0 one==2.0
	push blog
	requires bad==1.0 one==1.0
	push blog
	taken_over bad/__init__.py
	same_from_scratch
'

t 'other hashes for the same version, or another index: that package, or all, is installed anew' '
	sum=$(sha256sum index/simple/two/two-1.0-*.whl | cut -d" " -f1)
	none=$(printf %064d 0)
	requires one==1.0 two==1.0
	push blog
	requires one==2.0 "two==1.0 --hash=sha256:$none"
	refused blog
	printf "%s\n" "--index-url http://localhost:$port/simple" django==0.1 gunicorn==0.1 one==2.0 two==1.0 >blog/requirements.txt
	commit blog "Another index"
	push blog
	is_new two/__init__.py
	same_from_scratch
'

t 'setuptools of the requirements, and the interpreter'\''s own again' '
	requires one==1.0
	push blog
	requires one==1.0 setuptools==90.0
	push blog
	taken_over one/__init__.py
	is_new setuptools/__init__.py
	same_from_scratch
	requires one==2.0 setuptools==90.0
	push blog
	taken_over setuptools/__init__.py
	same_from_scratch
	requires one==2.0
	push blog
	taken_over one/__init__.py
	same_from_scratch
'

t 'no-cache takes nothing over' '
	requires one==2.0 two==1.0 four==1.0
	push blog -o no-cache production main
	is_new one/__init__.py two/__init__.py
'

t 'code that runs in a build finds no file of a layer that it can write to' '
	requires one==1.0 two==1.0
	push blog
	taken_over two/__init__.py
	cat >>blog/manage.py <<-"END"
		import stat, sys
		for top in ("/app", "/slugbuild", "/var", "/tmp"):
		    for folder, _, names in os.walk(top):
		        for name in names:
		            path = os.path.join(folder, name)
		            st = os.lstat(path)
		            if stat.S_ISREG(st.st_mode) and st.st_nlink > 1:
		                try:
		                    os.chmod(path, 0o644)
		                    open(path, "r+b").close()
		                    sys.exit("LEAK " + path)
		                except OSError:
		                    pass
	END
	requires one==1.0 two==1.0 three==1.0
	push blog
	fails grep LEAK push.log
	printf "%s\n" "--index-url http://127.0.0.1:$port/simple" django==0.1 gunicorn==0.1 two==1.0 "./evil" >blog/requirements.txt
	mkdir blog/evil
	cat >blog/evil/backend.py <<-"END"
		import os, stat, sys
		def build_wheel(*_, **__):
		    for folder, _, names in os.walk("/"):
		        if folder.startswith(("/proc", "/sys", "/dev", "/usr")): continue
		        for name in names:
		            path = os.path.join(folder, name)
		            try: st = os.lstat(path)
		            except OSError: continue
		            if stat.S_ISREG(st.st_mode) and st.st_nlink > 1 and os.access(path, os.W_OK):
		                sys.exit("LEAK " + path)
		    sys.exit("looked everywhere")
		def get_requires_for_build_wheel(*_): return []
	END
	printf "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n[project]\nname = \"evil\"\nversion = \"1\"\n" >blog/evil/pyproject.toml
	commit blog "Builds"
	refused blog
	has "looked everywhere" push.log
	fails grep LEAK push.log
'

done_testing
