# The probe stage: what only a running Django can tell. One start of the app's own Python, in
# the app's folder, with its dependencies and config vars:
#
#   python django_probe.py INPUT            (or - : standard input)
#
#   input   {"step": "build" (no network) or "release" (there is one), "all": bool (in the release
#            step: what the build step would ask, too), "manage": PATH or null,
#            "processes": {TYPE: COMMAND}, "migrates": bool (the release phase does), "root": "/app",
#            "old": [PATH of every migration before this push], or null: there was nothing,
#            "old_root": PATH of the release before, for the same, "said": [RULE], "app": NAME,
#            "token": TEXT}
#   output  on a line of its own, {"token": TEXT, "findings": [{rule, severity, path, line, text,
#            fix}], "failed": null or {"rule", "traceback"}, "notes": [TEXT], "state": {}}
#
# Whatever goes wrong in here, and is not surely the app's own fault, is a note and no finding. A
# run that says nothing is told by whoever started it. Python 2.7 and later, Django 1.8 and later.
from __future__ import print_function

import ast
import inspect
import io
import json
import os
import re
import shlex
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from slugbuild_database import Database  # noqa: E402
from slugbuild_migrations import Migrations  # noqa: E402
from slugbuild_statics import Statics  # noqa: E402
from slugbuild_words import first_line, named, text_of  # noqa: E402

SERVERS = ("gunicorn", "uvicorn", "daphne", "hypercorn", "waitress-serve", "granian")
# What a module surely cannot be imported for, whatever the network says.
CERTAIN = (ImportError, SyntaxError, NameError, AttributeError)
SECURITY = {
    "W001": ("SecurityMiddleware is not in MIDDLEWARE: what SECURE_... says has no effect",
             '"django.middleware.security.SecurityMiddleware", as the first of MIDDLEWARE'),
    "W002": ("other sites can show the pages in a frame",
             '"django.middleware.clickjacking.XFrameOptionsMiddleware", in MIDDLEWARE'),
    "W003": ("forms are not protected against requests from other sites",
             '"django.middleware.csrf.CsrfViewMiddleware", in MIDDLEWARE'),
    "W004": ("browsers are not told to stay with HTTPS (HSTS)", "SECURE_HSTS_SECONDS = 3600"),
    "W005": ("HSTS leaves subdomains out", "SECURE_HSTS_INCLUDE_SUBDOMAINS = True"),
    "W006": ("browsers may guess the type of what users uploaded", "SECURE_CONTENT_TYPE_NOSNIFF = True"),
    "W007": ("old browsers' filter against scripts is not asked for", "SECURE_BROWSER_XSS_FILTER = True"),
    "W008": ("plain HTTP is not redirected to HTTPS",
             'SECURE_SSL_REDIRECT = True\n'
             'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")'),
    "W009": ("SECRET_KEY is short, or the one that startproject made",
             "slugbuild config:set SECRET_KEY=... -a %(app)s"),
    "W010": ("the session cookie is sent over plain HTTP too", "SESSION_COOKIE_SECURE = True"),
    "W011": ("the session cookie is sent over plain HTTP too", "SESSION_COOKIE_SECURE = True"),
    "W012": ("the session cookie is sent over plain HTTP too", "SESSION_COOKIE_SECURE = True"),
    "W013": ("scripts can read the session cookie", "SESSION_COOKIE_HTTPONLY = True"),
    "W014": ("scripts can read the session cookie", "SESSION_COOKIE_HTTPONLY = True"),
    "W015": ("scripts can read the session cookie", "SESSION_COOKIE_HTTPONLY = True"),
    "W016": ("the CSRF cookie is sent over plain HTTP too", "CSRF_COOKIE_SECURE = True"),
    "W017": ("scripts can read the CSRF cookie", "CSRF_COOKIE_HTTPONLY = True"),
    "W018": ("DEBUG is on", 'DEBUG = os.environ.get("DEBUG") == "1"'),
    "W019": ("pages of the same site can show the pages in a frame", 'X_FRAME_OPTIONS = "DENY"'),
    "W020": ("ALLOWED_HOSTS is empty", 'ALLOWED_HOSTS = ["www.example.com"]'),
    "W021": ("HSTS is not meant for the browsers' preload lists", "SECURE_HSTS_PRELOAD = True"),
    "W022": ("other sites are told which page a visitor came from",
             'SECURE_REFERRER_POLICY = "same-origin"'),
    "W025": ("a key in SECRET_KEY_FALLBACKS is short, or the one that startproject made",
             "take it out: what it signed is no longer trusted"),
}
KEPT = []  # our own modules: Python 2 would empty them
TEXT_MAX = 40000  # of a traceback
ANSWER_MAX = 60000  # a longer line reaches the build in parts
SAID_BEFORE = {"W018": "settings-debug", "W020": "settings-allowed-hosts",
               "W009": "secret-key-literal"}


