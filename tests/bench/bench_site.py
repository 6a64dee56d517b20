"""The site that is pushed: what `wagtail start` of the newest Wagtail makes, with WhiteNoise, pinned;
its wheels; an index on the loopback that serves them; and the usual hook. Made once, under
$SB_BENCH_CACHE (default slugbuild-bench in $XDG_CACHE_HOME or ~/.cache): from then on no network
is needed."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
import urllib.parse

CACHE = os.environ.get("SB_BENCH_CACHE") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "slugbuild-bench")
OTHER = "gunicorn"  # the requirement that is changed: an older release of it is there too

SETTINGS = """
from .base import *

DEBUG = False
SECRET_KEY = "a key for measuring, %s" % ("x" * 40)
ALLOWED_HOSTS = ["*"]
MIDDLEWARE.insert(1, "whitenoise.middleware.WhiteNoiseMiddleware")
STORAGES["staticfiles"]["BACKEND"] = "whitenoise.storage.CompressedManifestStaticFilesStorage"
"""

VIEWS = """
from django.http import HttpResponse


def up(request):
    return HttpResponse("up")
"""


def run(*words, **more):
    return subprocess.run(words, check=True, **more)


def python():
    """An interpreter that slugbuild finds too: Debian's. The site asks for its very patch: another
    one, built with other optimizations, takes a fifth more or less for the same work."""
    return "/usr/bin/python3"


def make_cache():
    done = os.path.join(CACHE, "done.2")
    if os.path.exists(done):
        return
    print("filling %s (once)" % CACHE, file=sys.stderr)
    shutil.rmtree(CACHE, ignore_errors=True)
    os.makedirs(CACHE)
    venv = os.path.join(CACHE, "venv")
    run(python(), "-m", "venv", venv)
    pip = os.path.join(venv, "bin", "pip")
    run(pip, "-q", "install", "wagtail", "gunicorn", "whitenoise")
    pins = subprocess.run([pip, "freeze"], check=True, capture_output=True, text=True).stdout
    run(pip, "-q", "install", "uv", "wheel")
    with open(os.path.join(CACHE, "requirements.txt"), "w") as f:
        f.write(pins)
    wheels = os.path.join(CACHE, "wheels")
    run(pip, "-q", "wheel", "-w", wheels, "-r", os.path.join(CACHE, "requirements.txt"))
    ours = next(line for line in pins.splitlines() if line.startswith(OTHER + "=="))
    run(pip, "-q", "wheel", "--no-deps", "-w", wheels, "%s<%s" % (OTHER, ours.split("==")[1]))
    run(os.path.join(venv, "bin", "wagtail"), "start", "mysite", cwd=CACHE,
        stdout=subprocess.DEVNULL)
    open(done, "w").close()


def uv():
    return os.path.join(CACHE, "venv", "bin", "uv")


def older():
    """The pin of the other release of OTHER."""
    with open(os.path.join(CACHE, "requirements.txt")) as f:
        current = next(line.split("==")[1].strip() for line in f if line.startswith(OTHER + "=="))
    for name in os.listdir(os.path.join(CACHE, "wheels")):
        parts = name.split("-")
        if parts[0] == OTHER and parts[1] != current:
            return "%s==%s" % (OTHER, parts[1]), "%s==%s" % (OTHER, current)
    raise SystemExit("no other release of %s in %s/wheels" % (OTHER, CACHE))


class Index(http.server.SimpleHTTPRequestHandler):
    """A package index (PEP 503) of the folder of wheels."""

    def do_GET(self):
        parts = [p for p in urllib.parse.unquote(self.path).split("/") if p]
        if len(parts) == 2 and parts[0] == "simple":
            wanted = parts[1].replace("_", "-").lower()
            links = "".join(
                '<a href="/%s">%s</a>\n' % (urllib.parse.quote(n), n)
                for n in sorted(os.listdir(self.directory))
                if n.split("-")[0].replace("_", "-").replace(".", "-").lower() == wanted)
            body = ("<!DOCTYPE html><html><body>\n%s</body></html>\n" % links).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Cache-Control", "max-age=600")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        super().do_GET()

    def log_message(self, *_):
        pass


def serve_index():
    handler = functools.partial(Index, directory=os.path.join(CACHE, "wheels"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d/simple" % server.server_address[1]


def git(folder, *words):
    run("git", "-C", folder, *words)


def commit(folder, message="change"):
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


def make_site(folder, index):
    """A repository of the site, ready to be pushed."""
    shutil.copytree(os.path.join(CACHE, "mysite"), folder)
    with open(os.path.join(CACHE, "requirements.txt")) as f:
        pins = f.read()
    with open(os.path.join(folder, "requirements.txt"), "w") as f:
        f.write("--index-url %s\n%s" % (index, pins))
    with open(os.path.join(folder, ".python-version"), "w") as f:
        f.write(run(python(), "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])",
                    capture_output=True, text=True).stdout)
    with open(os.path.join(folder, "Procfile"), "w") as f:
        f.write("web: gunicorn mysite.wsgi\n")
    with open(os.path.join(folder, "mysite", "settings", "production.py"), "w") as f:
        f.write(SETTINGS)
    with open(os.path.join(folder, "mysite", "settings", "uncompressed.py"), "w") as f:
        f.write("from .production import *\n\nSTORAGES[\"staticfiles\"][\"BACKEND\"] = "
                "\"django.contrib.staticfiles.storage.ManifestStaticFilesStorage\"\n")
    with open(os.path.join(folder, "home", "views.py"), "w") as f:
        f.write(VIEWS)
    for name in ("manage.py", os.path.join("mysite", "wsgi.py")):
        path = os.path.join(folder, name)
        with open(path) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(text.replace("mysite.settings.dev", "mysite.settings.production"))
    urls = os.path.join(folder, "mysite", "urls.py")
    with open(urls) as f:
        text = f.read()
    with open(urls, "w") as f:
        f.write(text.replace("urlpatterns = [", "from home.views import up\n\nurlpatterns = [\n"
                             '    path("up/", up),', 1))
    git(os.path.dirname(folder), "init", "-q", folder)
    commit(folder, "wagtail start")


# What people write: it all happens again on each push.
USUAL = """#!/bin/sh
set -e
while read -r old new ref; do
	[ "$ref" = refs/heads/main ] || continue
	mkdir -p {work}/src
	GIT_WORK_TREE={work}/src git checkout -q -f "$new"
	cd {work}/src
	[ -x {work}/venv/bin/python ] || {python} -m venv {work}/venv
	{work}/venv/bin/pip -q --disable-pip-version-check install -r requirements.txt
	{work}/venv/bin/python manage.py collectstatic --noinput >/dev/null
	tar -C {work} -czf {work}/slug.tar.gz src venv
	{restart}
done
"""


# What starts it again, and waits until it answers.
RESTART = """
	if [ -f %(work)s/pid ]; then
		kill "$(cat %(work)s/pid)" 2>/dev/null || :
		while kill -0 "$(cat %(work)s/pid 2>/dev/null)" 2>/dev/null; do sleep 0.05; done
	fi
	%(work)s/venv/bin/gunicorn -b 127.0.0.1:%(port)d -D -p %(work)s/pid mysite.wsgi
	until curl -fs http://127.0.0.1:%(port)d/up/ >/dev/null; do sleep 0.05; done
"""


def make_usual(repo, work, restart=":"):
    os.makedirs(work)
    run("git", "init", "-q", "--bare", repo)
    hook = os.path.join(repo, "hooks", "post-receive")
    with open(hook, "w") as f:
        f.write(USUAL.format(work=work, python=python(), restart=restart))
    os.chmod(hook, 0o755)
