#!/usr/bin/env python3
"""What Gitaly does around custom hooks, for tests: the hooks are children of a daemon, not of git.

    gitaly.py serve SOCKET      the daemon; runs the custom hooks of whoever asks
    REPO/hooks/pre-receive      a link to this file: asks the daemon, hands on what it prints (gitaly-hooks)
    gitaly.py web SOCKET REPO REF FROM NEW
                                an edit on the web: no receive-pack at all; what the hooks printed is the answer

As in Gitaly (internal/gitaly/hook/custom.go, updateref/update_with_hooks.go, internal/command):
custom_hooks/NAME, then custom_hooks/NAME.d/*, then CUSTOM_HOOKS_DIR/NAME.d/*, by name, without those that end in
"~", are folders or cannot be run; the first one that fails ends it. The environment is a list of what
may pass. Each hook leads a process group, which gets SIGTERM when its caller is gone, and the hook
itself SIGKILL right after (Go's CommandContext).

Around it, for what a test wants to see (all read by the daemon from SOCKET.d/NAME when it exists):
    ref-delay          seconds between pre-receive and the ref, on the web
    no-post-receive    the ref moves, and nobody runs post-receive
    soft               no SIGKILL behind the SIGTERM
"""
import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

PASSED = """HOME PATH LD_LIBRARY_PATH TZ GIT_TRACE GIT_TRACE_PACK_ACCESS GIT_TRACE_PACKET GIT_TRACE_PERFORMANCE
GIT_TRACE_SETUP GIT_EXEC_PATH GIT_DEFAULT_REF_FORMAT all_proxy http_proxy HTTP_PROXY https_proxy HTTPS_PROXY
no_proxy NO_PROXY""".split()
GL = {"GL_REPOSITORY": "project-1", "GL_PROJECT_PATH": "group/project", "GL_ID": "user-1", "GL_USERNAME": "root",
      "GL_PROTOCOL": "http"}


def knob(name):
    """The content of SOCKET.d/NAME, or None."""
    try:
        with open(os.path.join(SOCKET + ".d", name)) as file:
            return file.read().strip()
    except OSError:
        return None


def usable(path):
    return not path.endswith("~") and os.path.isfile(path) and os.access(path, os.X_OK)


def hooks_of(repo, name):
    own = os.path.join(repo, "custom_hooks", name)
    found = [own] if usable(own) else []
    for folder in (own + ".d", os.path.join(os.environ.get("CUSTOM_HOOKS_DIR", "/nonexistent"), name + ".d")):
        if os.path.isdir(folder):
            found += [p for p in (os.path.join(folder, n) for n in sorted(os.listdir(folder))) if usable(p)]
    return found


def environment(request, name):
    env = {k: os.environ[k] for k in PASSED if k in os.environ}
    options = request.get("options", [])
    if options and name != "update":
        env["GIT_PUSH_OPTION_COUNT"] = str(len(options))
        env.update({"GIT_PUSH_OPTION_%d" % i: o for i, o in enumerate(options)})
    env.update(request.get("objects", {}))
    env.update(GL, CORRELATION_ID="01TESTS", GIT_DIR=request["repo"])
    env.update(request.get("gl", {}))
    return env


def end(child):
    try:
        os.killpg(child.pid, signal.SIGTERM)
        if knob("soft") is None:
            child.kill()
    except ProcessLookupError:
        pass


def run(request, name, say, gone):
    """All custom hooks of one kind; the exit status. gone() blocks until the caller has gone away."""
    data = base64.b64decode(request.get("stdin", ""))
    for path in hooks_of(request["repo"], name):
        child = subprocess.Popen([path] + request.get("args", []), cwd=request["repo"],
                                 env=environment(request, name), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, process_group=0)
        pumps = [threading.Thread(target=pump, args=(stream, mark, say))
                 for stream, mark in ((child.stdout, b"o"), (child.stderr, b"e"))]
        watch = threading.Thread(target=lambda c=child: gone() and end(c), daemon=True)
        for thread in pumps + [watch]:
            thread.start()
        try:
            child.stdin.write(data)
            child.stdin.close()
        except BrokenPipeError:
            pass
        for thread in pumps:
            thread.join()
        if child.wait():
            return 1
    return 0


def pump(stream, mark, say):
    while True:
        chunk = os.read(stream.fileno(), 65536)
        if not chunk:
            return
        say(mark, chunk)