class Probe(Database, Migrations, Statics):
    def __init__(self, given):
        self.given = given
        self.root = os.path.realpath(given["root"])
        self.app = given.get("app") or "APP"
        self.findings = []
        self.notes = []
        self.failed = None
        self.state = {}  # what is no finding: which database there is, how far it is

    def add(self, rule, text, path=None, line=0, fix=None, severity=None):
        self.findings.append({"rule": rule, "text": text, "path": path, "line": line, "fix": fix,
                              "severity": severity})

    def ours(self, path):
        """The path in the app, or None: somebody else's."""
        path = os.path.realpath(path or "")
        if not path.startswith(self.root + os.sep):
            return None
        path = path[len(self.root) + 1:]
        parts = path.split(os.sep)
        if parts[0] == ".slugbuild" or "site-packages" in parts:
            return None
        return path[:-1] if path.endswith(".pyc") else path

    # -- settings ---------------------------------------------------------------------------------

    def settings_name(self):
        if os.environ.get("DJANGO_SETTINGS_MODULE"):
            return os.environ["DJANGO_SETTINGS_MODULE"]
        for module, _ in self.callables():
            name = named_in(self.file_of(module))
            if name:
                return name
        return named_in(os.path.join(self.root, self.given["manage"] or ""))

    def file_of(self, module):
        tail = module.replace(".", "/")
        for place in sys.path:
            for end in (".py", "/__init__.py"):
                path = os.path.join(place or ".", tail + end)
                if os.path.isfile(path) and self.ours(path):
                    return path
        return None

    def callables(self):
        """(module, attribute) of each server in the Procfile that serves a module of ours."""
        for command in self.given["processes"].values():
            words = split(command)
            if not any(os.path.basename(word) in SERVERS for word in words):
                continue
            for word in words:
                match = re.match(r"^([A-Za-z_]\w*(?:\.\w+)*)(?::([\w.]+))?$", word)
                if match and ("." in word or ":" in word) and self.file_of(match.group(1)):
                    yield match.group(1), match.group(2) or "application"
                    break

    def start(self):
        """Django, set up; False where the rest cannot be asked."""
        name = self.settings_name()
        if not name:
            self.notes.append("no settings module is named")
            return False
        os.environ["DJANGO_SETTINGS_MODULE"] = name
        import django
        if django.VERSION[:2] < (1, 8):
            return False
        try:
            self.configurations()
            from django.conf import settings
            settings.INSTALLED_APPS
            django.setup()
        except BaseException as error:
            self.fail("probe-settings", error)
            return False
        return True

    def configurations(self):
        """django-configurations, where a start file names the class."""
        variable = "DJANGO_CONFIGURATION"
        places = [self.file_of(module) for module, _ in self.callables()]
        places.append(os.path.join(self.root, self.given["manage"] or ""))
        names = [os.environ.get(variable)] + [named_in(path, variable) for path in places]
        name = next((one for one in names if one), None)
        if name:
            os.environ[variable] = name
            import configurations
            configurations.setup()

    def fail(self, rule, error):
        """For the caller to name; unless a file that manage.py reads may have to do with it."""
        manage = os.path.join(self.root, self.given["manage"] or "")
        if rule == "probe-settings" and os.path.isfile(manage) and \
                re.search("dotenv|environ\\.Env|read_env|decouple", text_of(manage)):
            self.notes.append("manage.py sets things up that are not seen here")
            return
        self.failed = {"rule": rule, "error": named(error), "traceback": traceback.format_exc(),
                       "ended": not isinstance(error, Exception)}

    # -- system checks ------------------------------------------------------------------------------

    def settings_path(self):
        module = sys.modules.get(os.environ["DJANGO_SETTINGS_MODULE"])
        return self.ours(getattr(module, "__file__", None) or "")

    def checks(self):
        from django.core import checks
        try:
            messages = checks.run_checks(include_deployment_checks=True)
        except CERTAIN as error:
            place = self.last_frame()
            if place and not isinstance(error, AttributeError):
                self.add("deploy-check", "%s: %s" % (type(error).__name__, first_line(error)),
                         place[0], place[1])
            else:
                self.notes.append("checks: %s" % first_line(error))
            return
        for message in messages:
            if message.is_silenced():
                continue
            number = re.match(r"^security\.(W\d+)$", message.id or "")
            if number:
                self.security(message, number.group(1))
            elif message.level >= checks.ERROR:
                self.check_error(message)

    def security(self, message, number):
        if SAID_BEFORE.get(number) in self.given["said"]:
            return
        text, fix = SECURITY.get(number, (None, None))
        if not text:
            text, fix = first_line(message.msg), message.hint
        self.add("deploy-security", "%s (security.%s)" % (text, number), self.settings_path(), 0,
                 fix % {"app": self.app} if fix and "%(app)s" in fix else fix)

    def check_error(self, message):
        path, line = None, 0
        about = message.obj if inspect.isclass(message.obj) else \
            getattr(message.obj, "model", None)
        if inspect.isclass(about):
            try:
                path = self.ours(inspect.getsourcefile(about))
                line = inspect.getsourcelines(about)[1] if path else 0
            except (TypeError, IOError, OSError):
                pass
        self.add("deploy-check", "%s (%s)" % (first_line(message.msg), message.id), path, line,
                 message.hint)

    # -- imports ------------------------------------------------------------------------------------

    def last_frame(self):
        """(path, line) of the last frame in the app, of the exception at hand."""
        kind, error, trace = sys.exc_info()
        if isinstance(error, SyntaxError) and error.filename and self.ours(error.filename):
            return self.ours(error.filename), error.lineno or 0
        found = None
        for frame in traceback.extract_tb(trace):
            path = self.ours(frame[0])
            if path:
                found = (path, frame[1])
        return found

    def imports(self):
        import importlib
        for module, attribute in self.callables():
            try:
                value = importlib.import_module(module)
            except CERTAIN as error:
                place = self.last_frame()
                if place:
                    self.add("wsgi-import", "the web process cannot import %s: %s: %s" % (
                        module, type(error).__name__, first_line(error)), place[0], place[1])
                continue
            except Exception as error:
                self.notes.append("%s: %s" % (module, first_line(error)))
                continue
            for part in attribute.split("."):
                if not hasattr(value, part):
                    self.add("wsgi-import", "%s has no %s" % (module, attribute),
                             self.ours(self.file_of(module)), 0,
                             "name what it has: gunicorn %s:NAME" % module)
                    break
                value = getattr(value, part)

    def celery(self):
        import importlib
        for command in self.given["processes"].values():
            match = re.search(r"\bcelery\b.*?(?:-A|--app)[ =]\s*([\w.:]+)", command)
            if not match:
                continue
            try:
                from celery.app.utils import find_app
            except ImportError:
                return
            try:
                inner = match.group(1).split(":")[0] + ".celery"
                if self.file_of(inner):  # find_app would hide why this one fails
                    importlib.import_module(inner)
                find_app(match.group(1))
            except CERTAIN as error:
                place = self.last_frame() or ("Procfile", 0)
                self.add("celery-import", "celery cannot import %s: %s: %s" % (
                    match.group(1), type(error).__name__, first_line(error)), place[0], place[1])

    # -- all of it ------------------------------------------------------------------------------------

    def steps(self):
        release = self.given.get("step") == "release"
        if not release or self.given.get("all"):
            for step in (self.checks, self.imports, self.celery, self.migrations, self.statics,
                         self.connections_kept):
                yield step
        yield self.database if release else self.engine

    def run(self):
        if not self.start():
            return
        for step in self.steps():
            before = len(self.findings)
            try:
                step()
            except BaseException as error:
                del self.findings[before:]
                self.notes.append("%s: %s" % (step.__name__, named(error)))


