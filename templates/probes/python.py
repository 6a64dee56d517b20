# What slugbuild must know of an interpreter, as one line of JSON. Python 2.7 and later;
# run with -E -s -S, so that nothing of the machine's site packages takes part.
import glob
import json
import os
import platform
import sys
import sysconfig


def first(pattern):
    found = sorted(glob.glob(pattern))
    return found[-1] if found else None


def main():
    version = sys.version_info
    config = sysconfig.get_config_var
    stdlib = sysconfig.get_path("stdlib")
    prefix = getattr(sys, "base_prefix", sys.prefix)
    places = [os.path.join(stdlib, "ensurepip", "_bundled")]
    if config("WHEEL_PKG_DIR"):
        places.insert(0, config("WHEEL_PKG_DIR"))
    places.append("/usr/share/python-wheels")
    wheels = [first(os.path.join(place, "pip-*.whl")) for place in places]
    wheels = [wheel for wheel in wheels if wheel]
    homes = [os.path.join(stdlib, "site-packages"), os.path.join(stdlib, "dist-packages"),
             os.path.join(prefix, "lib", "python3", "dist-packages")]
    library = None
    if config("Py_ENABLE_SHARED") and config("INSTSONAME"):
        library = os.path.join(config("LIBDIR") or "", config("INSTSONAME"))
    try:
        libc = os.confstr("CS_GNU_LIBC_VERSION").replace(" ", "-")
    except (AttributeError, ValueError):
        libc = "libc"
    json.dump({
        "implementation": platform.python_implementation(),
        "version": "%d.%d.%d" % tuple(version[:3]),
        "final": version[3] == "final",
        "prefix": os.path.realpath(prefix),
        "stdlib": stdlib,
        "platlibdir": getattr(sys, "platlibdir", "lib"),
        "platform": "%s %s %s" % (sysconfig.get_platform(), config("SOABI") or "cp27", libc),
        "library": library,
        "pip_wheel": wheels[0] if wheels else None,
        "has_pip": any(os.path.isdir(os.path.join(home, "pip")) for home in homes),
    }, sys.stdout, sort_keys=True)
    sys.stdout.write("\n")


main()
