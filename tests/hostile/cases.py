"""What is pushed: each case a name and how its objects are made. expected.txt says what comes of it."""

import hashlib
import struct
import sys
import zlib

from packs import Store, ZERO, size_header, sorted_entries, varint

ALL = []
FILE, EXEC, LINK, DIR, SUB = b"100644", b"100755", b"120000", b"40000", b"160000"
MAIN = b"refs/heads/main"
ONES = b"1" * 40
RAW = bytes.fromhex(hashlib.sha1(b"blob 0\0").hexdigest())
FILES = {b"Procfile": b"web: python app.py\n", b"app.py": b"print(1)\n", b"requirements.txt": b"",
         b".python-version": b"%d.%d\n" % sys.version_info[:2]}


def base_entries(store, without=()):
    return [(FILE, name, store.blob(data)) for name, data in FILES.items() if name not in without]


class Shot:
    """One push, ready to send."""

    def __init__(self, store, updates, options=(), pack=None, git_prints_raw=False):
        self.store = store
        self.updates = updates
        self.options = options
        self.bytes = pack
        self.git_prints_raw = git_prints_raw

    def pack(self):
        return self.store.pack() if self.bytes is None else self.bytes


# pip itself runs in these, and looks for what is not there.
SLOW = {"requirements-url", "requirements-file-url", "requirements-secret", "requirements-escape",
        "requirements-continued", "requirements-option", "requirements-config", "requirements-coding", "requirements-name",
        "requirements-broken"}


class Case:
    def __init__(self, name, make):
        self.name = name
        self.make = make
        ALL.append(self)


def case(name):
    def register(make):
        Case(name, make)
        return make
    return register


def deploy(store, base, tree, **more):
    """The commit of `tree` on top of what is there, for main."""
    commit = store.commit(tree, [base], **more)
    return Shot(store, [(base, commit, MAIN)])


def of_entries(name, entries, ordered=True, without=()):
    """A tree of the app plus `entries`: (mode, name, id or the bytes of a file, or a function of the store)."""
    def make(base):
        store = Store()
        whole = base_entries(store, without)
        for mode, path, data in entries:
            whole.append((mode, path, data(store) if callable(data) else store.blob(data)))
        return deploy(store, base, store.tree(sorted_entries(whole) if ordered else whole))
    Case(name, make)


def of_file(name, path, data, mode=FILE):
    of_entries(name, [(mode, path, data)], without=(path,))


def folder(*entries):
    return lambda store: store.tree(sorted_entries([
        (mode, name, data(store) if callable(data) else store.blob(data)) for mode, name, data in entries]))


ONE = folder((FILE, b"x", b"x\n"))

# Names that are a way to write .git -------------------------------------------------------------

for label, spelling in {
        "plain": b".git", "upper": b".GIT", "mixed": b".GiT", "short": b"git~1", "short-upper": b"GIT~1",
        "blank": b".git ", "dot": b".git.", "dots": b".git ...", "stream": b".git::$INDEX_ALLOCATION",
        "stream-short": b"git~1:x", "zwnj": ".g\u200cit".encode(), "zwj": ".gi\u200dt".encode(),
        "bom": "\ufeff.git".encode(), "zwnj-end": ".git\u200c".encode(), "rlo": ".g\u202eit".encode(),
        "backslash": b"a\\.git\\x", "backslash-first": b".git\\config", "backslash-short": b"a\\GIT~1"}.items():
    of_entries("dotgit-folder-" + label, [(DIR, spelling, ONE)])
of_entries("dotgit-file", [(FILE, b".git", b"gitdir: /etc\n")])
of_entries("dotgit-link", [(LINK, b".git", b"/etc")])
of_entries("dotgit-submodule", [(SUB, b".git", lambda s: ONES)])
of_entries("dotgit-below", [(DIR, b"a", folder((DIR, b"b", folder((DIR, b".GIT", ONE)))))])
of_entries("dotgit-hooks", [(DIR, b".git", folder((DIR, b"hooks", folder((EXEC, b"post-checkout", b"#!/bin/sh\n")))))])
of_entries("dotgit-almost", [(FILE, b".gitx", b"x"), (FILE, b"git~2", b"x"), (FILE, b"..git", b"x")])

# Entries that no folder can have ----------------------------------------------------------------

for label, odd in {"dotdot": b"..", "dot": b".", "empty": b"", "slash": b"a/b", "absolute": b"/etc",
                   "up": b"../x", "up-up": b"../../../../canary"}.items():
    of_entries("entry-file-" + label, [(FILE, odd, b"x")])
    of_entries("entry-folder-" + label, [(DIR, odd, ONE)])
    of_entries("entry-below-" + label, [(DIR, b"sub", folder((FILE, odd, b"x")))])
