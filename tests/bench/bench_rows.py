"""Rows of the table: printed as they are measured, kept as JSON for the table and the picture."""

import json
import os
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(TOP, "build", "bench")

rows = []


def clock(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began


def row(key, name, limit, value, unit, good, details):
    rows.append({"key": key, "name": name, "limit": limit, "value": round(value, 3), "unit": unit,
                 "good": bool(good), "load": round(os.getloadavg()[0], 1), "details": {k: round(v, 4) for k, v in details.items()}})
    print("%-62s %8.2f %-3s (wanted: %s)%s" % (name, value, unit, limit, "" if good else "  NOT REACHED"))
    if details:
        print("    " + ", ".join("%s %.3f" % pair for pair in details.items()), flush=True)


def save_rows(name, some):
    os.makedirs(OUT, exist_ok=True)
    with open(os.path.join(OUT, name + ".json"), "w") as f:
        json.dump(some, f, indent=1)
