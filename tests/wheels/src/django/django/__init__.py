"""A stand-in for tests: not Django. As much of its outside as slugbuild's tests need."""
import os

# A config var makes the probe go on with it, which leaves older Djangos alone.
VERSION = tuple(map(int, os.environ.get("STAND_IN_VERSION", "0.1.0").split("."))) + ("final", 0)
__version__ = "0.1"


def get_version():
    return __version__


def setup(set_prefix=True):
    from django.conf import settings
    settings.SECRET_KEY
