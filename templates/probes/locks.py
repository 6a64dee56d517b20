# Reads a lock file and says, as JSON, what it locks for one interpreter:
#
#   python locks.py KIND FOLDER VERSION WHEEL
#
# KIND is pipenv, poetry, uv or pylock; FOLDER holds the files; VERSION is the target's
# ("3.9.18"); WHEEL is a pip wheel, whose own libraries read TOML and markers where the
# standard library cannot ("" where there is none). Python 2.7 and later.
#
#   {"hashed": ["six==1.16.0 --hash=sha256:…"], "rest": ["-e ."], "indexes": [],
#    "runs_code": false, "error": null}
#
# "rest" has what no hash can be checked of: VCS, local paths.
import io
import json
import os
import re
import sys

from lock_inputs import (has_toml, normal, pipfile_is_newer, pyproject_is_newer, requirement, toml,
                         uv_is_older, uv_root)


class Stale(Exception):
    """The lock does not fit the file it was made from: (text, where, fix)."""


def read(folder, name):
    with io.open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


class Markers(object):
    """Markers, judged for the target."""

    def __init__(self, version):
        parts = version.split(".")
        self.environment = {
            "python_version": ".".join(parts[:2]),
            "python_full_version": version,
            "implementation_version": version,
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        }

    def hold(self, text, extra=""):
        if not text:
            return True
        from pip._vendor.packaging.markers import Marker
        environment = dict(self.environment, extra=extra)
        return Marker(text).evaluate(environment)

    def fits(self, spec):
        """Whether a specifier such as ">=3.8" (or Poetry's "^3.8") takes the target's version."""
        if not spec or spec == "*":
            return True
        from pip._vendor.packaging.specifiers import SpecifierSet
        return any(SpecifierSet(caret(one)).contains(self.environment["python_full_version"])
                   for one in spec.split("||"))


def caret(spec):
    """Poetry's ^ and ~ as PEP 440 says them."""
    out = []
    for clause in re.split(r"[,\s]+(?=[\^~<>=!\d])", spec.strip()):
        match = re.match(r"^([\^~])\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?$", clause.strip())
        if clause.strip().startswith("~=") or not match:
            clause = clause.strip()
            out.append(clause if not clause or clause[0] in "<>=!~" else "==" + clause)
            continue
        numbers = [int(n) for n in match.groups()[1:] if n is not None]
        keep = 1 if match.group(1) == "^" else min(2, len(numbers))
        if match.group(1) == "^":
            while keep < len(numbers) and numbers[keep - 1] == 0:
                keep += 1
        upper = numbers[:keep]
        upper[-1] += 1
        out.append(">=%s,<%s" % (".".join(map(str, numbers)), ".".join(map(str, upper))))
    return ",".join(one for one in out if one)


def line_of(name, version, extras=(), hashes=()):
    extras = "[%s]" % ",".join(sorted(extras)) if extras else ""
    return "%s%s==%s%s" % (name, extras, version,
                           "".join(" --hash=" + one for one in sorted(set(hashes))))


# Pipfile.lock

def pipenv(folder, markers):
    try:
        lock = json.loads(read(folder, "Pipfile.lock"))
    except ValueError as error:
        raise Stale("Pipfile.lock is no JSON: %s" % error, "Pipfile.lock", "pipenv lock")
    meta = lock.get("_meta", {})
    if os.path.exists(os.path.join(folder, "Pipfile")) and has_toml() and \
            pipfile_is_newer(toml(read(folder, "Pipfile")), lock):
        raise Stale("Pipfile.lock is out of date: Pipfile was changed after it was made",
                    "Pipfile.lock", "pipenv lock, and commit both files")
    hashed, rest = [], []
    for name, package in sorted(lock.get("default", {}).items()):
        if not markers.hold(package.get("markers")):
            continue
        extras = package.get("extras", ())
        prefix = "-e " if package.get("editable") else ""
        vcs = [one for one in ("git", "hg", "svn", "bzr") if one in package]
        if vcs:
            url = "%s+%s%s" % (vcs[0], package[vcs[0]],
                               "@" + package["ref"] if package.get("ref") else "")
            if package.get("subdirectory"):
                url += "#subdirectory=%s&egg=%s" % (package["subdirectory"], name)
            else:
                url += "#egg=" + name
            rest.append(prefix + url)
        elif "path" in package or "file" in package:
            rest.append(prefix + (package.get("path") or package["file"]))
        else:
            version = package.get("version", "").lstrip("=")
            (hashed if package.get("hashes") else rest).append(
                line_of(name, version, extras, package.get("hashes", ())))
    indexes = [one["url"] for one in meta.get("sources", []) if one.get("url")]
    named = [one.get("name") for one in meta.get("sources", [])]
    if named == ["pypi"] or len(indexes) == 1 and named == [None]:
        indexes = []  # the usual one: as the server has it
    return hashed, rest, indexes


