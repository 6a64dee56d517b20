# `slugbuild check --checklist`: what deployment guides ask of a Django app, each item with its
# state, where it was seen or should be, and what to do; from what the source stage read. Python 3.8+.
import ast
import re

from source_base import UNKNOWN, Module, Path, Read, dotted

POOLS = ("django-db-geventpool", "django-postgrespool2", "django-db-connection-pool")
TYPED = ("pydantic-settings", "django-environ", "environs", "python-decouple", "django-configurations",
         "dynaconf", "goodconf")
WATCHERS = ("sentry-sdk", "rollbar", "raven", "bugsnag", "honeybadger", "newrelic", "airbrake",
            "elastic-apm", "ddtrace", "opbeat", "scout-apm", "pybrake")
QUEUES = ("celery", "django-rq", "rq", "django-q", "django-q2", "dramatiq", "django-dramatiq", "huey")
DRIVERS = ("psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary", "mysqlclient", "pymysql",
           "django-heroku", "django-on-heroku")
SERVERS = ("gunicorn", "uvicorn", "daphne", "hypercorn", "waitress", "uwsgi", "granian")
HEALTH = re.compile(r"^[\^/]*(\w+/)?(health|healthz|healthcheck|heartbeat|status|ping|up|ready|readyz"
                    r"|livez|_health|__heartbeat__)\b")
IGNORED = {".env": (".env", "*.env", ".env*", ".env.*"),
           "staticfiles": ("staticfiles", "static_root", "*static*", "assets", "collected"),
           "venv": ("venv", ".venv", "env", "*venv*", "*_env", "virtualenv"),
           "db.sqlite3": ("db.sqlite3", "*.sqlite3", "*.sqlite*", "*.db"),
           "__pycache__": ("__pycache__", "*.pyc", "*.py[cod]", "*.py[co]", "**/__pycache__")}


