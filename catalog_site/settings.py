"""The settings. ``environment`` reads those that differ between machines; this module has the others."""

from contextlib import suppress

import pgtrigger
from django.templatetags.static import static
from django.urls import reverse_lazy

from catalog_site import VERSION
from catalog_site.environment import *  # noqa: F403 - each name there is a setting
from catalog_site.environment import BASE_DIR, BEHIND_TLS, LOG_FORMAT, LOGIN_CONFIRMED_FOR, STATIC_ROOT

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
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "catalog",
]

MIDDLEWARE = [
    "catalog_site.request_notes.RequestNotes",
    "catalog.api.cors.middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "catalog.admin.account.sessions.LimitedSessions",
    "catalog.history.middleware.NamedHistory",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",  # sends the policy of answers that have one (catalog.content_security_policy)
    "catalog.admin.response_headers.AdminResponseHeaders",
    "allauth.account.middleware.AccountMiddleware",
    "catalog.admin.account.requirement.RequireSecondFactor",
    "catalog.admin.bad_input.BadInput",
    "catalog.api.database_errors.DatabaseErrors",
]

ROOT_URLCONF = "catalog_site.urls"
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
            "libraries": {"site": "catalog.site.tags", "manual": "catalog.admin.manual.help"},
        },
    },
]

FORM_RENDERER = "catalog_site.form_renderer.FormRenderer"

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
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"

# allauth: second factors for accounts that the admin makes. Nobody signs up, and allauth sends no mail.
ACCOUNT_ADAPTER = "catalog.admin.account.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_SESSION_REMEMBER = True  # for as long as a session may last
ACCOUNT_REAUTHENTICATION_TIMEOUT = LOGIN_CONFIRMED_FOR
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False  # ours count for all processes of a host (catalog_site.logins)
MFA_ADAPTER = "catalog.admin.account.adapters.SecondFactorAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # no account has a verified address
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # a clock may be wrong by half a minute; a code can still be used only once
CACHES = {
    # Codes that were used, for all processes of all hosts.
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "django_cache"},
}

# Only requests that write are given a context; asking who reads would make every answer vary by cookie.
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
PGHISTORY_LEVEL = pgtrigger.Statement  # triggers run once for each statement, not for each row

LANGUAGE_CODE = "en-us"
USE_I18N = True  # only for the site's pages; everything else is in English
TIME_ZONE = "UTC"  # OpenRouter's windows and deprecations are in UTC, and so is everything staff type
USE_TZ = True
FORMAT_MODULE_PATH = "catalog_site.formats"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # a price list has eleven boxes a line, and some lists are long

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "catalog/vendor"]
with suppress(OSError):  # whitenoise needs the directory even if collectstatic was not run
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True  # serves each app's files directly if collectstatic was not run

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SILENCED_SYSTEM_CHECKS = [
    # The catalog's host does not decide for the other hosts of its domain.
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
    "DESCRIPTION": "The models that this provider serves, with prices, in the formats that their readers expect.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    "APPEND_COMPONENTS": {"securitySchemes": {"apiKey": {"type": "http", "scheme": "bearer"}}},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

EMAIL_TIMEOUT = 10

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "catalog_site.logs.JsonFormatter"},
        "text": {"()": "catalog_site.logs.TextFormatter"},
    },
    "filters": {"flood": {"()": "catalog_site.logs.Flood"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["flood"]},
        "requests": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT},  # has limits of its own
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "catalog.requests": {"handlers": ["requests"], "propagate": False},
        "django.request": {"level": "ERROR"},  # what is refused has its line among the requests
    },
}

UNFOLD = {
    "SITE_TITLE": "Model catalog",
    "SITE_HEADER": "Model catalog",
    "SITE_SUBHEADER": f"Version {VERSION}",
    "SITE_ICON": lambda request: static("catalog/icon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("catalog/icon.svg")},
    ],
    "SHOW_HISTORY": True,
    "DASHBOARD_CALLBACK": "catalog.admin.dashboard.dashboard",
    "SIDEBAR": {"navigation": "catalog.admin.sidebar.navigation"},
    "ACCOUNT": {
        "navigation": [
            {"title": "Login and security", "link": reverse_lazy("mfa_index")},
            {"title": "Your sessions", "link": reverse_lazy("sessions")},
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
        ],
    },
    "STYLES": [lambda request: static("catalog/admin.css")],
    "SCRIPTS": [lambda request: static("catalog/strict.js"), lambda request: static("catalog/admin.js")],
}
