# The probe stage: what only a running Django can tell. One start of the app's own Python, in
# the app's folder, with its dependencies and config vars and without a network:
#
#   python django_probe.py INPUT
#
#   input   {"manage": PATH or null, "processes": {TYPE: COMMAND}, "root": "/app",
#            "old": [PATH of every migration before this push] or null, "said": [RULE],
#            "app": NAME}
#   output  {"findings": [{rule, severity, path, line, text, fix}],
#            "failed": null or {"rule", "traceback"}, "notes": [TEXT]}
#
# Whatever goes wrong in here, and is not surely the app's own fault, is a note and no finding.
# Python 2.7 and later, Django 1.8 and later.
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

SERVERS = ("gunicorn", "uvicorn", "daphne", "hypercorn", "waitress-serve", "granian")
# What a module surely cannot be imported for, whatever the network says.
CERTAIN = (ImportError, SyntaxError, NameError, AttributeError)
SECURITY = {
    "W001": ("SecurityMiddleware is not in MIDDLEWARE: what SECURE_... says has no effect",
             '"django.middleware.security.SecurityMiddleware", as the first'),
    "W002": ("other sites can show the pages in a frame",
             '"django.middleware.clickjacking.XFrameOptionsMiddleware", in MIDDLEWARE'),
    "W003": ("forms are not protected against requests from other sites",
             '"django.middleware.csrf.CsrfViewMiddleware", in MIDDLEWARE'),
    "W004": ("browsers are not told to stay with HTTPS (HSTS)", "SECURE_HSTS_SECONDS = 3600"),
    "W005": ("HSTS leaves subdomains out", "SECURE_HSTS_INCLUDE_SUBDOMAINS = True"),
    "W008": ("plain HTTP is not redirected to HTTPS",
             'SECURE_SSL_REDIRECT = True\n'
             'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")'),
    "W009": ("SECRET_KEY is short, or the one that startproject made",
             "slugbuild config:set SECRET_KEY=... -a %(app)s"),
    "W010": ("the session cookie is sent over plain HTTP too", "SESSION_COOKIE_SECURE = True"),
    "W011": ("the session cookie is sent over plain HTTP too", "SESSION_COOKIE_SECURE = True"),
    "W012": ("the session cookie is sent over plain HTTP too", "SESSION_COOKIE_SECURE = True"),
    "W016": ("the CSRF cookie is sent over plain HTTP too", "CSRF_COOKIE_SECURE = True"),
    "W018": ("DEBUG is on", 'DEBUG = os.environ.get("DEBUG") == "1"'),
    "W020": ("ALLOWED_HOSTS is empty", 'ALLOWED_HOSTS = ["www.example.com"]'),
    "W021": ("HSTS is not meant for the browsers' preload lists", "SECURE_HSTS_PRELOAD = True"),
}
SAID_BEFORE = {"W018": "settings-debug", "W020": "settings-allowed-hosts",
               "W009": "secret-key-literal"}


