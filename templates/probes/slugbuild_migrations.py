# The probe's questions about migrations: missing, in conflict, or losing data in what this push adds.
# Python 2.7 and later, Django 1.8 and later.
import os
import re
import sys

from slugbuild_words import text_of


class Migrations(object):
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
            if getattr(migration, "replaces", None):
                continue
            state = loader.project_state(key, at_end=False)
            for operation in migration.operations:
                text = self.harm(state, key, operation, made)
                operation.state_forwards(key[0], state)
                if text:
                    self.add("migration-destructive", text, path, line_of(
                        os.path.join(self.root, path), operation),
                        "the old release runs until the new one answers: take it\n"
                        "out of the code first, and of the database with the next push")

    def harm(self, state, key, operation, made):
        kind = type(operation).__name__
        if kind == "SeparateDatabaseAndState":
            harms = [self.harm(state, key, part, made) for part in operation.database_operations]
            return next((text for text in harms if text), None)
        if kind == "RunSQL":
            return harm_of_sql(operation.sql)
        model = getattr(operation, "model_name_lower", None) or \
            getattr(operation, "name_lower", None)
        if (key[0], model) in made:
            return None
        if kind == "DeleteModel":
            return "drops the table of %s.%s with all its rows" % (key[0], operation.name)
        if kind == "RemoveField":
            return "drops the column %s.%s.%s with its data" % (
                key[0], operation.model_name, operation.name)
        if kind == "RenameModel":
            if (key[0], operation.old_name.lower()) in made:
                return None
            return "renames the table of %s.%s: what still runs asks for it by the old name" % (
                key[0], operation.old_name)
        if kind == "RenameField":
            return "renames the column %s.%s.%s to %s: what still runs asks for it by the old name" % (
                key[0], operation.model_name, operation.old_name, operation.new_name)
        if kind == "AlterModelTable":
            return "renames the table of %s.%s to %s: what still runs asks for it by the old name" % (
                key[0], operation.name, operation.table or "its usual name")
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
            return self.harm_of_change(state, key, operation)
        return None

    def harm_of_change(self, state, key, operation):
        field = operation.field
        if field.null or field.has_default() or has_db_default(field):
            return None
        fields = state.models[key[0], operation.model_name_lower].fields
        before = dict(fields)[operation.name] if not isinstance(fields, dict) else \
            fields[operation.name]
        if not before.null:
            return None
        return "makes the column %s.%s.%s NOT NULL without a default: it fails where a row has " \
               "none" % (key[0], operation.model_name, operation.name)


def harm_of_sql(sql):
    """Of RunSQL: a text, or a list of texts or of (text, parameters)."""
    parts = sql if isinstance(sql, (list, tuple)) else [sql]
    for part in parts:
        text = part[0] if isinstance(part, (list, tuple)) and part else part
        match = re.search(r"\b(DROP\s+(?:TABLE|COLUMN)|TRUNCATE|RENAME\s+(?:COLUMN|TO))\b", "%s" % (text,), re.I)
        if match:
            return "runs SQL that says %s" % re.sub(r"\s+", " ", match.group(1).upper())
    return None


def has_db_default(field):
    value = getattr(field, "db_default", None)
    return value is not None and type(value).__name__ != "NOT_PROVIDED" and \
        getattr(value, "__name__", "") != "NOT_PROVIDED"


def line_of(path, operation):
    """The line that names the operation and what it is about, or 0."""
    name = getattr(operation, "name", None) or getattr(operation, "old_name", None) or ""
    try:
        lines = text_of(path).split("\n")
    except (IOError, OSError):
        return 0
    wanted = type(operation).__name__ + "("
    quoted = ('"%s"' % name, "'%s'" % name) if name else ("",)
    for reach in (1, 4):  # on one line, or written over several
        for at, line in enumerate(lines):
            if wanted in line and any(word in other for other in lines[at:at + reach]
                                      for word in quoted):
                return at + 1
    return 0
