# The probe's question about static files: what the templates name and a strict manifest will not
# have, so that the page is a 500. Python 2.7, Django 1.11 and later.
import os
import time

SECONDS = 10
TEMPLATES = 3000


class Statics(object):
    def statics(self):
        from django.conf import settings
        if "django.contrib.staticfiles" not in settings.INSTALLED_APPS or settings.DEBUG:
            return
        from django.contrib.staticfiles import finders
        from django.contrib.staticfiles.storage import staticfiles_storage
        if not getattr(staticfiles_storage, "manifest_strict", False) or \
                not hasattr(staticfiles_storage, "stored_name"):
            return
        missing = {}
        for path, line, name in self.static_names():
            clean = name.split("#")[0].split("?")[0]
            if clean and not clean.endswith("/") and clean not in missing:
                found = finders.find(clean) is not None or \
                    os.path.exists(os.path.join(settings.STATIC_ROOT or "/nowhere", clean))
                missing[clean] = None if found else (path, line)
        for name, place in sorted(missing.items()):
            if place:
                self.add("static-entry-missing", "the template names the static file %s, which is "
                         "nowhere: with a strict manifest the page is answered with an error" % name,
                         place[0], place[1], "add the file to git, or take the name out")

    def static_names(self):
        """(path, line, name) of each {% static "name" %} in the app's own templates."""
        from django.template import engines
        from django.templatetags.static import StaticNode
        end = time.time() + SECONDS
        for engine in engines.all():
            inner = getattr(engine, "engine", None)
            if inner is None:
                continue
            for path, name in self.template_files(engine):
                if time.time() > end:
                    return
                try:
                    template = inner.get_template(name)
                except Exception:
                    continue
                if getattr(template.origin, "name", None) != path:
                    continue  # another one of that name comes first
                for node in template.nodelist.get_nodes_by_type(StaticNode):
                    said = getattr(node, "path", None)
                    if said is None or getattr(said, "filters", None) or \
                            not isinstance(said.var, (str, type(u""))):
                        continue
                    yield self.ours(path), getattr(getattr(node, "token", None), "lineno", 0) or 0, said.var

    def template_files(self, engine):
        from itertools import islice
        return islice(self.walk_templates(engine), TEMPLATES)

    def walk_templates(self, engine):
        for folder in engine.template_dirs:
            folder = str(folder)
            if not self.ours(os.path.join(folder, "x")):
                continue
            for place, folders, files in os.walk(folder):
                folders.sort()
                for name in sorted(files):
                    path = os.path.join(place, name)
                    yield path, os.path.relpath(path, folder)
