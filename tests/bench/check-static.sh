#!/bin/sh
# How long the static stage takes on a repository of 10,000 files, against what git itself takes to
# list them and to read the blobs that must be read. Medians of RUNS rounds, all kinds in each round,
# so that a busy machine slows all of them; of processor time too, which others change least.
#
#   push   the check as pre-receive runs it: what the accepted commit had is known to be clean of
#          tokens, and the store has notes of folders. Must be read: the files that rules read, and
#          what the push changed.
#   first  `slugbuild check --static`, nothing known: every text is looked through for tokens.
#          Must be read: all of it.
#
# usage: check-static.sh        environment: BIN, FILES=10000, RUNS=15
here=$(cd "$(dirname "$0")" && pwd -P)
BIN=${BIN:-$here/../../build/release/bin}
PUSH=$BIN/../bench/check_push
FILES=${FILES:-10000}
RUNS=${RUNS:-15}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1
repo=$work/repo

# A Django project of the usual shape: many apps, templates, migrations, static files.
/usr/bin/python3 - "$FILES" >"$work/import" <<'END'
import random
import sys

random.seed(7)
words = "def class return self request queryset filter objects render context model field import".split()
out = sys.stdout.buffer


def text(n):
    return ("\n".join(" ".join(random.choices(words, k=8)) for _ in range(n)) + "\n").encode()


def blob(path, data):
    out.write(b"M 100644 inline %s\ndata %d\n" % (path.encode(), len(data)) + data + b"\n")


def commit(n):
    out.write(b"commit refs/heads/main\ncommitter t <t@example.com> %d +0000\ndata 1\nx\n" % (1700000000 + n))


commit(0)
fixed = {
    "Procfile": b"web: gunicorn mysite.wsgi\nrelease: python manage.py migrate\n",
    "requirements.txt": b"Django==5.2\ngunicorn==23.0.0\n", ".python-version": b"3.12\n",
    ".gitignore": b"__pycache__/\n.env\n", "manage.py": b"import sys\n", "mysite/wsgi.py": b"application = None\n",
    "mysite/settings.py": b"DEBUG = False\n", "app.json": b"{}\n", ".slugignore": b"/docs/\n",
}
for path, data in fixed.items():
    blob(path, data)
kinds = [("{}/models{}.py", 60), ("{}/views{}.py", 80), ("{}/migrations/{:04d}_auto.py", 30),
         ("{}/templates/{}.html", 50), ("{}/static/js/{}.js", 70), ("{}/tests/test_{}.py", 60)]
for i in range(int(sys.argv[1]) - len(fixed)):
    form, lines = kinds[i % len(kinds)]
    blob(form.format(f"apps/app{i % 120:03d}", i // 120), text(lines))
commit(1)
for i in range(5):
    blob(f"apps/app00{i}/views0.py", text(80))
END
git init -q --bare "$repo" && git -C "$repo" symbolic-ref HEAD refs/heads/main || exit 1
git -C "$repo" fast-import --quiet <"$work/import" && git -C "$repo" repack -adq || exit 1

mkdir -p "$work/root/store/notes" && git -C "$repo" config slugbuild.root "$work/root" || exit 1

git -C "$repo" ls-tree -r HEAD | awk '{ print $3 }' >"$work/all"
git -C "$repo" diff --raw --no-abbrev HEAD^ HEAD | awk '{ print $4 }' >"$work/read"
git -C "$repo" ls-tree HEAD Procfile requirements.txt .python-version .gitignore manage.py app.json .slugignore |
	awk '{ print $3 }' >>"$work/read"

cat >"$work/time.py" <<'END'
import resource
import statistics
import subprocess
import sys
import time

slugbuild, push, repo, all_blobs, read_blobs, runs = sys.argv[1:]


def git(*args, stdin=None):
    subprocess.run(["git", "-C", repo, *args], stdin=stdin and open(stdin), stdout=subprocess.DEVNULL, check=True)


def git_takes(blobs):
    git("ls-tree", "-r", "HEAD")
    git("cat-file", "--batch", stdin=blobs)


def run(*args):
    got = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if got.returncode != 0 or "No findings" not in got.stdout:
        sys.exit(f"{args}: {got.returncode} {got.stdout}")


kinds = {
    "git, for the push": lambda: git_takes(read_blobs),
    "push": lambda: run(push, repo, "HEAD", "HEAD^"),
    "git, for all": lambda: git_takes(all_blobs),
    "first": lambda: run(slugbuild, "check", "--static", repo),
}
def spent():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic(), used.ru_utime + used.ru_stime


took = {name: [] for name in kinds}
for _ in range(int(runs) + 1):
    for name, do in kinds.items():
        began = spent()
        do()
        took[name].append([(b - a) * 1000 for a, b in zip(began, spent())])
median = {name: [statistics.median(row[i] for row in rows[1:]) for i in (0, 1)] for name, rows in took.items()}
for name, ms in median.items():
    print(f"{name:18} {ms[0]:7.1f} ms, {ms[1]:7.1f} ms of the processor")
bad = 0
for name, of in (("push", "git, for the push"), ("first", "git, for all")):
    ratio = [ours / git for ours, git in zip(median[name], median[of])]
    print(f"{name:5} / git        {ratio[0]:7.2f}   , {ratio[1]:7.2f} of the processor's  (at most 1.3)")
    bad = bad or ratio[1] > 1.3
sys.exit(bad)
END
/usr/bin/python3 "$work/time.py" "$BIN/slugbuild" "$PUSH" "$repo" "$work/all" "$work/read" "$RUNS"
