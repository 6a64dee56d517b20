"""Objects, packs and pushes as bytes: nothing of git's own checks stands between."""

import hashlib
import os
import struct
import subprocess
import threading
import time
import zlib

ZERO = b"0" * 40
KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


def pkt(data):
    return b"%04x" % (len(data) + 4) + data


def size_header(kind, size):
    byte = kind << 4 | size & 15
    size >>= 4
    out = bytearray()
    while size:
        out.append(byte | 128)
        byte = size & 127
        size >>= 7
    out.append(byte)
    return bytes(out)


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


class Store:
    """Objects by id, in the order they were made."""

    def __init__(self):
        self.objects = {}
        self.left_out = set()
        self.raw = []  # entries of a pack, whole, as bytes

    def add(self, kind, data):
        oid = hashlib.sha1(b"%s %d\0" % (kind.encode(), len(data)) + data).hexdigest().encode()
        self.objects[oid] = (kind, data)
        return oid

    def blob(self, data):
        return self.add("blob", data)

    def tree(self, entries):
        """(mode, name, id) as they stand: no order, no check."""
        return self.add("tree", b"".join(m + b" " + n + b"\0" + bytes.fromhex(i.decode())
                                         for m, n, i in entries))

    def commit(self, tree, parents=(), message=b"A push\n", head=None):
        lines = [b"tree " + tree] + [b"parent " + p for p in parents]
        lines += [head] if head is not None else [
            b"author Mallory <m@example.com> 1700000000 +0000",
            b"committer Mallory <m@example.com> 1700000000 +0000"]
        return self.add("commit", b"\n".join(lines) + b"\n\n" + message)

    def tag(self, oid, kind, name=b"x"):
        return self.add("tag", b"object " + oid + b"\ntype " + kind.encode() + b"\ntag " + name +
                        b"\ntagger Mallory <m@example.com> 1700000000 +0000\n\nx\n")

    def missing(self, kind, data):
        """An id whose object is not sent."""
        oid = self.add(kind, data)
        self.left_out.add(oid)
        return oid

    def pack(self, count=None):
        parts = [size_header(KINDS[k], len(d)) + zlib.compress(d, 1)
                 for i, (k, d) in self.objects.items() if i not in self.left_out]
        parts += self.raw
        data = b"PACK" + struct.pack(">II", 2, len(parts) if count is None else count)
        data += b"".join(parts)
        return data + hashlib.sha1(data).digest()


class Answer:
    def __init__(self):
        self.text = b""     # what a client prints behind "remote: "
        self.report = b""   # unpack ok, ok REF, ng REF why
        self.seconds = 0.0  # of all of it
        self.hooks = 0.0    # from pre-receive's beginning on; 0: it was not run
        self.status = None


def sorted_entries(entries):
    return sorted(entries, key=lambda e: e[1] + (b"/" if e[0] in (b"40000", b"040000") else b""))


def _packets(data):
    while len(data) >= 4:
        n = int(data[:4], 16)
        if n == 0:
            data = data[4:]
            continue
        yield data[4:n]
        data = data[n:]


def push(repo, updates, pack, options=(), env=None, limit=60):
    """What `git push` would do, with whatever is in `updates` and `pack`."""
    answer = Answer()
    child = subprocess.Popen(["git", "receive-pack", repo], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    while True:  # what it has
        size = int(child.stdout.read(4) or b"0", 16)
        if size == 0:
            break
        child.stdout.read(size - 4)
    request = b""
    for i, (old, new, ref) in enumerate(updates):
        caps = b"\0 report-status side-band-64k agent=hostile" + (b" push-options" if options else b"")
        request += pkt(old + b" " + new + b" " + ref + (caps if i == 0 else b""))
    request += b"0000" + b"".join(pkt(o) for o in options) + (b"0000" if options else b"") + pack

    def send():
        try:
            child.stdin.write(request)
            child.stdin.close()
        except OSError:
            pass

    began = time.monotonic()
    sender = threading.Thread(target=send)
    sender.start()
    killer = threading.Timer(limit, child.kill)
    killer.start()
    out = child.stdout.read()
    errors = child.stderr.read()
    answer.status = child.wait()
    answer.seconds = time.monotonic() - began
    killer.cancel()
    sender.join()
    try:
        for packet in _packets(out):
            if packet[:1] in b"\2\3":
                answer.text += packet[1:]
            elif packet[:1] == b"\1":
                answer.report += b"".join(p for p in _packets(packet[1:]))
            else:
                answer.report += packet
    except ValueError:
        answer.report += out
    answer.text += errors
    return answer


def environment(home):
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "LC_ALL": "C", "TZ": "UTC",
            "GIT_CONFIG_NOSYSTEM": "1", "USER": "mallory", "SHELL": os.environ.get("SHELL", "/bin/sh"),
            "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com",
            "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com"}
