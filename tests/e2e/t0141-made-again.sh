# An index that put another wheel in the old one's place, under the same version: who builds without
# the cache gets that one, and so does who builds after it; releases of before keep theirs.
# shellcheck shell=sh disable=SC2016
. "$(dirname "$0")/lib.sh"

app_new blog
own_index blog
commit blog

build()
{
	name=$1
	shift
	slugbuild build blog -o "$name.tar.gz" "$@" >build.log 2>&1 || { cat build.log; return 1; }
	rm -rf "$name" && mkdir "$name" && tar xzf "$name.tar.gz" -C "$name"
	cat "$name"/.slugbuild/python/lib/python3*/site-packages/gunicorn/__init__.py >init
}
# The wheel, with one more line in a file of it, and a record that fits.
cat >replace.py <<'END'
import base64
import glob
import hashlib
import zipfile

wheel = glob.glob("index/gunicorn-*")[0]
with zipfile.ZipFile(wheel) as z:
    files = {name: z.read(name) for name in z.namelist()}
files["gunicorn/__init__.py"] += b"\nREPLACED = 1\n"
record = next(name for name in files if name.endswith("/RECORD"))
rows = []
for row in files[record].decode().splitlines():
    name = row.split(",")[0]
    if name == "gunicorn/__init__.py":
        digest = base64.urlsafe_b64encode(hashlib.sha256(files[name]).digest()).rstrip(b"=").decode()
        row = "%s,sha256=%s,%d" % (name, digest, len(files[name]))
    rows.append(row + "\n")
files[record] = "".join(rows).encode()
with zipfile.ZipFile(wheel, "w") as z:
    for name, data in files.items():
        z.writestr(name, data)
END

t 'what did not change is made again, and not kept twice' '
	build one
	build again --no-cache
	cmp one.tar.gz again.tar.gz
	ls "$root/store/layers" >layers
	cp init old.init
	/usr/bin/python3 replace.py
'
t 'with the cache nobody asks the index; without it the new wheel is in the slug' '
	build cached
	cmp one.tar.gz cached.tar.gz
	build two --no-cache
	has "REPLACED = 1" init
'
t 'and in those after it, with the same bytes as from an empty store; the old layer is as it was' '
	build three
	has "Using cached dependencies" build.log
	cmp two.tar.gz three.tar.gz
	build fresh --root "$WORK/other"
	cmp two.tar.gz fresh.tar.gz
	for layer in $(cat layers); do
		test -d "$root/store/layers/$layer/tree"
		for file in "$root/store/layers/$layer"/tree/.slugbuild/python/lib/python3*/site-packages/gunicorn/__init__.py; do
			test ! -e "$file" || cmp "$file" old.init
		done
	done
'
done_testing
