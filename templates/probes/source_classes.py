# Settings that are classes: pydantic's BaseSettings, whose fields are read from variables, and
# django-configurations, whose class attributes are the settings. Mixed into the Reader of
# source_values.py. Python 3.8+.
import ast
import re

from source_base import MISSING, UNKNOWN, Instance, Module, Read, dotted

CONFIGURATIONS = ("configurations.Configuration", "configurations.Settings",
                  "configurations.base.Configuration")
CASTS = {"BooleanValue": "bool", "ListValue": "list", "TupleValue": "list", "SetValue": "list"}
URLS = {"DatabaseURLValue": "DATABASE_URL", "EmailURLValue": "EMAIL_URL",
        "CacheURLValue": "CACHE_URL", "SearchURLValue": "SEARCH_URL"}


class Field(object):
    """One field of a BaseSettings: `name` is its variable's, or None: not known."""

    def __init__(self, name, default, cast, node, path):
        self.name = name
        self.default = default  # MISSING, UNKNOWN or a value
        self.cast = cast
        self.node = node
        self.path = path


def constant_keyword(call, *names):
    for word in call.keywords:
        if word.arg in names:
            return word.value.value if isinstance(word.value, ast.Constant) else UNKNOWN
    return None


class Classes(object):
    # -- both ---------------------------------------------------------------------------------

    def bases(self, module, node):
        """(module, node) of the bases that are the app's own, and the names of the others."""
        own, others = [], []
        for base in node.bases:
            found = module.classes.get(base.id) if isinstance(base, ast.Name) else None
            if found:
                own.append(found)
            else:
                others.append(self.origin(module, base) or dotted(base) or "")
        return own, others

    def derives(self, module, node, wanted, depth=0):
        own, others = self.bases(module, node)
        return any(wanted(name) for name in others) or depth < 20 and any(
            self.derives(owner, base, wanted, depth + 1) for owner, base in own if base is not node)

    def is_base_settings(self, module, node):
        return self.derives(module, node, lambda name: name.split(".")[-1] == "BaseSettings")

    # -- pydantic -----------------------------------------------------------------------------

    def fields_of(self, module, node, depth=0):
        """{attribute: Field}; None where they cannot be told."""
        text = "\n".join(module.lines[node.lineno - 1:getattr(node, "end_lineno", node.lineno)])
        if re.search("customise_sources|secrets_dir|alias_generator|env_nested", text) or depth > 9:
            return None
        out = {}
        for owner, base in reversed(self.bases(module, node)[0]):
            inherited = self.fields_of(owner, base, depth + 1) if base is not node else None
            if inherited is None:
                return None
            out.update(inherited)
        prefix = self.prefix_of(node)
        for part in node.body:
            if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name) and \
                    part.target.id != "model_config":
                out[part.target.id] = self.field_of(module, part, prefix)
        return out

    def prefix_of(self, node):
        for part in ast.walk(node):
            if isinstance(part, ast.keyword) and part.arg == "env_prefix":
                value = part.value
            elif isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name) and \
                    part.targets[0].id == "env_prefix":
                value = part.value
            else:
                continue
            return value.value if isinstance(value, ast.Constant) else None
        return ""

    def field_of(self, module, part, prefix):
        name = prefix + part.target.id.upper() if prefix is not None else None
        default, value = MISSING, part.value
        kind = ast.dump(part.annotation)
        if isinstance(value, ast.Call) and (dotted(value.func) or "").split(".")[-1] == "Field":
            default, alias = self.of_field_call(module, value)
            name = name if alias is None else alias if isinstance(alias, str) else None
        elif value is not None:
            default = self.value(module, value, False, "other")
        elif re.search("Optional|None|ClassVar|Annotated", kind):
            default = UNKNOWN
        cast = part.annotation.id if isinstance(part.annotation, ast.Name) else "?"
        return Field(name, default, cast, part, module.path)

    def of_field_call(self, module, call):
        alias = constant_keyword(call, "validation_alias", "alias", "env")
        if call.args:
            first = call.args[0]
            given = MISSING if isinstance(first, ast.Constant) and first.value is Ellipsis else \
                self.value(module, first, False, "other")
            return given, alias
        for word in call.keywords:
            if word.arg == "default":
                return self.value(module, word.value, False, "other"), alias
            if word.arg in ("default_factory", None):
                return UNKNOWN, alias
        return MISSING, alias

    def instance(self, module, node, sure):
        """What the call NAME() makes, where NAME is a class of settings; else None."""
        found = module.classes.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if not found or node.args or node.keywords or not self.is_base_settings(*found):
            return None
        made = Instance(*found)
        if sure:
            self.made.append(made)
        return made

    def attribute_of(self, instance, name, node, path):
        fields = self.fields_of(instance.module, instance.node)
        field = fields.get(name) if fields else None
        if field is None or field.name is None:
            return UNKNOWN
        return Read(field.name, field.default, "field", field.cast, node, path)

    # -- django-configurations ----------------------------------------------------------------

    def configurations(self, module):
        """The names of the classes of settings, the most derived last; empty: none."""
        return [name for name, (owner, node) in module.classes.items()
                if self.derives(owner, node, lambda origin: origin in CONFIGURATIONS)]

    def configured(self, module, name):
        """A Module whose names are what that class says."""
        made = Module(module.path, module.tree, "\n".join(module.lines))
        made.names.update(module.names)
        made.imports.update(module.imports)
        made.envs.update(module.envs)
        made.classes.update(module.classes)
        made.opaque = module.opaque
        self.add_class(made, *module.classes[name])
        self.reads[:] = [one for one in self.reads if one[0].name is not None]
        return made

    def add_class(self, made, owner, node, depth=0):
        own, others = self.bases(owner, node)
        if depth > 20 or any(name not in CONFIGURATIONS and name != "object" for name in others):
            made.opaque = True
        for module, base in reversed(own):
            if base is not node and depth <= 20:
                self.add_class(made, module, base, depth + 1)
        for name, said in owner.names.items():
            made.names.setdefault(name, said)
        for name, origin in owner.imports.items():
            made.imports.setdefault(name, origin)
        path, made.path = made.path, owner.path
        self.block(made, node.body, True)
        made.path = path
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
                self.put(made, part.attr, UNKNOWN, part, False)
            elif isinstance(part, ast.Call) and dotted(part.func) == "setattr":
                made.opaque = True

    def configured_value(self, module, node, origin, sure, use):
        """What values.BooleanValue(True) and the like read."""
        kind = origin.rsplit(".", 1)[-1]
        if constant_keyword(node, "environ") is False:
            return self.value(module, node.args[0], sure, use) if node.args else UNKNOWN
        default = self.value(module, node.args[0], sure, "default") if node.args else MISSING
        for word in node.keywords:
            if word.arg == "default":
                default = self.value(module, word.value, sure, "default")
        needed = kind == "SecretValue" or constant_keyword(node, "environ_required") is True
        if default is MISSING and not needed:
            default = None
        name = constant_keyword(node, "environ_name")
        prefix = constant_keyword(node, "environ_prefix")
        if name is UNKNOWN or prefix is UNKNOWN:
            return UNKNOWN
        no_prefix = any(word.arg == "environ_prefix" for word in node.keywords) and prefix is None
        if kind in URLS:
            read = self.read(module, node, (prefix + "_" if prefix else "") + (name or URLS[kind]),
                             default, "url", "url", sure, "other")
            return {"default": read}
        if no_prefix:
            return UNKNOWN if name is None else \
                self.read(module, node, name, default, "env", CASTS.get(kind, "?"), sure, use)
        if name is not None or prefix is not None:
            name = (prefix or "DJANGO") + "_" + name if name is not None else None
        if name is None and prefix not in (None, "DJANGO"):
            return UNKNOWN
        return self.read(module, node, name, default, "env", CASTS.get(kind, "?"), sure, use)
