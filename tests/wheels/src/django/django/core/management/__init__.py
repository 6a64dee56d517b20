"""manage.py's commands, as far as the tests need them."""
import hashlib
import json
import os
import shutil
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class CommandError(Exception):
    pass


def sources():
    """(name below STATIC_ROOT, path) of every static file, in the order Django looks."""
    places = [str(d) for d in settings.STATICFILES_DIRS]
    for app in settings.INSTALLED_APPS:
        places.append(os.path.join(os.getcwd(), app, "static"))
    found = {}
    for place in places:
        for folder, dirs, files in os.walk(place):
            dirs.sort()
            for name in sorted(files):
                path = os.path.join(folder, name)
                found.setdefault(os.path.relpath(path, place), path)
    return sorted(found.items())


def collectstatic(args):
    if "django.contrib.staticfiles" not in settings.INSTALLED_APPS:
        raise CommandError("Unknown command: 'collectstatic'")
    settings.DATABASES
    if not settings.STATIC_ROOT:
        raise ImproperlyConfigured(
            "You're using the staticfiles app without having set the STATIC_ROOT setting to a "
            "filesystem path.")
    root = str(settings.STATIC_ROOT)
    paths = {}
    for name, path in sources():
        with open(path, "rb") as f:
            data = f.read()
        stem, dot = os.path.splitext(name)
        paths[name] = "%s.%s%s" % (stem, hashlib.md5(data).hexdigest()[:12], dot)
        if "--dry-run" in args or "-n" in args:
            continue
        for target in (name, paths[name]):
            target = os.path.join(root, target)
            if not os.path.isdir(os.path.dirname(target)):
                os.makedirs(os.path.dirname(target))
            shutil.copyfile(path, target)
    if not ("--dry-run" in args or "-n" in args):
        if not os.path.isdir(root):
            os.makedirs(root)
        with open(os.path.join(root, "staticfiles.json"), "w") as f:
            json.dump({"paths": paths, "version": "1.1"}, f, sort_keys=True)
    print("\n%d static files copied to '%s'." % (len(paths), root))


def migrate(args):
    """One line a call in MIGRATIONS_LOG, so that tests can count the calls."""
    settings.SECRET_KEY
    log = os.environ.get("MIGRATIONS_LOG")
    if log:
        with open(log, "a") as f:
            f.write("migrate\n")
    print("Operations to perform:\n  Apply all migrations: (none)\nRunning migrations:\n  No migrations to apply.")


def check(args):
    settings.SECRET_KEY
    print("System check identified no issues (0 silenced).")


def show_help(args):
    known = args[:1]
    if known and known[0] == "collectstatic" and "django.contrib.staticfiles" not in settings.INSTALLED_APPS:
        raise CommandError("Unknown command: 'collectstatic'")
    if known and known[0] not in COMMANDS:
        raise CommandError("Unknown command: '%s'" % known[0])
    print("usage: manage.py %s" % (known[0] if known else "COMMAND"))


COMMANDS = {"collectstatic": collectstatic, "migrate": migrate, "check": check, "help": show_help}


def execute_from_command_line(argv=None):
    argv = sys.argv if argv is None else argv
    command, args = (argv[1], argv[2:]) if len(argv) > 1 else ("help", [])
    if command not in COMMANDS:
        sys.stderr.write("Unknown command: '%s'\nType 'manage.py help' for usage.\n" % command)
        sys.exit(1)
    try:
        if "--help" in args:
            show_help([command])
        else:
            COMMANDS[command](args)
    except CommandError as e:
        sys.stderr.write("%s\n" % e)
        sys.exit(1)
