"""Packages made on the spot and an index that serves them: package_index.py FOLDER PORT

FOLDER/simple/NAME/ holds the wheels. Each line of FOLDER/packages: NAME VERSION FILE=TEXT…, a script
as NAME@TEXT. Both the bytes and the pages are the same each time.
"""

import base64
import hashlib
import http.server
import os
import sys
import zipfile

folder, port = sys.argv[1], int(sys.argv[2])


def wheel(name, version, files, scripts):
    info = "%s-%s.dist-info" % (name, version)
    files = dict(files)
    files[info + "/METADATA"] = "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version)
    files[info + "/WHEEL"] = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if scripts:
        files[info + "/entry_points.txt"] = "[console_scripts]\n" + "".join(
            "%s = %s\n" % pair for pair in scripts)
    record = "".join("%s,sha256=%s,%d\n" % (
        "\"%s\"" % path if "," in path else path,
        base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode(),
        len(text)) for path, text in files.items())
    files[info + "/RECORD"] = record + info + "/RECORD,,\n"
    at = os.path.join(folder, "simple", name)
    os.makedirs(at, exist_ok=True)
    with zipfile.ZipFile(os.path.join(at, "%s-%s-py3-none-any.whl" % (name, version)), "w") as z:
        for path, text in files.items():
            z.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), text)


def make():
    with open(os.path.join(folder, "packages")) as f:
        for line in f:
            name, version, *rest = line.split()
            files = [tuple(one.split("=", 1)) for one in rest if "=" in one]
            scripts = [tuple(one.split("@", 1)) for one in rest if "=" not in one]
            wheel(name, version, [(path, text.replace("\\n", "\n")) for path, text in files], scripts)


class Pages(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        parts = [part for part in self.path.split("/") if part]
        at = os.path.join(folder, *parts)
        if len(parts) != 2 or not os.path.isdir(at):
            super().do_GET()
            return
        body = "".join('<a href="/simple/%s/%s">%s</a>\n' % (parts[1], n, n) for n in sorted(os.listdir(at)))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


make()
os.chdir(folder)
http.server.ThreadingHTTPServer(("127.0.0.1", port), Pages).serve_forever()
