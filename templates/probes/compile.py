"""Bytecode of an environment, the same bytes whatever was there before and however many processors
there are. compile.py STRIP FORMER FOLDER...

For Python 3.9 and later. Each .py file below a FOLDER gets its unchecked-hash .pyc, without the path
STRIP in it. FORMER is a tree in which the same was done, or "-": bytecode of a file that has the same
place and bytes there is copied, since it would be made again byte by byte. Work is shared by plain
forks: compileall's own pool changes what is interned in its workers, and with that a few marks in
what they write. A file that is not for this Python has no bytecode: that is no matter.
"""

import compileall
import os
import py_compile
import sys

MODE = py_compile.PycInvalidationMode.UNCHECKED_HASH
CHUNK = 1 << 16


def python_files(folder):
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            full = os.path.join(path, name)
            if name.endswith(".py") and os.path.isfile(full):
                yield full


def same(one, two):
    with open(one, "rb") as a, open(two, "rb") as b:
        while True:
            x, y = a.read(CHUNK), b.read(CHUNK)
            if x != y:
                return False
            if not x:
                return True


def copied(path, strip, former):
    """Whether the bytecode could be taken over."""
    other = former + path[len(strip):]
    made = os.path.join(os.path.dirname(path), "__pycache__",
                        os.path.basename(path)[:-3] + "." + sys.implementation.cache_tag + ".pyc")
    known = former + made[len(strip):]
    try:
        if os.path.islink(known) or not same(path, other):
            return False
        with open(known, "rb") as f:
            code = f.read()
        os.makedirs(os.path.dirname(made), exist_ok=True)
        with open(made, "xb") as f:
            f.write(code)
        return True
    except OSError:
        return False


def work(files, strip, former):
    for path in files:
        if former == "-" or not copied(path, strip, former):
            compileall.compile_file(path, quiet=2, stripdir=strip, invalidation_mode=MODE)


def main():
    strip, former, folders = sys.argv[1], sys.argv[2], sys.argv[3:]
    files = [path for folder in folders for path in python_files(folder)]
    jobs = max(1, min(8, len(os.sched_getaffinity(0)), len(files) // 64))
    children = []
    for n in range(jobs):
        pid = os.fork()
        if not pid:
            status = 1
            try:
                work(files[n::jobs], strip, former)
                status = 0
            finally:
                os._exit(status)
        children.append(pid)
    return max([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] or [0], key=abs)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
