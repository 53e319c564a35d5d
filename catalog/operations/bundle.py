"""The bundle to send along with a question: the results of doctor's checks, versions and settings. It has no secrets, and of the catalog
only what a result names."""

import platform
import zipfile
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.db import Error, connection

from catalog.formats import FORMATS
from catalog.operations.doctor.check_result import CheckResult
from catalog.operations.manifest import row_counts
from catalog.publication.last_good_copies import LastGoodCopies
from catalog_site import VERSION, environment
from catalog_site.embedded.server import NotRunning
from catalog_site.migrations import applied_migrations

TEXTS = (
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "TRUSTED_PROXIES",
    "METRICS_ALLOWED",
    "DATA_DIR",
    "BACKUP_DIR",
    "HUGGING_FACE_URL",
)
"""Settings that are shown in addition to numbers and booleans: a new one is hidden until somebody has checked that it is not
secret."""
POSTGRESQL = "SELECT name, setting FROM pg_settings WHERE source NOT IN ('default', 'client', 'override') AND name !~ 'conninfo|command|passphrase'"


def write(path: Path, found: list[CheckResult]) -> None:
    """Write the bundle. Raises ``OSError``."""
    documents = {
        "doctor.json": [result._asdict() for result in found],
        "versions.json": versions(),
        "settings.json": shown_settings(),
        "database.json": database(),
        "copies.json": copies(),
    }
    with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED) as archive:
        for name, content in documents.items():
            archive.writestr(name, orjson.dumps(content, option=orjson.OPT_INDENT_2, default=str))


def versions() -> dict[str, Any]:
    """The versions of the catalog, Python, the system and each package."""
    packages = {distribution.name: distribution.version for distribution in distributions()}
    return {"catalog": VERSION, "python": platform.python_version(), "system": platform.platform(), "packages": packages}


def shown_settings() -> dict[str, Any]:
    """Numbers, booleans, and the settings in ``TEXTS``; for the database only its address."""
    shown: dict[str, Any] = {
        name: value if isinstance(value, bool | int) else str(value)
        for name, value in vars(environment).items()
        if name.isupper() and (isinstance(value, bool | int) or name in TEXTS)
    }
    for alias, config in settings.DATABASES.items():
        shown[f"database {alias}"] = {key: config.get(key, "") for key in ("ENGINE", "HOST", "PORT", "NAME", "USER")}
    return shown


def database() -> dict[str, Any]:
    """Rows of each table, migrations, and the server's settings."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(POSTGRESQL)
            server = dict(cursor.fetchall())
        return {"rows": row_counts(), "migrations": applied_migrations(), "settings": server}
    except (Error, NotRunning) as error:
        return {"error": type(error).__name__}


def copies() -> dict[str, Any]:
    """The facts of each last good copy, without its bytes."""
    kept = LastGoodCopies(settings.DATA_DIR / "copies")
    heads = {name: kept.head(name) for name in FORMATS}
    return {
        name: None
        if head is None
        else {"etag": head.etag, "revision": head.revision, "at": head.at, "entries": len(head.entries)}
        for name, head in heads.items()
    }
