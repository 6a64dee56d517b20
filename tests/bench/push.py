"""Pushes of a Wagtail site, the usual hook and slugbuild in turns: prints the rows of the table and
writes them to build/bench/push.json. See tests/bench/run.

	python3 tests/bench/push.py [ROW…]        RUNS=5 by default
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
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench_site as site  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("BIN") or os.path.join(TOP, "build", "release", "bin")
RUNS = int(os.environ.get("RUNS", "5"))
SLUGBUILD = os.path.join(BIN, "slugbuild")
KEEP = os.environ.get("KEEP")

rows = []
seen = {}


def clock(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began


def row(name, limit, value, unit, good, details):
    rows.append({"name": name, "limit": limit, "value": round(value, 3), "unit": unit, "good": good,
                 "details": {k: round(v, 4) for k, v in details.items()}})
    print("%-58s %8.2f %-4s (wanted: %s) %s" % (name, value, unit, limit, "" if good else "NOT REACHED"))
    print("    " + ", ".join("%s %.3f s" % (k, v) for k, v in details.items()), flush=True)


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
        for _ in range(2):  # a remembered collectstatic is confirmed by another run
            self.views()
            self.push(self.ours, "Released")
            self.push(self.at("usual.git"))

    def turns(self, edit, ways, runs=None):
        """Medians of what each way takes, one after the other, a fresh edit for each round."""
        times = {name: [] for name in ways}
        for _ in range(runs or RUNS):
            edit()
            for name, way in ways.items():
                times[name].append(clock(way))
        return {name: statistics.median(t) for name, t in times.items()}

    def to_ours(self):
        self.push(self.ours, "Released")

    def to_usual(self):
        self.push(self.at("usual.git"))

    def to_plain(self):
        self.push(self.at("plain.git"))

    def settle(self):
        """Until no watcher of ours is left: it would run beside the next measurement."""
        time.sleep(0.3)


def probe_seconds(bench):
    """What the probe itself takes: from the build's record."""
    out = json.loads(bench.slugbuild("builds", "-a", "site", "--json"))
    newest = out[0] if isinstance(out, list) else out
    return newest.get("timings", {}).get("probe", 0) / 1000.0


def row_views(bench):
    t = bench.turns(bench.views, {"git alone": bench.to_plain, "slugbuild": bench.to_ours,
                                  "usual hook": bench.to_usual})
    seen["usual, views.py"] = t["usual hook"]
    seen["git alone"] = t["git alone"]
    probe = probe_seconds(bench)
    t["probe itself"] = probe
    row("views.py, probe before", "8 x", t["usual hook"] / t["slugbuild"], "x",
        t["usual hook"] >= 8 * t["slugbuild"], t)
    row("  above the probe's own time", "0.3 s", t["slugbuild"] - probe, "s",
        t["slugbuild"] - probe <= 0.3, {})


def row_views_after(bench):
    bench.config("slugbuild.probe", "after")
    t = bench.turns(bench.views, {"slugbuild": bench.to_ours, "usual hook": bench.to_usual})
    row("views.py, probe = after", "50 x", t["usual hook"] / t["slugbuild"], "x",
        t["usual hook"] >= 50 * t["slugbuild"], t)
    bench.config("slugbuild.probe", "before")


ROWS = {"views": row_views, "after": row_views_after}


def main():
    site.make_cache()
    bench = Bench()
    try:
        bench.begin()
        print("first push: usual %.1f s, slugbuild with nothing in its cache %.1f s" %
              (seen["usual, first push"], seen["ours, first push, no cache"]))
        for name in sys.argv[1:] or ROWS:
            ROWS[name](bench)
    finally:
        if KEEP:
            print("kept: " + bench.work)
        else:
            shutil.rmtree(bench.work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
