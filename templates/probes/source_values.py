# What a settings module says, as far as that is certain: its syntax tree is walked and
# constants, paths and reads of the environment are followed; nothing is run or imported.
# What stands under a condition, comes from elsewhere or is computed is UNKNOWN. Python 3.8+.
import ast
import posixpath

from source_base import (APP, MISSING, UNKNOWN, Instance, Module, Path, Read, Said,
                         dotted)
from source_classes import Classes

READERS = ("os.environ.get", "os.getenv", "os.environ.setdefault", "decouple.config",
           "dj_database_url.config")
# Calls that bring names into the settings from where we do not see.
BRINGERS = ("split_settings.tools.include", "dynaconf.DjangoDynaconf", "exec", "execfile",
            "setattr", "include", "dynaconf.contrib.django_dynaconf")


class Reader(Classes):
    """Reads modules of the app. `files` has the text of those that were handed over."""

    def __init__(self, files, paths, roots):
        self.files = files
        self.paths = paths  # every Python file of the app, also those that were not handed over
        self.roots = roots
        self.modules = {}
        self.reads = []  # (Read, sure, how it is used)
        self.unseen = False  # a module of the app is imported that was not handed over
        self.errors = []
        self.busy = set()
        self.outside = []  # (name, Said) of what is surely imported and not the app's
        self.made = []  # Instance of each class of settings that is surely made

    # -- finding ----------------------------------------------------------------------------

    def find(self, name):
        """The path of a module of the app, or None: it is somebody else's, or not there."""
        tail = name.replace(".", "/")
        for root in self.roots:
            for path in (tail + ".py", tail + "/__init__.py"):
                path = posixpath.join(root, path)
                if path in self.paths or path in self.files:
                    return path
        return None

    def is_ours(self, name):
        top = name.split(".")[0]
        return any(path.startswith(posixpath.join(root, top) + "/") or
                   path == posixpath.join(root, top + ".py")
                   for root in self.roots for path in self.paths)

    def relative(self, path, level, name):
        folder = posixpath.dirname(path)
        for _ in range(level - 1):
            folder = posixpath.dirname(folder)
        tail = (name or "").replace(".", "/")
        for end in (".py", "/__init__.py"):
            found = posixpath.normpath(posixpath.join(folder, tail) + end) if tail else \
                posixpath.join(folder, "__init__.py")
            if found in self.paths or found in self.files:
                return found
        return None

    def module(self, path, sure=True):
        """Read, or None where it was not handed over or is no Python."""
        if path in self.modules:
            return self.modules[path]
        text = self.files.get(path)
        if text is None:
            self.unseen = True
            return None
        if text.startswith("\ufeff"):
            text = text[1:]
        self.modules[path] = None
        try:
            tree = ast.parse(text, path)
        except SyntaxError as error:
            self.errors.append((path, error))
            return None
        except (ValueError, RecursionError, MemoryError):
            self.unseen = True
            return None
        made = Module(path, tree, text)
        self.modules[path] = made
        self.busy.add(path)
        first = len(self.reads)
        self.block(made, tree.body, True)
        if not sure:
            self.reads[first:] = [(read, False, use) for read, _, use in self.reads[first:]]
        self.busy.discard(path)
        return made

    # -- statements -------------------------------------------------------------------------

    def block(self, module, body, sure):
        for node in body:
            name = "on_" + type(node).__name__
            handler = getattr(self, name, None)
            if handler:
                handler(module, node, sure)
            elif isinstance(node, (ast.For, ast.While, ast.With)):
                self.block(module, node.body, False)
                self.block(module, getattr(node, "orelse", []), False)
                self.forget(module, node)

    def forget(self, module, node):
        """Whatever is given a value below `node` is not known."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, (ast.Store, ast.Del)):
                self.put(module, part.id, UNKNOWN, part, False)

    def put(self, module, name, value, node, sure):
        if not sure:
            value = UNKNOWN
        if isinstance(value, Read) and value.name is None:
            value.name = "DJANGO_" + name  # of django-configurations
        module.names[name] = Said(value, node, module.path, sure)

    def on_Import(self, module, node, sure):
        for alias in node.names:
            module.imports[alias.asname or alias.name.split(".")[0]] = \
                alias.name if alias.asname else alias.name.split(".")[0]
            path = self.find(alias.name)
            if path and path in self.files:
                self.module(path, sure)
            elif not path:
                self.note_outside(module, alias.name, node, sure)

    def on_ImportFrom(self, module, node, sure):
        if node.level:
            path = self.relative(module.path, node.level, node.module)
            ours = True
        else:
            path = self.find(node.module or "")
            ours = path is not None
        star = any(alias.name == "*" for alias in node.names)
        if path is None:
            if not ours:
                self.note_outside(module, node.module or "", node, sure)
                for alias in node.names:
                    module.imports[alias.asname or alias.name] = \
                        "%s.%s" % (node.module, alias.name)
                if star:
                    module.opaque = True
            elif node.level and not node.module:
                for alias in node.names:
                    self.bring_module(module, node, alias, sure)
            elif star and sure:
                module.opaque = True
            return
        other = self.module(path, sure)
        if other is None or path in self.busy:
            if star:
                module.opaque = True
            for alias in node.names:
                if alias.name != "*":
                    self.put(module, alias.asname or alias.name, UNKNOWN, node, False)
            return
        if star:
            self.bring_all(module, other, sure)
            return
        for alias in node.names:
            self.bring(module, other, alias, node, sure)

    def note_outside(self, module, name, node, sure):
        if sure and name and not self.is_ours(name):
            self.outside.append((name, Said(None, node, module.path, True)))

    def bring_module(self, module, node, alias, sure):
        path = self.relative(module.path, node.level, alias.name)
        if path:
            self.module(path, sure)
        self.put(module, alias.asname or alias.name, UNKNOWN, node, False)

    def bring_all(self, module, other, sure):
        module.opaque = module.opaque or other.opaque
        for name, said in other.names.items():
            if not name.startswith("_"):
                module.names[name] = Said(said.value if sure else UNKNOWN, said.node, said.path,
                                          said.sure and sure)
        module.imports.update(other.imports)
        module.envs.update(other.envs)
        module.classes.update(other.classes)
        module.functions.update(other.functions)

    def bring(self, module, other, alias, node, sure):
        name = alias.asname or alias.name
        if alias.name in other.names:
            said = other.names[alias.name]
            module.names[name] = Said(said.value if sure else UNKNOWN, said.node, said.path,
                                      said.sure and sure)
        else:
            self.put(module, name, UNKNOWN, node, False)
        if alias.name in other.imports:
            module.imports[name] = other.imports[alias.name]
            module.names.pop(name, None)
        if alias.name in other.envs:
            module.envs[name] = other.envs[alias.name]
        if alias.name in other.classes:
            module.classes[name] = other.classes[alias.name]
        if alias.name in other.functions:
            module.functions[name] = other.functions[alias.name]

    def on_Assign(self, module, node, sure):
        self.note_env(module, node)
        value = self.value(module, node.value, sure, "assigned")
        for target in node.targets:
            self.assign(module, target, value, node, sure)

    def on_AnnAssign(self, module, node, sure):
        if node.value is not None:
            value = self.value(module, node.value, sure, "assigned")
            self.assign(module, node.target, value, node, sure)

    def assign(self, module, target, value, node, sure):
        if isinstance(target, ast.Name):
            self.put(module, target.id, value, node, sure)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self.assign(module, part, UNKNOWN, node, False)
        elif isinstance(target, ast.Starred):
            self.assign(module, target.value, UNKNOWN, node, False)
        elif isinstance(target, ast.Subscript):
            self.set_item(module, target, value, node, sure)
        elif isinstance(target, ast.Attribute):
            root = target
            while isinstance(root, (ast.Attribute, ast.Subscript)):
                root = root.value
            if isinstance(root, ast.Name) and root.id in module.names:
                self.put(module, root.id, UNKNOWN, node, False)

    def set_item(self, module, target, value, node, sure):
        called = target.value
        if isinstance(called, ast.Call) and dotted(called.func) in ("globals", "locals", "vars"):
            module.opaque = True
            return
        if isinstance(called, ast.Name):
            said = module.names.get(called.id)
            key = self.index(module, target)
            if said and sure and isinstance(said.value, dict) and isinstance(key, str):
                said.value = dict(said.value)
                said.value[key] = value
                return
        root = target
        while isinstance(root, (ast.Attribute, ast.Subscript)):
            root = root.value
        if isinstance(root, ast.Name) and root.id in module.names:
            self.put(module, root.id, UNKNOWN, node, False)

    def on_AugAssign(self, module, node, sure):
        added = self.value(module, node.value, sure, "added")
        if not isinstance(node.target, ast.Name):
            self.assign(module, node.target, UNKNOWN, node, False)
            return
        said = module.names.get(node.target.id)
        value = UNKNOWN
        if said and isinstance(said.value, list) and isinstance(added, list):
            value = said.value + added
        self.put(module, node.target.id, value, node, sure and value is not UNKNOWN)

    def on_Expr(self, module, node, sure):
        call = node.value
        if isinstance(call, ast.Constant):
            return
        if not isinstance(call, ast.Call):
            self.value(module, call, sure, "other")
            return
        for arg in call.args + [word.value for word in call.keywords]:
            if isinstance(arg, ast.Call) and dotted(arg.func) in ("locals", "globals", "vars"):
                module.opaque = True
        if isinstance(call.func, ast.Attribute):
            if self.method(module, call, node, sure):
                return
        self.value(module, call, sure, "called")

    def method(self, module, call, node, sure):
        """MIDDLEWARE.insert(1, "...") and the like: whether it was one of these."""
        inner = call.func.value
        if isinstance(inner, ast.Call) and dotted(inner.func) in ("locals", "globals", "vars"):
            module.opaque = True
        if isinstance(inner, ast.Name) and inner.id in module.names:
            said = module.names[inner.id]
            args = [self.value(module, arg, sure, "added") for arg in call.args]
            value = said.value
            if isinstance(value, list) and sure and not call.keywords:
                if call.func.attr == "append" and len(args) == 1:
                    said.value = value + [args[0]]
                    return True
                if call.func.attr == "insert" and len(args) == 2 and isinstance(args[0], int):
                    said.value = list(value)
                    said.value.insert(args[0], args[1])
                    return True
                if call.func.attr in ("extend", "__iadd__") and len(args) == 1 and \
                        isinstance(args[0], list):
                    said.value = value + args[0]
                    return True
        root = inner
        while isinstance(root, (ast.Attribute, ast.Subscript)):
            root = root.value
        if isinstance(root, ast.Name) and root.id in module.names and \
                root.id not in module.envs:
            self.put(module, root.id, UNKNOWN, node, False)
        return False

    def on_If(self, module, node, sure):
        test = self.value(module, node.test, False, "tested")
        if sure and isinstance(test, bool):
            self.block(module, node.body if test else node.orelse, True)
            return
        self.block(module, node.body, False)
        self.block(module, node.orelse, False)
        self.forget(module, node)

    def on_Try(self, module, node, sure):
        if self.is_absent_import(module, node):
            return
        self.block(module, node.body, False)
        for handler in node.handlers:
            self.block(module, handler.body, False)
        self.block(module, node.orelse, False)
        self.block(module, node.finalbody, sure)
        self.forget(module, node)

    def is_absent_import(self, module, node):
        """try: from .local import * / except ImportError: pass, where local is not in the tree."""
        if len(node.body) != 1 or not isinstance(node.body[0], ast.ImportFrom):
            return False
        what = node.body[0]
        quiet = all(isinstance(part, (ast.Pass, ast.Expr)) for handler in node.handlers
                    for part in handler.body)
        if what.level:
            return quiet and self.relative(module.path, what.level, what.module) is None
        return quiet and self.find(what.module) is None and self.is_ours(what.module)

    def on_ClassDef(self, module, node, sure):
        module.classes[node.name] = (module, node)

    def on_FunctionDef(self, module, node, sure):
        body = [part for part in node.body if not isinstance(part, ast.Expr)]
        simple = len(body) == 1 and isinstance(body[0], ast.Return) and body[0].value is not None
        if simple and not node.args.args and sure:
            module.functions[node.name] = (module, body[0].value)
        self.put(module, node.name, UNKNOWN, node, False)

    def on_Delete(self, module, node, sure):
        self.forget(module, node)

    # -- objects that read the environment ---------------------------------------------------

    def note_env(self, module, node):
        """env = environ.Env(DEBUG=(bool, False)): its scheme."""
        call = node.value
        if not isinstance(call, ast.Call) or len(node.targets) != 1 or \
                not isinstance(node.targets[0], ast.Name):
            return
        origin = self.origin(module, call.func)
        if origin in ("environ.Env", "environ.FileAwareEnv", "environs.Env", "environs.EnvReader"):
            scheme = {}
            for word in call.keywords:
                value = self.value(module, word.value, False, "other")
                if word.arg and isinstance(word.value, ast.Tuple) and len(value) == 2:
                    scheme[word.arg] = (dotted(word.value.elts[0]) or "?", value[1])
                elif word.arg:
                    scheme[word.arg] = (dotted(word.value) or "?", MISSING)
            module.envs[node.targets[0].id] = scheme

    def origin(self, module, node):
        """"os.environ.get", whatever it was imported as; or None."""
        name = dotted(node)
        if not name:
            return None
        first, dot, rest = name.partition(".")
        if first in module.imports:
            return module.imports[first] + dot + rest
        if first in module.names:
            return None
        return name

    def read(self, module, node, name, default, kind, cast, sure, use):
        made = Read(name, default, kind, cast, node, module.path)
        self.reads.append((made, sure, use))
        return made

    def environment(self, module, node, sure, use):
        """A Read, where the call reads the environment; else None."""
        origin = self.origin(module, node.func)
        if origin not in READERS and (dotted(node.func) or "").split(".")[0] not in module.envs:
            return None
        name = self.value(module, node.args[0], False, "name") if node.args else UNKNOWN
        rest = [self.value(module, arg, sure, "default") for arg in node.args[1:]]
        words = {word.arg: self.value(module, word.value, sure, "default")
                 for word in node.keywords if word.arg}
        if origin == "os.environ.setdefault":
            return UNKNOWN
        if origin in ("os.environ.get", "os.getenv"):
            if not isinstance(name, str):
                return UNKNOWN
            default = rest[0] if rest else words.get("default", MISSING)
            return self.read(module, node, name, default, "getenv", None, sure, use)
        if origin == "decouple.config" and isinstance(name, str):
            cast = self.cast_of(node, 2)
            default = words.get("default", rest[0] if rest else MISSING)
            return self.read(module, node, name, default, "config", cast, sure, use)
        if origin in ("dj_database_url.config",):
            given = words.get("env", "DATABASE_URL")
            return self.read(module, node, given if isinstance(given, str) else "DATABASE_URL",
                             words.get("default", UNKNOWN), "url", "url", sure, "other")
        return self.env_object(module, node, name, rest, words, sure, use)

    def env_object(self, module, node, name, rest, words, sure, use):
        said = dotted(node.func)
        if not said:
            return None
        first, _, method = said.partition(".")
        if first not in module.envs or method.count("."):
            return None
        if method in ("read_env", "read_envfile", "path", "prefixed", "seal") or \
                not isinstance(name, str):
            return UNKNOWN
        cast, default = module.envs[first].get(name, (None, MISSING))
        cast = method or self.cast_of(node, 1) or cast
        if rest and not method and dotted(node.args[1]):
            rest = rest[1:]  # django-environ's second argument is the type
        if "default" in words or rest:
            default = words.get("default", rest[0] if rest else UNKNOWN)
        if method.endswith("db") or method.endswith("url") or "prefix" in method:
            return self.read(module, node, name, default, "url", method, sure, "other")
        return self.read(module, node, name, default, "env", cast, sure, use)

    def cast_of(self, node, at):
        """The name of the type that a call asks for, or None; "?" what has none."""
        for word in node.keywords:
            if word.arg == "cast":
                return dotted(word.value) or "?"
        return dotted(node.args[at]) if len(node.args) > at else None

    # -- expressions -------------------------------------------------------------------------

    def value(self, module, node, sure, use):
        handler = getattr(self, "of_" + type(node).__name__, None)
        if handler:
            return handler(module, node, sure, use)
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                self.value(module, part, False, "other")
        return UNKNOWN

    def of_Constant(self, module, node, sure, use):
        return node.value

    of_Num = of_Str = of_NameConstant = of_Constant

    def of_Name(self, module, node, sure, use):
        if node.id == "__file__":
            return Path(posixpath.join(APP, module.path))
        said = module.names.get(node.id)
        return said.value if said else UNKNOWN

    def of_List(self, module, node, sure, use):
        out = []
        for part in node.elts:
            if isinstance(part, ast.Starred):
                inner = self.value(module, part.value, sure, "other")
                if not isinstance(inner, list):
                    return UNKNOWN
                out.extend(inner)
            else:
                out.append(self.value(module, part, sure, "other"))
        return out

    of_Tuple = of_List

    def of_Dict(self, module, node, sure, use):
        out, known = {}, True
        for key, item in zip(node.keys, node.values):
            value = self.value(module, item, sure, "value")
            name = self.value(module, key, False, "other") if key is not None else None
            if key is None:
                known = known and isinstance(value, dict)
                out.update(value if isinstance(value, dict) else {})
            elif isinstance(name, str):
                out[name] = value
            else:
                known = False
        return out if known else UNKNOWN

    def of_BinOp(self, module, node, sure, use):
        left = self.value(module, node.left, sure, "other")
        right = self.value(module, node.right, sure, "other")
        if isinstance(node.op, ast.Div) and isinstance(left, Path) and isinstance(right, str):
            return Path(posixpath.join(left.text, right))
        if isinstance(node.op, ast.Add):
            if isinstance(left, list) and isinstance(right, list):
                return left + right
            if isinstance(left, str) and isinstance(right, str):
                return left + right
            if isinstance(left, Path) and isinstance(right, str):
                return Path(left.text + right)
        return UNKNOWN

    def of_BoolOp(self, module, node, sure, use):
        for part in node.values:
            self.value(module, part, False, "tested")
        return UNKNOWN

    def of_UnaryOp(self, module, node, sure, use):
        value = self.value(module, node.operand, False, "tested")
        if isinstance(node.op, ast.Not) and isinstance(value, bool):
            return not value
        return UNKNOWN

    def of_Compare(self, module, node, sure, use):
        for part in [node.left] + node.comparators:
            self.value(module, part, sure if isinstance(part, ast.Subscript) else False, "tested")
        return UNKNOWN

    def of_IfExp(self, module, node, sure, use):
        self.value(module, node.test, False, "tested")
        self.value(module, node.body, False, "other")
        self.value(module, node.orelse, False, "other")
        return UNKNOWN

    def of_Lambda(self, module, node, sure, use):
        return UNKNOWN

    of_ListComp = of_GeneratorExp = of_DictComp = of_SetComp = of_Lambda

    def of_JoinedStr(self, module, node, sure, use):
        out = ""
        for part in node.values:
            if isinstance(part, ast.Constant):
                out += part.value
                continue
            value = self.value(module, part.value, sure, "other")
            if isinstance(value, Path):
                value = value.text
            if not isinstance(value, str):
                return UNKNOWN
            out += value
        return Path(out) if out.startswith(APP + "/") else out

    def of_Attribute(self, module, node, sure, use):
        value = self.value(module, node.value, sure, "other") \
            if not isinstance(node.value, ast.Name) or node.value.id in module.names else UNKNOWN
        if isinstance(value, Path):
            if node.attr == "parent":
                return Path(posixpath.dirname(value.text))
            if node.attr == "parents":
                return ("parents", value.text)
        if isinstance(value, Instance):
            return self.attribute_of(value, node.attr, node, module.path)
        return UNKNOWN

    def index(self, module, node):
        key = node.slice
        if type(key).__name__ == "Index":  # before Python 3.9
            key = key.value
        return self.value(module, key, False, "other")

    def of_Subscript(self, module, node, sure, use):
        key = self.index(module, node)
        if self.origin(module, node.value) == "os.environ":
            if not isinstance(node.ctx, ast.Load) or not isinstance(key, str):
                return UNKNOWN
            return self.read(module, node, key, MISSING, "index", None, sure, use)
        value = self.value(module, node.value, sure, "other")
        if isinstance(value, tuple) and value[0] == "parents" and isinstance(key, int):
            place = value[1]
            for _ in range(key + 1):
                place = posixpath.dirname(place)
            return Path(place)
        if isinstance(value, dict) and key in value:
            return value[key]
        return UNKNOWN

    def of_Call(self, module, node, sure, use):
        found = self.environment(module, node, sure, use)
        if found is not None:
            return found
        made = self.instance(module, node, sure)
        if made is not None:
            return made
        origin = self.origin(module, node.func) or ""
        if origin in BRINGERS:
            module.opaque = True
        if origin.startswith("configurations.values."):
            return self.configured_value(module, node, origin, sure, use)
        if isinstance(node.func, ast.Name) and node.func.id in module.functions and \
                not node.args and not node.keywords:
            return self.of_function(module.functions[node.func.id], sure, use)
        inner = UNKNOWN
        if isinstance(node.func, ast.Attribute):
            inner = self.value(module, node.func.value, sure, "called")
        args = [self.value(module, arg, sure, "called") for arg in node.args]
        for word in node.keywords:
            self.value(module, word.value, sure, "called")
        return self.path_call(origin, node, inner, args)

    def of_function(self, found, sure, use):
        """A function of the app that only returns something."""
        module, node = found
        if node in self.busy:
            return UNKNOWN
        self.busy.add(node)
        value = self.value(module, node, sure, use)
        self.busy.discard(node)
        return value

    def of_read(self, origin, node, inner, args):
        """What a call makes of a text from the environment; None: nothing that is followed."""
        if origin == "bool" and len(args) == 1 and isinstance(args[0], Read) and \
                args[0].kind in ("getenv", "index"):
            return args[0]  # as true as the text itself
        if isinstance(inner, Read) and inner.kind == "getenv" and len(args) == 1 and \
                getattr(node.func, "attr", "") == "split" and isinstance(args[0], str) and args[0]:
            default = inner.default.split(args[0]) if isinstance(inner.default, str) else UNKNOWN
            return Read(inner.name, default, "env", "list", inner.node, inner.path)
        return None

    def path_call(self, origin, node, inner, args):
        read = self.of_read(origin, node, inner, args)
        if read is not None:
            return read
        if origin in ("os.path.abspath", "os.path.realpath", "os.path.normpath", "str",
                      "os.fspath") and len(args) == 1:
            return args[0] if isinstance(args[0], (Path, str)) else UNKNOWN
        if origin == "os.path.dirname" and len(args) == 1 and isinstance(args[0], Path):
            return Path(posixpath.dirname(args[0].text))
        if origin == "os.path.join" and args and isinstance(args[0], (Path, str)):
            parts = [arg.text if isinstance(arg, Path) else arg for arg in args]
            if all(isinstance(part, str) for part in parts):
                joined = posixpath.join(*parts)
                return Path(joined) if joined.startswith("/") else joined
        if origin in ("pathlib.Path", "pathlib.PurePath", "Path") and args and \
                isinstance(args[0], (Path, str)):
            parts = [arg.text if isinstance(arg, Path) else arg for arg in args]
            if all(isinstance(part, str) for part in parts) and parts[0].startswith("/"):
                return Path(posixpath.join(*parts))
        if origin in ("tuple", "list") and len(args) == 1 and isinstance(args[0], list):
            return args[0]
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if isinstance(inner, Path):
            if method in ("resolve", "absolute", "as_posix", "expanduser"):
                return inner
            if method == "joinpath" and all(isinstance(arg, str) for arg in args):
                return Path(posixpath.join(inner.text, *args))
        return UNKNOWN
