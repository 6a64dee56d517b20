import importlib
import os
import shlex
import signal
import sys

try:
    from socketserver import ThreadingMixIn
except ImportError:
    from SocketServer import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

# Options that take a value; all but --bind are read and left alone.
VALUED = ("-b", "--bind", "-w", "--workers", "-k", "--worker-class", "--log-file", "--access-logfile",
          "--error-logfile", "--log-level", "--timeout", "--threads", "--worker-tmp-dir", "--max-requests")


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    def address_string(self):
        return self.client_address[0]

    def log_message(self, format, *args):
        sys.stdout.write('%s "%s"\n' % (self.client_address[0], format % args))
        sys.stdout.flush()


def parse(words, bind):
    target = None
    words = list(words)
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if word.startswith("-"):
            if name in VALUED and not equals:
                value = words.pop(0) if words else ""
            if name in ("-b", "--bind"):
                bind = value
        else:
            target = word
    return target, bind


def run():
    bind = "127.0.0.1:8000"
    if os.environ.get("PORT"):
        bind = "0.0.0.0:" + os.environ["PORT"]
    _, bind = parse(shlex.split(os.environ.get("GUNICORN_CMD_ARGS", "")), bind)
    target, bind = parse(sys.argv[1:], bind)
    if not target:
        sys.exit("Error: No application module specified.")
    sys.path.insert(0, os.getcwd())
    module, _, name = target.partition(":")
    application = getattr(importlib.import_module(module), name or "application")
    host, _, port = bind.rpartition(":")
    signal.signal(signal.SIGTERM, lambda *a: os._exit(0))
    server = make_server(host or "127.0.0.1", int(port), application, Server, Handler)
    sys.stdout.write("Listening at: http://%s (%d)\n" % (bind, os.getpid()))
    sys.stdout.flush()
    server.serve_forever()
