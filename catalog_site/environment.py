"""The settings that differ between machines: read from the environment once, and checked.

Each name is a setting of Django or of this project; ``docs/configuration.md`` describes them for operators.
"""

import fcntl
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from catalog_site.files import write_durably
from catalog_site.parsing import (
    addresses,
    boolean,
    choice,
    env,
    mail_server,
    networks,
    number,
    secret,
    web_address,
    web_addresses,
    words,
)

BASE_DIR = Path(__file__).resolve().parent.parent

GIVES_UP = {
    "connect_timeout": 3,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}
"""Options of libpq, in seconds; the second one in milliseconds."""

KEPT_OPEN = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}


def database() -> dict[str, Any]:
    """The database of ``DATABASE_URL``, or the embedded one under ``DATA_DIR``."""
    url = secret("DATABASE_URL")
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
    """The PostgreSQL of a URL. A connection to a server that vanished fails after seconds, not after minutes."""
    if url.partition("://")[0].lower() not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{name} must be a postgres:// or postgresql:// URL.")
    try:
        config = env.db_url_config(url)
    except ValueError:  # whose message may contain a part of the password
        raise ImproperlyConfigured(
            f"{name} is not valid: its port must be a number up to 65535, and signs in its user and password must be "
            "percent-encoded, such as %2F for /."
        ) from None
    options = config.get("OPTIONS", {})
    if not config["NAME"] and "service" not in options:
        raise ImproperlyConfigured(f"{name} must name a database, as in postgres://user:password@host:5432/name.")
    return {**config, **KEPT_OPEN, "OPTIONS": {**GIVES_UP, **options}}


def data_dir() -> Path:
    """``DATA_DIR``, with the directory of the copies. Without it a process that starts while the database is down has nothing to
    send, so it is checked now."""
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
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
DATABASES = {"default": database()}
EMBEDDED_DATABASE = DATABASES["default"]["ENGINE"] == "catalog_site.embedded"
if replica_url := secret("DATABASE_REPLICA_URL"):
    if EMBEDDED_DATABASE:
        raise ImproperlyConfigured("DATABASE_REPLICA_URL is set without DATABASE_URL. Set DATABASE_URL to the primary.")
    DATABASES["replica"] = {**postgresql("DATABASE_REPLICA_URL", replica_url), "TEST": {"MIRROR": "default"}}


def backup_dir() -> Path | None:
    """``BACKUP_DIR``, which must exist: a directory that is not mounted must not be created instead."""
    value = env.str("BACKUP_DIR", default="")
    if value and not Path(value).is_dir():
        raise ImproperlyConfigured(f"BACKUP_DIR is {value}, which is not a directory.")
    return Path(value).resolve() if value else None


BACKUP_DIR = backup_dir()

SHORTEST_KEY, FEWEST_CHARACTERS = 50, 5
"""The least length of a secret key, and the least number of different characters, as in Django's own check."""
STRENGTH = (
    f"a key needs at least {SHORTEST_KEY} characters, of which at least {FEWEST_CHARACTERS} different. "
    "python3 -c 'import secrets; print(secrets.token_urlsafe(60))' makes one."
)


def is_weak(key: str) -> bool:
    """Whether a secret key is too short or too uniform."""
    return len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_CHARACTERS


def secret_key() -> str:
    """``SECRET_KEY``; only on the embedded database one is made and stored in ``DATA_DIR``, so that logins survive a restart."""
    if key := secret("SECRET_KEY"):
        if is_weak(key):
            raise ImproperlyConfigured(f"SECRET_KEY is too easy to guess: {STRENGTH}")
        return key
    if not EMBEDDED_DATABASE:
        raise ImproperlyConfigured("SECRET_KEY must be set if DATABASE_URL is set.")
    path = DATA_DIR / "secret_key"
    try:
        if not path.exists() or not path.stat().st_size:  # an earlier version could leave an empty one after a power cut
            _make_key(path)
        key = path.read_text()
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"The secret key in {path} cannot be read or written: {error}.") from error
    if is_weak(key):
        raise ImproperlyConfigured(
            f"The secret key in {path} is damaged: it has {len(key)} characters. Remove the file to get a new key; "
            "then everybody must log in again."
        )
    return key


