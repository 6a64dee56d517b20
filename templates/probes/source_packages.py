# Which packages the dependency files name, and which modules that a Django app uses come from
# which. Python 3.8+.
import json
import os
import re
import sys

# Module: packages that have it, the usual one first. Only what is seldom there by chance, along
# with something else, and is spoken of in settings.
PACKAGES = {
    "a17t": ("django-a17t",),
    "actstream": ("django-activity-stream",),
    "admin_interface": ("django-admin-interface",),
    "adminsortable2": ("django-admin-sortable2",),
    "allauth": ("django-allauth",),
    "analytical": ("django-analytical",),
    "anymail": ("django-anymail",),
    "auditlog": ("django-auditlog",),
    "axes": ("django-axes",),
    "bootstrap4": ("django-bootstrap4",),
    "bootstrap5": ("django-bootstrap5",),
    "cachalot": ("django-cachalot",),
    "cacheback": ("django-cacheback",),
    "cacheops": ("django-cacheops",),
    "captcha": ("django-simple-captcha", "django-recaptcha",),
    "celery": ("celery",),
    "channels": ("channels",),
    "channels_redis": ("channels-redis",),
    "ckeditor": ("django-ckeditor",),
    "cloudinary": ("cloudinary",),
    "cloudinary_storage": ("django-cloudinary-storage",),
    "cms": ("django-cms",),
    "collectfast": ("collectfast",),
    "colorfield": ("django-colorfield",),
    "compression_middleware": ("django-compression-middleware",),
    "compressor": ("django-compressor",),
    "configurations": ("django-configurations",),
    "constance": ("django-constance",),
    "cookie_consent": ("django-cookie-consent",),
    "corsheaders": ("django-cors-headers",),
    "crispy_bootstrap4": ("crispy-bootstrap4",),
    "crispy_bootstrap5": ("crispy-bootstrap5",),
    "crispy_forms": ("django-crispy-forms",),
    "csp": ("django-csp",),
    "daphne": ("daphne",),
    "dbbackup": ("django-dbbackup",),
    "dbsettings": ("django-dbsettings",),
    "debug_toolbar": ("django-debug-toolbar",),
    "decouple": ("python-decouple",),
    "defender": ("django-defender",),
    "dj_database_url": ("dj-database-url",),
    "dj_email_url": ("dj-email-url",),
    "dj_rest_auth": ("dj-rest-auth",),
    "django_bootstrap_breadcrumbs": ("django-bootstrap-breadcrumbs",),
    "django_browser_reload": ("django-browser-reload",),
    "django_cache_url": ("django-cache-url",),
    "django_celery_beat": ("django-celery-beat",),
    "django_celery_results": ("django-celery-results",),
    "django_ckeditor_5": ("django-ckeditor-5",),
    "django_cotton": ("django-cotton",),
    "django_countries": ("django-countries",),
    "django_crontab": ("django-crontab",),
    "django_dramatiq": ("django-dramatiq",),
    "django_elasticsearch_dsl": ("django-elasticsearch-dsl",),
    "django_extensions": ("django-extensions",),
    "django_filters": ("django-filter",),
    "django_fsm": ("django-fsm",),
    "django_heroku": ("django-heroku",),
    "django_hosts": ("django-hosts",),
    "django_htmx": ("django-htmx",),
    "django_jinja": ("django-jinja",),
    "django_json_widget": ("django-json-widget",),
    "django_mailbox": ("django-mailbox",),
    "django_measurement": ("django-measurement",),
    "django_mysql": ("django-mysql",),
    "django_on_heroku": ("django-on-heroku",),
    "django_otp": ("django-otp",),
    "django_permissions_policy": ("django-permissions-policy",),
    "django_prometheus": ("django-prometheus",),
    "django_push": ("django-push",),
    "django_q": ("django-q2", "django-q",),
    "django_ratelimit": ("django-ratelimit",),
    "django_read_only": ("django-read-only",),
    "django_recaptcha": ("django-recaptcha",),
    "django_redis": ("django-redis",),
    "django_rq": ("django-rq",),
    "django_ses": ("django-ses",),
    "django_structlog": ("django-structlog",),
    "django_stubs_ext": ("django-stubs-ext",),
    "django_tables2": ("django-tables2",),
    "django_tenants": ("django-tenants",),
    "django_translation_aliases": ("django-translation-aliases",),
    "django_vite": ("django-vite",),
    "djmail": ("djmail",),
    "djmoney": ("django-money",),
    "djoser": ("djoser",),
    "dotenv": ("python-dotenv",),
    "dramatiq": ("dramatiq",),
    "drf_spectacular": ("drf-spectacular",),
    "drf_spectacular_sidecar": ("drf-spectacular-sidecar",),
    "drf_yasg": ("drf-yasg",),
    "dynaconf": ("dynaconf",),
    "easy_thumbnails": ("easy-thumbnails",),
    "el_pagination": ("django-el-pagination",),
    "environ": ("django-environ", "django-environ-2",),
    "environs": ("environs",),
    "file_resubmit": ("django-file-resubmit",),
    "filer": ("django-filer",),
    "fontawesomefree": ("fontawesomefree",),
    "graphene": ("graphene",),
    "graphene_django": ("graphene-django",),
    "grappelli": ("django-grappelli",),
    "guardian": ("django-guardian",),
    "haystack": ("django-haystack",),
    "hcaptcha": ("django-hcaptcha",),
    "health_check": ("django-health-check",),
    "hijack": ("django-hijack",),
    "honeypot": ("django-honeypot",),
    "huey": ("huey",),
    "imagekit": ("django-imagekit",),
    "import_export": ("django-import-export",),
    "jazzmin": ("django-jazzmin",),
    "jet": ("django-jet", "django-jet-reboot", "django-4-jet",),
    "knox": ("django-rest-knox",),
    "logentry_admin": ("django-logentry-admin",),
    "maintenance_mode": ("django-maintenance-mode",),
    "markdown_deux": ("django-markdown-deux",),
    "mathfilters": ("django-mathfilters",),
    "modelcluster": ("django-modelcluster",),
    "modeltranslation": ("django-modeltranslation",),
    "mozilla_django_oidc": ("mozilla-django-oidc",),
    "mptt": ("django-mptt",),
    "ninja": ("django-ninja",),
    "oauth2_provider": ("django-oauth-toolkit",),
    "ordered_model": ("django-ordered-model",),
    "oscar": ("django-oscar",),
    "parler": ("django-parler",),
    "pghistory": ("django-pghistory",),
    "pgtrigger": ("django-pgtrigger",),
    "phonenumber_field": ("django-phonenumber-field",),
    "pipeline": ("django-pipeline",),
    "polymorphic": ("django-polymorphic",),
    "post_office": ("django-post-office",),
    "puente": ("puente",),
    "pwa": ("django-pwa",),
    "pydantic_settings": ("pydantic-settings",),
    "qr_code": ("django-qr-code",),
    "raven": ("raven",),
    "rest_framework": ("djangorestframework",),
    "rest_framework_simplejwt": ("djangorestframework-simplejwt",),
    "reversion": ("django-reversion",),
    "robots": ("django-robots",),
    "rollbar": ("rollbar",),
    "rosetta": ("django-rosetta",),
    "sass_processor": ("django-sass-processor",),
    "schema_graph": ("django-schema-graph",),
    "sentry_sdk": ("sentry-sdk",),
    "session_security": ("django-session-security",),
    "silk": ("django-silk",),
    "simple_history": ("django-simple-history",),
    "sitetree": ("django-sitetree",),
    "slippers": ("slippers",),
    "soapbox": ("django-soapbox",),
    "social_django": ("social-auth-app-django",),
    "sorl": ("sorl-thumbnail",),
    "split_settings": ("django-split-settings",),
    "sslserver": ("django-sslserver",),
    "statici18n": ("django-statici18n",),
    "storages": ("django-storages",),
    "strawberry_django": ("strawberry-graphql-django",),
    "structlog": ("structlog",),
    "taggit": ("django-taggit",),
    "tailwind": ("django-tailwind",),
    "tastypie": ("django-tastypie",),
    "tenant_schemas": ("django-tenant-schemas",),
    "tidings": ("django-tidings",),
    "timezone_field": ("django-timezone-field",),
    "tinymce": ("django-tinymce",),
    "treenode": ("django-treenode",),
    "two_factor": ("django-two-factor-auth",),
    "unfold": ("django-unfold",),
    "user_sessions": ("django-user-sessions",),
    "waffle": ("django-waffle",),
    "wagtail": ("wagtail",),
    "wagtailfontawesomesvg": ("wagtailfontawesomesvg",),
    "webpack_loader": ("django-webpack-loader",),
    "whitenoise": ("whitenoise",),
    "widget_tweaks": ("django-widget-tweaks",),
}
# Module: beginnings of the names of packages that bring it along.
BROUGHT = {
    "corsheaders": ("saleor",),
    "django_filters": ("wagtail", "django-oscar", "graphene-django", "netbox"),
    "dj_database_url": ("django-heroku", "django-on-heroku", "environs", "django-environs",
                        "django-database-url", "django12factor", "dj-"),
    "dotenv": ("environs", "pydantic-settings", "uvicorn", "flask", "django-dotenv", "dynaconf",
               "django-read-dotenv", "python-dotenv", "litellm", "langchain", "crewai",
               "fastapi", "honcho"),
    "django_redis": ("django-constance",),
    "environ": ("environ-config",),
    "rest_framework": ("djangorestframework", "drf-", "dj-rest-", "djoser", "wagtail", "rest-",
                       "django-rest", "django-oscar-api", "django-cms", "netbox", "graphene-"),
    "django_otp": ("django-two-factor-auth", "django-allauth"),
    "easy_thumbnails": ("django-filer", "django-cms"),
    "mptt": ("django-filer", "feincms", "django-mptt", "graphene", "netbox", "django-cms"),
    "phonenumber_field": ("django-two-factor-auth", "saleor"),
    "pydantic_settings": ("langchain", "mcp", "fastapi", "chromadb", "safir"),
    "sorl": ("django-oscar",),
    "django_tables2": ("django-oscar", "netbox"),
    "social_django": ("django-rest-framework-social", "djoser", "rest-social-auth"),
    "taggit": ("wagtail", "django-taggit", "puput"),
    "whitenoise": ("django-heroku", "django-on-heroku", "servestatic"),
    "widget_tweaks": ("django-oscar",),
    "channels": ("channels", "daphne", "django-channels", "strawberry-graphql-django"),
    "sentry_sdk": ("sentry",),
    "ckeditor": ("djangocms", "django-ckeditor"),
    "import_export": ("django-import-export", "django-oscar"),
    "wagtail": ("wagtail", "puput", "coderedcms", "wagtailmenus"),
    "allauth": ("dj-rest-auth", "django-allauth"),
    "health_check": ("django-health-check",),
    "captcha": ("django-simple-captcha", "django-recaptcha", "wagtail-django-recaptcha",),
    "celery": ("celery", "django-celery", "dramatiq", "flower", "saleor",),
    "cloudinary": ("cloudinary", "django-cloudinary",),
    "cms": ("django-cms", "djangocms",),
    "daphne": ("channels", "daphne",),
    "django_countries": ("saleor", "django-oscar",),
    "django_fsm": ("django-fsm", "viewflow",),
    "django_permissions_policy": ("django-permissions-policy",),
    "django_prometheus": ("netbox",),
    "django_recaptcha": ("wagtail-django-recaptcha",),
    "django_rq": ("netbox",),
    "django_stubs_ext": ("django-stubs", "djangorestframework-stubs",),
    "drf_spectacular_sidecar": ("drf-spectacular", "netbox",),
    "filer": ("django-filer", "djangocms", "cmsplugin",),
    "graphene": ("graphene",),
    "haystack": ("django-oscar", "django-haystack",),
    "huey": ("huey", "django-huey",),
    "jet": ("django-jet",),
    "modelcluster": ("wagtail", "puput", "coderedcms",),
    "oscar": ("django-oscar",),
    "parler": ("django-parler", "djangocms", "aldryn",),
    "pgtrigger": ("django-pghistory",),
    "pipeline": ("django-pipeline",),
    "polymorphic": ("django-filer", "django-polymorphic", "django-shop",),
    "post_office": ("django-post",),
    "reversion": ("django-reversion", "netbox",),
    "rosetta": ("django-rosetta",),
    "soapbox": ("django-soapbox",),
    "strawberry_django": ("strawberry", "netbox",),
    "structlog": ("django-structlog",),
    "timezone_field": ("django-celery-beat", "netbox",),
    "tinymce": ("django-tinymce", "djangocms",),
    "treenode": ("django-treenode", "django-fast-treenode",),
}
LOCKS = ("Pipfile.lock", "poetry.lock", "uv.lock", "pylock.toml", "pdm.lock")


