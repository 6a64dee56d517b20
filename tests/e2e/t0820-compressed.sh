# What WhiteNoise compressed is not compressed again. WhiteNoise itself is no part of these tests:
# the app has a package of that name with the function as it is there; r0510 has the real one.
# shellcheck shell=sh disable=SC2016
. "$(dirname "$0")/lib.sh"

bwrap --unshare-all --ro-bind / / true 2>/dev/null || skip_all 'bubblewrap does not work here'
app_new blog
mkdir blog/whitenoise
: >blog/whitenoise/__init__.py
cat >blog/whitenoise/compress.py <<'END'
import gzip
from io import BytesIO


class Compressor:
    @staticmethod
    def compress_gzip(data):
        output = BytesIO()
        # no timestamp
        with gzip.GzipFile(
            filename="", mode="wb", fileobj=output, compresslevel=9, mtime=0
        ) as gz_file:
            gz_file.write(data)
        return output.getvalue()
END
cat >>blog/hello/settings.py <<'END'

from whitenoise.compress import Compressor

os.makedirs(STATIC_ROOT, exist_ok=True)
for name in sorted(os.listdir(os.path.join(BASE_DIR, "static", "css"))):
    with open(os.path.join(BASE_DIR, "static", "css", name), "rb") as f:
        data = f.read()
    with open(os.path.join(STATIC_ROOT, name + ".gz"), "wb") as f:
        f.write(Compressor.compress_gzip(data))
END
commit blog 'Compress'
settings probe off
kept=$root/store/compressed

build()
{
	slugbuild build "$1" -a "$1" -o now.tar.gz >build.log 2>&1 || { cat build.log; return 1; }
}
same()
{
	slugbuild build blog -a blog -o fresh.tar.gz --no-cache >fresh.log 2>&1 || { cat fresh.log; return 1; }
	cmp now.tar.gz fresh.tar.gz
}
kept_of() { find "$kept/$1" -type f 2>/dev/null | wc -l; }

t 'what was compressed is kept' 'build blog; test "$(kept_of blog)" = 1; same; test "$(kept_of blog)" = 1'
t 'and only what is new is compressed' \
	'echo "i {}" >blog/static/css/more.css; commit blog; build blog; test "$(kept_of blog)" = 2; same
	 tar xzOf now.tar.gz staticfiles/more.css.gz | gzip -dc | grep -x "i {}"'
t 'no part of it is in the slug' 'tar tzf now.tar.gz >names; hasnt sitecustomize names; hasnt collect/ names
	hasnt compressed names'
t 'the app finds its path, its environment and its own sitecustomize as they would be' \
	'cat >blog/sitecustomize.py <<-"END"
		import builtins
		builtins.customized = True
	END
	cat >>blog/hello/settings.py <<-"END"
		import builtins, sys
		assert builtins.customized
		with open(os.path.join(STATIC_ROOT, "seen.txt"), "w") as f:
		    f.write("%s %s" % (os.environ["PYTHONPATH"], sys.path))
	END
	commit blog; build blog; tar xzOf now.tar.gz staticfiles/seen.txt >seen; cat seen
	grep "^/app \[" seen; hasnt slugbuild/collect seen; same'
t 'wrong bytes that got there come to light in the second run, and go' \
	'echo "u {}" >blog/static/css/last.css; commit blog; build blog; same
	 for f in "$kept"/blog/*; do echo wrong >"$f"; done
	 echo "# more" >>blog/hello/settings.py; commit blog; build blog
	 tar xzOf now.tar.gz staticfiles/last.css.gz | grep -x wrong
	 build blog; has "its result is not reused" build.log; fails grep -x wrong "$kept"/blog/*; same'
t 'an app can put nothing into what is kept of another, and no symlink into its own' \
	'cp -R blog other; cat >>other/hello/settings.py <<-"END"
		for place in ("kept", "new"):
		    folder = "/slugbuild/compressed/" + place
		    try:
		        os.symlink("/etc/passwd", folder + "/" + 64 * "a")
		        open(folder + "/../" + 64 * "b", "w").close()
		    except OSError:
		        pass
		print("other", sorted(os.listdir("/slugbuild/compressed/kept")))
	END
	commit other; build other; before=$(kept_of blog); build other; test "$(kept_of blog)" = "$before"
	test ! -e "$kept/other/$(printf "%064d" 0 | tr 0 a)"; test -z "$(find "$kept" -type l)"
	test "$(ls "$kept")" = "$(printf "blog\nother")"'
t 'a compressor that is not word for word that one is left alone' \
	'rm -rf "$kept"; sed -i "s/compresslevel=9/compresslevel=int(os.environ.get(\"LEVEL\", \"1\"))/; 1i import os" \
	 	blog/whitenoise/compress.py; commit blog; build blog; test "$(kept_of blog)" = 0; same'
done_testing
