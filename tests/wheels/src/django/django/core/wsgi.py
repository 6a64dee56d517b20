import importlib
import mimetypes
import os

import django
from django.conf import settings


def static_file(path):
    """The collected file at `path` below STATIC_URL, or None."""
    url = settings.STATIC_URL or "/static/"
    if not url.startswith("/"):
        url = "/" + url
    if not path.startswith(url) or not settings.STATIC_ROOT:
        return None
    root = os.path.realpath(str(settings.STATIC_ROOT))
    name = os.path.realpath(os.path.join(root, path[len(url):]))
    if not name.startswith(root + os.sep) or not os.path.isfile(name):
        return None
    with open(name, "rb") as f:
        return f.read()


def get_wsgi_application():
    """Serves what was collected; every other path goes to ROOT_VIEW, "module.function"."""
    django.setup()
    module, _, function = settings.ROOT_VIEW.rpartition(".")
    view = getattr(importlib.import_module(module), function)

    def application(environ, start_response):
        path = environ.get("PATH_INFO", "/")
        data = static_file(path)
        kind = mimetypes.guess_type(path)[0] or "text/html; charset=utf-8"
        status = "200 OK"
        if data is None:
            answer = view(environ)
            if isinstance(answer, tuple):
                status, answer = answer
            data = answer.encode("utf-8")
            kind = "text/html; charset=utf-8"
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(data)))])
        return [data]

    return application
