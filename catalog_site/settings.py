"""The one settings module. Everything that differs between machines comes from the environment; docs/configuration.md
lists it. A value that cannot be meant refuses to start, and says which."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import urlsplit

import environ
import pgtrigger
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent


def boolean(name: str, default: bool) -> bool:
    """``true`` or ``false``; anything else is a mistake, where django-environ would read it as false."""
    value = env.str(name, default=str(default)).lower()
    if value not in {"true", "false"}:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be true or false.")
    return value == "true"


def number(name: str, default: int, *, minimum: int, maximum: int) -> int:
    """A whole number within its bounds."""
    value = env.str(name, default=str(default))
    if not value.isascii() or not value.isdigit() or not minimum <= int(value) <= maximum:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number from {minimum} to {maximum}.")
    return int(value)


def addresses(name: str) -> list[str]:
    """A comma-separated list without empty items."""
    return [item.strip() for item in env.str(name, default="").split(",") if item.strip()]


def web_address(name: str, default: str) -> str:
    """An ``http`` or ``https`` address, without a slash at its end."""
    value = env.str(name, default=default).rstrip("/")
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or not value.isprintable() or any(character in value for character in " @?#"):
        raise ImproperlyConfigured(
            f"{name} must be a plain http or https address, without a user or a query, such as {default}."
        )
    return value


GIVES_UP = {
    "connect_timeout": 3,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}
"""libpq's; in seconds, the second in milliseconds."""

KEPT_OPEN = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}


def database() -> dict[str, Any]:
    """The database of ``DATABASE_URL``, or the embedded one under ``DATA_DIR``."""
    url = env.str("DATABASE_URL", default="")
    if not url:
        return {
            "ENGINE": "catalog_site.embedded",
            "NAME": "postgres",
            "DATA_DIR": DATA_DIR,
            **KEPT_OPEN,
            "OPTIONS": GIVES_UP,
        }
    return postgresql("DATABASE_URL", url)


def postgresql(name: str, url: str) -> dict[str, Any]:
    """The PostgreSQL of a URL. A server that is gone without a word is given up after seconds, not after minutes."""
    if url.partition("://")[0].lower() not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{name} must be a postgres:// or postgresql:// URL; no other database is supported.")
    try:
        config = env.db_url_config(url)
    except ValueError:  # whose words may hold a part of the password
        raise ImproperlyConfigured(
            f"{name} cannot be read: its port must be a number up to 65535, and what is not a letter or a digit in its user "
            "and password must be written with %, such as %2F for /."
        ) from None
    options = config.get("OPTIONS", {})
    if not config["NAME"] and "service" not in options:
        raise ImproperlyConfigured(f"{name} must name a database, as in postgres://user:password@host:5432/name.")
    return {**config, **KEPT_OPEN, "OPTIONS": {**GIVES_UP, **options}}


def data_dir() -> Path:
    """``DATA_DIR``, with the directory of the copies in it. Without them a process that starts while the database is away has nothing
    to send; that must not be found out then."""
    path = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data"))).resolve()
    try:
        (path / "copies").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"DATA_DIR is {path}, which cannot be used: {error.strerror}.") from error
    for directory in (path, path / "copies"):
        if not os.access(directory, os.W_OK | os.X_OK):
            raise ImproperlyConfigured(f"DATA_DIR is {path}, and this user cannot write to {directory}.")
    return path


DATA_DIR = data_dir()
DATABASES = {"default": database()}
EMBEDDED_DATABASE = DATABASES["default"]["ENGINE"] == "catalog_site.embedded"
if replica_url := env.str("DATABASE_REPLICA_URL", default=""):
    if EMBEDDED_DATABASE:
        raise ImproperlyConfigured("DATABASE_REPLICA_URL is set without DATABASE_URL: of what is it a replica?")
    DATABASES["replica"] = {**postgresql("DATABASE_REPLICA_URL", replica_url), "TEST": {"MIRROR": "default"}}