def named_in(path, variable="DJANGO_SETTINGS_MODULE"):
    """What a file sets the variable to, where that is one value; else None."""
    if not path or not os.path.isfile(path):
        return None
    try:
        tree = ast.parse(text_of(path).lstrip(u"\ufeff").encode("utf-8"), path)
    except (SyntaxError, ValueError):
        return None
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) == 2 and \
                text_in(node.args[0]) == variable:
            found.add(text_in(node.args[1]))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            key = node.targets[0].slice
            key = getattr(key, "value", key) if type(key).__name__ == "Index" else key
            if text_in(key) == variable:
                found.add(text_in(node.value))
    return found.pop() if len(found) == 1 else None


def text_in(node):
    value = getattr(node, "value", None) if type(node).__name__ == "Constant" else \
        getattr(node, "s", None)
    return value if isinstance(value, (str, type(u""))) else None


def split(command):
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def old_migrations(root):
    """Of the release before, by the paths that this one has them under."""
    found = []
    for place, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in (".slugbuild", "node_modules", ".git")]
        if os.path.basename(place) == "migrations":
            found += [os.path.relpath(os.path.join(place, name), root)
                      for name in files if name.endswith(".py")]
    return found


def read_input(path):
    if path == "-":
        data = getattr(sys.stdin, "buffer", sys.stdin).read()
        given = json.loads(data.decode("utf-8"))
    else:
        with io.open(path, encoding="utf-8") as file:
            given = json.load(file)
    if given.get("old_root"):
        given["old"] = old_migrations(given["old_root"])
    given.setdefault("old", None)
    return given


