"""Queries of the API and the site about the past. Each answer belongs to a publication, and is computed once for it.

Each function takes what is served, in any format, and returns the answer and how to send it: what is served, marked as stale if
the database could not be queried. Raises ``Unavailable`` if there is no answer to send.
"""

from datetime import datetime

from django.db import connection

from catalog.listing import Entry, snapshot, without_garbage_collection
from catalog.public_history.as_of import publication_at
from catalog.public_history.cache import PublicationCache
from catalog.public_history.changes import Change, KnownChanges, recent_changes
from catalog.public_history.prices import Period, entries_at, price_periods
from catalog.public_history.publicity import KnownPublicity, Publicity, PublicModel
from catalog.publication import Publication, Served

_publicity = PublicationCache[Publicity](most=1)
_prices = PublicationCache[tuple[Period, ...]](most=512, at_once=4)
_changes = PublicationCache[tuple[Change, ...]](most=1)
_catalogs = PublicationCache[Publication](most=2, pause=0.5)
"""Whole catalogs are large, so that few are kept; and each one of the past takes temporary tables, of which many at a time would
bloat the database's own."""


class _ReadHistory:
    """The part of the history that was read. A transaction has its own, because only it may see its uncommitted rows."""

    def __init__(self) -> None:
        self.publicity = KnownPublicity()
        self.changes = KnownChanges()


_read = _ReadHistory()


def _history() -> _ReadHistory:
    return _ReadHistory() if connection.in_atomic_block else _read


def publicity_of(served: Served) -> tuple[Publicity, Served]:
    """When each model was public, and which may be mentioned."""
    return _publicity.get(served, "", lambda: _history().publicity.read())


def public_model_of(served: Served, name: str) -> PublicModel | None:
    """The model that is or was public under that id or other name; None if there is none."""
    publicity, _ = publicity_of(served)
    content = served.publication.known_content
    item = content.by_name.get(name) if content is not None else None
    return publicity.by_id.get(item.entries[0].model.model_id if item else name)


def entries_of(served: Served, entries: tuple[Entry, ...], at: datetime) -> tuple[tuple[Entry, ...], Served]:
    """A public model's entries with the prices of a moment, past or scheduled; empty, if it had none then. Its other facts are
    those of now, and a free variant is one at any time."""
    of = served.publication
    is_now = of.since is not None and of.since <= at and (of.valid_until is None or at < of.valid_until)
    if is_now or entries[0].is_free:
        return entries, served
    model = public_model_of(served, entries[0].model.model_id)
    if model is None:
        return (), served
    periods, served = prices_of(served, model)
    return entries_at(entries, periods, at), served


def prices_of(served: Served, model: PublicModel) -> tuple[tuple[Period, ...], Served]:
    """A model's price list over time, with what is scheduled."""
    return _prices.get(served, model.key, lambda: price_periods(model))


def changes_of(served: Served) -> tuple[tuple[Change, ...], Served]:
    """The changes of the public catalog, newest first."""

    def read() -> tuple[Change, ...]:
        known = _history()
        with snapshot(), without_garbage_collection():
            return recent_changes(known.publicity.read(), known.changes, served.publication.at)

    return _changes.get(served, "", read)


def catalog_at(served: Served, at: datetime) -> tuple[Publication, Served]:
    """The served list as it was or will be at another time."""
    publicity, _ = publicity_of(served)
    name = served.publication.format_name
    return _catalogs.get(served, (name, at), lambda: publication_at(name, served.publication, publicity, at))


def clear_cache() -> None:
    """Remove all cached answers, so that the next ones are read from the database."""
    global _read
    _read = _ReadHistory()
    for kept in (_publicity, _prices, _changes, _catalogs):
        kept.clear()