def secret_key() -> str:
    """``SECRET_KEY``; on the embedded database alone one is made and kept in ``DATA_DIR``, so that logins survive."""
    if key := env.str("SECRET_KEY", default=""):
        return key
    if not EMBEDDED_DATABASE:
        raise ImproperlyConfigured("SECRET_KEY must be set where DATABASE_URL is.")
    path = DATA_DIR / "secret_key"
    try:
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with NamedTemporaryFile("w", dir=DATA_DIR) as file:  # readable by its owner alone
                file.write(secrets.token_urlsafe(50))
                file.flush()
                # Of several processes that start at once, one links its key and the others read that one, whole.
                with suppress(FileExistsError):
                    os.link(file.name, path)
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(f"The secret key in {path} cannot be kept: {error.strerror}.") from error


DEBUG = boolean("DEBUG", False)
SECRET_KEY = secret_key()
ALLOWED_HOSTS = addresses("ALLOWED_HOSTS") or (["127.0.0.1", "localhost", "[::1]"] if EMBEDDED_DATABASE else [])
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts this site answers for, such as api.example.com.")
CSRF_TRUSTED_ORIGINS = addresses("CSRF_TRUSTED_ORIGINS")
for origin in CSRF_TRUSTED_ORIGINS:
    if urlsplit(origin).scheme not in {"http", "https"} or not urlsplit(origin).netloc:
        raise ImproperlyConfigured(f"CSRF_TRUSTED_ORIGINS holds {origin!r}; each must be like https://admin.example.com.")
PORT = number("PORT", 8000, minimum=1, maximum=65535)
FEED_MAX_STALENESS = number("FEED_MAX_STALENESS", 1, minimum=0, maximum=3600)
HUGGING_FACE_URL = web_address("HUGGING_FACE_URL", "https://huggingface.co")
WEB_WORKERS = number("WEB_WORKERS", 2, minimum=1, maximum=64)
PRICE_CHANGE_FACTOR = number("PRICE_CHANGE_FACTOR", 3, minimum=2, maximum=1000)
EDITORS_PROPOSE = boolean("EDITORS_PROPOSE", False)

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "pgtrigger",
    "pghistory",
    "django_countries",
    "rest_framework",
    "rest_framework_api_key",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "catalog",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "catalog_site.urls"
WSGI_APPLICATION = "catalog_site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{validator}"}
    for validator in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# Only requests that write are given a context; asking who reads would make every answer vary by cookie.
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
PGHISTORY_LEVEL = pgtrigger.Statement  # a bulk change is recorded as it is written: at once, not row by row

LANGUAGE_CODE = "en-us"
USE_I18N = False
TIME_ZONE = "UTC"  # OpenRouter's windows and deprecations are in UTC, and so is everything staff type
USE_TZ = True
FORMAT_MODULE_PATH = "catalog_site.formats"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # a price list has eleven boxes a line, and some lists are long

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
with suppress(OSError):  # where collectstatic was not run, whitenoise asks for the directory all the same
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True  # serves each app's files as they are where collectstatic was not run

# TLS ends at the operator's proxy, which must set X-Forwarded-Proto; on one's own machine there is none.
BEHIND_TLS = boolean("BEHIND_TLS", not EMBEDDED_DATABASE)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SILENCED_SYSTEM_CHECKS = [
    # A catalog's host does not speak for the other hosts of its domain.
    "security.W005",
    "security.W021",
]
SESSION_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_SECURE = BEHIND_TLS

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "catalog.api.negotiation.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "catalog.api.errors.envelope",
    # ?format= is ours: it names a wire format, and must not pick a renderer.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Model catalog",
    "DESCRIPTION": "The models this provider serves, with prices, in the shapes that their readers expect.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    "APPEND_COMPONENTS": {"securitySchemes": {"apiKey": {"type": "http", "scheme": "bearer"}}},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}

