import importlib
import os

from django.core.exceptions import ImproperlyConfigured

DEFAULTS = {
    "ALLOWED_HOSTS": [],
    "DATABASES": {},
    "DEBUG": False,
    "INSTALLED_APPS": [],
    "MIDDLEWARE": [],
    "SECRET_KEY": "",
    "STATIC_ROOT": None,
    "STATIC_URL": "/static/",
    "STATICFILES_DIRS": [],
    "WSGI_APPLICATION": None,
}


class Settings(object):
    """What the module named by DJANGO_SETTINGS_MODULE says, over the defaults."""
    _module = None

    @property
    def configured(self):
        return self._module is not None

    def _load(self):
        name = os.environ.get("DJANGO_SETTINGS_MODULE")
        if not name:
            raise ImproperlyConfigured(
                "Requested settings, but settings are not configured. You must either define "
                "the environment variable DJANGO_SETTINGS_MODULE or call settings.configure() "
                "before accessing settings.")
        module = importlib.import_module(name)
        if not getattr(module, "SECRET_KEY", ""):
            raise ImproperlyConfigured("The SECRET_KEY setting must not be empty.")
        self._module = module

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        if self._module is None:
            self._load()
        if hasattr(self._module, name):
            return getattr(self._module, name)
        if name in DEFAULTS:
            return DEFAULTS[name]
        raise AttributeError("'Settings' object has no attribute '%s'" % name)


settings = Settings()