of_entries("entry-link-dotdot", [(LINK, b"..", b"/etc")])
of_entries("entry-twice", [(FILE, b"x", b"1"), (FILE, b"x", b"2")])
of_entries("entry-twice-folder", [(DIR, b"x", ONE), (DIR, b"x", ONE)])
of_entries("entry-file-and-folder", [(FILE, b"x", b"1"), (DIR, b"x", ONE)])
of_entries("entry-file-and-folder-apart", [(FILE, b"x", b"1"), (FILE, b"x.y", b"1"), (DIR, b"x", ONE)])
of_entries("entry-link-and-folder", [(LINK, b"x", b"/etc"), (DIR, b"x", ONE)])
of_entries("entry-procfile-twice", [(FILE, b"Procfile", b"web: evil\n")])
of_entries("entry-unsorted", [(FILE, b"zz", b"1"), (FILE, b"aa", b"2")], ordered=False)
of_entries("entry-unsorted-folder", [(DIR, b"x", ONE), (FILE, b"x.y", b"1")], ordered=False)
of_entries("entry-case", [(FILE, b"APP.PY", b"x"), (FILE, b"App.py", b"x")])
of_entries("entry-case-link-and-folder", [(LINK, b"A", b"/etc"), (DIR, b"a", ONE)])
of_entries("entry-null-id", [(FILE, b"x", lambda s: ZERO)])
of_entries("entry-name-255", [(FILE, b"n" * 255, b"x")])
of_entries("entry-name-256", [(FILE, b"n" * 256, b"x")])
of_entries("entry-name-65536", [(FILE, b"n" * 65536, b"x")])


def raw_tree(name, data):
    @case(name)
    def _make(base):
        store = Store()
        good = b"".join(m + b" " + n + b"\0" + bytes.fromhex(i.decode())
                        for m, n, i in sorted_entries(base_entries(store)))
        return deploy(store, base, store.add("tree", good + data))


raw_tree("tree-cut-in-id", b"100644 x\0" + RAW[:7])
raw_tree("tree-cut-in-name", b"100644 x")
raw_tree("tree-cut-in-mode", b"1006")
raw_tree("tree-no-blank", b"100644x\0" + RAW)
raw_tree("tree-garbage", bytes(range(256)))
raw_tree("tree-nul", b"\0" * 40)

# Symlinks ---------------------------------------------------------------------------------------

for label, target in {"absolute": b"/etc/passwd", "up": b"../../etc/passwd", "up-inside": b"a/../../x",
                      "nul": b"a\0b", "empty": b"", "4095": b"x" * 4095, "5000": b"x" * 5000,
                      "newline": b"a\nb", "escape": b"\x1b[2Jx", "self": b"link", "inside": b"app.py",
                      "root": b"/", "dot": b".", "proc": b"/proc/self/root"}.items():
    of_entries("link-" + label, [(LINK, b"link", target)])
of_entries("link-loop", [(LINK, b"l1", b"l2"), (LINK, b"l2", b"l1")])
of_entries("link-10mb", [(LINK, b"link", b"x" * 10_000_000)])
of_entries("link-procfile-out", [(LINK, b"Procfile", b"/etc/passwd")], without=(b"Procfile",))
of_entries("link-procfile-loop", [(LINK, b"Procfile", b"Procfile")], without=(b"Procfile",))
of_entries("link-procfile-inside", [(LINK, b"Procfile", b"p/q"), (DIR, b"p", folder((FILE, b"q", b"web: python app.py\n")))],
           without=(b"Procfile",))
of_entries("link-procfile-folder", [(LINK, b"Procfile", b"p"), (DIR, b"p", ONE)], without=(b"Procfile",))
of_entries("link-requirements-out", [(LINK, b"requirements.txt", b"../../../../etc/passwd")], without=(b"requirements.txt",))
of_entries("link-requirements-chain", [(LINK, b"requirements.txt", b"c0")] +
           [(LINK, b"c%d" % i, b"c%d" % (i + 1)) for i in range(60)], without=(b"requirements.txt",))
of_entries("link-python-version-out", [(LINK, b".python-version", b"/etc/hostname")], without=(b".python-version",))
of_entries("link-slugignore-out", [(LINK, b".slugignore", b"/etc/passwd")])
of_entries("link-dotslugbuild", [(LINK, b".slugbuild", b"/tmp")])
of_entries("link-gitmodules", [(LINK, b".gitmodules", b"/etc/passwd")])
of_entries("link-gitattributes", [(LINK, b".gitattributes", b"/etc/passwd")])

# Modes ------------------------------------------------------------------------------------------