class Probe(object):
    def __init__(self, given):
        self.given = given
        self.root = os.path.realpath(given["root"])
        self.app = given.get("app") or "APP"
        self.findings = []
        self.notes = []
        self.failed = None

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
            from django.conf import settings
            settings.INSTALLED_APPS
            django.setup()
        except BaseException as error:
            self.fail("probe-settings", error)
            return False
        return True

    def fail(self, rule, error):
        """For the caller to name; unless a file that manage.py reads may have to do with it."""
        manage = os.path.join(self.root, self.given["manage"] or "")
        if rule == "probe-settings" and os.path.isfile(manage) and \
                re.search("dotenv|environ\\.Env|read_env|decouple|configurations", text_of(manage)):
            self.notes.append("manage.py sets things up that are not seen here")
            return
        if isinstance(error, (KeyboardInterrupt, GeneratorExit, MemoryError)):
            return
        self.failed = {"rule": rule, "traceback": traceback.format_exc()}

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
        for command in self.given["processes"].values():
            match = re.search(r"\bcelery\b.*?(?:-A|--app)[ =]\s*([\w.:]+)", command)
            if not match:
                continue
            try:
                from celery.app.utils import find_app
            except ImportError:
                return
            try:
                find_app(match.group(1))
            except CERTAIN as error:
                place = self.last_frame() or ("Procfile", 0)
                self.add("celery-import", "celery cannot import %s: %s: %s" % (
                    match.group(1), type(error).__name__, first_line(error)), place[0], place[1])

    # -- migrations -----------------------------------------------------------------------------------

    def our_apps(self):
        from django.apps import apps
        return dict((config.label, config) for config in apps.get_app_configs()
                    if self.ours(os.path.join(config.path, "x")))

    def migrations(self):
        from django.db.migrations.loader import MigrationLoader
        loader = MigrationLoader(None, ignore_no_migrations=True)
        ours = self.our_apps()
        conflicts = loader.detect_conflicts()
        for label in sorted(set(conflicts) & set(ours)):
            names = sorted(conflicts[label])
            self.add("migrations-conflict", "%s has two last migrations: %s" % (
                label, ", ".join(names)), self.migration_path(loader, (label, names[-1])), 0,
                "python manage.py makemigrations --merge %s" % label)
        if not conflicts:
            self.missing_migrations(loader, ours)
        if self.given["old"] is not None:
            self.destructive(loader, ours)

    def migration_path(self, loader, key):
        migration = loader.disk_migrations.get(key)
        module = sys.modules.get(type(migration).__module__) if migration else None
        return self.ours(getattr(module, "__file__", None) or "")

    def missing_migrations(self, loader, ours):
        from django.apps import apps
        from django.db.migrations.autodetector import MigrationAutodetector
        from django.db.migrations.questioner import MigrationQuestioner
        from django.db.migrations.state import ProjectState
        detector = MigrationAutodetector(
            loader.project_state(), ProjectState.from_apps(apps),
            MigrationQuestioner(specified_apps=set(), dry_run=True))
        changes = detector.changes(graph=loader.graph)
        for label in sorted(set(changes) & set(ours)):
            operations = [operation for migration in changes[label]
                          for operation in migration.operations]
            described = [operation.describe() for operation in operations[:3]]
            if len(operations) > 3:
                described.append("and %d more" % (len(operations) - 3))
            models = sys.modules.get(ours[label].name + ".models")
            self.add("migrations-missing", "the models of %s have changed and no migration says "
                     "so: %s" % (label, "; ".join(described)),
                     self.ours(getattr(models, "__file__", None) or ""), 0,
                     "python manage.py makemigrations %s && git add --all" % label)

    def destructive(self, loader, ours):
        old = set(self.given["old"])
        new = []
        for key in sorted(loader.disk_migrations):
            path = self.migration_path(loader, key)
            if key[0] in ours and path and path not in old:
                new.append((key, path, loader.disk_migrations[key]))
        made = set((key[0], operation.name_lower) for key, _, migration in new
                   for operation in migration.operations
                   if type(operation).__name__ == "CreateModel")
        for key, path, migration in new:
            replaces = getattr(migration, "replaces", None)
            for operation in [] if replaces else migration.operations:
                text = self.harm(loader, key, operation, made)
                if text:
                    self.add("migration-destructive", text, path, line_of(
                        os.path.join(self.root, path), operation),
                        "the old release runs until the new one answers: take it\n"
                        "out of the code first, and of the database with the next push")

    def harm(self, loader, key, operation, made):
        kind = type(operation).__name__
        model = getattr(operation, "model_name_lower", None) or \
            getattr(operation, "name_lower", None)
        if (key[0], model) in made:
            return None
        if kind == "DeleteModel":
            return "drops the table of %s.%s with all its rows" % (key[0], operation.name)
        if kind == "RemoveField":
            return "drops the column %s.%s.%s with its data" % (
                key[0], operation.model_name, operation.name)
        if kind == "AddField":
            field = operation.field
            if field.null or field.many_to_many or getattr(field, "primary_key", False) or \
                    has_db_default(field):
                return None
            if field.has_default() and operation.preserve_default:
                return None
            return "adds the column %s.%s.%s, NOT NULL and without a default: what still runs " \
                   "cannot insert rows" % (key[0], operation.model_name, operation.name)
        if kind == "AlterField":
            return self.harm_of_change(loader, key, operation)
        return None

    def harm_of_change(self, loader, key, operation):
        field = operation.field
        if field.null or field.has_default() or has_db_default(field):
            return None
        state = loader.project_state(key, at_end=False)
        fields = state.models[key[0], operation.model_name_lower].fields
        before = dict(fields)[operation.name] if not isinstance(fields, dict) else \
            fields[operation.name]
        if not before.null:
            return None
        return "makes the column %s.%s.%s NOT NULL without a default: it fails where a row has " \
               "none" % (key[0], operation.model_name, operation.name)

    # -- all of it ------------------------------------------------------------------------------------

    def run(self):
        if not self.start():
            return
        for step in (self.checks, self.imports, self.celery, self.migrations):
            before = len(self.findings)
            try:
                step()
            except BaseException as error:
                del self.findings[before:]
                self.notes.append("%s: %s: %s" % (step.__name__, type(error).__name__,
                                                  first_line(error)))
                if isinstance(error, KeyboardInterrupt):
                    raise


