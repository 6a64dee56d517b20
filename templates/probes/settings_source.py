# The source stage: what can be said of an app's settings by reading them. One JSON object on
# standard input, one on standard output; nothing of the app is run. Python 3.8 and later:
#
#   python -I -S -B settings_source.py [PIP_WHEEL] <input
#
#   PIP_WHEEL reads TOML where the standard library cannot.
#
#   input   {"files": {PATH: TEXT}, "paths": [PATH of every .py], "manage": PATH or null,
#            "processes": {TYPE: COMMAND}, "release": COMMAND or null,
#            "settings_module": NAME or null, "configuration": NAME or null (django-configurations),
#            "config": [NAME] or null (no app is known), "flags": {NAME: "true", "0", …} (of the
#            config vars, those whose values are such words),
#            "requirements": {PATH: TEXT}, "python": [3, 11] or null, "collectstatic": bool,
#            "dotenv": bool, "gitignore": TEXT or null, "others": [PATH in the root], "app": NAME}
#   or      {"locks": {NAME: TEXT}}, which is answered with {"older": [NAME]}: what
#           an installer that is told to take the lock as it is would refuse
#   output  {"findings": [{rule, severity, path, line, column, text, fix, source}],
#            "checklist": [{item, state, note}], "note": TEXT or null}
#
# When unsure it is silent: a false alarm stops somebody's deployment.
import ast
import json
import os
import posixpath
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lock_inputs import older_locks, uv_is_older_elsewhere  # noqa: E402
from source_base import APP, MISSING, UNKNOWN, Path, Read, Said, dotted  # noqa: E402
from source_packages import Packages  # noqa: E402
from source_values import Reader  # noqa: E402

STATIC_APP = "django.contrib.staticfiles"
SECURITY = "django.middleware.security.SecurityMiddleware"
WHITENOISE = "whitenoise.middleware.WhiteNoiseMiddleware"
DJANGO_SERVERS = ("gunicorn", "uvicorn", "daphne", "waitress-serve", "hypercorn", "granian")
STATIC_SERVERS = ("whitenoise", "dj-static", "static3", "django-storages", "servestatic",
                  "django-s3-storage", "django-bakery", "uwsgi", "django-heroku", "django-on-heroku")
OUR_NAMES = ("PORT", "DYNO", "HOME", "PATH", "LANG", "SOURCE_VERSION", "WEB_CONCURRENCY", "TZ",
             "USER", "PWD", "HOSTNAME", "TMPDIR", "PYTHONPATH", "PYTHONUNBUFFERED", "CI",
             "SLUGBUILD_APP", "SLUGBUILD_RELEASE", "GUNICORN_CMD_ARGS", "TERM", "SHELL",
             "DJANGO_SETTINGS_MODULE")
FOR_DESKS = ("dev", "develop", "development", "local", "test", "tests", "testing", "debug", "ci")
FALSE_WORDS = ("false", "0", "no", "off", "f", "n", "none", "")