for mode in ("100600", "100640", "100664", "100666", "100744", "100775", "100777", "100000", "0100644",
             "104755", "106755", "101644", "020666", "060644", "010644", "140644", "120777", "120644",
             "0", "7", "777777", "1777777777", "100644100644", "10064a", "-100644", "+100644", "0x81a4",
             "100648", " 100644", "99999999999999999999"):
    of_entries("mode-" + mode.replace(" ", "blank-"), [(mode.encode(), b"x", b"x")])
for mode in ("40755", "040000", "0040000", "47777"):
    of_entries("mode-folder-" + mode, [(mode.encode(), b"x", ONE)])
of_entries("mode-submodule-160755", [(b"160755", b"x", lambda s: ONES)])
of_entries("mode-folder-as-file", [(FILE, b"x", ONE)])
of_entries("mode-file-as-folder", [(DIR, b"x", b"x")])
of_entries("mode-file-as-submodule", [(SUB, b"x", b"x")])

# Submodules and attributes ----------------------------------------------------------------------

for label, text in {
        "option-url": b'[submodule "x"]\n\tpath = x\n\turl = -u./x\n',
        "option-path": b'[submodule "x"]\n\tpath = -x\n\turl = https://example.com/x\n',
        "cr-path": b'[submodule "x"]\n\tpath = "x\r"\n\turl = https://example.com/x\n',
        "update-command": b'[submodule "x"]\n\tpath = x\n\tupdate = !touch /tmp/hit\n\turl = https://example.com/x\n',
        "name-up": b'[submodule "../../x"]\n\tpath = x\n\turl = https://example.com/x\n',
        "broken": b'[submodule "x\n'}.items():
    of_entries("submodule-" + label, [(FILE, b".gitmodules", text), (SUB, b"x", lambda s: ONES)])
of_entries("submodule-alone", [(SUB, b"x", lambda s: ONES)])
of_entries("submodule-escape", [(SUB, b"x\x1b[2J", lambda s: ONES)])
for label, text in {"filter": b"* filter=evil\n", "eol": b"* text eol=crlf\n", "ident": b"* ident\n",
                    "export": b"app.py export-ignore\n* export-subst\n", "long": b"* " + b"a" * 3_000_000 + b"\n",
                    "encoding": b"* working-tree-encoding=UTF-16\n"}.items():
    of_file("attributes-" + label, b".gitattributes", text)

# Names that print -------------------------------------------------------------------------------

for label, odd in {
        "escape": b"a\x1b[2Jb", "newline": b"a\nb", "cr": b"a\rb", "tab": b"a\tb", "bell": b"a\x07", "delete": b"a\x7f",
        "latin1": b"caf\xe9", "c1": "a\u009b2J".encode(), "bidi": "a\u202ecod.py".encode(), "utf8": "café".encode(),
        "overlong": b"a\xc0\xafb", "surrogate": b"a\xed\xa0\x80", "line-separator": "a\u2028b".encode(),
        "dash": b"-rf", "double-dash": b"--help", "quote": b"a'b\"c", "command": b"$(touch hit)", "backtick": b"`id`",
        "glob": b"*", "blank": b" ", "semicolon": b"a;b", "percent": b"%n%s", "backslash": b"a\\b",
        "zero-width": "a\u200bb".encode(), "tilde": b"~root", "con": b"CON"}.items():
    of_entries("name-" + label, [(FILE, odd, b"x"), (DIR, b"d" + odd, ONE)])
of_entries("name-everything", [(FILE, bytes(c for c in range(1, 128) if c != 47), b"x")])
of_entries("name-path-1024", [(DIR, b"a" * 200, folder((DIR, b"b" * 200, folder((DIR, b"c" * 200, folder(
    (DIR, b"d" * 200, folder((FILE, b"e" * 220, b"x")))))))))])
of_entries("name-path-1025", [(DIR, b"a" * 204, folder((DIR, b"b" * 204, folder((DIR, b"c" * 204, folder(
    (DIR, b"d" * 204, folder((FILE, b"e" * 205, b"x")))))))))])

# Too much ---------------------------------------------------------------------------------------


def nested(store, depth, entry, fan=1):
    """`fan` times the same folder in a folder, `depth` deep."""
    tree = store.tree([entry])
    for _ in range(depth):
        tree = store.tree([(DIR, b"%02d" % i, tree) for i in range(fan)])
    return tree


def bomb(name, depth, fan):
    @case(name)
    def _make(base):
        store = Store()
        below = nested(store, depth, (FILE, b"f", store.blob(b"x")), fan)
        return deploy(store, base, store.tree(sorted_entries(base_entries(store) + [(DIR, b"z", below)])))


for odd_place in (b"venv", b"node_modules", b".hidden"):
    @case("bomb-in-" + odd_place.decode().strip("."))
    def _hidden(base, odd_place=odd_place):
        store = Store()
        below = nested(store, 10, (FILE, b"f", store.blob(b"x")), 10)
        return deploy(store, base, store.tree(sorted_entries(base_entries(store) + [(DIR, odd_place, below)])))