def _make_key(path: Path) -> None:
    """If several processes start at once, one makes the key, and the others read it completely."""
    with (path.parent / "secret_key.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists() or not path.stat().st_size:
            write_durably(path, secrets.token_urlsafe(50))


def earlier_keys() -> list[str]:
    """``SECRET_KEY_FALLBACKS``: earlier keys, whose signatures stay valid, newest first, separated by commas or lines."""
    keys = secret("SECRET_KEY_FALLBACKS").replace(",", "\n").split()
    if any(is_weak(key) for key in keys):
        raise ImproperlyConfigured(f"SECRET_KEY_FALLBACKS has a key that is too easy to guess: {STRENGTH}")
    return keys


DEBUG = boolean("DEBUG", False)
LOG_FORMAT = choice("LOG_FORMAT", "text" if EMBEDDED_DATABASE else "json", ("json", "text"))
SECRET_KEY = secret_key()
SECRET_KEY_FALLBACKS = earlier_keys()
ALLOWED_HOSTS = addresses("ALLOWED_HOSTS") or (["127.0.0.1", "localhost", "[::1]"] if EMBEDDED_DATABASE else [])
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts that this site answers for, such as api.example.com.")
CSRF_TRUSTED_ORIGINS = addresses("CSRF_TRUSTED_ORIGINS")
for origin in CSRF_TRUSTED_ORIGINS:
    if urlsplit(origin).scheme not in {"http", "https"} or not urlsplit(origin).netloc:
        raise ImproperlyConfigured(
            f"CSRF_TRUSTED_ORIGINS has {origin!r}; each origin must look like https://admin.example.com."
        )
DATABASE_STATEMENT_TIMEOUT = number("DATABASE_STATEMENT_TIMEOUT", 20, minimum=1, maximum=3600)
DATABASE_LOCK_TIMEOUT = number("DATABASE_LOCK_TIMEOUT", 3, minimum=1, maximum=3600)
DATABASE_IDLE_TIMEOUT = number("DATABASE_IDLE_TIMEOUT", 60, minimum=1, maximum=3600)
PORT = number("PORT", 8000, minimum=1, maximum=65535)
FEED_MAX_STALENESS = number("FEED_MAX_STALENESS", 1, minimum=0, maximum=3600)
HUGGING_FACE_URL = web_address("HUGGING_FACE_URL", "https://huggingface.co")
OPENROUTER_URL = web_address("OPENROUTER_URL", "https://openrouter.ai/api/v1")
SERVED_URLS = web_addresses("SERVED_URLS", "https://inference.example.com/v1")
EMAIL = {"EMAIL_PORT": 25, "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": "", **mail_server("EMAIL_URL", secret("EMAIL_URL"))}
EMAIL_HOST, EMAIL_PORT = EMAIL["EMAIL_HOST"], EMAIL["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_USER"], EMAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL.get("EMAIL_USE_TLS", False), EMAIL.get("EMAIL_USE_SSL", False)
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="model-catalog@localhost")
WEB_WORKERS = number("WEB_WORKERS", 2, minimum=1, maximum=64)
PRICE_CHANGE_FACTOR = number("PRICE_CHANGE_FACTOR", 3, minimum=2, maximum=1000)
PRICE_RISES_CONFIRMED = number("PRICE_RISES_CONFIRMED", 10, minimum=1, maximum=1_000_000)
EDITORS_PROPOSE = boolean("EDITORS_PROPOSE", False)
FOUR_EYES = boolean("FOUR_EYES", False)
SITE_ENABLED = boolean("SITE_ENABLED", True)
FORMATS_BEHIND_KEY = words(
    "FORMATS_BEHIND_KEY", ("openrouter", "openrouter-v2", "wandb", "models-dev", "litellm")
)  # the others are on the public site, or need a key in any case
ALLOW_PRIVATE_ADDRESSES = boolean("ALLOW_PRIVATE_ADDRESSES", False)
IMPORT_MEMORY = number("IMPORT_MEMORY", 512, minimum=128, maximum=65536)
IMPORT_SECONDS = number("IMPORT_SECONDS", 900, minimum=5, maximum=86400)

# TLS ends at the operator's proxy, which must set X-Forwarded-Proto; a developer's machine has no proxy.
BEHIND_TLS = boolean("BEHIND_TLS", not EMBEDDED_DATABASE)

TRUSTED_PROXIES = networks("TRUSTED_PROXIES")
METRICS_ALLOWED = networks("METRICS_ALLOWED", "127.0.0.0/8,::1")
METRICS_TOKEN = secret("METRICS_TOKEN")
LOGIN_ATTEMPTS = number("LOGIN_ATTEMPTS", 5, minimum=1, maximum=10_000)
LOGIN_CONFIRMED_FOR = number("LOGIN_CONFIRMED_FOR", 1_800, minimum=60, maximum=86_400)
REQUIRE_SECOND_FACTOR = choice(
    "REQUIRE_SECOND_FACTOR", "nobody" if EMBEDDED_DATABASE else "publishers", ("nobody", "publishers", "staff")
)
SESSION_IDLE_TIMEOUT = number("SESSION_IDLE_TIMEOUT", 28_800, minimum=300, maximum=1_209_600)
SESSION_COOKIE_AGE = number("SESSION_COOKIE_AGE", 604_800, minimum=300, maximum=1_209_600)

# Limits of each worker, for answers of the event loop and of Django's threads. Seconds and bytes.
WEB_THREADS = number("WEB_THREADS", 4, minimum=1, maximum=64)
MAX_CONNECTIONS = number("MAX_CONNECTIONS", 10_000, minimum=100, maximum=1_000_000)
MAX_CONNECTIONS_PER_ADDRESS = number("MAX_CONNECTIONS_PER_ADDRESS", 200, minimum=1, maximum=1_000_000)
MAX_REQUESTS = number("MAX_REQUESTS", 1_000, minimum=10, maximum=100_000)
MAX_REQUESTS_PER_ADDRESS = number("MAX_REQUESTS_PER_ADDRESS", 100, minimum=1, maximum=100_000)
MAX_SENDING = number("MAX_SENDING", 134_217_728, minimum=1_048_576, maximum=1_099_511_627_776)
MAX_QUEUE = number("MAX_QUEUE", 200, minimum=1, maximum=100_000)
QUEUE_TIMEOUT = number("QUEUE_TIMEOUT", 10, minimum=1, maximum=600)
REQUESTS_PER_MINUTE = number("REQUESTS_PER_MINUTE", 600, minimum=1, maximum=1_000_000)
HEADER_TIMEOUT = number("HEADER_TIMEOUT", 15, minimum=1, maximum=600)
CLIENT_TIMEOUT = number("CLIENT_TIMEOUT", 20, minimum=1, maximum=600)
CLIENT_MIN_RATE = number("CLIENT_MIN_RATE", 16_384, minimum=1, maximum=1_000_000_000)
MAX_BODY = number("MAX_BODY", 1_048_576, minimum=1_024, maximum=1_073_741_824)
MAX_STAFF_BODY = number("MAX_STAFF_BODY", 68_157_440, minimum=1_024, maximum=1_073_741_824)