def places(given):
    """Where the app's modules are found: its folder and that of manage.py, not ours."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [place for place in sys.path if os.path.abspath(place or ".") != here]
    for name in list(sys.modules):
        if name.startswith("slugbuild_"):
            KEPT.append(sys.modules.pop(name))
    root = os.path.join(given["root"], os.path.dirname(given["manage"] or ""))
    for place in (given["root"], root):
        if place.rstrip("/") not in [one.rstrip("/") for one in sys.path]:
            sys.path.insert(0, place.rstrip("/"))


def shortened(trace, limit):
    """Its head with the first frames, and its end. Pydantic's links are not shown anyway."""
    trace = re.sub("\n +For further information visit [^\n]*", "", trace)
    return trace[:2000] + trace[-limit:] if len(trace) > limit + 2000 else trace


def answer(out, probe, given):
    """One line, which is cut before it is too long for one."""
    if probe.failed:
        trace = probe.failed["traceback"]
        if isinstance(trace, bytes):
            trace = trace.decode("utf-8", "replace")
        probe.failed["traceback"] = shortened(trace, TEXT_MAX)
    while True:
        text = json.dumps({"token": given.get("token"), "findings": probe.findings,
                           "failed": probe.failed, "notes": probe.notes[:20], "state": probe.state},
                          sort_keys=True)
        if len(text) < ANSWER_MAX or not (probe.findings or probe.failed):
            break
        if not probe.findings:  # a text that JSON made long
            probe.failed["traceback"] = shortened(probe.failed["traceback"], TEXT_MAX // 8)
            probe.failed["error"] = probe.failed["error"][:500]
            if len(json.dumps(probe.failed)) >= ANSWER_MAX:
                probe.failed = None
        del probe.findings[len(probe.findings) // 2:]
    with os.fdopen(out, "wb") as file:
        file.write(b"\n" + text.encode("ascii") + b"\n")


def main():
    given = read_input(sys.argv[1])
    out = os.dup(1)  # what the app prints while it is imported is not our answer
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    leave, ending = os._exit, answer  # the app may put others in their place
    places(given)
    sys.argv = ["manage.py", "check", "--deploy"]
    probe = Probe(given)
    mine = os.getpid()
    try:
        probe.run()
    except ImportError as error:
        probe.notes.append(first_line(error))
    except BaseException as error:
        probe.notes.append(named(error))
    if os.getpid() == mine:  # not a child that the app forked and forgot
        ending(out, probe, given)
    leave(0)  # no thread of the app keeps us


if __name__ == "__main__":
    main()
