"""``manage.py watch [--once] [--drift-every MINUTES]``."""

import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from catalog.alarms import record, send_due
from catalog.drift import check, latest
from catalog.management.command import CatalogCommand
from catalog.models import AIModel, DriftSide
from catalog.security_events import forget_old

logger = logging.getLogger(__name__)

POLL_SECONDS = 30.0
"""Seconds between two checks for alarms."""
LOCK = 0x6472_6674
"""The advisory lock of the process that compares."""


class Command(CatalogCommand):
    """Raise and send alarms, and regularly compare with OpenRouter and our servers.

    Several processes can run: an alarm is raised once, and one process compares at a time.
    """

    help = "Raises and sends alarms, and compares with OpenRouter and our servers. Runs until you stop it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to run once, and how often to compare."""
        parser.add_argument("--once", action="store_true", help="Check everything once, and exit.")
        parser.add_argument(
            "--drift-every", type=int, default=15, metavar="MINUTES", help="Minutes between two comparisons (15)."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Watch until SIGTERM or Ctrl-C."""
        pause = timedelta(minutes=max(1, options["drift_every"]))
        if options["once"]:
            compare(pause)
            alarm()
            return
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        # A comparison takes minutes, and must not delay alarms.
        threading.Thread(target=lambda: repeat(lambda: compare(pause), stopped), daemon=True).start()
        repeat(alarm, stopped)


def repeat(work: Callable[[], None], stopped: threading.Event) -> None:
    """Repeat ``work`` until stopped. After an error, try again: the database may come back."""
    while not stopped.is_set():
        try:
            work()
        except Exception:
            logger.exception("The check failed and is tried again.")
        finally:
            connection.close()
        stopped.wait(POLL_SECONDS)


def alarm() -> None:
    """Raise new alarms, and send what is due."""
    for one in record():
        logger.warning("Alarm: %s", one.text)
    send_due()
    forget_old()


def compare(pause: timedelta) -> None:
    """Compare with each side whose latest comparison is too old."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        (is_mine,) = cursor.fetchone()
    if not is_mine:
        return
    try:
        for side in DriftSide:
            last = latest(side)
            if is_configured(side) and (last is None or timezone.now() - last.checked_at >= pause):
                found = check(side)
                logger.info("Compared with %s: %s.", side.label, found.get_state_display())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def is_configured(side: DriftSide) -> bool:
    """Whether there is something to compare."""
    if side is DriftSide.SERVED:
        return bool(settings.SERVED_URLS)
    return AIModel.objects.filter(is_listed_on_openrouter=True).exists()