bomb("bomb-10-to-the-10", 10, 10)
bomb("bomb-2-to-the-60", 60, 2)
bomb("bomb-deep-60", 58, 1)
bomb("bomb-deep-100", 100, 1)
bomb("bomb-deep-10000", 10000, 1)


@case("bomb-200001-entries")
def _many(base):
    store = Store()
    blob = store.blob(b"x")
    tree = store.tree([(FILE, b"f%06d" % i, blob) for i in range(200_001)])
    return deploy(store, base, store.tree(sorted_entries(base_entries(store) + [(DIR, b"z", tree)])))


@case("bomb-300000-entries")
def _wide(base):
    store = Store()
    blob = store.blob(b"x")
    tree = store.tree([(FILE, b"%06d" % i, blob) for i in range(300_000)])
    return deploy(store, base, store.tree(sorted_entries(base_entries(store) + [(DIR, b"z", tree)])))


of_entries("bomb-zeros-40mb", [(FILE, b"zeros", b"\0" * (40 << 20))])


@case("bomb-same-zeros-5000-times")
def _same(base):
    store = Store()
    blob = store.blob(b"\0" * (20 << 20))
    tree = store.tree([(FILE, b"f%04d" % i, blob) for i in range(5000)])
    return deploy(store, base, store.tree(sorted_entries(base_entries(store) + [(DIR, b"z", tree)])))


def delta(base_id, base_size, size, ops):
    body = varint(base_size) + varint(size) + ops
    return size_header(7, len(body)) + bytes.fromhex(base_id.decode()) + zlib.compress(body)


COPY_64K = b"\x80"  # offset 0, size 0x10000


@case("bomb-delta")
def _delta(base):
    store = Store()
    data = b"\0" * 65536
    blob = store.blob(data)
    store.raw.append(delta(blob, 65536, 65536 * 500, COPY_64K * 500))
    made = hashlib.sha1(b"blob %d\0" % (65536 * 500) + data * 500).hexdigest().encode()
    return deploy(store, base, store.tree(sorted_entries(base_entries(store) + [(FILE, b"big", made)])))


# Objects that are not there, not whole, not what is said ----------------------------------------

of_entries("object-missing-file", [(FILE, b"x", lambda s: s.missing("blob", b"gone"))])
of_entries("object-missing-procfile", [(FILE, b"Procfile", lambda s: s.missing("blob", b"gone"))], without=(b"Procfile",))
of_entries("object-missing-folder", [(DIR, b"x", lambda s: s.missing("tree", b"100644 y\0" + RAW))])
of_entries("object-missing-link", [(LINK, b"x", lambda s: s.missing("blob", b"gone"))])
of_entries("object-commit-as-file", [(FILE, b"x", lambda s: s.commit(s.tree([])))])
of_entries("object-commit-as-folder", [(DIR, b"x", lambda s: s.commit(s.tree([])))])
of_entries("object-tag-as-file", [(FILE, b"x", lambda s: s.tag(s.blob(b"x"), "blob"))])
of_entries("object-procfile-is-folder", [(DIR, b"Procfile", ONE)], without=(b"Procfile",))
of_entries("object-procfile-is-submodule", [(SUB, b"Procfile", lambda s: ONES)], without=(b"Procfile",))
of_entries("object-requirements-is-folder", [(DIR, b"requirements.txt", ONE)], without=(b"requirements.txt",))
of_entries("object-empty-folder", [(DIR, b"x", folder())])


@case("object-missing-tree")
def _no_tree(base):
    store = Store()
    return deploy(store, base, store.missing("tree", b"100644 x\0" + RAW))


@case("object-tree-is-blob")
def _blob_tree(base):
    store = Store()
    return deploy(store, base, store.blob(b"no tree"))


@case("object-tree-is-commit")
def _commit_tree(base):
    store = Store()
    return deploy(store, base, base)


@case("object-missing-parent")
def _no_parent(base):
    store = Store()
    tree = store.tree(sorted_entries(base_entries(store)))
    return Shot(store, [(base, store.commit(tree, [store.missing("commit", b"tree x")]), MAIN)])


@case("object-missing-commit")
def _no_commit(base):
    store = Store()
    store.blob(b"something")
    return Shot(store, [(base, ONES, MAIN)])


@case("object-empty-tree")
def _empty(base):
    store = Store()
    return deploy(store, base, store.tree([]))


def of_pack(name, change):
    """The right objects in a wrong pack."""
    @case(name)
    def _make(base):
        store = Store()
        shot = deploy(store, base, store.tree(sorted_entries(base_entries(store) + [(FILE, b"x", store.blob(b"new"))])))
        shot.bytes = change(store, store.pack())
        return shot


