"""build/bench/*.json as a table (table.md) and a picture (bench.svg): for each row the usual way as
a bar of full width, slugbuild's beside it. With --readme the table goes into README.md too, between
the two lines that say so.
"""

import glob
import html
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench_rows import OUT, TOP  # noqa: E402

RIVALS = ("usual hook", "tar xzf", "cp of the slug", "uv with bytecode + collectstatic + reading")
MARK = "<!-- make bench && tests/bench/picture.py --readme -->\n"
LEFT, WIDTH, STEP = 330, 470, 46


def load():
    out = []
    for path in sorted(glob.glob(os.path.join(OUT, "*.json"))):
        with open(path) as f:
            out += json.load(f)
    return out


def table(rows):
    lines = ["| Work | To reach | Seen | Seconds | Load |", "|---|---|---|---|---|"]
    for r in rows:
        details = ", ".join("%s %.3g" % pair for pair in r["details"].items())
        lines.append("| %s | %s | %.3g %s%s | %s | %s |" %
                     (r["name"].strip(), r["limit"], r["value"], r["unit"],
                      "" if r["good"] else " (not reached)", details, r.get("load", "")))
    return "\n".join(lines) + "\n"


def machine():
    """One line about where it was measured."""
    model = "unknown processor"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo") as f:
        memory = int(f.readline().split()[1]) / 1048576
    return "%d processors (%s), %.0f GiB, Linux %s; the load of the machine stands in each row." % (
        os.cpu_count(), model, memory, os.uname().release.split("-")[0])


def into_readme(text):
    path = os.path.join(TOP, "README.md")
    with open(path) as f:
        parts = f.read().split(MARK)
    if len(parts) != 3:
        raise SystemExit("README.md has not two lines \"%s\"" % MARK.strip())
    with open(path, "w") as f:
        f.write(MARK.join((parts[0], text, parts[2])))


def seconds(t):
    return "%.2f s" % t if t < 10 else "%.1f s" % t


def bars(y, label, rival, theirs, ours):
    longest = max(theirs, ours)
    out = ['<text x="%d" y="%d" text-anchor="end" class="label">%s</text>' %
           (LEFT - 12, y + 20, html.escape(label))]
    for i, (name, t, kind) in enumerate(((rival, theirs, "usual"), ("slugbuild", ours, "ours"))):
        wide = max(1.5, WIDTH * t / longest)
        out.append('<rect x="%d" y="%d" width="%.1f" height="14" rx="2" class="%s"/>' %
                   (LEFT, y + 4 + 17 * i, wide, kind))
        text = "%s  %s" % (seconds(t), name)
        inside = wide > 300
        out.append('<text x="%.1f" y="%d" class="%s"%s>%s</text>' %
                   (LEFT + wide + (-6 if inside else 6), y + 15 + 17 * i, "in" if inside else "out",
                    ' text-anchor="end"' if inside else "", html.escape(text)))
    return out


def picture(rows):
    shown = []
    for r in rows:
        rival = next((k for k in r["details"] if k in RIVALS), None)
        if rival and "slugbuild" in r["details"]:
            shown.append((r["name"].split(", against")[0], rival, r["details"][rival], r["details"]["slugbuild"]))
    high = 56 + STEP * len(shown)
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" '
           'font-family="system-ui, sans-serif">' % (LEFT + WIDTH + 150, high, LEFT + WIDTH + 150, high),
           "<style>.label{font-size:13px;fill:#222}.out{font-size:11px;fill:#444}"
           ".in{font-size:11px;fill:#fff}.usual{fill:#8a8f98}.ours{fill:#1b7f4b}"
           ".title{font-size:15px;font-weight:600;fill:#222}</style>",
           '<rect width="100%" height="100%" fill="#fff"/>',
           '<text x="16" y="28" class="title">The same work, the usual way and by slugbuild '
           "(shorter is better; each pair has its own scale)</text>"]
    for i, one in enumerate(shown):
        out += bars(44 + STEP * i, *one)
    return "\n".join(out + ["</svg>", ""])


def main():
    rows = load()
    with open(os.path.join(OUT, "table.md"), "w") as f:
        f.write(table(rows))
    with open(os.path.join(OUT, "bench.svg"), "w") as f:
        f.write(picture(rows))
    if "--readme" in sys.argv[1:]:
        into_readme("\n" + machine() + "\n\n" + table(rows) + "\n")
    print("table and picture: %s/table.md, %s/bench.svg" % (OUT, OUT))


if __name__ == "__main__":
    main()
