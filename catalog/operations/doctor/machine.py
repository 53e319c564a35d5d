"""Checks of the settings and of this machine: the disk, the last good copies, and the backups. They need no database."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.checks import WARNING, run_checks

from catalog.formats import FORMATS, openrouter
from catalog.operations.backups import scheduled
from catalog.operations.doctor.check_result import CheckResult, warning, wrong
from catalog.publication.last_good_copies import LastGoodCopies, NoBytes

LEAST_FREE, LOW_FREE = 256 << 20, 2 << 30
"""Bytes left on a disk."""
BACKUP_AGE = timedelta(days=2)
ABOUT_TLS = {"security.W004", "security.W008", "security.W012", "security.W016"}
"""Django's checks that fail if ``BEHIND_TLS`` is false."""


def configuration() -> Iterator[CheckResult]:
    """Django's checks for production."""
    found = [] if settings.EMBEDDED_DATABASE else run_checks(include_deployment_checks=True)
    if not settings.BEHIND_TLS and not settings.EMBEDDED_DATABASE:
        found = [message for message in found if message.id not in ABOUT_TLS]
        yield warning(
            "BEHIND_TLS is false, so passwords and cookies travel unencrypted.",
            "Put a proxy with TLS in front of the site and unset BEHIND_TLS: docs/deployment.md.",
        )
    for message in found:
        if message.level >= WARNING and not message.is_silenced():
            yield warning(f"{message.id}: {message.msg}", message.hint or "See docs/configuration.md.")
    if settings.DEBUG:
        yield wrong("DEBUG is true, so errors show the source and settings to everybody.", "Unset DEBUG and restart.")
    if settings.BEHIND_TLS and not settings.TRUSTED_PROXIES and not settings.EMBEDDED_DATABASE:
        yield warning(
            "TRUSTED_PROXIES is empty, so clients behind a proxy cannot be told apart.", "Set it to your proxy's address."
        )


def disk() -> Iterator[CheckResult]:
    """Free space for copies, for the embedded database, and for backups."""
    for path in filter(None, (settings.DATA_DIR, settings.BACKUP_DIR)):
        free = shutil.disk_usage(path).free
        says = f"{path} has {free / (1 << 30):.1f} GiB of free space."
        if free < LEAST_FREE:
            yield wrong(says, "Make room, or move it to a larger disk.")
        elif free < LOW_FREE:
            yield warning(says, "Make room, or move it to a larger disk.")


def copies() -> Iterator[CheckResult]:
    """The last good copies, which are sent while the database is down."""
    kept = LastGoodCopies(settings.DATA_DIR / "copies")
    for name in FORMATS:
        try:
            found = kept.read(name)
        except NoBytes as error:
            yield wrong(f"{name}: {error}.", "Make room on the disk of DATA_DIR.")
        except ValueError as error:
            yield wrong(str(error), "Remove the file; the site writes a new one.")
        else:
            if found is None and name == openrouter.FORMAT.name:
                yield warning("There is no copy of the OpenRouter feed.", "Fetch it once; set DATA_DIR as for the site.")


def backups() -> Iterator[CheckResult]:
    """The age of the newest scheduled backup."""
    if settings.BACKUP_DIR is None:
        if not settings.EMBEDDED_DATABASE:
            yield warning("BACKUP_DIR is not set, so doctor cannot check backups.", "Schedule them: docs/recovery.md.")
        return
    newest = max(scheduled(settings.BACKUP_DIR), default=None)
    if newest is None:
        yield wrong(
            f"There is no backup in {settings.BACKUP_DIR}.", "Run manage.py backup, and schedule it: docs/recovery.md."
        )
    elif (age := datetime.now(UTC) - newest) > BACKUP_AGE:
        yield wrong(f"The newest backup is {age.days} days old.", "See the log of the backup service.")
