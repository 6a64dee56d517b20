# What the parts of the probe share. Python 2.7 and later.
import io
import re


def first_line(error):
    lines = [line for line in ("%s" % (error,)).splitlines() if line.strip()]
    return lines[0] if lines else "?"


def named(error):
    """"ValueError: what it says"."""
    return "%s: %s" % (type(error).__name__, first_line(error))


def text_of(path):
    with io.open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def is_async(processes):
    """Whether the web process is one that Django's documents want no kept connections in."""
    web = processes.get("web") or ""
    return bool(re.search(r"uvicorn|daphne|hypercorn|granian|asgi", web, re.I))
