# `slugbuild check --checklist`: what deployment guides ask of a Django app, each with its state,
# from what the source stage read. Python 3.8 and later.
from source_values import UNKNOWN, Path, Read


class Checklist(object):
    def __init__(self, check):
        self.check = check
        self.given = check.given
        self.items = []

    def add(self, item, state, note=None):
        """`state`: True, False or None: it cannot be told."""
        word = "unknown" if state is None else "yes" if state else "no"
        self.items.append({"item": item, "state": word, "note": note})

    def has(self, *names):
        return any(name in self.check.packages for name in names)

    # -- files ------------------------------------------------------------------------------------

    def files(self):
        given = self.given
        web = given["processes"].get("web")
        self.add("a Procfile with a web process", bool(web), web)
        if web:
            self.add("the web process is no development server", "runserver" not in web)
        release = given["release"] or ""
        self.add("migrations run in the release phase", "migrate" in release, release or None)
        if self.has("celery", "django-rq", "django-q", "dramatiq", "huey"):
            self.add("a worker process for background tasks",
                     any(name not in ("web", "release") for name in given["processes"]))
        self.add("the dependencies are named in a file", bool(given["requirements"]),
                 ", ".join(sorted(given["requirements"])) or None)
        if given["requirements"]:
            loose = self.loose()
            self.add("every dependency is pinned", not loose, ", ".join(loose[:5]) or None)
        self.add("the Python version is pinned", bool(given["python_from"]), given["python_from"])
        self.ignores()

    def loose(self):
        """Packages whose version a build may choose; none where a lock decides."""
        if self.given["manager"] not in ("pip", "none", None):
            return []
        return sorted(name for name, version in self.check.packages.items() if not version)

    def ignores(self):
        lines = [line.strip().strip("/") for line in
                 (self.given["texts"].get(".gitignore") or "").split("\n")]
        wanted = {".env": (".env", "*.env", ".env*"), "staticfiles": ("staticfiles", "static_root"),
                  "venv": ("venv", ".venv", "env"), "db.sqlite3": ("db.sqlite3", "*.sqlite3"),
                  "__pycache__": ("__pycache__", "*.pyc", "*.py[cod]", "*.py[co]")}
        missing = sorted(name for name, forms in wanted.items()
                         if not any(form in lines for form in forms))
        self.add(".gitignore leaves out what is local", not missing,
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

    def settings(self):
        find = [finding["rule"] for finding in self.check.findings]
        self.add("DEBUG is off", False if "settings-debug" in find else self.state(
            "DEBUG", lambda value: not value if not isinstance(value, Read) else True, True))
        self.add("SECRET_KEY comes from a config var", self.state(
            "SECRET_KEY", lambda value: isinstance(value, Read), False))
        self.add("ALLOWED_HOSTS names the hosts", False if "settings-allowed-hosts" in find else
                 self.state("ALLOWED_HOSTS", lambda value: bool(value), False))
        self.database()
        self.statics()
        checked = self.has("pydantic-settings", "django-environ", "environs", "python-decouple")
        self.add("config vars are read by what checks them (pydantic-settings, django-environ, …)",
                 checked)
        if self.check.config is not None:
            self.add("every config var that the settings need is set",
                     "settings-env-missing" not in find)

    def database(self):
        def from_environment(value):
            default = value.get("default") if isinstance(value, dict) else None
            if isinstance(default, Read):
                return True
            if isinstance(default, dict):
                return any(isinstance(part, Read) for part in default.values())
            return None
        self.add("the database comes from a config var",
                 self.state("DATABASES", from_environment, False))
        self.add("a driver for PostgreSQL or MySQL is installed",
                 self.has("psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary", "mysqlclient",
                          "pymysql"))
        text = "\n".join(self.check.settings.lines).lower()
        self.add("database connections are kept (CONN_MAX_AGE)", "conn_max_age" in text)

    def statics(self):
        self.add("STATIC_ROOT is set", self.state(
            "STATIC_ROOT", lambda value: isinstance(value, (Path, str)) and bool(value) and
            not self.check.inside_file(value), False))
        said = self.check.middleware()
        self.add("WhiteNoise or another server of static files", None if said is None else
                 any("whitenoise" in name.lower() for name in said.value))
        storage = self.check.storage()
        self.add("static files are compressed and have the digest in their names",
                 None if storage is None else "Manifest" in storage[1] or "Compressed" in storage[1],
                 storage[1] or None if storage else None)

    def security(self):
        def on(value):
            return None if isinstance(value, Read) else bool(value)
        for name in ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE",
                     "SECURE_HSTS_SECONDS"):
            self.add("%s is set" % name, self.state(name, on, False))

    def operation(self):
        self.add("errors are reported (Sentry, Rollbar, …)",
                 self.has("sentry-sdk", "rollbar", "raven", "bugsnag", "honeybadger", "newrelic"))


def checklist(check):
    made = Checklist(check)
    made.files()
    if check.settings is not None:
        made.settings()
        made.security()
    else:
        made.add("the settings can be found", False if check.reader.errors else None)
    made.operation()
    return made.items
