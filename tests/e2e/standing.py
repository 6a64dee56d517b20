"""standing.py ROOT APP: what must hold of an app at any moment, also right after a kill -9.

`current` names a release that is whole, each record of each release can be read, and each slug
that one names is there with the size and digest it names. Prints the newest number, the
current one, and each release's commit.
"""

import hashlib
import json
import os
import re
import sys

root, app = sys.argv[1:]
home = os.path.join(root, "apps", app)
releases = os.path.join(home, "releases")
bad = []


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        bad.append("%s: %s" % (path, error))
        return {}


numbers = sorted(int(name[1:]) for name in os.listdir(releases) if re.fullmatch("v[0-9]+", name))
commits = []
for number in numbers:
    where = os.path.join(releases, "v%d" % number)
    record = load(os.path.join(where, "release.json"))
    load(os.path.join(where, "config.json"))
    if os.path.exists(os.path.join(where, "manifest.json")):
        load(os.path.join(where, "manifest.json"))
    if record.get("number") != number:
        bad.append("v%d says that it is v%s" % (number, record.get("number")))
    commits.append("v%d=%s:%s" % (number, record.get("commit", "none"), record.get("state")))
    slug = record.get("slug")
    if slug:
        path = os.path.join(root, "store/slugs", slug["sha256"] + ".tar.gz")
        try:
            with open(path, "rb") as file:
                data = file.read()
            if len(data) != slug["size"] or hashlib.sha256(data).hexdigest() != slug["sha256"]:
                bad.append("%s is not what v%d names" % (path, number))
        except OSError as error:
            bad.append("v%d: %s" % (number, error))
current = os.readlink(os.path.join(home, "current"))
place = os.path.join(home, current)
if load(os.path.join(place, "release.json")).get("slug"):
    load(os.path.join(place, "manifest.json"))
    if not os.path.exists(os.path.join(place, "app/.slugbuild/launch")):
        bad.append("%s is not unpacked whole" % current)
for line in bad:
    print("BAD %s" % line)
print("newest=v%d" % numbers[-1], "current=%s" % os.path.basename(current), *commits)
sys.exit(bool(bad))