# poetry.lock

def wishes_of(value):
    """Poetry's dependency: a version, a table, or a list of tables."""
    for one in value if isinstance(value, list) else [value]:
        yield one if isinstance(one, dict) else {"version": one}


def poetry_roots(project, markers):
    table = project.get("project", {})
    for text in table.get("dependencies", []):
        name, extras, _, marker = requirement(text)
        if markers.hold(marker):
            yield name, extras
    for name, value in project.get("tool", {}).get("poetry", {}).get("dependencies", {}).items():
        for wish in wishes_of(value):
            if (normal(name) != "python" and not wish.get("optional")
                    and markers.hold(wish.get("markers")) and markers.fits(wish.get("python"))):
                yield name, wish.get("extras", ())


def reachable(roots, edges):
    """Names that roots need, with the extras asked of each."""
    wanted, todo = {}, [(normal(name), tuple(extras)) for name, extras in roots]
    while todo:
        name, extras = todo.pop()
        if name in wanted and set(extras) <= wanted[name]:
            continue
        wanted.setdefault(name, set()).update(extras)
        todo.extend((normal(one), tuple(more)) for one, more in edges(name, wanted[name]))
    return wanted


def poetry_hashes_of(package, lock):
    files = package.get("files") or lock.get("metadata", {}).get("files", {}).get(
        package["name"], [])
    return [one["hash"] for one in files]


def poetry(folder, markers):
    lock = toml(read(folder, "poetry.lock"))
    project = toml(read(folder, "pyproject.toml"))
    if pyproject_is_newer(project, lock):
        raise Stale("poetry.lock is out of date: pyproject.toml was changed after it was made",
                    "poetry.lock", "poetry lock, and commit both files")
    packages = {}
    for package in lock.get("package", []):
        if markers.fits(package.get("python-versions")):
            packages.setdefault(normal(package["name"]), []).append(package)

    def edges(name, extras):
        for package in packages.get(name, []):
            inside = set()
            for extra in extras:
                for text in package.get("extras", {}).get(extra, []):
                    inside.add(normal(requirement(text)[0]))
            for child, value in package.get("dependencies", {}).items():
                for wish in wishes_of(value):
                    optional = wish.get("optional") and normal(child) not in inside
                    marker = wish.get("markers")
                    if not optional and (any(markers.hold(marker, extra) for extra in extras)
                                         or markers.hold(marker)):
                        yield child, wish.get("extras", ())

    chosen = reachable(poetry_roots(project, markers), edges)
    hashed, rest = [], []
    for name in sorted(chosen):
        for package in packages.get(name, []):
            marker = package.get("markers")
            if isinstance(marker, dict):
                marker = marker.get("main")
            if not markers.hold(marker):
                continue
            source = package.get("source", {})
            if source.get("type") == "git":
                rest.append("git+%s@%s#egg=%s" % (source["url"], source.get(
                    "resolved_reference") or source.get("reference"), package["name"]))
            elif source.get("type") in ("directory", "file", "url"):
                rest.append(("-e " if package.get("develop") else "") + (
                    source["url"] if "://" in source["url"] else "./" + source["url"]))
            else:
                hashes = poetry_hashes_of(package, lock)
                (hashed if hashes else rest).append(
                    line_of(package["name"], package["version"], (), hashes))
    indexes = [one["url"] for one in project.get("tool", {}).get("poetry", {}).get("source", [])
               if one.get("url")]
    return hashed, rest, indexes


# uv.lock