class Checklist(object):
    def __init__(self, check):
        self.check = check
        self.given = check.given
        self.app = check.app
        self.found = [finding["rule"] for finding in check.findings]
        self.group = ""
        self.items = []

    def add(self, name, item, state, where=None, fix=None, note=None):
        """`state`: True, False or None: it cannot be told. `fix` is said where it is not ok."""
        word = "unknown" if state is None else "ok" if state else "missing"
        self.items.append({"id": name, "group": self.group, "item": item, "state": word,
                           "where": where, "note": note, "fix": None if state else fix})

    def has(self, *names):
        return any(name in self.check.packages for name in names)

    def line(self, path, pattern):
        """"PATH:LINE" of the first line that fits, or None."""
        for at, line in enumerate((self.given["texts"].get(path) or "").split("\n")):
            if re.search(pattern, line):
                return "%s:%d" % (path, at + 1)
        return None

    def at(self, *names):
        """Where a setting stands, else the settings file."""
        for name in names:
            said = self.check.settings.names.get(name)
            if said is not None and said.path:
                return "%s:%d" % (said.path, getattr(said.node, "lineno", 0))
        return self.check.settings.path

    # -- files ------------------------------------------------------------------------------------

    def files(self):
        given, web = self.given, self.given["processes"].get("web")
        wsgi = self.check.wsgi or given.get("wsgi")
        module = (wsgi or "mysite/wsgi.py").replace("/__init__.py", "").replace(".py", "")
        line = "web: gunicorn %s" % module.replace("/", ".")
        self.add("project", "a Django project: manage.py and the settings",
                 bool(given["manage"]) and self.check.settings is not None or
                 (None if given["manage"] else False), given["manage"],
                 "django-admin startproject NAME .")
        self.add("procfile-web", "the Procfile has a web process", bool(web),
                 self.line("Procfile", "^web:") or "Procfile", "add to Procfile:  " + line)
        self.servers(web, line)
        release = given["release"] or ""
        self.add("release-migrate", "the release phase migrates the database", "migrate" in release,
                 self.line("Procfile", "^release:") or "Procfile",
                 "add to Procfile:  release: python manage.py migrate --noinput")
        others = [name for name in given["processes"] if name not in ("web", "release")]
        tasks = self.has(*QUEUES)
        self.add("worker", "background tasks have a worker process", bool(others) or not tasks,
                 self.line("Procfile", "^(worker|%s):" % "|".join(map(re.escape, others)))
                 or "Procfile", "add to Procfile:  worker: celery -A %s worker" %
                 module.replace("/", ".").split(".")[0], None if tasks else "no task queue is used")

    def servers(self, web, line):
        named = next((name for name in SERVERS if web and name in web), None)
        self.add("web-server", "a production server serves it, and is among the dependencies",
                 None if not named and "runserver" not in (web or "") else
                 bool(named) and "runserver" not in web and self.has(named),
                 self.line("Procfile", "^web:") or "Procfile",
                 self.check.declared.fix(named or "gunicorn") + "\nand in the Procfile:  " + line)
        count = re.search(r"(?:--workers[ =]|-w ?)(\d+)", web or "")
        self.add("web-workers", "2 to 12 workers, or as many as WEB_CONCURRENCY says",
                 (2 <= int(count.group(1)) <= 12) if count else bool(named) or None,
                 self.line("Procfile", "^web:") or "Procfile",
                 "take --workers out: WEB_CONCURRENCY is set to what the machine has")

    def dependencies(self):
        given, check = self.given, self.check
        names = sorted(given["requirements"])
        self.add("dependencies", "the dependencies are named in a file of the root", bool(names),
                 ", ".join(names) or None, "pip freeze >requirements.txt")
        loose = self.loose()
        self.add("dependencies-pinned", "every dependency is pinned to a version",
                 bool(names) and not loose, names[0] if names else None,
                 "pip freeze >requirements.txt", ", ".join(loose[:5]) or None)
        self.add("dependencies-declared", "what the settings import is among the dependencies",
                 None if check.settings is None else "dependency-undeclared" not in self.found,
                 self.finding("dependency-undeclared", "path") or
                 (names[0] if names else None), self.finding("dependency-undeclared", "fix"))
        version = "%d.%d" % tuple(given["python"][:2]) if given["python"] else "3.12"
        self.add("python-version", "the Python version is pinned", bool(given["python_from"]),
                 given["python_from"], "echo %s >.python-version" % version)
        self.ignores()
        committed = [name for name in given["others"] if name == ".env"]
        self.add("env-file", "no .env is committed", not committed, ".env" if committed else None,
                 "git rm --cached .env && echo .env >>.gitignore")

    def finding(self, rule, key):
        return next((one[key] for one in self.check.findings if one["rule"] == rule), None)

    def loose(self):
        """Packages whose version a build may choose; none where a lock decides."""
        if self.check.declared.locked:
            return []
        return sorted(name for name, version in self.check.packages.items() if not version)

    def ignores(self):
        lines = [line.strip().strip("/") for line in
                 (self.given["texts"].get(".gitignore") or "").split("\n")]
        missing = sorted(name for name, forms in IGNORED.items()
                         if not any(form in lines for form in forms))
        self.add("gitignore", ".gitignore leaves out .env, virtualenvs, bytecode, databases, "
                 "collected files", not missing, ".gitignore",
                 "printf '%%s\\n' %s >>.gitignore" % " ".join(missing),
                 "not in it: " + ", ".join(missing) if missing else None)

    # -- settings -----------------------------------------------------------------------------------

    def state(self, name, good, default=None):
        """Whether the value of a setting is good; None: not known."""
        said = self.check.settings.names.get(name)
        if said is None:
            return None if self.check.settings.opaque else default
        if not said.sure or said.value is UNKNOWN:
            return None
        return good(said.value)

    def is_kept(self, value):
        """Whether a value comes from a variable, and not in truth from a default beside it."""
        if not isinstance(value, Read):
            return False
        literal = isinstance(value.default, str) and value.default
        return not literal or self.check.config is None or value.name in self.check.config

    def settings(self):
        set_var = "slugbuild config:set %s=… -a " + self.app
        self.add("debug", "DEBUG is off, and no text", False if "settings-debug" in self.found else
                 self.state("DEBUG", lambda value: True if isinstance(value, Read) else not value, True),
                 self.at("DEBUG"), 'DEBUG = os.environ.get("DEBUG") == "1"')
        self.add("secret-key", "SECRET_KEY comes from a config var",
                 self.state("SECRET_KEY", self.is_kept, False), self.at("SECRET_KEY"),
                 'SECRET_KEY = os.environ["SECRET_KEY"]\n' + set_var % "SECRET_KEY")
        self.add("allowed-hosts", "ALLOWED_HOSTS names the app's hosts",
                 False if "settings-allowed-hosts" in self.found else
                 self.state("ALLOWED_HOSTS", bool, False), self.at("ALLOWED_HOSTS"),
                 'ALLOWED_HOSTS = ["www.example.com"]')
        typed = self.has(*TYPED) or bool(self.check.reader.made)
        self.add("settings-typed", "config vars are read by what checks their types", typed,
                 self.check.settings.path, self.check.declared.fix("pydantic-settings"))
        known = self.check.config is not None
        self.add("config-vars", "every config var that the settings need is set",
                 "settings-env-missing" not in self.found if known else None,
                 self.finding("settings-env-missing", "path") or self.check.settings.path,
                 self.finding("settings-env-missing", "fix") or
                 "slugbuild check --checklist -a APP knows the app's config vars")

    def database(self):
        def from_environment(value):
            default = value.get("default") if isinstance(value, dict) else None
            if isinstance(default, Read):
                return True
            if isinstance(default, dict):
                return any(isinstance(part, Read) for part in default.values())
            return None
        read = 'DATABASES = {"default": dj_database_url.config(conn_max_age=600)}'
        add = "slugbuild addons:create postgresql -a " + self.app
        reads = self.state("DATABASES", from_environment, False)
        self.add("database-variable", "the database comes from a config var", reads,
                 self.at("DATABASES"), read)
        lite = "settings-sqlite" in self.found
        self.add("database-server", "the database is a server, not a SQLite file",
                 False if lite else reads or None, self.at("DATABASES"), add)
        known = self.check.config is not None
        self.add("database-set", "DATABASE_URL is set",
                 "DATABASE_URL" in self.check.config if known else None, None,
                 add if known else "slugbuild check --checklist -a APP knows the app's config vars")
        self.add("database-driver", "a driver for PostgreSQL or MySQL is among the dependencies",
                 self.has(*DRIVERS), ", ".join(sorted(self.given["requirements"])) or None,
                 self.check.declared.fix("psycopg2-binary"))
        self.add("database-connections", "database connections are kept (CONN_MAX_AGE)",
                 self.keeps_connections(), self.at("DATABASES"), read)
        self.migrations()

    def keeps_connections(self):
        for module in self.check.reader.modules.values():
            for node in ast.walk(module.tree) if module else ():
                name, value = None, None
                if isinstance(node, ast.keyword):
                    name, value = node.arg, node.value
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    name = node.value
                if (name or "").lower() == "conn_max_age" or "conn_max_age=" in (name or ""):
                    return not (isinstance(value, ast.Constant) and value.value == 0)
        if self.has(*POOLS):
            return True
        return None if self.check.settings.opaque or self.check.reader.unseen else False

    def migrations(self):
        lacking = []
        for path, text in sorted((self.given.get("models") or {}).items()):
            folder = path[:-len("models.py")] if path.endswith("models.py") else \
                path[:path.rindex("models/")]
            if any(other.startswith(folder + "migrations/") and not other.endswith("__init__.py")
                   for other in self.check.paths):
                continue
            if has_models(text):
                lacking.append(folder.rstrip("/") or ".")
        self.add("migrations", "every app that has models has its migrations committed",
                 not lacking, (lacking[0] + "/models.py") if lacking else None,
                 "python manage.py makemigrations %s && git add --all" % " ".join(
                     name.rsplit("/", 1)[-1] for name in lacking))

    def statics(self):
        check = self.check
        self.add("static-url", "STATIC_URL is set", self.state("STATIC_URL", bool, False),
                 self.at("STATIC_URL"), 'STATIC_URL = "/static/"')
        line = 'STATIC_ROOT = BASE_DIR / "staticfiles"' if check.pathlib() else \
            'STATIC_ROOT = os.path.join(BASE_DIR, "staticfiles")'
        self.add("static-root", "STATIC_ROOT is set, and a folder can be there",
                 False if "settings-static-root" in self.found else
                 self.state("STATIC_ROOT", lambda value: isinstance(value, Read) or bool(value), False),
                 self.at("STATIC_ROOT"), line)
        self.add("static-folders", "the folders of STATICFILES_DIRS are in the tree",
                 self.folders(), self.at("STATICFILES_DIRS"), "git add the folder, with a file in it")
        self.add("static-collected", "collectstatic runs at each push",
                 bool(self.given["collectstatic"]), None,
                 "slugbuild config:unset DISABLE_COLLECTSTATIC -a " + self.app)
        said = check.middleware()
        names = said.value if said else []
        served = any("whitenoise" in name.lower() for name in names)
        elsewhere = not check.local_storage() and check.storage() is not None
        self.add("static-server", "WhiteNoise or another server serves the static files",
                 None if said is None else served or elsewhere, self.at("MIDDLEWARE"),
                 'behind SecurityMiddleware:  "whitenoise.middleware.WhiteNoiseMiddleware",')
        self.add("static-order", "WhiteNoise stands right behind SecurityMiddleware",
                 None if said is None or not served else "whitenoise-order" not in self.found,
                 self.at("MIDDLEWARE"), self.finding("whitenoise-order", "fix"))
        storage = check.storage()
        self.add("static-storage", "static files are compressed and have a digest in their names",
                 None if storage is None else elsewhere or "Manifest" in storage[1],
                 self.at("STORAGES", "STATICFILES_STORAGE"),
                 'STORAGES: "staticfiles": {"BACKEND": '
                 '"whitenoise.storage.CompressedManifestStaticFilesStorage"}',
                 storage[1] or None if storage else None)
        self.add("static-brotli", "Brotli for static files (optional)",
                 self.has("brotli", "brotlicffi") or any(
                     re.search(r"whitenoise\[.*brotli", text, re.I)
                     for text in self.given["requirements"].values()),
                 ", ".join(sorted(self.given["requirements"])) or None,
                 check.declared.fix("whitenoise[brotli]"))

    def folders(self):
        """Whether the folders that hold the app's static files are there."""
        said = self.check.settings.names.get("STATICFILES_DIRS")
        if said is None:
            return None if self.check.settings.opaque else True
        if not said.sure or not isinstance(said.value, list):
            return None
        known = set(self.given.get("folders") or ())
        states = [None if not isinstance(one, Path) or not one.text.startswith("/app/") else
                  one.text[len("/app/"):] in known for one in said.value]
        return False if False in states else None if None in states else True

    # -- security, operation ------------------------------------------------------------------------

    def security(self):
        def on(value):
            return None if isinstance(value, Read) and value.default is not True and \
                not (isinstance(value.default, int) and value.default > 0) else bool(value)
        states = []
        for name, item, line in (
                ("SECURE_SSL_REDIRECT", "HTTP is redirected to HTTPS", "True"),
                ("SESSION_COOKIE_SECURE", "session cookies go over HTTPS only", "True"),
                ("CSRF_COOKIE_SECURE", "CSRF cookies go over HTTPS only", "True"),
                ("SECURE_HSTS_SECONDS", "browsers are told to stay with HTTPS", "3600")):
            states.append(self.state(name, on, False))
            self.add(name.lower().replace("_", "-"), "%s (%s)" % (item, name), states[-1],
                     self.at(name), "%s = %s" % (name, line))
        bad = False in states or "settings-debug" in self.found or \
            "secret-key-literal" in self.found or "settings-allowed-hosts" in self.found
        self.add("check-deploy", "manage.py check --deploy finds nothing", False if bad else None,
                 self.check.settings.path, "python manage.py check --deploy",
                 None if bad else "each push runs it, where its dependencies are")

    def operation(self):
        files = ", ".join(sorted(self.given["requirements"])) or None
        self.add("errors", "errors are reported (Sentry, Rollbar, …)", self.has(*WATCHERS), files,
                 self.check.declared.fix("sentry-sdk"))
        self.add("logs", "logs go to the standard output, for slugbuild logs", self.logs(),
                 self.at("LOGGING"), "LOGGING: a logging.StreamHandler, no file")
        self.add("cache", "sessions and queries are cached in Redis (optional)", self.cached(),
                 self.at("CACHES"), "slugbuild addons:create redis -a %s\nCACHES = {\"default\": "
                 "{\"BACKEND\": \"django.core.cache.backends.redis.RedisCache\", …}}" % self.app)
        self.health()

    def logs(self):
        said = self.check.settings.names.get("LOGGING")
        if said is None:
            return None if self.check.settings.opaque else True
        module = self.check.reader.modules.get(said.path)
        for node in ast.walk(module.tree) if module else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and \
                    node.value.endswith("FileHandler"):
                return False
        return True if said.sure else None

    def cached(self):
        def redis(value):
            default = value.get("default") if isinstance(value, dict) else None
            if isinstance(default, Read):
                return True
            name = default.get("BACKEND") if isinstance(default, dict) else None
            return "redis" in name.lower() if isinstance(name, str) else None
        return self.state("CACHES", redis, False)

    def health(self):
        path = self.given.get("health_path")
        where, more = None, False
        for name, text in sorted(self.check.files.items()):
            if not name.endswith("urls.py"):
                continue
            for node in ast.walk(parsed(text)):
                if isinstance(node, ast.Call) and dotted(node.func) in ("path", "re_path", "url") and \
                        node.args and isinstance(node.args[0], ast.Constant) and \
                        HEALTH.match(str(node.args[0].value)):
                    where = where or "%s:%d" % (name, node.lineno)
                more = more or isinstance(node, ast.Call) and dotted(node.func) == "include"
        known = bool(path) or bool(where) or self.has("django-health-check", "django-watchman")
        self.add("health", "a path that says whether the app is well", known or (None if more else False),
                 where or path, "git config slugbuild.healthPath /up, and a view there")


def parsed(text):
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module(body=[], type_ignores=[])


def has_models(text):
    """Whether a models.py surely has a model with a table of its own."""
    for node in parsed(text).body:
        if not isinstance(node, ast.ClassDef) or \
                not any(dotted(base) in ("models.Model", "Model") for base in node.bases):
            continue
        meta = [part for part in node.body if isinstance(part, ast.ClassDef) and part.name == "Meta"]
        if not re.search("abstract|proxy|managed|app_label", "".join(map(ast.dump, meta))):
            return True
    return False


def checklist(check):
    made = Checklist(check)
    made.group = "Files"
    made.files()
    made.dependencies()
    if check.settings is None:  # not found, or not those that a server will use
        check.settings = Module(None, ast.parse(""), "")
        check.settings.opaque = True
    for made.group, step in (("Settings", made.settings), ("Database", made.database),
                             ("Static files", made.statics), ("Security", made.security)):
        step()
    made.group = "Operation"
    made.operation()
    return made.items