def sealed(data):
    return data + hashlib.sha1(data).digest()


of_pack("pack-truncated", lambda s, p: p[:len(p) // 2])
of_pack("pack-cut-at-end", lambda s, p: p[:-1])
of_pack("pack-bad-sum", lambda s, p: p[:-1] + bytes([p[-1] ^ 1]))
of_pack("pack-empty", lambda s, p: b"")
of_pack("pack-no-objects", lambda s, p: sealed(b"PACK" + struct.pack(">II", 2, 0)))
of_pack("pack-garbage", lambda s, p: b"GARBAGE" * 100)
of_pack("pack-version-9", lambda s, p: sealed(b"PACK" + struct.pack(">II", 9, 1) + p[12:-20]))
of_pack("pack-count-more", lambda s, p: s.pack(count=100))
of_pack("pack-count-less", lambda s, p: s.pack(count=1))
of_pack("pack-count-most", lambda s, p: s.pack(count=0xffffffff))
of_pack("pack-flipped", lambda s, p: sealed(p[:40] + bytes([p[40] ^ 0xff]) + p[41:-20]))


def of_raw(name, entry):
    @case(name)
    def _make(base):
        store = Store()
        shot = deploy(store, base, store.tree(sorted_entries(base_entries(store) + [(FILE, b"x", store.blob(b"new"))])))
        store.raw.append(entry)
        return shot


of_raw("pack-size-2-to-the-60", size_header(3, 1 << 60) + zlib.compress(b"small"))
of_raw("pack-size-less", size_header(3, 2) + zlib.compress(b"longer than two"))
of_raw("pack-kind-5", size_header(5, 3) + zlib.compress(b"abc"))
of_raw("pack-kind-0", size_header(0, 3) + zlib.compress(b"abc"))
of_raw("pack-bad-zlib", size_header(3, 3) + b"\xff\xff\xff\xff")
of_raw("pack-delta-no-base", delta(ONES, 3, 3, b"\x03abc"))
of_raw("pack-delta-lies", delta(hashlib.sha1(b"blob 3\0new").hexdigest().encode(), 3, 1 << 50, b"\x91\x00\x03"))
of_raw("pack-delta-past-end", delta(hashlib.sha1(b"blob 3\0new").hexdigest().encode(), 3, 100, b"\x90\x64"))
of_raw("pack-delta-op-0", delta(hashlib.sha1(b"blob 3\0new").hexdigest().encode(), 3, 3, b"\x00"))
of_raw("pack-ofs-delta-before-start", size_header(6, 4) + b"\xff\xff\xff\x7f" + zlib.compress(b"\3\3\3a"))

# Commits and tags -------------------------------------------------------------------------------


def of_commit(name, message=b"x\n", head=None):
    @case(name)
    def _make(base):
        store = Store()
        return deploy(store, base, store.tree(sorted_entries(base_entries(store))), message=message, head=head)


WHO = b"author A <a@b> 1700000000 +0000\ncommitter A <a@b> 1700000000 +0000"
of_commit("commit-no-author", head=b"committer A <a@b> 1 +0000")
of_commit("commit-no-people", head=b"x-nothing y")
of_commit("commit-author-twice", head=WHO + b"\nauthor B <b@c> 1 +0000")
of_commit("commit-author-no-mail", head=b"author A\ncommitter A")
of_commit("commit-author-empty", head=b"author \ncommitter ")
of_commit("commit-author-escape", head=b"author \x1b]0;hit\x07 <a@b> 1700000000 +0000\ncommitter \x9b2J <a@b> 1700000000 +0000")
of_commit("commit-date-huge", head=b"author A <a@b> 99999999999999999999 +0000\ncommitter A <a@b> 99999999999999999999 +0000")
of_commit("commit-date-negative", head=b"author A <a@b> -1 +0000\ncommitter A <a@b> -1 +0000")
of_commit("commit-zone", head=b"author A <a@b> 1 +99999999\ncommitter A <a@b> 1 nowhere")
of_commit("commit-header-3mb", head=WHO + b"\nx-long " + b"h" * 3_000_000)
of_commit("commit-100000-headers", head=WHO + b"\nx-h y" * 100_000)
of_commit("commit-nul-in-header", head=WHO + b"\nx-h a\0b")
of_commit("commit-encoding", message=b"\xe9t\xe9\n", head=WHO + b"\nencoding ISO-8859-1")
of_commit("commit-signature", head=WHO + b"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----")
of_commit("commit-parent-short", head=b"parent 1234\n" + WHO)
of_commit("commit-tree-twice", head=b"tree " + ONES + b"\n" + WHO)
of_commit("commit-message-empty", message=b"")
of_commit("commit-message-escape", message=b"\x1b[2J\x1b]0;hit\x07 fine\r-----> Released v99\n")
of_commit("commit-message-bidi", message="\u202eevil\u2066 \u009b2J\n".encode())
of_commit("commit-message-nul", message=b"a\0b\n")
of_commit("commit-message-5mb", message=b"m" * 5_000_000 + b"\n")
of_commit("commit-message-one-line-1mb", message=b"m" * 1_000_000)
of_commit("commit-message-lines", message=b"\n" * 100_000 + b"late\n")
of_commit("commit-crlf", message=b"a\r\nb\r\n", head=WHO.replace(b"\n", b"\r\n"))


def of_object(name, kind, data):
    """Something that main cannot hold."""
    @case(name)
    def _make(base):
        store = Store()
        return Shot(store, [(base, data(store, base) if callable(data) else store.add(kind, data), MAIN)])


of_object("commit-no-tree", "commit", WHO + b"\n\nx\n")
of_object("commit-empty", "commit", b"")
of_object("commit-only-tree", "commit", b"tree " + ONES)
of_object("commit-tree-of-64", "commit", b"tree " + b"1" * 64 + b"\n" + WHO + b"\n\nx\n")
of_object("main-is-blob", "blob", b"x")
of_object("main-is-tree", "tree", b"")
of_object("main-is-tag", "tag", lambda s, b: s.tag(s.commit(s.tree(sorted_entries(base_entries(s))), [b]), "commit"))
of_object("main-is-tag-of-blob", "tag", lambda s, b: s.tag(s.blob(b"x"), "blob"))
of_object("main-is-tag-of-nothing", "tag", lambda s, b: s.tag(ONES, "commit"))
of_object("main-is-lying-tag", "tag", lambda s, b: s.tag(s.blob(b"x"), "commit"))
of_object("main-is-tag-without-object", "tag", b"type commit\ntag x\n\nx\n")


def tags_deep(store, base, depth):
    oid, kind = store.commit(store.tree(sorted_entries(base_entries(store))), [base]), "commit"
    for _ in range(depth):
        oid, kind = store.tag(oid, kind), "tag"
    return oid


of_object("main-is-17-tags", "tag", lambda s, b: tags_deep(s, b, 17))
of_object("main-is-200-tags", "tag", lambda s, b: tags_deep(s, b, 200))

# Refs and the protocol --------------------------------------------------------------------------


def of_updates(name, updates, options=(), extra=b"new", raw=False):
    """`updates` of (base, new commit)."""
    @case(name)
    def _make(base):
        store = Store()
        new = store.commit(store.tree(sorted_entries(base_entries(store) + [(FILE, b"x", store.blob(extra))])), [base])
        return Shot(store, updates(base, new), options, git_prints_raw=raw)


of_updates("ref-forged-line", lambda b, n: [(ZERO, n, b"refs/heads/x\n" + b + b" " + n + b" refs/heads/main")])
of_updates("ref-forged-create", lambda b, n: [(ZERO, n, b"refs/heads/x\n" + ZERO + b" " + n + b" refs/heads/main")])
for label, ref in {
        "escape": b"refs/heads/\x1b[2Jx", "c1": "refs/heads/\u009b2Jx".encode(), "latin1": b"refs/heads/caf\xe9",
        "bidi": "refs/heads/\u202ex".encode(), "up": b"refs/heads/../../x", "up-config": b"refs/../config",
        "head": b"HEAD", "lock": b"refs/heads/main.lock", "dash": b"refs/heads/-x", "long": b"refs/heads/" + b"x" * 2000,
        "deep": b"refs/heads/" + b"x/" * 400 + b"x", "folder-of-main": b"refs/heads/main/x", "upper": b"refs/heads/MAIN",
        "no-prefix": b"main", "tag-main": b"refs/tags/main", "replace": b"refs/replace/" + ONES, "notes": b"refs/notes/x",
        "percent": b"refs/heads/%s%n", "command": b"refs/heads/$(id)", "blank": b"refs/heads/a b", "at": b"refs/heads/@{",
        "empty": b"refs/heads/", "other": b"refs/heads/other", "own": b"refs/slugbuild/x",
        "twice-heads": b"refs/heads/refs/heads/main", "cr": b"refs/heads/main\r", "tab": b"refs/heads/main\t",
        "nul-like": b"refs/heads/main\xc0\x80"}.items():
    of_updates("ref-" + label, lambda b, n, ref=ref: [(ZERO, n, ref)], raw=label in ("escape", "c1", "latin1", "bidi", "cr", "nul-like"))
of_updates("ref-lying-old", lambda b, n: [(ONES, n, MAIN)])
of_updates("ref-old-zero", lambda b, n: [(ZERO, n, MAIN)])
of_updates("ref-old-is-new", lambda b, n: [(n, n, MAIN)])
of_updates("ref-both-zero", lambda b, n: [(ZERO, ZERO, MAIN)])
of_updates("ref-main-twice", lambda b, n: [(b, n, MAIN), (b, n, MAIN)])
of_updates("ref-delete-and-push", lambda b, n: [(b, ZERO, MAIN), (b, n, MAIN)])
of_updates("ref-main-and-replace", lambda b, n: [(b, n, MAIN), (ZERO, b, b"refs/replace/" + n)])
of_updates("ref-500", lambda b, n: [(ZERO, n, b"refs/heads/r%05d" % i) for i in range(500)])
of_updates("ref-20000", lambda b, n: [(ZERO, n, b"refs/heads/r%05d" % i) for i in range(20000)])
of_updates("ref-20000-and-main", lambda b, n: [(b, n, MAIN)] + [(ZERO, n, b"refs/heads/r%05d" % i) for i in range(20000)])
of_updates("option-unknown", lambda b, n: [(b, n, MAIN)], [b"frobnicate"])
of_updates("option-escape", lambda b, n: [(b, n, MAIN)], [b"\x1b[2J\x9b"])
of_updates("option-newline", lambda b, n: [(b, n, MAIN)], [b"a\nno-cache"])
of_updates("option-500", lambda b, n: [(b, n, MAIN)], [b"o%d" % i for i in range(500)])
of_updates("option-60kb-60-times", lambda b, n: [(b, n, MAIN)], [b"o" * 60_000] * 60)
of_updates("option-dry-run", lambda b, n: [(b, n, MAIN)], [b"dry-run"])


@case("ref-delete-main")
def _delete(base):
    return Shot(Store(), [(base, ZERO, MAIN)], pack=b"")


@case("ref-delete-nothing")
def _delete_nothing(base):
    return Shot(Store(), [(ZERO, ZERO, b"refs/heads/none")], pack=b"")


@case("ref-unrelated-history")
def _unrelated(base):
    store = Store()
    return Shot(store, [(base, store.commit(store.tree(sorted_entries(base_entries(store)))), MAIN)])


# The files that are read ------------------------------------------------------------------------

of_entries("procfile-absent", [], without=(b"Procfile",))
for label, text in {
        "empty": b"", "comments": b"# nothing\n\n", "crlf": b"web: python app.py\r\n", "bom": b"\xef\xbb\xbfweb: python app.py\n",
        "no-end": b"web: python app.py", "twice": b"web: python app.py\nweb: python app.py\n",
        "name-up": b"../x: python app.py\n", "name-blank": b"a b: python app.py\n", "name-200": b"n" * 200 + b": python app.py\n",
        "name-escape": b"web\x1b: python app.py\n", "nul": b"web: python app.py\0\n", "escape": b"web: python app.py \x1b[2J\n",
        "latin1": b"web: python app.py caf\xe9\n", "no-colon": b"python app.py\n", "no-command": b"web:\n",
        "line-10mb": b"web: " + b"x" * 10_000_000 + b"\n", "10000-types": b"".join(b"t%d: python app.py\n" % i for i in range(10_000)),
        "100mb": b"#" * 100_000_000, "shell": b"web: python app.py; $(id) `id` \"'\"\n",
        "shell-open": b"web: python app.py; $(id) `id` \"'\n", "utf16": "web: python app.py\n".encode("utf-16"),
        "colons": b":" * 5000, "spoof": b"web: python app.py\n-----> Released v99\n"}.items():
    of_file("procfile-" + label, b"Procfile", text)
for label, text in {
        "deep": b"[" * 200_000, "deep-objects": b'{"a":' * 100_000, "twice": b'{"name": "a", "name": "b"}', "int": b'{"name": 99999999999999999999}',
        "float": b'{"name": 1e9999}', "nan": b'{"name": NaN}', "comment": b'{/* */}', "bom": b'\xef\xbb\xbf{}', "surrogate": b'{"name": "\\ud800"}',
        "nul-escape": b'{"name": "\\u0000"}', "bytes": b'{"name": "\xff"}', "escape": b'{"name": "\\u001b[2J"}', "empty": b"", "array": b"[]",
        "cut": b'{"name": "x', "20mb": b'{"name": "' + b"x" * 20_000_000 + b'"}', "formation": b'{"formation": {"web": {"quantity": 1e6}}}',
        "formation-type": b'{"formation": "web"}', "health": b'{"slugbuild": {"healthPath": "/\\r\\nX: y"}}',
        "env-name": b'{"env": {"A=B\\n": {"required": true}}}', "trailing": b"{} {}"}.items():
    of_file("appjson-" + label, b"app.json", text)
for label, text in {
        "passwd": b"-r /etc/passwd\n", "up": b"-r ../../x\n", "url": b"-c http://127.0.0.1:1/c.txt\n", "file-url": b"-r file:///etc/passwd\n",
        "secret": b"--index-url http://127.0.0.1:1/${DATABASE_URL}/simple\nx==1\n", "self": b"-r requirements.txt\n",
        "utf16": "x==1\n".encode("utf-16"), "nul": b"x==1\0\n", "escape": b"x==1 \x1b[2J\n", "latin1": b"# caf\xe9\n", "continued": b"# x\\",
        "line-1mb": b"#" * 1_000_000 + b"\n", "100mb": b"#\n" * 50_000_000, "missing": b"-r nowhere.txt\n", "folder": b"-r .\n",
        "editable-up": b"-e ../../../etc\n", "absolute": b"/etc/passwd\n", "option": b"--target=/etc\n", "config": b"--config-settings=x\n",
        "coding": b"# -*- coding: utf-7 -*-\n", "broken": b"===\n", "name": b"../../x==1\n"}.items():
    of_file("requirements-" + label, b"requirements.txt", text)


@case("requirements-cycle")
def _cycle(base):
    store = Store()
    entries = base_entries(store, (b"requirements.txt",))
    entries += [(FILE, b"requirements.txt", store.blob(b"-r a.txt\n")), (FILE, b"a.txt", store.blob(b"-r requirements.txt\n"))]
    return deploy(store, base, store.tree(sorted_entries(entries)))


@case("requirements-1000-deep")
def _chain(base):
    store = Store()
    entries = base_entries(store, (b"requirements.txt",)) + [(FILE, b"requirements.txt", store.blob(b"-r r0.txt\n"))]
    entries += [(FILE, b"r%d.txt" % i, store.blob(b"-r r%d.txt\n" % (i + 1))) for i in range(1000)]
    return deploy(store, base, store.tree(sorted_entries(entries)))


@case("requirements-fan")
def _fan(base):
    """Each file twice reads the next: 2 to the 40 files, for who does not remember."""
    store = Store()
    entries = base_entries(store, (b"requirements.txt",)) + [(FILE, b"requirements.txt", store.blob(b"-r r0.txt\n"))]
    entries += [(FILE, b"r%d.txt" % i, store.blob(b"-r r%d.txt\n-r ./r%d.txt\n" % (i + 1, i + 1))) for i in range(40)]
    entries += [(FILE, b"r40.txt", store.blob(b"# end\n"))]
    return deploy(store, base, store.tree(sorted_entries(entries)))


for label, text in {
        "command": b"python-3.11.1\n; rm -rf /\n", "up": b"../../bin/sh\n", "unknown": b"python-99.1.1\n", "escape": b"python-\x1b[2J\n",
        "empty": b"", "10mb": b"3" * 10_000_000, "nul": b"3.11\0\n", "option": b"--help\n", "words": b"python-3.11.1 evil\n"}.items():
    of_entries("runtime-" + label, [(FILE, b"runtime.txt", text)], without=(b".python-version",))
    of_file("python-version-" + label, b".python-version", text)
for label, text in {"1mb": b"x\n" * 500_000, "slow": b"*a" * 100 + b"b\n", "up": b"../x\n/../../y\n", "nul": b"a\0b\n",
                    "not": b"!.git\n**/\n", "all": b"*\n", "procfile": b"Procfile\n", "brackets": b"[" * 1000 + b"\n"}.items():
    of_entries("slugignore-" + label, [(FILE, b".slugignore", text), (FILE, b"a" * 200, b"x")])
for label, text in {"pyproject-broken": b"[[[", "pyproject-20mb": b"#" * 20_000_000, "pyproject-escape": b'[project]\nname = "\\u001b[2J"\n'}.items():
    of_file(label, b"pyproject.toml", text)
of_file("env-file", b".env", b"SECRET_KEY=hunter2\nA=\x1b[2J\n")
of_file("private-key", b"id_rsa", b"-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n")
of_file("lfs-pointer", b"logo.png", b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"1" * 64 + b"\nsize 12345\n")
of_entries("own-folder", [(DIR, b".slugbuild", folder((EXEC, b"launch", b"#!/bin/sh\necho evil\n")))])
of_entries("own-folder-upper", [(DIR, b".SlugBuild", ONE)])
of_file("own-file", b".slugbuild", b"x")
of_file("profile-escape", b".profile", b"\x1b[2J")
of_entries("heroku-folder", [(DIR, b".heroku", folder((DIR, b"python", ONE)))])
of_entries("profile-d", [(DIR, b".profile.d", folder((FILE, b"x\n.sh", b"exit 1\n")))])
of_file("manage-syntax", b"manage.py", b"def (\n")
of_file("manage-escape", b"manage.py", b"print('\x1b[2J')\n\0")
of_entries("manage-link-out", [(LINK, b"manage.py", b"/etc/passwd")])
