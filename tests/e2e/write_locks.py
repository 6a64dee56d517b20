#!/usr/bin/env python3
"""Writes a lock of the distributions in a folder, as the package managers would.

    write_locks.py poetry|pylock|uv DISTS PYPROJECT OUT

DISTS is what `pip download` left: the hashes are those of its files. For uv and poetry,
PYPROJECT is the file that the lock belongs to.
"""
import email
import glob
import hashlib
import json
import re
import sys
import tomllib
import zipfile


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def packages(folder):
    out = []
    for path in sorted(glob.glob(folder + "/*.whl")):
        with zipfile.ZipFile(path) as wheel:
            name = [n for n in wheel.namelist() if n.endswith(".dist-info/METADATA")][0]
            meta = email.message_from_bytes(wheel.read(name))
        needs = {}
        for text in meta.get_all("Requires-Dist", []):
            if "extra ==" not in text:
                needs[normal(re.match(r"[\w.-]+", text).group())] = "*"
        with open(path, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        out.append({"name": normal(meta["Name"]), "version": meta["Version"], "needs": needs,
                    "file": path.rsplit("/", 1)[1], "sha256": digest})
    names = {one["name"] for one in out}
    for one in out:
        one["needs"] = {k: v for k, v in one["needs"].items() if k in names}
    return out


def poetry(all_, project):
    tool = project["tool"]["poetry"]
    content = {key: tool.get(key) for key in
               ("dependencies", "source", "extras", "dev-dependencies")}
    if "group" in tool:
        content["group"] = tool["group"]
    for one in all_:
        yield ('[[package]]\nname = "%(name)s"\nversion = "%(version)s"\ndescription = ""\n'
               'optional = false\npython-versions = ">=3.6"\nfiles = [\n'
               '    {file = "%(file)s", hash = "sha256:%(sha256)s"},\n]\n' % one)
        if one["needs"]:
            yield "[package.dependencies]"
            for name in one["needs"]:
                yield '%s = "*"' % name
            yield ""
    yield '[metadata]\nlock-version = "2.0"\npython-versions = "%s"\ncontent-hash = "%s"' % (
        tool["dependencies"]["python"],
        hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest())


def pylock(all_, _):
    yield 'lock-version = "1.0"\ncreated-by = "test"\nrequires-python = ">=3.9"\n'
    for one in all_:
        yield ('[[packages]]\nname = "%(name)s"\nversion = "%(version)s"\nwheels = [{name = '
               '"%(file)s", url = "https://files.pythonhosted.org/%(file)s", '
               'hashes = {sha256 = "%(sha256)s"}}]\n' % one)


def uv(all_, project):
    yield 'version = 1\nrequires-python = "%s"\n' % project["project"]["requires-python"]
    table = project["project"]
    wishes = [(normal(re.match(r"[\w.-]+", text).group()), re.sub(r"^[\w.-]+", "", text))
              for text in table["dependencies"]]
    yield '[[package]]\nname = "%s"\nversion = "%s"\nsource = { virtual = "." }' % (
        table["name"], table["version"])
    yield "dependencies = [\n%s]\n" % "".join('    { name = "%s" },\n' % n for n, _ in wishes)
    yield "[package.metadata]\nrequires-dist = [\n%s]\n" % "".join(
        '    { name = "%s", specifier = "%s" },\n' % wish for wish in wishes)
    for one in all_:
        yield ('[[package]]\nname = "%(name)s"\nversion = "%(version)s"\nsource = '
               '{ registry = "https://pypi.org/simple" }' % one)
        if one["needs"]:
            yield "dependencies = [\n%s]" % "".join(
                '    { name = "%s" },\n' % name for name in one["needs"])
        yield 'wheels = [\n    { url = "%(file)s", hash = "sha256:%(sha256)s" },\n]\n' % one


kind, dists, pyproject, out = sys.argv[1:]
with open(pyproject, "rb") as opened:
    read = tomllib.load(opened)
with open(out, "w", encoding="utf-8") as written:
    written.write("\n".join(globals()[kind](packages(dists), read)) + "\n")