def has_db_default(field):
    value = getattr(field, "db_default", None)
    return value is not None and type(value).__name__ != "NOT_PROVIDED" and \
        getattr(value, "__name__", "") != "NOT_PROVIDED"


def first_line(error):
    lines = [line for line in ("%s" % (error,)).splitlines() if line.strip()]
    return lines[0] if lines else "?"


def text_of(path):
    with io.open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def line_of(path, operation):
    """The line that names the operation and what it is about, or 0."""
    name = getattr(operation, "name", None) or ""
    try:
        lines = text_of(path).split("\n")
    except (IOError, OSError):
        return 0
    wanted = type(operation).__name__ + "("
    for at, line in enumerate(lines):
        if wanted in line and any(name in other for other in lines[at:at + 4]):
            return at + 1
    return 0


def named_in(path):
    """The one DJANGO_SETTINGS_MODULE that a file sets, or None."""
    if not path or not os.path.isfile(path):
        return None
    try:
        tree = ast.parse(text_of(path).lstrip(u"\ufeff").encode("utf-8"), path)
    except (SyntaxError, ValueError):
        return None
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) == 2 and \
                text_in(node.args[0]) == "DJANGO_SETTINGS_MODULE":
            found.add(text_in(node.args[1]))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            key = node.targets[0].slice
            key = getattr(key, "value", key) if type(key).__name__ == "Index" else key
            if text_in(key) == "DJANGO_SETTINGS_MODULE":
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


def main():
    out = os.dup(1)  # what the app prints while it is imported is not our answer
    os.dup2(2, 1)
    with io.open(sys.argv[1], encoding="utf-8") as file:
        given = json.load(file)
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [place for place in sys.path if os.path.abspath(place or ".") != here]
    root = os.path.join(given["root"], os.path.dirname(given["manage"] or ""))
    for place in (given["root"], root):
        if place.rstrip("/") not in [one.rstrip("/") for one in sys.path]:
            sys.path.insert(0, place.rstrip("/"))
    sys.argv = ["manage.py", "check", "--deploy"]
    probe = Probe(given)
    try:
        probe.run()
    except ImportError as error:
        probe.notes.append(first_line(error))
    answer = json.dumps({"findings": probe.findings, "failed": probe.failed, "notes": probe.notes},
                        sort_keys=True)
    with os.fdopen(out, "wb") as file:
        file.write(answer.encode("ascii") + b"\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # no thread of the app keeps us


if __name__ == "__main__":
    main()
