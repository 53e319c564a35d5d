"""When each model was public, under which id and name, and whether it may still be mentioned."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from django.db import connection

from catalog.history import DELETED, events
from catalog.models import AIModel
from catalog.public_history.record_counts import GROUP_SIZE, Records, group_of, records_by_group


class Span(NamedTuple):
    """A time in which something holds, such as a model being public, without its end; an end of None: it still holds."""

    begin: datetime
    end: datetime | None

    def has(self, at: datetime) -> bool:
        """Whether the moment is in it."""
        return self.begin <= at and (self.end is None or at < self.end)


class PublicityChangeKind(StrEnum):
    """The kinds of changes of a public model as a whole."""

    ADDED = "added"
    REMOVED = "removed"
    DEPRECATED = "deprecated"
    """A moment of deprecation was set, or moved."""
    UNDEPRECATED = "undeprecated"


class PublicityChange(NamedTuple):
    """One change of a public model at a time. ``replacement`` is the key of the model to move to."""

    kind: PublicityChangeKind
    at: datetime
    model_id: str
    name: str
    deprecation_at: datetime | None = None
    replacement: int | None = None


class PublicModel(NamedTuple):
    """One model that is or was public, and may be mentioned."""

    key: int
    model_id: str
    """The last one under which it was public, as the name is."""
    name: str
    spans: tuple[Span, ...]
    changes: tuple[PublicityChange, ...]
    free: tuple[Span, ...] = ()
    """The times at which the public model had a free variant."""

    @property
    def is_public(self) -> bool:
        """Whether it still is."""
        return self.spans[-1].end is None

    def was_public(self, at: datetime) -> bool:
        """Whether it was at that moment."""
        return any(span.has(at) for span in self.spans)


class Publicity(NamedTuple):
    """All models that may be mentioned, by their keys, and by the id that each had last. Of two models that had the same id,
    one after the other, the later one is found."""

    by_key: Mapping[int, PublicModel]
    by_id: Mapping[str, PublicModel]

    @classmethod
    def of(cls, models: Iterable[PublicModel]) -> "Publicity":
        """The publicity of these models."""
        by_key = {one.key: one for one in models}
        in_time = sorted(by_key.values(), key=lambda one: one.spans[-1].begin)
        return cls(by_key, {one.model_id: one for one in in_time})

    def id_of(self, key: int | None) -> str | None:
        """A model's id, if it may be mentioned."""
        found = None if key is None else self.by_key.get(key)
        return None if found is None else found.model_id


class KnownPublicity:
    """The publicity of all models. It is read again only for groups of models with new records."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Records, list[PublicModel]]] = {}

    def read(self) -> Publicity:
        """The current publicity. Two queries, whatever the number of models; one, if there are no new records."""
        before, counted = self._known, records_by_group(AIModel, "id")
        changed = [group for group, records in counted.items() if group not in before or before[group][0] != records]
        read = defaultdict[int, list[PublicModel]](list)
        for key, records in groupby(_records(changed), key=lambda record: record.key):
            if one := _public_model(list(records)):
                read[group_of(key)].append(one)
        known = {group: (records, before[group][1] if group in before else []) for group, records in counted.items()}
        self._known = known | {group: (counted[group], read[group]) for group in changed}
        return Publicity.of(one for group in sorted(self._known) for one in self._known[group][1])


class _Record(NamedTuple):
    key: int
    label: str
    at: datetime
    model_id: str
    name: str
    is_public: bool
    may_be_mentioned: bool
    has_free_variant: bool
    deprecation_at: datetime | None
    replacement: int | None


def _records(groups: list[int]) -> Iterator[_Record]:
    """The records of the models of these groups that say something new about it, by model, oldest first."""
    if not groups:
        return
    seen = "model_id, name, is_public, is_mentioned_after_removal, has_free_variant, deprecation_at, replacement_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT id, pgh_label, pgh_created_at, {seen} FROM (
                SELECT *, ROW({seen}) AS state, lag(ROW({seen})) OVER (PARTITION BY id ORDER BY pgh_id) AS before
                FROM {events(AIModel).model._meta.db_table} WHERE id / %s = ANY(%s)
            ) AS records
            WHERE before IS NULL OR before IS DISTINCT FROM state OR pgh_label = %s
            ORDER BY id, pgh_id
            """,  # noqa: S608 -- names of columns, and of a model's table
            [GROUP_SIZE, groups, DELETED],
        )
        yield from map(_Record._make, cursor.fetchall())


def _public_model(records: list[_Record]) -> PublicModel | None:
    """A model as its records describe it; None if it never was public, or may not be mentioned."""
    last = records[-1]
    is_public = last.is_public and last.label != DELETED
    if not (is_public or last.may_be_mentioned):
        return None
    spans: list[Span] = []
    changes: list[PublicityChange] = []
    free: list[Span] = []
    before: _Record | None = None
    for at, record in _states_over_time(records):
        after = record if record.is_public and record.label != DELETED else None
        if before is not None and (after is None or after.model_id != before.model_id):
            changes.append(PublicityChange(PublicityChangeKind.REMOVED, at, before.model_id, before.name))
        if after is None:
            if before is not None:
                spans[-1] = Span(spans[-1].begin, at)
        else:
            if before is None:
                spans.append(Span(at, None))
            if before is None or after.model_id != before.model_id:
                changes.append(PublicityChange(PublicityChangeKind.ADDED, at, after.model_id, after.name))
            changes += _deprecations(before, after, at)
        was_free, is_free = (one is not None and one.has_free_variant for one in (before, after))
        if is_free and not was_free:
            free.append(Span(at, None))
        elif was_free and not is_free:
            free[-1] = Span(free[-1].begin, at)
        before = after
    if not spans:
        return None
    added = next(change for change in reversed(changes) if change.kind == PublicityChangeKind.ADDED)
    names = [record for record in records if record.is_public and record.model_id == added.model_id]
    return PublicModel(last.key, added.model_id, names[-1].name, tuple(spans), tuple(changes), tuple(free))


def _states_over_time(records: list[_Record]) -> Iterator[tuple[datetime, _Record]]:
    """Each time at which something changed, with the record that applies from then on.

    A change counts from the moment at which its transaction began. Of two transactions the one that began first may have written
    last; the order of writing decides.
    """
    at = datetime.min.replace(tzinfo=UTC)
    moments: dict[datetime, _Record] = {}
    for record in records:
        at = max(at, record.at)
        moments[at] = record
    yield from moments.items()


def _deprecations(before: _Record | None, after: _Record, at: datetime) -> Iterator[PublicityChange]:
    was = None if before is None else before.deprecation_at
    if after.deprecation_at is not None and after.deprecation_at != was:
        yield PublicityChange(
            PublicityChangeKind.DEPRECATED, at, after.model_id, after.name, after.deprecation_at, after.replacement
        )
    elif was is not None and after.deprecation_at is None:
        yield PublicityChange(PublicityChangeKind.UNDEPRECATED, at, after.model_id, after.name)
