# The words of the source stage: values as far as they are known, what a name was given, a module.
# Python 3.8+.
import ast
import posixpath

APP = "/app"  # what the app's folder is called while paths are worked out


class Unknown(object):
    def __repr__(self):
        return "UNKNOWN"


UNKNOWN = Unknown()


class Read(object):
    """A value that comes from an environment variable."""

    def __init__(self, name, default, kind, cast, node, path):
        self.name = name
        self.default = default  # UNKNOWN, a value, or MISSING: none
        self.kind = kind  # "index", "getenv", "env", "config", "url", "field" (of pydantic)
        self.cast = cast  # None: text; "bool", "list", ...
        self.node = node
        self.path = path


class Missing(object):
    pass


MISSING = Missing()


class Path(object):
    def __init__(self, text):
        self.text = posixpath.normpath(text)


class Instance(object):
    """What a class of pydantic's BaseSettings makes."""

    def __init__(self, module, node):
        self.module = module
        self.node = node


class Said(object):
    """What a name was last given, and where."""

    def __init__(self, value, node, path, sure):
        self.value = value
        self.node = node
        self.path = path
        self.sure = sure


class Module(object):
    def __init__(self, path, tree, text):
        self.path = path
        self.tree = tree
        self.lines = text.split("\n")
        self.names = {}  # name: Said
        self.imports = {}  # name: dotted origin
        self.envs = {}  # name of an Env object: {variable: default} of its scheme
        self.classes = {}
        self.functions = {}  # of one `return` and no arguments
        self.opaque = False  # names may come from where we do not see
        self.tested = set()  # names that some condition asks about
        for node in ast.walk(tree):
            for test in conditions(node):
                for part in ast.walk(test):
                    if isinstance(part, ast.Name):
                        self.tested.add(part.id)


def conditions(node):
    if isinstance(node, (ast.If, ast.IfExp, ast.While, ast.Assert)):
        return [node.test]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [node.operand]
    if isinstance(node, ast.Compare):
        return [node.left]
    return []


def dotted(node):
    """"os.path.join" of its expression, or None."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    parts.append(node.id)
    return ".".join(reversed(parts))