def uv(folder, markers):
    lock = toml(read(folder, "uv.lock"))
    project = toml(read(folder, "pyproject.toml"))
    packages, root = {}, uv_root(lock)
    for package in lock.get("package", []):
        packages.setdefault(normal(package["name"]), []).append(package)
    if root is None:
        raise Stale("uv.lock has no entry for the project itself", "uv.lock",
                    "uv lock, and commit it")
    if uv_is_older(root, project):
        raise Stale("uv.lock is out of date: pyproject.toml was changed after it was made",
                    "uv.lock", "uv lock, and commit both files")
    rest, seen = [], set()
    todo = [(root, "")]
    while todo:
        package, extra = todo.pop()
        key = (normal(package["name"]), package.get("version"), extra)
        if key in seen:
            continue
        seen.add(key)
        wishes = (package.get("optional-dependencies", {}).get(extra, []) if extra
                  else package.get("dependencies", []))
        if extra:
            todo.append((package, ""))
        for wish in wishes:
            if not markers.hold(wish.get("marker"), extra):
                continue
            for one in packages.get(normal(wish["name"]), []):
                if wish.get("version") in (None, one.get("version")):
                    for more in [""] + list(wish.get("extra", [])):
                        todo.append((one, more))
    lines = set()
    for name, version, extra in seen:
        if extra:
            continue
        package = [one for one in packages[name] if one.get("version") == version][0]
        source = package.get("source", {})
        if "virtual" in source:
            continue
        if "git" in source:
            url, _, commit = source["git"].partition("#")
            rest.append("git+%s@%s#egg=%s" % (url.partition("?")[0], commit, package["name"]))
        elif "editable" in source or "directory" in source or "path" in source:
            place = source.get("editable") or source.get("directory") or source.get("path")
            rest.append(("-e " if "editable" in source else "") + (
                place if place == "." else "./" + place))
        elif "url" in source:
            rest.append(source["url"])
        else:
            files = list(package.get("wheels", []))
            if package.get("sdist"):
                files.append(package["sdist"])
            lines.add(line_of(package["name"], version, (),
                              [one["hash"] for one in files if one.get("hash")]))
    return sorted(lines), sorted(rest), [one["url"] for one in project.get("tool", {}).get(
        "uv", {}).get("index", []) if one.get("url")]


# pylock.toml

def pylock(folder, markers):
    lock = toml(read(folder, "pylock.toml"))
    if not markers.fits(lock.get("requires-python")):
        raise Stale("pylock.toml is for Python %s" % lock["requires-python"], "pylock.toml",
                    "ask for such a Python in .python-version")
    hashed, rest = [], []
    for package in lock.get("packages", []):
        if not markers.hold(package.get("marker")) or not markers.fits(
                package.get("requires-python")):
            continue
        if "vcs" in package:
            vcs = package["vcs"]
            rest.append("%s+%s@%s#egg=%s" % (vcs.get("type", "git"), vcs.get("url", vcs.get(
                "path")), vcs["commit-id"], package["name"]))
        elif "directory" in package:
            place = package["directory"]
            rest.append(("-e " if place.get("editable") else "") + place["path"])
        elif "archive" in package:
            rest.append(package["archive"].get("url") or package["archive"]["path"])
        else:
            files = list(package.get("wheels", []))
            if package.get("sdist"):
                files.append(package["sdist"])
            hashes = ["%s:%s" % pair for one in files for pair in one.get("hashes", {}).items()
                      if pair[0] in ("sha256", "sha384", "sha512")]
            hashed.append(line_of(package["name"], package["version"], (), hashes))
    return hashed, rest, []


def main():
    kind, folder, version, wheel = sys.argv[1:5]
    if wheel:
        sys.path.insert(0, wheel)
    readers = {"pipenv": pipenv, "poetry": poetry, "uv": uv, "pylock": pylock}
    out = {"hashed": [], "rest": [], "indexes": [], "error": None}
    try:
        if kind != "pipenv" and not has_toml():
            raise Stale("no Python on this server can read TOML", "", "install Python 3.11")
        hashed, rest, indexes = readers[kind](folder, Markers(version))
        out.update(hashed=hashed, rest=rest, indexes=indexes)
    except Stale as stale:
        out["error"] = dict(zip(("text", "where", "fix"), stale.args))
    except Exception as error:  # a file that is not what it says it is
        out["error"] = {"text": "the lock file cannot be read: %s: %s" % (
            type(error).__name__, error), "where": "", "fix": "make the lock again"}
    json.dump(out, sys.stdout, sort_keys=True)
    sys.stdout.write("\n")


main()
