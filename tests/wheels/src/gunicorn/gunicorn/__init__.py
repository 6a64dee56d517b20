"""A stand-in for tests: not gunicorn. Serves one WSGI application by the standard library."""
__version__ = "0.1"
