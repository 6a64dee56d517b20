# The probe's questions about the database: how it is set up, and in the release step, where there
# is a network, whether it answers and which migrations it has. Python 2.7, Django 1.8 and later.
import os

from slugbuild_words import first_line, is_async

SECONDS = 5  # to wait for a connection
SHOWN = 3


class Database(object):
    def connections_kept(self):
        """CONN_MAX_AGE, where each request opens a connection of its own over a network."""
        from django.conf import settings
        default = settings.DATABASES.get("default") or {}
        engine = default.get("ENGINE") or ""
        options = default.get("OPTIONS") or {}
        if not engine.startswith("django.db.backends.") or \
                engine.rsplit(".", 1)[-1] not in ("postgresql", "postgresql_psycopg2", "mysql", "oracle"):
            return
        age = default.get("CONN_MAX_AGE", 0)
        if age is None or age or options.get("pool") or is_async(self.given["processes"]):
            return
        port = str(default.get("PORT") or "")
        if port == "6432" or default.get("DISABLE_SERVER_SIDE_CURSORS"):
            return  # a pool stands before the server
        self.add("database-connections", "each request opens a connection to the database of its "
                 "own (CONN_MAX_AGE is 0)", self.settings_path(), 0,
                 'dj_database_url.config(conn_max_age=600), or DATABASES["default"]'
                 '["CONN_MAX_AGE"] = 600')

    def engine(self):
        """In the build, for the release step: what there will be to ask, and of SQLite its file."""
        from django.db import connection
        said = connection.settings_dict
        engine, name = said.get("ENGINE") or "", str(said.get("NAME") or "")
        if not engine or engine.endswith("dummy"):
            self.state["engine"] = {"vendor": "none", "file": None}
            return
        file = None
        if connection.vendor == "sqlite" and name and name != ":memory:" and not name.startswith("file:"):
            file = os.path.realpath(name)
            if file.startswith(self.root + os.sep):
                file = file[len(self.root) + 1:]
        elif connection.vendor == "sqlite" and name.startswith("file:"):
            return  # a URI: to be looked at where it is
        self.state["engine"] = {"vendor": connection.vendor, "file": file}

    def database(self):
        """In the release step: reachable, and at what migration."""
        from django.db import connection
        said = connection.settings_dict
        engine = said.get("ENGINE") or ""
        if not engine or engine.endswith("dummy"):
            return
        if connection.vendor == "sqlite":
            if not os.path.isfile(str(said.get("NAME") or "")):
                return  # to connect would make it
        else:
            said["OPTIONS"] = dict(said.get("OPTIONS") or {})
            if connection.vendor in ("postgresql", "mysql"):
                said["OPTIONS"].setdefault("connect_timeout", SECONDS)
        try:
            connection.ensure_connection()
        except Exception as error:
            place = "%s on %s" % (said.get("NAME") or "?", said.get("HOST") or "this machine")
            if said.get("PORT"):
                place += " port %s" % said["PORT"]
            self.state["database"] = {"reachable": False, "vendor": connection.vendor}
            self.add("database-unreachable", "the %s database %s cannot be reached: %s" % (
                connection.vendor, place, first_line(error)), self.settings_path(), 0,
                "slugbuild config:get DATABASE_URL -a %s, and whether that server runs" % self.app)
            return
        try:
            self.applied(connection)
        finally:
            connection.close()

    def applied(self, connection):
        from django.db.migrations.loader import MigrationLoader
        from django.db.migrations.recorder import MigrationRecorder
        with connection.cursor() as cursor:
            tables = connection.introspection.table_names(cursor)
        loader = MigrationLoader(None, ignore_no_migrations=True)
        done = set()
        if "django_migrations" in tables:
            done = set(MigrationRecorder(connection).applied_migrations())
        replaced = set()
        for key, migration in loader.disk_migrations.items():
            names = set(tuple(one) for one in getattr(migration, "replaces", None) or ())
            if key in done:
                replaced |= names
            elif names and names <= done | replaced:
                done.add(key)
        known = set(loader.graph.nodes) if hasattr(loader.graph, "nodes") else set(loader.disk_migrations)
        pending = sorted(known - done - replaced)
        at = {}
        for label, name in sorted(done):
            if (label, name) in known:
                at[label] = name
        self.state["database"] = {"reachable": True, "vendor": connection.vendor, "at": at,
                                  "pending": ["%s.%s" % key for key in pending]}
        if pending:
            self.say_pending(loader, pending, at)

    def say_pending(self, loader, pending, at):
        shown = ", ".join("%s.%s" % key for key in pending[:SHOWN])
        if len(pending) > SHOWN:
            shown += " and %d more" % (len(pending) - SHOWN)
        where = "; of %s it has %s" % (pending[0][0], at[pending[0][0]]) if pending[0][0] in at else ""
        fix = "slugbuild run -a %s -- python %s migrate" % (self.app, self.given["manage"] or "manage.py")
        if not self.given.get("migrates"):
            fix += "\nor at each release, in the Procfile:\nrelease: python %s migrate --noinput" % (
                self.given["manage"] or "manage.py")
        ours = self.our_apps()
        path = next((self.migration_path(loader, key) for key in pending if key[0] in ours), None)
        self.add("migrations-pending", "the database lacks %d migration%s that this release has: %s%s" % (
            len(pending), "" if len(pending) == 1 else "s", shown, where), path, 0, fix)