UNFOLD = {
    "SITE_TITLE": "Model catalog",
    "SITE_HEADER": "Model catalog",
    "SITE_ICON": lambda request: static("catalog/icon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("catalog/icon.svg")},
    ],
    "SHOW_HISTORY": True,
    "DASHBOARD_CALLBACK": "catalog.admin.dashboard.dashboard",
    "SIDEBAR": {
        "navigation": [
            {
                "title": "Catalog",
                "items": [
                    {
                        "title": "Models",
                        "icon": "deployed_code",
                        "link": reverse_lazy("admin:catalog_aimodel_changelist"),
                        # Pages below the list that have a line of their own light that one.
                        "active": lambda request: (
                            request.path.startswith(reverse("admin:catalog_aimodel_changelist"))
                            and not request.path.startswith(
                                tuple(
                                    reverse(f"admin:catalog_aimodel_{page}") for page in ("timeline", "upload", "listing_at")
                                )
                            )
                        ),
                        "permission": lambda request: request.user.has_perm("catalog.view_aimodel"),
                    },
                    {
                        "title": "Timeline",
                        "icon": "schedule",
                        "link": reverse_lazy("admin:catalog_aimodel_timeline"),
                        "permission": lambda request: request.user.has_perm("catalog.view_aimodel"),
                    },
                    {
                        "title": "Proposals",
                        "icon": "rate_review",
                        "link": reverse_lazy("admin:catalog_proposal_changelist"),
                        "permission": lambda request: request.user.has_perm("catalog.view_proposal"),
                    },
                    {
                        "title": "Uploads and tables",
                        "icon": "upload_file",
                        "link": reverse_lazy("admin:catalog_aimodel_upload"),
                        "permission": lambda request: request.user.has_perm("catalog.add_upload"),
                    },
                    {
                        "title": "Datacenters",
                        "icon": "dns",
                        "link": reverse_lazy("admin:catalog_datacenter_changelist"),
                        "permission": lambda request: request.user.has_perm("catalog.view_datacenter"),
                    },
                    {
                        "title": "Provider",
                        "icon": "storefront",
                        "link": reverse_lazy("admin:catalog_provider_changelist"),
                        "permission": lambda request: request.user.has_perm("catalog.view_provider"),
                    },
                ],
            },
            {
                "title": "As others see it",
                "separator": True,
                "items": [
                    {
                        "title": "OpenRouter feed",
                        "icon": "data_object",
                        "link": lambda request: reverse("models") + "?format=openrouter",
                    },
                    {
                        "title": "Feed at a moment",
                        "icon": "history",
                        "link": reverse_lazy("admin:catalog_aimodel_listing_at"),
                        "permission": lambda request: request.user.has_perm("catalog.view_aimodel"),
                    },
                    {"title": "Catalog", "icon": "list_alt", "link": reverse_lazy("models")},
                    {"title": "API document", "icon": "description", "link": reverse_lazy("docs")},
                ],
            },
            {
                "title": "Staff",
                "separator": True,
                "items": [
                    {
                        "title": "Users",
                        "icon": "person",
                        "link": reverse_lazy("admin:auth_user_changelist"),
                        "permission": lambda request: request.user.has_perm("auth.view_user"),
                    },
                    {
                        "title": "Groups",
                        "icon": "group",
                        "link": reverse_lazy("admin:auth_group_changelist"),
                        "permission": lambda request: request.user.has_perm("auth.view_group"),
                    },
                    {
                        "title": "API keys",
                        "icon": "key",
                        "link": reverse_lazy("admin:catalog_apikey_changelist"),
                        "permission": lambda request: request.user.has_perm("catalog.view_apikey"),
                    },
                ],
            },
        ],
    },
    "STYLES": [lambda request: static("catalog/admin.css")],
    "SCRIPTS": [lambda request: static("catalog/admin.js")],
}
