"""What WhiteNoise has compressed before is not compressed again.

The build puts this folder first on the path of the interpreter that runs collectstatic; it is no
part of the slug. Two functions of whitenoise.compress, gzip and brotli of some bytes, are answered
from a folder of the app's own, named by a digest of the bytes and of whatever does the compressing;
what is not there is compressed as ever and left for the build to take in. Where these functions
are not, word for word, what they have been in every release so far, nothing is touched. The path
and the environment are put back as the app would have found them.
"""


def _tidy():
    """The path as without us; then the sitecustomize that would have been run."""
    import importlib.util
    import os
    import sys
    from importlib.machinery import PathFinder

    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [p for p in sys.path if os.path.abspath(p) != here]
    rest = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p != here]
    os.environ["PYTHONPATH"] = os.pathsep.join(rest)
    sys.path_importer_cache.pop(here, None)
    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        return
    module = importlib.util.module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


class _Finder:
    """Waits for whitenoise.compress to be imported, and goes."""

    def __init__(self, base):
        import sys
        from importlib.machinery import PathFinder

        self.base = base
        self.finders = sys.meta_path
        self.find = PathFinder.find_spec

    def find_spec(self, name, path=None, target=None):
        if name != "whitenoise.compress":
            return None
        if self in self.finders:
            self.finders.remove(self)
        spec = self.find(name, path, target)
        if spec is None or not hasattr(spec.loader, "exec_module"):
            return spec
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            try:
                _Memo(self.base).take(module)
            except Exception:
                pass

        spec.loader.exec_module = exec_module
        return spec


class _Memo:
    KNOWN = {
        "compress_gzip": 'defcompress_gzip(data):output=BytesIO()withgzip.GzipFile(filename="",mode="wb",'
        "fileobj=output,compresslevel=9,mtime=0)asgz_file:gz_file.write(data)returnoutput.getvalue()",
        "compress_brotli": "defcompress_brotli(data):returnbrotli.compress(data)",
    }

    def __init__(self, base):
        self.kept = base + "/kept"
        self.new = base + "/new"

    def take(self, module):
        import gzip
        import hashlib
        import io

        self.sha256 = hashlib.sha256
        compressor = module.Compressor
        if not self.is_known(compressor, "compress_gzip"):
            return
        if module.gzip is gzip and module.BytesIO is io.BytesIO:
            self.wrap(compressor, "compress_gzip", self.zlib_words())
        if self.is_known(compressor, "compress_brotli") and getattr(module, "brotli", None):
            self.wrap(compressor, "compress_brotli", self.brotli_words(module.brotli))

    def is_known(self, compressor, name):
        import inspect
        import re

        function = compressor.__dict__.get(name)
        if not isinstance(function, staticmethod):
            return False
        text = inspect.getsource(function.__func__)
        text = re.sub(r"(?m)#.*$|^\s*@staticmethod$", "", text)
        text = re.sub(r"\s+", "", text).replace("'", '"').replace(",)", ")")
        return text == self.KNOWN[name]

    def zlib_words(self):
        import sys
        import zlib

        words = [sys.version, zlib.ZLIB_RUNTIME_VERSION]
        with open("/proc/self/maps") as maps:
            files = {line.split(None, 5)[5].strip() for line in maps if "libz" in line}
        return words + [self.digest(path) for path in sorted(files)]

    def brotli_words(self, brotli):
        import sys

        return [self.digest(brotli.__file__), self.digest(sys.modules["_brotli"].__file__)]

    def digest(self, path):
        with open(path, "rb") as file:
            return self.sha256(file.read()).hexdigest()

    def wrap(self, compressor, name, words):
        import os
        import threading

        plain = getattr(compressor, name)
        head = self.sha256(repr([name] + words).encode())
        used = open(self.new + "/used", "a")
        lock = threading.Lock()

        def remembered(data):
            key = head.copy()
            key.update(data)
            key = key.hexdigest()
            try:
                with open(self.kept + "/" + key, "rb") as file:
                    found = file.read()
                with lock:
                    used.write(key + "\n")
                return found
            except OSError:
                pass
            made = plain(data)
            try:
                temporary = "%s/.%s.%d" % (self.new, key, threading.get_ident())
                with open(temporary, "wb") as file:
                    file.write(made)
                os.rename(temporary, self.new + "/" + key)
            except OSError:
                pass
            return made

        remembered.__name__ = name
        remembered.__qualname__ = plain.__qualname__
        remembered.__doc__ = plain.__doc__
        remembered.__module__ = plain.__module__
        remembered.__wrapped__ = plain
        setattr(compressor, name, staticmethod(remembered))


def _begin():
    import os
    import sys

    base = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + "/compressed"
    if os.path.isdir(base + "/new"):
        sys.meta_path.insert(0, _Finder(base))


try:
    _begin()
except Exception:
    pass
_tidy()
