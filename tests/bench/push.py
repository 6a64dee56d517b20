"""Pushes of a Wagtail site, by the usual hook and by slugbuild in turns: prints the rows of the
table and writes them to build/bench/push.json. See tests/bench/run.

	python3 tests/bench/push.py [ROW…]        RUNS=5 by default; KEEP=1 keeps the folder
"""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench_site as site  # noqa: E402
from bench_rows import clock, row, rows, save_rows  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("BIN") or os.path.join(TOP, "build", "release", "bin")
RUNS = int(os.environ.get("RUNS", "5"))
SLUGBUILD = os.path.join(BIN, "slugbuild")
KEEP = os.environ.get("KEEP")

seen = {}


class Bench:
    def __init__(self):
        self.work = tempfile.mkdtemp(prefix="slugbuild-bench.", dir=os.environ.get("TMPDIR", "/var/tmp"))
        self.n = 0
        home = os.path.join(self.work, "home")
        os.mkdir(home)
        keep = {k: os.environ[k] for k in ("LANG",) if k in os.environ}
        os.environ.clear()
        os.environ.update(keep, HOME=home, GIT_CONFIG_NOSYSTEM="1",
                          PATH="%s:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" % BIN)
        for key, value in (("user.name", "Ada"), ("user.email", "ada@example.com"),
                           ("init.defaultBranch", "main"), ("slugbuild.root", self.at("state")),
                           ("slugbuild.runner", "none"), ("slugbuild.uv", site.uv()),
                           ("slugbuild.remember", "true"), ("slugbuild.keepReleases", "3"),
                           ("slugbuild.ports", "23600-23619"), ("slugbuild.healthPath", "/up/"),
                           ("slugbuild.settle", "5"), ("gc.auto", "0")):
            self.config(key, value)
        self.index = site.serve_index()

    def at(self, *parts):
        return os.path.join(self.work, *parts)

    def config(self, key, value):
        site.run("git", "config", "--global", key, value)

    def slugbuild(self, *words):
        done = subprocess.run([SLUGBUILD, *words], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit("slugbuild %s: %s%s" % (" ".join(words), done.stdout, done.stderr))
        return done.stdout

    def push(self, repo, says=None):
        log = self.at("push.log")
        with open(log, "wb") as out:
            code = subprocess.run(["git", "-C", self.at("site"), "push", "-q", "-f", repo, "main"],
                                  stdout=out, stderr=out).returncode
        with open(log, errors="replace") as f:
            text = f.read()
        if code or (says and says not in text):
            raise SystemExit("push to %s: exit %d, \"%s\" wanted\n%s" % (repo, code, says, text))
        return text

    def edit(self, path, text):
        """One more line in a file of the site, committed."""
        self.n += 1
        with open(self.at("site", path), "a") as f:
            f.write(text % self.n + "\n")
        site.commit(self.at("site"))

    def views(self):
        self.edit("home/views.py", "# edit %d")

    def begin(self):
        """A first push to each: what there is to be kept, is kept."""
        site.make_site(self.at("site"), self.index)
        for name in ("plain", "usual"):
            if name == "plain":
                site.run("git", "init", "-q", "--bare", self.at("plain.git"))
            else:
                site.make_usual(self.at("usual.git"), self.at("usual"))
        self.slugbuild("create", "site")
        self.ours = self.at("state", "repos", "site.git")
        seen["usual, first push"] = clock(lambda: self.push(self.at("usual.git")))
        self.push(self.at("plain.git"))
        seen["ours, first push, no cache"] = clock(lambda: self.push(self.ours, "Released"))
        wait_second_run(self.at("state"))
        for _ in range(2):  # a remembered collectstatic is confirmed by another run
            self.views()
            self.push(self.ours, "Released")
            wait_second_run(self.at("state"))
        self.push(self.at("usual.git"))

    def turns(self, edit, ways, runs=None):
        """Medians of what each way takes, one after the other, a fresh edit for each round."""
        times = {name: [] for name in ways}
        for _ in range(runs or RUNS):
            edit()
            for name, way in ways.items():
                times[name].append(clock(way))
                if name == "slugbuild":  # not beside what is measured next
                    self.behind()
        return {name: statistics.median(t) for name, t in times.items()}

    def behind(self):
        """What goes on behind a push: the runs that confirm, and the report on the release."""
        wait_second_run(self.at("state"))
        report = self.current("report")
        if os.path.exists(report):
            subprocess.run(["flock", report, "true"])

    def to_ours(self):
        self.push(self.ours, "Released")

    def to_usual(self):
        self.push(self.at("usual.git"))

    def to_plain(self):
        self.push(self.at("plain.git"))

    def newest_build(self):
        return json.loads(self.slugbuild("builds", "-a", "site", "--json"))[0]

    def current(self, *parts):
        return self.at("state", "apps", "site", "current", *parts)

    def manifest(self):
        with open(self.current("manifest.json")) as f:
            return json.load(f)


def ms_of(bench, step):
    """What a step of the newest build or of its release took, in seconds."""
    build = bench.newest_build()
    for one in build.get("timings", []) + build.get("publish_timings", []):
        if one["step"] == step:
            return one["ms"] / 1000.0
    raise SystemExit("no \"%s\" among the times of the build %s" % (step, build["id"]))


def row_views(bench):
    t = bench.turns(bench.views, {"git alone": bench.to_plain, "slugbuild": bench.to_ours,
                                  "usual hook": bench.to_usual})
    seen.update(t)
    probe = ms_of(bench, "probe")
    t["probe itself"] = probe
    row("views.py", "views.py, the probe before", ">= 8 x", t["usual hook"] / t["slugbuild"], "x",
        t["usual hook"] >= 8 * t["slugbuild"], t)
    row("above", "  the same, above the probe's own time", "<= 0.3 s", t["slugbuild"] - probe, "s",
        t["slugbuild"] - probe <= 0.3, {})


def row_after(bench):
    bench.config("slugbuild.probe", "after")
    bench.views()
    bench.to_ours()
    t = bench.turns(bench.views, {"slugbuild": bench.to_ours, "usual hook": bench.to_usual})
    row("after", "views.py, slugbuild.probe = after", ">= 50 x", t["usual hook"] / t["slugbuild"], "x",
        t["usual hook"] >= 50 * t["slugbuild"], t)
    bench.config("slugbuild.probe", "before")


def row_served(bench):
    for program in ("runsvdir", "sv", "chpst", "curl"):
        if not shutil.which(program):
            print("served by gunicorn: SKIP, no %s on this machine" % program)
            return
    tree = os.path.join(TOP, "templates", "runners", "runit", "tree")
    site.git(bench.ours, "config", "slugbuild.runner", "runit")  # `create` wrote "none" there
    bench.config("slugbuild.probe", "after")
    served = bench.at("served")
    site.make_usual(bench.at("served.git"), served, site.RESTART % {"work": served, "port": 23630})
    supervisor = subprocess.Popen([tree, bench.at("state")], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        bench.push(bench.at("served.git"))
        bench.views()
        bench.to_ours()
        t = bench.turns(bench.views, {"slugbuild": bench.to_ours,
                                      "usual hook": lambda: bench.push(bench.at("served.git"))})
        for step in ("trial", "runner", "health check"):
            t[step] = ms_of(bench, step)
        row("served", "views.py, served by gunicorn (no release phase)", ">= 10 x",
            t["usual hook"] / t["slugbuild"], "x", t["usual hook"] >= 10 * t["slugbuild"], t)
    finally:
        subprocess.run([SLUGBUILD, "ps:stop", "-a", "site"], capture_output=True)
        subprocess.run([tree, "--stop", bench.at("state")], capture_output=True)
        supervisor.wait()
        try:
            with open(os.path.join(served, "pid")) as f:
                os.kill(int(f.read()), signal.SIGTERM)
        except (OSError, ValueError):
            pass
        site.git(bench.ours, "config", "slugbuild.runner", "none")
        bench.config("slugbuild.probe", "before")


def collectstatic(bench, *more):
    """collectstatic into an empty folder, by the usual environment: seconds."""
    src = bench.at("usual", "src")
    shutil.rmtree(os.path.join(src, "static"), ignore_errors=True)
    return clock(lambda: site.run(bench.at("usual", "venv", "bin", "python"), "manage.py",
                                  "collectstatic", "--noinput", *more, cwd=src,
                                  stdout=subprocess.DEVNULL))


def row_settings(bench):
    bench.config("slugbuild.probe", "after")
    bench.to_usual()
    plain = statistics.median(collectstatic(bench, "--settings", "mysite.settings.uncompressed")
                              for _ in range(RUNS))
    t = bench.turns(lambda: bench.edit("mysite/settings/base.py", "# edit %d"), {"slugbuild": bench.to_ours})
    t["collectstatic, nothing compressed"] = plain
    row("settings", "settings.py, above collectstatic without compression", "<= 0.5 s",
        t["slugbuild"] - plain, "s", t["slugbuild"] - plain <= 0.5, t)
    bench.config("slugbuild.probe", "before")


def row_css(bench):
    t = bench.turns(lambda: bench.edit("mysite/static/css/mysite.css", "body { order: %d }"),
                    {"slugbuild": bench.to_ours, "usual hook": bench.to_usual})
    row("css", "one CSS file", ">= 4 x", t["usual hook"] / t["slugbuild"], "x",
        t["usual hook"] >= 4 * t["slugbuild"], t)


def row_requirement(bench):
    pins = site.older()
    path = bench.at("site", "requirements.txt")

    def toggle():
        """The other release of one package; says which."""
        with open(path) as f:
            text = f.read()
        old, new = pins if pins[0] in text else reversed(pins)
        bench.n += 1
        with open(path, "w") as f:  # the comment: no store has that layer from an earlier turn
            f.write(text.split("# turn")[0].replace(old, new) + "# turn %d\n" % bench.n)
        site.commit(bench.at("site"))
        return new

    toggle()
    bench.to_ours()  # both wheels are in the installer's cache
    toggle()
    bench.to_ours()
    times, uvs, collects = [], [], []
    for _ in range(RUNS):
        pin = toggle()
        bench.slugbuild("config:set", "-a", "site", "TURN=%d" % len(times))  # collectstatic runs
        times.append(clock(bench.to_ours))
        uvs.append(clock(lambda: site.run(site.uv(), "pip", "install", "-q", "--index-url", bench.index,
                                          "--python", bench.at("usual", "venv", "bin", "python"),
                                          pin)))
        collects.append(collectstatic(bench))
    t = {"slugbuild": statistics.median(times), "uv pip install of it": statistics.median(uvs),
         "collectstatic": statistics.median(collects)}
    reference = t["uv pip install of it"] + t["collectstatic"]
    row("requirement", "one requirement, against uv's install of it and collectstatic", "<= 1.5 x",
        t["slugbuild"] / reference, "x", t["slugbuild"] <= 1.5 * reference, t)


def wait_second_run(root):
    """The run of collectstatic that confirms the first goes on when the push is over: not beside
    what is measured next."""
    time.sleep(1)
    deadline = time.monotonic() + 120
    path = os.path.join(root, "apps", "site", "lock.second")
    while os.path.exists(path) and time.monotonic() < deadline:
        if subprocess.run(["flock", "-n", path, "true"]).returncode == 0:
            return
        time.sleep(0.2)


def first_by_hand(bench, folder):
    """The installer, collectstatic, and all of it read once, in a new folder."""
    venv, src = os.path.join(folder, "venv"), os.path.join(folder, "src")
    os.makedirs(src)
    tar = subprocess.Popen(["git", "-C", bench.at("site"), "archive", "main"], stdout=subprocess.PIPE)
    site.run("tar", "-x", "-C", src, stdin=tar.stdout)
    tar.wait()
    site.run(site.uv(), "venv", "-q", "--python", site.python(), venv)
    site.run(site.uv(), "pip", "install", "-q", "--compile-bytecode", "--link-mode", "copy",
             "--python", venv + "/bin/python", "-r", src + "/requirements.txt")
    site.run(venv + "/bin/python", "manage.py", "collectstatic", "--noinput", cwd=src,
             stdout=subprocess.DEVNULL)
    site.run("sh", "-c", 'find "$1" -type f -print0 | xargs -0 cat >/dev/null', "sh", folder)


def row_first(bench):
    """A root that knows nothing, but for what its installer keeps. Nothing is removed between the
    turns: ext4 is slow to make files for half a minute after many were."""
    ours, usual = [], []
    first_by_hand(bench, bench.at("hand"))  # uv's own cache is warm
    for turn in range(min(RUNS, 3)):
        root = bench.at("fresh%d" % turn)
        os.makedirs(os.path.join(root, "store"))
        shutil.copytree(bench.at("state", "store", "cache"), os.path.join(root, "store", "cache"),
                        symlinks=True)
        os.sync()
        bench.config("slugbuild.root", root)
        bench.slugbuild("create", "site")
        ours.append(clock(lambda: bench.push(os.path.join(root, "repos", "site.git"), "Released")))
        bench.config("slugbuild.root", bench.at("state"))
        wait_second_run(root)
        os.sync()
        usual.append(clock(lambda: first_by_hand(bench, bench.at("hand%d" % turn))))
    t = {"slugbuild": statistics.median(ours),
         "uv with bytecode + collectstatic + reading": statistics.median(usual)}
    reference = list(t.values())[1]
    row("first", "first push ever, the installer's cache warm", "<= 1.15 x", t["slugbuild"] / reference,
        "x", t["slugbuild"] <= 1.15 * reference, t)


def row_release(bench):
    ours, tars = [], []
    slug = bench.manifest()["slug"]["path"]
    for _ in range(RUNS):
        bench.views()
        bench.to_ours()
        ours.append(ms_of(bench, "release directory"))
        out = bench.at("extracted")
        os.mkdir(out)
        tars.append(clock(lambda: site.run("tar", "xzf", slug, "-C", out)))
        shutil.rmtree(out)
    t = {"slugbuild": statistics.median(ours), "tar xzf": statistics.median(tars)}
    row("release", "release directory of a code-only push", ">= 20 x", t["tar xzf"] / t["slugbuild"], "x",
        t["tar xzf"] >= 20 * t["slugbuild"], t)


def row_rollback(bench):
    t = {"slugbuild": statistics.median(clock(lambda: bench.slugbuild("rollback", "-a", "site"))
                                        for _ in range(RUNS))}
    row("rollback", "rollback, without a runner", "<= 0.3 s", t["slugbuild"], "s", t["slugbuild"] <= 0.3, t)


def row_same(bench):
    """The slug of the last push, from an empty store: the same bytes."""
    bench.views()
    bench.to_ours()
    out = bench.at("again.tar.gz")
    bench.slugbuild("build", bench.at("site"), "main", "-o", out, "--root", bench.at("empty"))
    with open(out + ".json") as f:
        again = json.load(f)["slug"]["sha256"]
    same = again == bench.manifest()["slug"]["sha256"]
    row("same", "the slug from an empty store, the same bytes", "yes", float(same), "", same, {})


ROWS = {"views": row_views, "after": row_after, "css": row_css, "settings": row_settings,
        "requirement": row_requirement, "release": row_release, "rollback": row_rollback,
        "first": row_first, "same": row_same, "served": row_served}


def main():
    site.make_cache()
    bench = Bench()
    try:
        bench.begin()
        print("first push: usual %.1f s, slugbuild with nothing in its cache %.1f s" %
              (seen["usual, first push"], seen["ours, first push, no cache"]))
        for name in sys.argv[1:] or ROWS:
            try:
                ROWS[name](bench)
            except (SystemExit, subprocess.CalledProcessError, OSError) as why:
                row(name, name, "an end", 0, "", False, {})
                print(why, flush=True)
    finally:
        if KEEP:
            print("kept: " + bench.work)
        else:
            subprocess.run(["chmod", "-R", "u+w", bench.work])
            shutil.rmtree(bench.work, ignore_errors=True)
    save_rows("push", rows)
    return 0 if all(r["good"] for r in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
