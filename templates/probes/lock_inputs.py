# Whether a lock was made from what it lies beside: Pipfile, pyproject.toml. Shared by the build,
# which refuses such a lock, and the source stage, which says it first. Python 2.7 and later.
import hashlib
import json
import re


def toml(text):
    try:
        import tomllib as parser
    except ImportError:
        try:
            from pip._vendor import tomli as parser
        except ImportError:
            try:
                from pip._vendor import toml as parser
            except ImportError:
                from pip._vendor import pytoml as parser
    return parser.loads(text)


def has_toml():
    try:
        toml("a = 1")
        return True
    except ImportError:
        return False


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def sha256(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def pipfile_hashes(pipfile, lock):
    """The hashes that the versions of pipenv compute of a Pipfile."""
    sources = pipfile.get("source") or lock.get("_meta", {}).get("sources", [])
    data = {
        "_meta": {"sources": sources, "requires": pipfile.get("requires", {})},
        "default": pipfile.get("packages", {}),
        "develop": pipfile.get("dev-packages", {}),
    }
    known = ("source", "requires", "packages", "dev-packages", "scripts", "pipenv", "pipfile",
             "default", "develop")
    more = dict(data)
    for key, value in pipfile.items():
        if key not in known:
            more[key] = value
    for one in (data, more):
        yield sha256(json.dumps(one, sort_keys=True, separators=(",", ":")))
    # 2017's pipenv kept a source without a name as it was, or gave it none.
    for one in (data, more):
        yield sha256(json.dumps(one, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def poetry_hash(project, keys, groups):
    """Poetry's content hash of pyproject.toml, as its Locker computes it."""
    legacy = ("dependencies", "source", "extras", "dev-dependencies")
    tool = project.get("tool", {}).get("poetry", {})
    table = project.get("project", {})
    own = {key: table[key] for key in
           ("requires-python", "dependencies", "optional-dependencies") if key in table}
    content = {}
    for key in keys:
        if tool.get(key) is not None or (key in legacy and not own and not groups):
            content[key] = tool.get(key)
    if own or groups:
        content = {"tool": {"poetry": content}}
        if own:
            content["project"] = own
        if groups:
            content["dependency-groups"] = groups
    return sha256(json.dumps(content, sort_keys=True))


def poetry_hashes(project):
    """What the versions of Poetry may have written."""
    legacy = ("dependencies", "source", "extras", "dev-dependencies")
    groups = project.get("dependency-groups", {})
    for keys in (legacy + ("group",), legacy, ("dependencies", "group", "source", "extras")):
        yield poetry_hash(project, keys, groups)
        yield poetry_hash(project, keys, {})
        # Poetry 1 does not read [project].
        yield poetry_hash({"tool": project.get("tool", {})}, keys, {})


def requirement(text):
    """"name[extra]>=1 ; marker" → its four parts."""
    text, _, marker = text.partition(";")
    match = re.match(r"^\s*([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?\s*(.*?)\s*$", text)
    extras = [one.strip() for one in (match.group(2) or "").split(",") if one.strip()]
    return match.group(1), extras, match.group(3).strip("() "), marker.strip()


def pipfile_is_newer(pipfile, lock):
    wanted = lock.get("_meta", {}).get("hash", {}).get("sha256")
    return bool(wanted) and wanted not in list(pipfile_hashes(pipfile, lock))


def pyproject_is_newer(project, lock):
    wanted = lock.get("metadata", {}).get("content-hash")
    return bool(wanted) and wanted not in list(poetry_hashes(project))


# uv.lock

OTHER_WORDS = (("alpha", "a"), ("beta", "b"), ("preview", "rc"), ("pre", "rc"), ("c", "rc"))


def plain_version(clause):
    """">= 1.0-RC.1" as uv writes it: ">=1.0rc1"."""
    clause = re.sub(r"\s+", "", clause).lower()
    match = re.match(r"^([<>=!~]+)v?([0-9.!]*[0-9*])[-_.]?([a-z]*)[-_.]?([0-9]*)$", clause)
    if not match:
        return clause
    word = dict(OTHER_WORDS).get(match.group(3), match.group(3))
    number = match.group(4) or ("0" if word else "")
    between = "." if word in ("post", "dev") else ""
    return match.group(1) + match.group(2) + between + word + number


def clauses(spec):
    return tuple(sorted(plain_version(one) for one in spec.split(",") if one.strip()))


def uv_root(lock):
    """The project's own entry, or None."""
    for package in lock.get("package", []):
        source = package.get("source", {})
        if source.get("virtual") == "." or source.get("editable") == ".":
            return package
    return None


def uv_wishes_differ(locked, texts, project, extra=""):
    """Whether uv.lock's list of wishes is another one than the texts in pyproject.toml."""
    own = normal(project.get("project", {}).get("name", ""))
    elsewhere = set(normal(name) for name in project.get("tool", {}).get("uv", {}).get(
        "sources", {}))
    before, now = set(), set()

    def sorted_of(extras):
        return tuple(sorted(normal(one) for one in extras))

    for one in locked:
        marker = one.get("marker", "")
        if ("extra == '%s'" % extra in marker) if extra else ("extra ==" not in marker):
            if not set(one) <= {"name", "extras", "specifier", "marker"}:
                elsewhere.add(normal(one["name"]))
            before.add((normal(one["name"]), sorted_of(one.get("extras", ())),
                        one.get("specifier", "")))
    for text in texts:
        if not hasattr(text, "partition"):
            return False  # {include-group = "…"}, which uv writes out
        name, extras, spec, _ = requirement(text)
        if spec.startswith("@"):
            elsewhere.add(normal(name))
        if normal(name) == own:
            return False  # its own extras, which uv writes out as well
        now.add((normal(name), sorted_of(extras), spec))

    def plain(wishes):
        return set((name, extras, () if name in elsewhere else clauses(spec))
                   for name, extras, spec in wishes)

    return plain(before) != plain(now)


def uv_is_older(root, project):
    """Whether the root package's own list of wishes is no longer pyproject.toml's."""
    table = project.get("project", {})
    metadata = root.get("metadata")
    if "dependencies" in table.get("dynamic", []) or (metadata is None and root.get("dependencies")):
        return False  # another file says it; a lock without such a list
    return uv_wishes_differ((metadata or {}).get("requires-dist", []),
                            table.get("dependencies", []), project)


def uv_is_older_elsewhere(root, project):
    """The same of groups and extras, which `uv sync --locked` looks at even where it installs none."""
    table, metadata = project.get("project", {}), root.get("metadata", {})
    groups = dict(project.get("dependency-groups", {}))
    if "dev-dependencies" in project.get("tool", {}).get("uv", {}):
        groups.pop("dev", None)  # the two are one
    if uv_is_older(root, project):
        return True
    if not metadata or "optional-dependencies" in table.get("dynamic", []):
        return False
    return any(uv_wishes_differ(metadata.get("requires-dev", {}).get(name, []), texts, project)
               for name, texts in groups.items()) or \
        any(uv_wishes_differ(metadata.get("requires-dist", []), texts, project, normal(extra))
            for extra, texts in table.get("optional-dependencies", {}).items())


# All three, of texts. The locks themselves are long, and written by programs: only the part that
# counts is parsed.

def poetry_metadata(text):
    found = re.findall(r'^content-hash = "([^"]+)"', text, re.M)
    return {"metadata": {"content-hash": found[-1] if found else None}}


def uv_root_of(text):
    for block in text.replace("\r", "").split("\n[[package]]\n")[1:]:
        if re.search(r'^source = \{ (?:virtual|editable) = "\." \}$', block, re.M):
            return uv_root(toml("[[package]]\n" + block))
    return None


LOCKS = (
    ("Pipfile.lock", "Pipfile", "pipenv lock"),
    ("poetry.lock", "pyproject.toml", "poetry lock"),
    ("uv.lock", "pyproject.toml", "uv lock"),
)


def is_older(name, lock, source, uv_older):
    """Whether the lock is older than what it was made from; ValueError: one cannot be read."""
    if name == "Pipfile.lock":
        return pipfile_is_newer(toml(source), json.loads(lock))
    if name == "poetry.lock":
        return pyproject_is_newer(toml(source), poetry_metadata(lock))
    root = uv_root_of(lock)
    return root is not None and uv_older(root, toml(source))


def older_locks(files, uv_older=uv_is_older):
    """[(lock, input, what makes it again)] of those in the root; nothing where there is no TOML."""
    found = []
    for name, source, again in LOCKS if has_toml() else ():
        if name not in files or source not in files:
            continue
        try:
            if is_older(name, files[name], files[source], uv_older):
                found.append((name, source, again))
        except (ValueError, TypeError, AttributeError, KeyError, RuntimeError):
            pass  # the files are not what they say they are: other rules' matter
    return found