def web(request, say):
    """UpdaterWithHooks.UpdateReference: the commit's new objects in a quarantine, hooks, the ref."""
    repo, ref, new = request["repo"], request["ref"], request["new"]
    old = subprocess.run(["git", "-C", repo, "rev-parse", "-q", "--verify", ref], capture_output=True,
                         text=True).stdout.strip() or "0" * len(new)
    quarantine = request["quarantine"]
    call = {"repo": repo, "gl": {"GL_PROTOCOL": "web"},
            "stdin": base64.b64encode(("%s %s %s\n" % (old, new, ref)).encode()).decode(),
            "objects": {"GIT_OBJECT_DIRECTORY": quarantine,
                        "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.path.join(repo, "objects")}}
    never = threading.Event()
    code = run(call, "pre-receive", say, never.wait)
    if not code:
        shutil.copytree(quarantine, os.path.join(repo, "objects"), dirs_exist_ok=True)
    shutil.rmtree(quarantine)
    if code:
        return code
    time.sleep(float(knob("ref-delay") or 0))
    subprocess.run(["git", "-C", repo, "update-ref", ref, new, old], check=True)
    if knob("no-post-receive") is None:
        del call["objects"]
        run(call, "post-receive", say, never.wait)
    return 0


def answer(connection):
    with connection:
        reader = connection.makefile("rb")
        request = json.loads(reader.readline())
        lock = threading.Lock()

        def say(mark, chunk):
            with lock:
                try:
                    connection.sendall(mark + len(chunk).to_bytes(4, "big") + chunk)
                except OSError:
                    pass

        def gone():
            reader.read(1)
            return True

        if request["hook"] == "web":
            code = web(request, say)
        elif request["hook"] == "post-receive" and knob("no-post-receive") is not None:
            code = 0
        else:
            code = run(request, request["hook"], say, gone)
        say(b"x", bytes([code]))


def serve():
    server = socket.socket(socket.AF_UNIX)
    server.bind(SOCKET)
    server.listen(64)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def ask(path, request):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    connection.sendall(json.dumps(request).encode() + b"\n")
    reader = connection.makefile("rb")
    while True:
        mark = reader.read(1)
        if not mark:
            return 1
        chunk = reader.read(int.from_bytes(reader.read(4), "big"))
        if mark == b"x":
            return chunk[0]
        out = sys.stdout if mark == b"o" else sys.stderr
        out.buffer.write(chunk)
        out.flush()


def hook(name):
    """gitaly-hooks: what git runs, by a link that core.hooksPath names."""
    env = os.environ
    repo = os.path.realpath(env["GIT_DIR"])
    request = {"hook": name, "repo": repo, "args": sys.argv[1:],
               "objects": {k: env[k] for k in ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES") if k in env},
               "options": [env["GIT_PUSH_OPTION_%d" % i] for i in range(int(env.get("GIT_PUSH_OPTION_COUNT") or 0))],
               "gl": {k: env["AS_" + k] for k in GL if "AS_" + k in env}}
    if name != "update":
        request["stdin"] = base64.b64encode(sys.stdin.buffer.read()).decode()
    return ask(os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "socket"), request)


def edit():
    """A web edit: the commit NEW of another repository, its objects packed into a quarantine of REPO."""
    path, repo, ref, source, new = sys.argv[2:7]
    repo = os.path.realpath(repo)
    quarantine = tempfile.mkdtemp(prefix="tmp_objdir-quarantine-", dir=os.path.join(repo, "objects"))
    os.makedirs(os.path.join(quarantine, "pack"))
    names = subprocess.run(["git", "-C", source, "rev-list", "--objects", new], capture_output=True, check=True).stdout
    subprocess.run(["git", "-C", source, "pack-objects", "-q", os.path.join(quarantine, "pack", "pack")],
                   input=b"".join(line.split(b" ")[0].strip() + b"\n" for line in names.splitlines()),
                   stdout=subprocess.DEVNULL, check=True)
    return ask(path, {"hook": "web", "repo": repo, "ref": ref, "new": new, "quarantine": quarantine})


called = os.path.basename(sys.argv[0])
if called in ("pre-receive", "update", "post-receive"):
    sys.exit(hook(called))
SOCKET = os.path.abspath(sys.argv[2])
sys.exit(serve() if sys.argv[1] == "serve" else edit())