class Check(object):
    def __init__(self, given):
        self.given = given
        self.files = given["files"]
        self.paths = set(given["paths"])
        self.config = None if given["config"] is None else set(given["config"])
        self.flags = given.get("flags") or {}
        self.app = given.get("app") or "APP"
        self.findings = []
        self.declared = Packages(given["requirements"])
        self.packages = self.declared.versions
        roots = [""]
        if given["manage"]:
            roots.insert(0, posixpath.dirname(given["manage"]))
        self.roots = list(dict.fromkeys(roots))
        self.reader = Reader(self.files, self.paths, self.roots)
        self.settings = None
        self.wsgi = None
        self.collects = None  # the settings that manage.py collectstatic will use

    def add(self, rule, said, text, fix=None, severity=None):
        """`said` is a Said or a Read: what has a node and a path."""
        node, path = said.node, said.path
        lines = self.files.get(path, "").split("\n")
        line = getattr(node, "lineno", 0)
        self.findings.append({
            "rule": rule, "severity": severity, "path": path, "line": line,
            "column": getattr(node, "col_offset", -1) + 1, "text": text, "fix": fix,
            "source": lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else None})

    # -- which settings -----------------------------------------------------------------------

    def module_of_server(self):
        """"blog.wsgi" of `gunicorn blog.wsgi:application`."""
        web = self.given["processes"].get("web") or ""
        if not any(server in web for server in DJANGO_SERVERS):
            return None
        for word in web.split():
            match = re.match(r"^([A-Za-z_][\w.]*)(:[\w.()]+)?$", word)
            if match and self.reader.find(match.group(1)):
                return match.group(1)
        return None

    def named_in(self, path, variable="DJANGO_SETTINGS_MODULE"):
        """What a file sets the variable to, where that is one value; else None."""
        text = self.files.get(path or "")
        if text is None or variable not in text:
            return None
        try:
            tree = ast.parse(text, path)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        found = set()
        for node in ast.walk(tree):
            value = None
            if isinstance(node, ast.Call) and \
                    (dotted(node.func) or "").endswith("environ.setdefault") and \
                    len(node.args) == 2 and is_text(node.args[0], variable):
                value = node.args[1]
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                key = node.targets[0].slice
                key = getattr(key, "value", key) if type(key).__name__ == "Index" else key
                if is_text(key, variable):
                    value = node.value
            if value is not None:
                found.add(value.value if isinstance(value, ast.Constant) else None)
        return found.pop() if len(found) == 1 else None

    def find_settings(self):
        web = self.given["processes"].get("web") or ""
        match = re.search(r"DJANGO_SETTINGS_MODULE=([\w.]+)", web)
        manage = self.named_in(self.given["manage"])
        server = self.module_of_server()
        self.wsgi = self.reader.find(server) if server else None
        name = self.given["settings_module"] or (match and match.group(1)) or \
            self.named_in(self.wsgi) or manage
        if name and self.config is None and name.rsplit(".", 1)[-1].lower() in FOR_DESKS:
            return False  # a server says otherwise, in a variable that we do not see
        path = self.reader.find(name) if name else None
        self.settings = self.reader.module(path) if path else None
        if self.settings and self.reader.configurations(self.settings):
            self.settings = self.configured(web)
        self.collects = self.settings if (self.given["settings_module"] or manage) == name else None
        return self.settings is not None

    def configured(self, web):
        """The class of django-configurations that will serve, or None."""
        variable = "DJANGO_CONFIGURATION"
        match = re.search(variable + r"=(\w+)", web)
        name = self.given.get("configuration") or (match and match.group(1)) or \
            self.named_in(self.wsgi, variable) or self.named_in(self.given["manage"], variable)
        if name not in self.reader.configurations(self.settings) or \
                (self.config is None and name.lower() in FOR_DESKS):
            return None
        return self.reader.configured(self.settings, name)

    # -- questions to the settings --------------------------------------------------------------

    def said(self, name):
        """What the name was surely given, or None."""
        said = self.settings.names.get(name)
        return said if said and said.sure else None

    def value(self, name, default=UNKNOWN):
        said = self.settings.names.get(name)
        if said is None:
            return UNKNOWN if self.settings.opaque else default
        return said.value if said.sure else UNKNOWN

    def texts(self, name):
        """A list of nothing but texts, or None."""
        value = self.value(name)
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return value
        return None

    def serves_apps(self):
        apps = self.texts("INSTALLED_APPS")
        return apps is not None and STATIC_APP in apps

    def version(self, package):
        """(4, 2) where the requirement says exactly that, or () for "the newest"; else None."""
        return self.packages.get(package)

    def at_least(self, package, *wanted):
        version = self.version(package)
        return version is not None and (version == () or version >= wanted)

    def pathlib(self):
        return any("pathlib" in line for line in self.settings.lines)

    # -- rules ------------------------------------------------------------------------------------

    def debug(self):
        said = self.said("DEBUG")
        value = said.value if said else None
        if value is True or (isinstance(value, (int, str)) and not isinstance(value, bool) and value):
            self.add("settings-debug", said,
                     "DEBUG is on: every error page shows the settings and the code" if value is True
                     else "DEBUG is %r, which is true" % (value,),
                     'DEBUG = os.environ.get("DEBUG") == "1"')
        elif isinstance(value, Read):
            self.debug_read(said, value)

    def debug_read(self, said, read):
        fix = 'DEBUG = os.environ.get("%s") == "1"' % read.name
        known = self.config is not None
        given = known and read.name in self.config
        if is_read_as_text(read):
            if isinstance(read.default, str) and read.default:
                self.add("settings-debug", said,
                         "DEBUG is the text of %s, or %r, and every text but the empty one is true"
                         % (read.name, read.default) +
                         (", \"False\" too" if read.default.lower() in FALSE_WORDS else ""), fix)
            elif read.default is True:
                self.add("settings-debug", said, "DEBUG is on unless %s is empty: any other text, "
                         "\"False\" too, is true" % read.name, fix)
            elif given:
                self.add("settings-debug", said, "DEBUG is the text of %s, and every text but the "
                         "empty one is true, \"False\" too" % read.name, fix)
        elif read.kind in ("env", "config", "field") and known:
            off = "slugbuild config:set %s=False -a %s" % (read.name, self.app)
            if not given and read.default is True:
                self.add("settings-debug", said,
                         "DEBUG is on: no config var %s turns it off" % read.name, off)
            elif given and self.flags.get(read.name, "0") not in FALSE_WORDS:
                self.add("settings-debug", said,
                         "DEBUG is on: the config var %s says so" % read.name, off)

    def hosts(self):
        said = self.said("ALLOWED_HOSTS")
        value, where = said.value if said else None, ""
        fix = 'ALLOWED_HOSTS = ["www.example.com"]'
        if isinstance(value, Read):
            if is_read_as_text(value) and value.kind != "field":
                self.add("settings-allowed-hosts", said,
                         "ALLOWED_HOSTS is the text of %s, not a list" % value.name,
                         'ALLOWED_HOSTS = os.environ.get("%s", "").split(",")' % value.name)
                return
            if self.config is None or value.name in self.config:
                return
            where = " where no config var %s is set" % value.name
            fix = "slugbuild config:set %s=www.example.com -a %s" % (value.name, self.app)
            value = value.default
        if not isinstance(value, list):
            return
        if value in ([], [""]) and self.value("DEBUG") is False:
            self.add("settings-allowed-hosts", said,
                     "ALLOWED_HOSTS is empty%s and DEBUG off: every request is answered with "
                     "\"400 Bad Request\"" % where, fix)
        elif value == ["*"]:
            self.add("settings-allowed-hosts", said,
                     "ALLOWED_HOSTS lets every host name through%s" % where, fix)

    def inside_file(self, place):
        """The file of the app that `place` lies below, as if it were a folder; or None."""
        if not isinstance(place, Path) or not place.text.startswith(APP + "/"):
            return None
        rest = place.text[len(APP) + 1:]
        while "/" in rest:
            rest = posixpath.dirname(rest)
            if rest in self.paths:
                return rest
        return None

    def static_root(self):
        if not self.collects or not self.serves_apps():
            return
        said = self.settings.names.get("STATIC_ROOT")
        leave = "to leave the step out: slugbuild config:set DISABLE_COLLECTSTATIC=1 -a %s" % self.app
        if said is None or (said.sure and said.value in (None, "")):
            if not self.settings.opaque and self.local_storage() and self.given["manage"]:
                self.no_static_root(said, leave)
            return
        places = [said] if said.sure else []
        folders = self.settings.names.get("STATICFILES_DIRS")
        if folders and folders.sure and isinstance(folders.value, list):
            places.append(folders)
        for place in places:
            for one in place.value if isinstance(place.value, list) else [place.value]:
                if self.inside_file(one):
                    self.below_file(place, one, leave)
                    return
        self.root_is_source(said, folders, leave)

    def no_static_root(self, said, leave):
        at = said or self.settings.names["INSTALLED_APPS"]
        line = 'STATIC_ROOT = BASE_DIR / "staticfiles"' if self.pathlib() else \
            'STATIC_ROOT = os.path.join(BASE_DIR, "staticfiles")'
        certain = self.config is not None and self.given["collectstatic"]
        self.add("settings-static-root", at,
                 "STATIC_ROOT is not set: collectstatic does not know where to put the files",
                 "add to %s:  %s\n%s" % (self.settings.path, line, leave),
                 None if certain else "warning")

    def below_file(self, said, place, leave):
        line = self.files[said.path].split("\n")[said.node.lineno - 1].strip()
        name = line.split("=")[0].strip()
        self.add("settings-static-root", said,
                 "%s is below the file %s, as if that were a folder" % (
                     name or "the path", self.inside_file(place)),
                 'the folder of a file is os.path.dirname(os.path.abspath(__file__)); for one:\n'
                 'STATIC_ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '
                 '"staticfiles")\n' + leave,
                 None if self.given["collectstatic"] else "warning")

    def root_is_source(self, said, folders, leave):
        if not said.sure or not isinstance(said.value, Path) or not folders or not folders.sure or \
                not isinstance(folders.value, list):
            return
        if any(isinstance(one, Path) and one.text == said.value.text for one in folders.value):
            self.add("settings-static-root", folders,
                     "STATICFILES_DIRS names STATIC_ROOT itself: collectstatic would copy the "
                     "folder into itself, and refuses",
                     'STATIC_ROOT = BASE_DIR / "staticfiles"\n' + leave,
                     None if self.given["collectstatic"] else "warning")

    def storage(self):
        """(Said, name) of the storage of static files, ("", "") for Django's own, None: unknown."""
        old = self.settings.names.get("STATICFILES_STORAGE")
        new = self.settings.names.get("STORAGES")
        if old is None and new is None:
            return None if self.settings.opaque else (None, "")
        said = new or old
        if not said.sure:
            return None
        value = said.value
        if said is new:
            value = value.get("staticfiles") if isinstance(value, dict) else None
            value = value.get("BACKEND") if isinstance(value, dict) else None
        return (said, value) if isinstance(value, str) else None

    def local_storage(self):
        found = self.storage()
        if found is None:
            return False
        return found[1] == "" or found[1].startswith(
            ("whitenoise.", "django.contrib.staticfiles.storage."))

    def storages(self):
        severity = None if self.given["collectstatic"] else "warning"
        self.old_wsgi()
        found = self.storage()
        if not found or not found[0]:
            return
        said, name = found
        if name.startswith("whitenoise.django.") and self.at_least("whitenoise", 4):
            self.add("settings-storage", said,
                     "%s is gone since WhiteNoise 4.0" % name,
                     "write: whitenoise.storage.CompressedManifestStaticFilesStorage", severity)
        elif name.endswith("storage.CachedStaticFilesStorage") and self.at_least("django", 3, 1):
            self.add("settings-storage", said, "CachedStaticFilesStorage is gone since Django 3.1",
                     "write: django.contrib.staticfiles.storage.ManifestStaticFilesStorage", severity)
        self.storage_setting(said, name)

    def storage_setting(self, said, name):
        """The setting's own name: Django has had two, and each version reads its own."""
        names, pinned = self.settings.names, self.version("django")
        both = "STORAGES" in names and "STATICFILES_STORAGE" in names
        if "STORAGES" not in names and self.at_least("django", 5, 1):
            self.add("settings-storage", said,
                     "STATICFILES_STORAGE means nothing to Django 5.1 and later: static files are "
                     "collected without it",
                     'STORAGES = {\n    "default": {"BACKEND": '
                     '"django.core.files.storage.FileSystemStorage"},\n'
                     '    "staticfiles": {"BACKEND": "%s"},\n}' % name, "warning")
        elif both and names["STATICFILES_STORAGE"].sure and pinned and (4, 2) <= pinned < (5, 1):
            self.add("settings-storage", names["STATICFILES_STORAGE"],
                     "STATICFILES_STORAGE beside STORAGES: Django %d.%d takes one of the two" %
                     pinned[:2], "take STATICFILES_STORAGE out")
        elif "STORAGES" in names and pinned and pinned < (4, 2):
            self.add("settings-storage", said, "STORAGES means nothing to Django before 4.2: static "
                     "files are collected without it",
                     'STATICFILES_STORAGE = "%s"' % name, "warning")

    def old_wsgi(self):
        """`from whitenoise.django import DjangoWhiteNoise` in the file that the server imports."""
        text = self.files.get(self.wsgi or "") or ""
        if "whitenoise.django" not in text or not self.at_least("whitenoise", 4):
            return
        try:
            tree = ast.parse(text, self.wsgi)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "whitenoise.django":
                self.add("settings-storage", Said(None, node, self.wsgi, True),
                         "whitenoise.django is gone since WhiteNoise 4.0: the web process cannot "
                         "import this file", "take DjangoWhiteNoise out; in MIDDLEWARE, behind "
                         'SecurityMiddleware:\n"%s",' % WHITENOISE)

    def middleware(self):
        for name in ("MIDDLEWARE", "MIDDLEWARE_CLASSES"):
            said = self.settings.names.get(name)
            if said is not None:
                return said if said.sure and self.texts(name) is not None else None
        return None

    def whitenoise(self):
        said = self.middleware()
        if not said:
            return
        names = said.value
        mine = [name for name in names if "whitenoise" in name.lower()]
        if mine:
            self.whitenoise_order(said, names, mine[0])
        elif self.serves_alone(names):
            self.add("whitenoise-missing", said,
                     "static files are collected, but nothing serves them: %s does not, and Django "
                     "only with DEBUG" % self.server(),
                     "add whitenoise to the requirements, and behind SecurityMiddleware:\n"
                     '"%s",\n(or let a web server in front serve STATIC_ROOT)' % WHITENOISE)

    def server(self):
        web = self.given["processes"].get("web") or ""
        return next((name for name in DJANGO_SERVERS if name in web), "the server")

    def serves_alone(self, names):
        web = self.given["processes"].get("web") or ""
        wsgi = self.files.get(self.wsgi or "")
        url = self.value("STATIC_URL")
        if not any(name in web for name in DJANGO_SERVERS) or "nginx" in web or "static" in web:
            return False
        if wsgi is None or re.search("whitenoise|static|Cling", wsgi, re.I):
            return False
        if not self.serves_apps() or not self.local_storage() or self.settings.opaque:
            return False
        if any("static" in name.lower() for name in names):
            return False
        others = [name for name in STATIC_SERVERS if name in self.packages and name != "whitenoise"]
        return not others and isinstance(url, str) and not url.startswith(("http", "//"))

    def whitenoise_order(self, said, names, mine):
        if SECURITY not in names:
            return
        at, security = names.index(mine), names.index(SECURITY)
        before = [name.rsplit(".", 1)[-1] for name in names[security + 1:at]
                  if name.startswith("django.")]
        if at < security:
            text = "WhiteNoise stands before SecurityMiddleware: static files are sent without its " \
                   "headers and its redirect to HTTPS"
        elif before:
            text = "WhiteNoise stands behind %s: every static file passes through that first" % \
                ", ".join(before)
        else:
            return
        self.add("whitenoise-order", said, text, "right behind SecurityMiddleware:\n"
                 '    "%s",\n    "%s",' % (SECURITY, mine))

    def database(self):
        said = self.said("DATABASES")
        default = said.value.get("default") if said and isinstance(said.value, dict) else None
        if isinstance(default, dict) and isinstance(default.get("ENGINE"), str):
            name = default.get("NAME")
            inside = isinstance(name, Path) and name.text.startswith(APP + "/") or \
                isinstance(name, str) and not name.startswith("/") and ":" not in name
            if default["ENGINE"].endswith("sqlite3") and inside:
                self.add("settings-sqlite", said,
                         "the database is a SQLite file in the app's folder: each release begins "
                         "with the one that was pushed",
                         "slugbuild addons:create postgresql -a %s\n"
                         'DATABASES = {"default": dj_database_url.config()}' % self.app)
        elif isinstance(default, Read) and default.kind == "url" and self.config is not None and \
                default.name not in self.config and isinstance(default.default, str) and \
                default.default.startswith("sqlite://"):
            self.add("settings-sqlite", said,
                     "no config var %s: the database will be SQLite, which each release begins "
                     "anew" % default.name,
                     "slugbuild addons:create postgresql -a %s" % self.app)
        if self.config and "DATABASE_URL" in self.config and said:
            self.database_url(said)

    def database_url(self, said):
        if self.settings.opaque or self.reader.unseen:
            return
        for module in self.reader.modules.values():
            if module is None or any(mentions_database(node) for node in ast.walk(module.tree)):
                return
        self.add("settings-database-url", said,
                 "the config var DATABASE_URL is set, but the settings never read it",
                 'import dj_database_url\nDATABASES = {"default": dj_database_url.config()}')

    def secret_key(self):
        said = self.said("SECRET_KEY")
        if said and isinstance(said.value, str) and said.value:
            self.add("secret-key-literal", said, "SECRET_KEY is committed: who reads the repository "
                     "can forge sessions and password links",
                     'SECRET_KEY = os.environ["SECRET_KEY"]\n'
                     "and: slugbuild config:set SECRET_KEY=… -a %s" % self.app)

    # -- variables ----------------------------------------------------------------------------------

    def variables(self):
        if self.config is None or self.reads_dotenv():
            return
        seen, without = {}, []
        for read, sure, use in self.reader.reads:
            if read.name in self.config or read.name in OUR_NAMES or read.name in seen:
                continue
            if read.default is not MISSING or not sure or read.name.startswith(("PYTHON", "SLUGBUILD")):
                continue
            if read.kind == "getenv" and not self.is_needed(read, use):
                continue
            seen[read.name] = True
            if read.kind == "getenv":
                without.append(read)
            else:
                self.missing(read)
        if without:
            self.without_default(without)
        self.fields()

    def is_needed(self, read, use):
        """`X = os.getenv("X")`, and nobody asks later whether there is an X."""
        if use != "assigned":
            return False
        optional = ("DSN", "SENTRY", "DEBUG", "LOG", "EMAIL", "CACHE", "REDIS", "PROXY")
        if any(part in read.name.upper() for part in optional):
            return False
        for module in self.reader.modules.values():
            if module is None:
                continue
            for name, said in module.names.items():
                if said.value is read and (name in module.tested or name in self.settings.tested):
                    return False
        return True

    def missing(self, read):
        fix = "slugbuild config:set %s=… -a %s" % (read.name, self.app)
        if read.kind == "index" or not self.mentions_dotenv():
            self.add("settings-env-missing", read, "the settings need the config var %s, which is "
                     "not set: they will not import" % read.name, fix, "error")
        else:
            self.add("settings-env-missing", read, "the settings need the config var %s, which is "
                     "not set" % read.name, fix)

    def without_default(self, reads):
        """All in one: what is not set may well be meant so."""
        names = [read.name for read in reads]
        shown = ", ".join(names[:8]) + (" and %d more" % (len(names) - 8) if len(names) > 8 else "")
        self.add("settings-env-missing", reads[0],
                 "no config var %s, and no default: the settings will hold None" % shown,
                 "slugbuild config:set %s=… -a %s" % (names[0], self.app))

    def reads_dotenv(self):
        """Whether a file of the tree may set variables that we do not see."""
        return self.given["dotenv"] and self.mentions_dotenv("decouple")

    def mentions_dotenv(self, *more):
        words = ("dotenv", "read_env", "env_file", "environs") + more
        return any(word in "\n".join(module.lines).lower() for module in self.reader.modules.values()
                   if module for word in words)

    def fields(self):
        """Fields of pydantic's BaseSettings that have no default and no config var."""
        upper = set(name.upper() for name in self.config)
        seen = set()
        for made in self.reader.made:
            if made.node in seen:
                continue
            seen.add(made.node)
            fields = self.reader.fields_of(made.module, made.node) or {}
            missing = [field for field in fields.values() if field.default is MISSING and
                       field.name and field.name.upper() not in upper]
            if not missing:
                continue
            names = [field.name for field in missing]
            self.add("settings-env-missing", missing[0],
                     "%s needs config vars that are not set: %s" % (made.node.name, ", ".join(names)),
                     "slugbuild config:set %s -a %s" % (
                         " ".join(name + "=…" for name in names), self.app))

    # -- packages -----------------------------------------------------------------------------------

    def undeclared(self):
        """Modules of known packages that no dependency file names."""
        wanted = list(self.reader.outside)
        for name in ("INSTALLED_APPS", "MIDDLEWARE"):
            said = self.said(name)
            for text in (self.texts(name) if said else None) or ():
                if not self.reader.is_ours(text):
                    wanted.append((text, self.at_text(said, text)))
        seen = set()
        for name, said in wanted:
            top = name.split(".")[0]
            package = self.declared.lacks(name)
            if not package or top in seen or self.is_vendored(top):
                continue
            seen.add(top)
            self.add("dependency-undeclared", said, "the settings use %s, and no dependency file "
                     "names %s" % (top, package), self.declared.fix(package))

    def is_vendored(self, top):
        """Whether the tree has such a module anywhere: sys.path may lead there."""
        ends = ("/" + top + ".py", "/" + top + "/__init__.py")
        return any(("/" + path).endswith(ends) for path in self.paths)

    def at_text(self, said, text):
        """Where a text of a list stands."""
        module = self.reader.modules.get(said.path)
        for node in ast.walk(module.tree) if module else ():
            if is_text(node, text):
                return Said(None, node, said.path, True)
        return said

    # -- all of it --------------------------------------------------------------------------------------

    def locks(self):
        for lock, source, again in older_locks(self.given["requirements"]):
            self.findings.append({
                "rule": "lock-stale", "severity": None, "path": lock, "line": 0, "column": 0,
                "text": "it is out of date: %s was changed after it was made" % source,
                "fix": "%s && git add %s %s" % (again, source, lock), "source": None})

    def syntax(self):
        python = self.given["python"] or list(sys.version_info[:2])
        ours = list(sys.version_info[:2])
        if python[0] != 3 or python > ours or python < [3, 7]:
            return
        for path in (self.given["manage"], self.wsgi):
            if path in self.files and path not in self.reader.modules:
                self.parse(path)
        for path, error in self.reader.errors:
            source = (error.text or "").rstrip("\r\n")
            self.findings.append({
                "rule": "settings-syntax", "severity": None, "path": path,
                "line": error.lineno or 0, "column": max(error.offset or 0, 0),
                "text": "%s: %s" % (type(error).__name__, error.msg),
                "fix": None, "source": source or None})

    def parse(self, path):
        try:
            ast.parse(self.files[path].lstrip("\ufeff"), path)
        except SyntaxError as error:
            self.reader.errors.append((path, error))
        except (ValueError, RecursionError, MemoryError):
            pass

    def run(self):
        self.locks()
        found = self.find_settings()
        self.syntax()
        if not found:
            return
        for rule in (self.debug, self.hosts, self.static_root, self.storages, self.whitenoise,
                     self.database, self.secret_key, self.variables, self.undeclared):
            rule()


