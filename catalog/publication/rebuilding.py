"""Making a list from the database, and refusing one that has lost entries without a recorded change."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import DatabaseError, connections

from catalog.formats import FORMATS
from catalog.listing import EntryKey, Listing, Revision, Selection, listing, revision, snapshot
from catalog.publication.last_good_copies import LastGoodCopies, is_same_catalog
from catalog.publication.losses import unexplained
from catalog.publication.probe import State
from catalog.publication.rendering import Publication, render
from catalog.publication.source import BEHIND, Source

logger = logging.getLogger(__name__)

SESSION = """
    SET default_transaction_read_only = on;
    SET statement_timeout = '20s';
    SET lock_timeout = '3s';  -- it does not wait for a migration
    SET enable_nestloop = off;  -- its queries read whole tables, also where the server has not counted them yet
"""
"""The settings of the connection that reads lists."""


class Refused(Exception):
    """A rebuilt list lacks entries that no recorded change explains."""


class Sent(NamedTuple):
    """The entries of a selection that were last sent, with their revision and the time at which they were read."""

    entries: frozenset[EntryKey]
    revision: int
    at: datetime


class Rebuilder:
    """Makes lists. Formats of one selection share the listing. ``note_catalog`` is called with the catalog that is read."""

    def __init__(self, source: Source, copies: LastGoodCopies, note_catalog: Callable[[UUID | None], None]) -> None:
        self._source, self._copies, self._note_catalog = source, copies, note_catalog
        self._read: dict[Selection, Listing] = {}
        self._sent: dict[Selection, Sent] = {}
        self._has_noted_other = False

    def rebuild(self, format_name: str, alias: str) -> Publication:
        """A new list, read from that database. Raises ``Refused``, ``DatabaseError``, and whatever a row that cannot be rendered
        raises."""
        selection = FORMATS[format_name].selection
        _connect(alias)
        with snapshot(alias):
            state = revision(alias)
            if self._source.is_behind(alias, state.revision):
                raise DatabaseError(BEHIND)
            self._note_catalog(state.catalog_id)
            content = self._read.get(selection)
            if content is None or state_of(content) != state_of(state) or _is_over(content, state.now):
                content = listing(selection, using=alias)
                self._refuse_losses(content, selection, state, alias)
        new = render(format_name, content)
        self._read[selection] = content
        self._sent[selection] = Sent(new.entries, new.revision, new.at)
        return new

    def _refuse_losses(self, content: Listing, selection: Selection, state: Revision, alias: str) -> None:
        """Compare with the list that was sent last, by this process, another or an earlier one. Raises ``Refused``."""
        sent = self._last_sent(selection, state)
        accepted = state.losses_accepted_revision
        if sent is None or (accepted is not None and accepted > sent.revision):
            return
        gone = sent.entries - content.keys
        if gone and (lost := unexplained(gone, selection, alias)):
            named = ", ".join(sorted({key.model_id for key in lost})[:10])
            raise Refused(
                f"It would lose {len(lost)} entries without a recorded change: {named}. If that is intended, "
                "run manage.py accept_losses."
            )

    def _last_sent(self, selection: Selection, state: Revision) -> Sent | None:
        names = [name for name, format_ in FORMATS.items() if format_.selection == selection]
        heads = [head for head in map(self._copies.head, names) if head is not None]
        own = [head for head in heads if is_same_catalog(head.catalog_id, state.catalog_id)]
        sent = [Sent(head.entries, head.revision, head.at) for head in own]
        if len(own) < len(heads) and not self._has_noted_other:
            self._has_noted_other = True
            logger.critical(
                "The database has a different catalog from the one whose lists were sent before. Lists are now made from it. "
                "If that is not intended, correct DATABASE_URL."
            )
        if selection in self._sent:
            sent.append(self._sent[selection])
        return max(sent, key=lambda one: one.at, default=None)


def state_of(of: Publication | Listing | Revision) -> State:
    """What distinguishes one state of a catalog from the others."""
    return State(of.revision, of.changed_at)


def _connect(alias: str) -> None:
    """A connection with the settings of ``SESSION``."""
    database = connections[alias]
    if database.connection is None:
        database.connect()
        with database.cursor() as cursor:
            cursor.execute(SESSION)


def _is_over(content: Listing, now: datetime) -> bool:
    return content.valid_until is not None and now >= content.valid_until