class Packages(object):
    """`versions`: normal name: version tuple where it is pinned, () where nothing is said of it,
    None: a range. `whole`: nothing is asked for whose name cannot be told."""

    def __init__(self, files):
        self.versions = {}
        self.whole = bool(files)
        self.files = files
        self.locked = any(os.path.basename(path) in LOCKS for path in files)
        for path, text in files.items():
            if path.endswith((".lock", ".toml")) or path.endswith("Pipfile"):
                self.add_lock(path, text)
            else:
                self.add_requirements(text)
        if not self.locked and any(path.endswith((".toml", ".cfg", ".py", "Pipfile"))
                                   for path in files):
            self.whole = False

    def add_requirements(self, text):
        for line in text.replace("\\\n", " ").split("\n"):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            if re.match(r"(-r|--requirement)\b.*://", line):
                self.whole = False
                continue
            if re.match(r"(-e|--editable)\b|[\w+.-]+://|\.|/|.*\.(whl|zip|tar\.gz)\b", line):
                self.add_place(line)
                continue
            match = re.match(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*([^;#]*)", line)
            if not match:
                continue
            name, rest = normal(match.group(1)), match.group(2).strip()
            pin = re.match(r"^===?\s*([0-9][\w.]*)\s*(?:--hash.*)?$", rest)
            if pin:
                self.versions[name] = version_of(pin.group(1))
            else:
                self.versions.setdefault(name, () if not rest else None)

    def add_place(self, line):
        egg = re.search(r"#egg=([\w.-]+)", line)
        if egg:
            self.versions.setdefault(normal(egg.group(1)), None)
        else:
            self.whole = False

    def add_lock(self, path, text):
        if path.endswith("Pipfile.lock"):
            try:
                for name, entry in json.loads(text).get("default", {}).items():
                    version = entry.get("version", "") if isinstance(entry, dict) else ""
                    self.versions[normal(name)] = version_of(version.lstrip("=")) if version else None
            except (ValueError, AttributeError):
                self.whole = False
            return
        for match in re.finditer(r'^name = "([^"]+)"\nversion = "([^"]+)"',
                                 text.replace("\r", ""), re.M):
            self.versions[normal(match.group(1))] = version_of(match.group(2))

    def lacks(self, module):
        """The package that a module comes from, where surely nothing that is asked for has it."""
        top = module.split(".")[0]
        known = PACKAGES.get(top)
        if not known or not self.whole or not self.versions or is_standard(top):
            return None
        if any(name in self.versions for name in known):
            return None
        words = [word for word in re.split("[-_]", known[0] + "-" + top)
                 if len(word) > 3 and word not in ("django", "python", "rest", "auth")]
        for name in self.versions:
            if normal(top) in name or any(word in name for word in words):
                return None  # a fork, or another package of the same module
            if not self.locked and name.startswith(BROUGHT.get(top, ())):
                return None
        return known[0]

    def fix(self, package):
        """What to do to have it."""
        names = set(os.path.basename(path) for path in self.files)
        if "Pipfile.lock" in names:
            return "pipenv install %s" % package
        if "uv.lock" in names:
            return "uv add %s" % package
        if "poetry.lock" in names:
            return "poetry add %s" % package
        plain = sorted(path for path in self.files if path.endswith(".txt"))
        first = "requirements.txt" if "requirements.txt" in plain else plain[0] if plain else None
        return "add to %s:  %s" % (first or "the dependencies", package)


def is_standard(name):
    return name in getattr(sys, "stdlib_module_names", sys.builtin_module_names)


def version_of(text):
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3]) or None


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()