def is_text(node, text):
    return isinstance(node, ast.Constant) and node.value == text


def mentions_database(node):
    """Whether the node may be what reads DATABASE_URL."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and "DATABASE_URL" in node.value.upper()
    if isinstance(node, ast.Name):
        return node.id.upper() in ("DATABASE_URL", "DJ_DATABASE_URL", "DJANGO_HEROKU")
    if isinstance(node, ast.Attribute):
        return "DATABASE_URL" in node.attr.upper() or node.attr in ("db", "db_url", "items", "copy")
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
        return any(word in name for name in names
                   for word in ("dj_database_url", "django_heroku", "django_on_heroku"))
    return False


def is_read_as_text(read):
    """Whether what is read stays a text, every one of which is true but the empty one."""
    if read.kind in ("getenv", "index"):
        return True
    if read.kind == "field":
        return read.cast == "str"
    typed = read.default is not MISSING and not isinstance(read.default, str)
    return read.kind == "config" and read.cast is None or \
        read.kind == "env" and read.cast in (None, "str") and not typed


def main():
    given = json.load(sys.stdin)
    if "locks" in given:
        found = older_locks(given["locks"], uv_is_older_elsewhere)
        json.dump({"older": [one[0] for one in found]}, sys.stdout)
        sys.stdout.write("\n")
        return
    check = Check(given)
    out = {"note": None, "checklist": []}
    try:
        check.run()
        if given.get("checklist"):
            from source_checklist import checklist
            out["checklist"] = checklist(check)
    except Exception as error:  # of our own making: no reason to stop anybody
        check.findings = [one for one in check.findings
                          if one["rule"] in ("settings-syntax", "lock-stale")]
        out["note"] = "%s: %s" % (type(error).__name__, error)
    out["findings"] = check.findings
    json.dump(out, sys.stdout, sort_keys=True)
    sys.stdout.write("\n")


if __name__ == "__main__":
    sys.setrecursionlimit(3000)
    sys.path.extend(sys.argv[1:])
    main()
