"""What the API and the site ask of the past. Every answer belongs to what is published, and is worked out once for it.

Each function takes what is served, of whichever format, and gives the answer with how it is to be sent: what is served, marked as
stale where the database could not be asked. Raises ``Unavailable`` where there is no answer to send.
"""

from datetime import datetime

from django.db import connection

from catalog.listing import snapshot, uncollected
from catalog.public_history.changes import Change, recent_changes
from catalog.public_history.kept import Kept
from catalog.public_history.moments import publication_at
from catalog.public_history.prices import KnownSteps, Period, price_periods
from catalog.public_history.publicity import Publicity, Shown
from catalog.publication import Publication, Served

_publicity = Kept[Publicity](most=1)
_prices = Kept[tuple[Period, ...]](most=512, at_once=4)
_changes = Kept[tuple[Change, ...]](most=1)
_steps = KnownSteps()
_catalogs = Kept[Publication](most=2, pause=0.5)
"""Whole catalogs are large, so that few are kept; and each one of the past takes temporary tables, of which many at a time would
bloat the database's own."""


def publicity_of(served: Served) -> tuple[Publicity, Served]:
    """When each model was public, and which may be mentioned."""
    return _publicity.get(served, "", Publicity.read)


def prices_of(served: Served, shown: Shown) -> tuple[tuple[Period, ...], Served]:
    """A model's price list over time, with what is scheduled."""
    return _prices.get(served, shown.key, lambda: price_periods(shown))


def changes_of(served: Served) -> tuple[tuple[Change, ...], Served]:
    """The changes of the public catalog, newest first."""

    def read() -> tuple[Change, ...]:
        known = KnownSteps() if connection.in_atomic_block else _steps  # what a transaction sees is nobody else's
        with snapshot(), uncollected():
            return recent_changes(Publicity.read(), known, served.publication.at)

    return _changes.get(served, "", read)


def catalog_at(served: Served, at: datetime) -> tuple[Publication, Served]:
    """What is served, as it was or will be at another moment."""
    publicity, _ = publicity_of(served)
    name = served.publication.format_name
    return _catalogs.get(served, (name, at), lambda: publication_at(name, served.publication, publicity, at))


def forget() -> None:
    """Forget every answer."""
    global _steps
    _steps = KnownSteps()
    for kept in (_publicity, _prices, _changes, _catalogs):
        kept.forget()
