"""A build backend that needs nothing: it packs one module, which says when it was built."""
import base64
import hashlib
import os
import zipfile


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    info = "sprocket-0.1.dist-info"
    files = {
        "sprocket.py": '"""Built from source."""\nTEETH = 12\n',
        info + "/METADATA": "Metadata-Version: 2.1\nName: sprocket\nVersion: 0.1\n",
        info + "/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name in sorted(files):
        digest = hashlib.sha256(files[name].encode()).digest()
        record += "%s,sha256=%s,%d\n" % (
            name, base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), len(files[name]))
    files[info + "/RECORD"] = record + info + "/RECORD,,\n"
    name = "sprocket-0.1-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as z:
        for member in sorted(files):
            z.writestr(member, files[member])
    return name


def get_requires_for_build_wheel(config_settings=None):
    return []
