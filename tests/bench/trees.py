"""Slugs of trees of 100,000 files (1 GB) and 1,000,000 files (1 GB), made by git fast-import, when
one file changes: against cp of the slug, and the second against the first; the anonymous memory of
slugbuild meanwhile. SIZES and RUNS in the environment; three runs by default.

	python3 tests/bench/trees.py
"""

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench_rows import TOP, clock, row, rows, save_rows  # noqa: E402

BIN = os.environ.get("BIN") or os.path.join(TOP, "build", "release", "bin")
RUNS = int(os.environ.get("RUNS", "3"))
SIZES = [int(n) for n in os.environ.get("SIZES", "100000 1000000").split()]
BYTES = int(os.environ.get("BYTES", "1000000000"))
LIMIT_MIB = 64


def head(out, text, parent=None):
    out.write(b"commit refs/heads/main\ncommitter Ada <ada@example.com> 1700000000 +0000\n")
    out.write(b"data %d\n%s\n" % (len(text), text))
    if parent:
        out.write(b"from refs/heads/main^0\n")


def put(out, path, data):
    out.write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))


def path_of(n):
    return "data/%03d/%03d/%03d.txt" % (n // 10000, n // 100 % 100, n % 100)


def fast_import(repo, write):
    child = subprocess.Popen(["git", "-C", repo, "fast-import", "--quiet", "--done"], stdin=subprocess.PIPE)
    write(child.stdin)
    child.stdin.write(b"done\n")
    child.stdin.close()
    if child.wait():
        raise SystemExit("git fast-import failed")


def make(repo, files):
    """Text that compresses by a half or so; a different one in each file."""
    pool = random.Random(1).randbytes(1 << 20).hex().encode()
    each = BYTES // files
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", repo], check=True)

    def write(out):
        head(out, b"data")
        put(out, "requirements.txt", b"")
        put(out, "Procfile", b"web: python -m http.server\n")
        for n in range(files):
            at = n * 7919 % (len(pool) - each)
            put(out, path_of(n), b"%d\n" % n + pool[at:at + each])

    fast_import(repo, write)


def peak_of(child, peak):
    while child.poll() is None:
        try:
            with open("/proc/%d/status" % child.pid) as f:
                for line in f:
                    if line.startswith("RssAnon:"):
                        peak[0] = max(peak[0], int(line.split()[1]) / 1024)
        except OSError:
            pass
        time.sleep(0.003)


def build(repo, out, env):
    """Seconds and the peak of anonymous memory, MiB."""
    peak = [0.0]
    began = time.monotonic()
    child = subprocess.Popen([os.path.join(BIN, "slugbuild"), "build", repo, "main", "-o", out], env=env,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    watcher = threading.Thread(target=peak_of, args=(child, peak))
    watcher.start()
    said = child.stderr.read()
    watcher.join()
    took = time.monotonic() - began
    if child.returncode:
        raise SystemExit("slugbuild build: " + said)
    return took, peak[0]


def measure(work, files, env):
    repo, out = os.path.join(work, "%d.git" % files), os.path.join(work, "slug.tar.gz")
    make(repo, files)
    first, peak = build(repo, out, env)
    times, copies, peaks = [], [], [peak]
    for n in range(RUNS):
        def edit(stream):
            head(stream, b"edit", True)
            put(stream, path_of((n * 37 + 11) * 1009 % files), b"edited %d\n" % n)

        fast_import(repo, edit)
        took, peak = build(repo, out, env)
        times.append(took)
        peaks.append(peak)
        copies.append(clock(lambda: subprocess.run(["cp", out, out + ".copy"], check=True)))
        os.unlink(out + ".copy")
    size = os.path.getsize(out) / 1e6
    shutil.rmtree(repo)
    return {"slugbuild": statistics.median(times), "cp of the slug": statistics.median(copies),
            "first": first, "slug, MB": size, "memory, MiB": max(peaks)}


def main():
    work = tempfile.mkdtemp(prefix="slugbuild-bench.", dir=os.environ.get("TMPDIR", "/var/tmp"))
    home = os.path.join(work, "home")
    os.mkdir(home)
    env = {"HOME": home, "GIT_CONFIG_NOSYSTEM": "1", "PATH": "%s:/usr/local/bin:/usr/bin:/bin" % BIN}
    os.environ.update(env)
    for key, value in (("slugbuild.root", work + "/state"), ("slugbuild.maxFiles", "10000000"),
                       ("slugbuild.slugLimit", "4g"), ("safe.directory", "*")):
        subprocess.run(["git", "config", "--global", key, value], check=True)
    try:
        seen = []
        for files in SIZES:
            t = measure(work, files, env)
            seen.append(t)
            name = "one of {:,} files".format(files)
            if len(seen) == 1:
                row("tree %d" % files, name + ", against cp of the slug", "<= 2 x",
                    t["slugbuild"] / t["cp of the slug"], "x",
                    t["slugbuild"] <= 2 * t["cp of the slug"], t)
            else:
                limit = 2 * seen[0]["slugbuild"] + t["cp of the slug"]
                row("tree %d" % files, name + ", against twice the former and the copy", "<= 1 x",
                    t["slugbuild"] / limit, "x", t["slugbuild"] <= limit, t)
            row("memory %d" % files, "  anonymous memory", "<= %d MiB" % LIMIT_MIB, t["memory, MiB"], "MiB",
                t["memory, MiB"] <= LIMIT_MIB, {})
    finally:
        subprocess.run(["chmod", "-R", "u+w", work])
        shutil.rmtree(work, ignore_errors=True)
    save_rows("trees", rows)
    return 0 if all(r["good"] for r in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
