#!/bin/sh
# Packages that come over a network of the test's own: from git, from an index with a password.
. "$(dirname "$0")/lib.sh"

app_new blog
server_new blog
settings useUv false
mkdir -p site/simple/hashed site/simple/private
cp "$wheels"/hashed-* site/simple/hashed/

# A package in a git repository, over git's plain HTTP.
git init -q sprocket
cp "$top"/tests/wheels/src/sprocket/* sprocket/
commit sprocket "A package"
git clone -q --bare sprocket site/sprocket.git
git -C site/sprocket.git update-server-info

cat >serve.py <<'END_PY'
import base64, http.server, sys
want = "Basic " + base64.b64encode(b"reader:s3cr3t-of-the-index").decode()
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/simple/") and self.headers.get("Authorization") != want:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.end_headers()
            return
        super().do_GET()
    def log_message(self, *args):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.serve_forever()
END_PY
port=$((low_port + 17))
(cd site && exec python3 ../serve.py $port) >serve.log 2>&1 &
wait_for 10 curl -fs "http://127.0.0.1:$port/sprocket.git/HEAD"
commit_id=$(git -C sprocket rev-parse HEAD)

requires()
{
	printf '%s\n' '--no-index' '--find-links wheels' django==0.1 gunicorn==0.1 "$@" >blog/requirements.txt
	commit blog "Requires $*"
}

t 'scenario 18: from a quarantine, with a git+http requirement: the tree is read and pip'\''s git works' '
	requires "git+http://127.0.0.1:$port/sprocket.git@$commit_id#egg=sprocket"
	push blog
	slugbuild run -a blog -- python -c "import sprocket; print(sprocket.TEETH)" >said
	has 12 said
'

t 'scenario 33: a network that fails is called that, and is no fault of the app' '
	free=$((low_port + 18))
	printf "%s\n" "--index-url http://127.0.0.1:$free/simple" django==0.1 gunicorn==0.1 >blog/requirements.txt
	commit blog "No such index"
	refused blog
	has "the package index could not be reached" push.log
	hasnt "not available" push.log
	git -C blog reset -q --hard HEAD~1
'

t 'scenario 35: by netrc a private package installs; the password is nowhere' '
	printf "machine 127.0.0.1 login reader password s3cr3t-of-the-index\n" >netrc
	chmod 600 netrc
	printf "%s\n" "--index-url http://127.0.0.1:$port/simple" hashed==0.1 >blog/requirements.txt
	printf "web: python -m hashed\n" >blog/Procfile
	git -C blog rm -q --cached -r hello static manage.py && rm -rf blog/hello blog/static blog/manage.py
	commit blog "Private"
	refused blog
	settings netrc "$WORK/netrc"
	push blog
	slugbuild run -a blog -- python -c "import hashed" >said
	rm -rf out && mkdir out
	tar xzf "$(slug_of blog)" -C out
	slugbuild builds:output "$(slugbuild builds -a blog --json | jq -r ".[0].id")" -a blog >build.log
	fails grep -rF s3cr3t-of-the-index out push.log build.log said "$root"
	echo "import os; print(\"netrc:\", os.path.exists(os.path.expanduser(\"~/.netrc\")), \"NETRC\" in os.environ)" >see.py
	slugbuild run -a blog -- python -c "$(cat see.py)" >said
	has "netrc: False False" said
	git config --global --unset slugbuild.netrc
'

t 'scenario 34: -e . and -e git+…: they import where the slug lies, scripts run, no build path is left' '
	git -C blog checkout -q -f main~1
	git -C blog checkout -q -B editable
	printf "%s\n" "--no-index" "--find-links wheels" django==0.1 gunicorn==0.1 "-e ." \
		"-e git+http://127.0.0.1:$port/tool.git@main#egg=tool" >blog/requirements.txt
	mkdir -p blog/backend tool
	cat >backend.py <<-"END_PY"
		"""A build backend for editable installs: a .pth and a console script."""
		import base64, hashlib, os, re, zipfile
		def name_of():
		    return re.search(r"name = \"(\w+)\"", open("pyproject.toml").read()).group(1)
		def get_requires_for_build_editable(config_settings=None):
		    return []
		get_requires_for_build_wheel = get_requires_for_build_editable
		def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
		    name = name_of()
		    info = name + "-0.1.dist-info"
		    files = {"__editable__." + name + ".pth": os.path.join(os.getcwd(), "lib") + "\n",
		             info + "/METADATA": "Metadata-Version: 2.1\nName: %s\nVersion: 0.1\n" % name,
		             info + "/entry_points.txt": "[console_scripts]\n%s-says = %s:main\n" % (name, name),
		             info + "/WHEEL": "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
		    record = "".join("%s,sha256=%s,%d\n" % (n, base64.urlsafe_b64encode(hashlib.sha256(d.encode()).digest())
		        .rstrip(b"=").decode(), len(d)) for n, d in sorted(files.items()))
		    files[info + "/RECORD"] = record + info + "/RECORD,,\n"
		    wheel = name + "-0.1-py3-none-any.whl"
		    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w") as z:
		        for n in sorted(files):
		            z.writestr(n, files[n])
		    return wheel
		build_wheel = build_editable
	END_PY
	for one in blog:own tool:tool; do
		dir=${one%:*} name=${one#*:}
		mkdir -p "$dir/lib"
		cp backend.py "$dir/build_backend_of_test.py"
		printf "[build-system]\nrequires = []\nbuild-backend = \"build_backend_of_test\"\nbackend-path = [\".\"]\n[project]\nname = \"$name\"\nversion = \"0.1\"\n" >"$dir/pyproject.toml"
		printf "def main():\n    print(\"$name speaks\")\n" >"$dir/lib/$name.py"
	done
	git init -q tool
	commit tool "A tool"
	git clone -q --bare tool site/tool.git
	git -C site/tool.git update-server-info
	rmdir blog/backend
	commit blog "Editables"
	push blog -f production editable:main
	slugbuild run -a blog -- sh -c "own-says; tool-says; python -c \"import own, tool\"" >said
	has "own speaks" said
	has "tool speaks" said
	rm -rf out && mkdir "out and about" && mv "out and about" out
	tar xzf "$(slug_of blog)" -C out
	fails grep -rlF "$WORK" out
	(cd out && env -i PATH=/usr/bin:/bin ./.slugbuild/python/bin/own-says) >said
	has "own speaks" said
	fails grep -rlF -e "$root" -e /slugbuild/ out --include="*.pth" --include="*.json" --include="*says"
'

done_testing
