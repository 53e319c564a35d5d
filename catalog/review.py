"""What a change does before it is done: carried out in a transaction, compared, and kept only by who has agreed to it.

Whatever writes to the catalog for people – a form, an action on many, an import, a restoration – does so inside
``reviewed``. What it does to the OpenRouter feeds, now and at the moments that it schedules, is worked out from the
rows themselves, so no way of changing something has its own idea of the consequences.
"""

import difflib
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.db import connection, transaction

from catalog.formats import openrouter, openrouter_v2
from catalog.history import Difference, Marks, State, differences, events, rewound, states, touched_since
from catalog.listing import Entry, EntryKey, Listing, Selection, listing
from catalog.models import AIModel, CatalogRevision, Datacenter, ScheduledSwitch, Switch
from catalog.openrouter.consequences import Consequence, consequences
from catalog.openrouter.readiness import Finding, findings

DOCUMENTS_SHOWN = 20
"""Entries whose JSON a review holds; more than people read would only fill the page."""

FEEDS = (openrouter, openrouter_v2)


class Agreement(NamedTuple):
    """What somebody agrees to: the digest of the review that they saw, and what they typed to confirm it."""

    digest: str = ""
    typed: str = ""


class Document(NamedTuple):
    """An entry's JSON in one feed. Each line comes with a sign: ``-`` goes, ``+`` comes, a space stays."""

    key: EntryKey
    format_name: str
    lines: tuple[tuple[str, str], ...]


class Moment(NamedTuple):
    """What the OpenRouter feeds show differently from one moment on; None is at once."""

    at: datetime | None
    consequences: tuple[Consequence, ...]


class ModelChange(NamedTuple):
    """What becomes of one model. ``model_id`` is the new one, or the last if it is deleted."""

    model_id: str
    is_new: bool
    differences: tuple[Difference, ...]
    pk: int | None = None
    """Its key; None of a new one, which has another key each time."""


@dataclass(frozen=True, slots=True)
class Review:
    """A change, its consequences, and what it takes to agree to it."""

    changes: tuple[ModelChange, ...]
    moments: tuple[Moment, ...]
    documents: tuple[Document, ...]
    findings: tuple[Finding, ...]
    """What the readiness rules find now and did not find before."""
    is_of_models: bool = True
    """Whether its changes say all: nothing of a datacenter itself, which many models share, has changed."""

    @property
    def changes_feed(self) -> bool:
        """Whether OpenRouter would see anything of it."""
        return bool(self.moments)

    @property
    def dangers(self) -> dict[str, tuple[str, ...]]:
        """By model id, why the change must be confirmed by typing."""
        found: dict[str, list[str]] = {}
        for moment in self.moments:
            for one in moment.consequences:
                if one.danger:
                    found.setdefault(one.key.model_id, []).append(one.danger)
        # Where two models exchange their ids, the feed has the same ids as before, and each is another model.
        seen = {one.key.model_id for moment in self.moments for one in moment.consequences}
        for change in self.changes:
            for old, new in ((one.old, one.new) for one in change.differences if one.path == ("field", "model_id")):
                if old in seen and new and old not in found:
                    found[old] = [f"The id changes from {old} to {new}."]
        return {model_id: tuple(dict.fromkeys(sentences)) for model_id, sentences in found.items()}

    @property
    def to_type(self) -> str:
        """What must be typed: the model's id, the number of models where it is several, or nothing."""
        dangers = self.dangers
        return next(iter(dangers)) if len(dangers) == 1 else f"{len(dangers)} models" if dangers else ""

    @property
    def digest(self) -> str:
        """What tells this review from another one."""
        said = repr((self.changes, self.moments)).encode()
        return hashlib.blake2b(said, digest_size=16).hexdigest()

    def is_agreed(self, agreement: Agreement) -> bool:
        """Whether somebody has agreed to just this."""
        return agreement.digest == self.digest and agreement.typed.strip() == self.to_type


class NotAgreed(Exception):
    """The change was undone, for nobody has agreed to its review yet."""

    def __init__(self, review: Review, agreement: Agreement) -> None:
        super().__init__("The change has consequences that nobody has agreed to.")
        self.review = review
        self.has_changed = bool(agreement.digest) and agreement.digest != review.digest
        """Somebody has agreed to another review: the catalog has changed since."""
        self.is_mistyped = agreement.digest == review.digest


class NotAllowed(Exception):
    """The change was undone: it shows in the feed, and that is not for whom has made it."""

    def __init__(self, review: Review) -> None:
        super().__init__("The change shows in the OpenRouter feed.")
        self.review = review


def lock() -> None:
    """Wait for whoever is writing, and let nobody else write until this transaction ends. What has come is settled."""
    list(CatalogRevision.objects.select_for_update())
    ScheduledSwitch.objects.settle()


@contextmanager
def reviewed(agreement: Agreement, *, may_publish: bool, always: bool = False) -> Iterator[None]:
    """Carry out what is inside, in a transaction, and keep it if nothing stands against that.

    What the feeds do not show is kept as it is, unless ``always``: then it too must be agreed to. Raises ``NotAgreed``, or
    ``NotAllowed`` where the feeds would show it and the person may not do that; everything is undone then.
    """
    with transaction.atomic():
        lock()
        marks = Marks.now()
        yield
        connection.check_constraints()
        review = review_since(marks)
        if review.changes_feed and not may_publish:
            raise NotAllowed(review)
        if (review.changes_feed or (always and review.changes)) and not review.is_agreed(agreement):
            raise NotAgreed(review, agreement)


def review_since(marks: Marks) -> Review:
    """What this transaction has changed since those marks, and what OpenRouter makes of it."""
    touched = touched_since(marks)
    after = states(touched)
    with rewound(marks, touched):
        before = states(touched)
        changes = {pk: differences(before.get(pk, {}), after.get(pk, {})) for pk in touched}
        moments = _moments(changes, before, after)
        were = [listing(Selection.LISTED, at=at) for at in moments]
    ids = [str(state["field", "model_id"]) for state in after.values()]
    are = [listing(Selection.LISTED, at=at, model_ids=ids) for at in moments]
    said: set[tuple[Any, ...]] = set()
    seen: list[Moment] = []
    documents: dict[tuple[EntryKey, str], Document] = {}
    for at, old, new in zip(moments, were, are, strict=True):
        found = []
        known = _known_to_openrouter(marks, old, new)
        factor = settings.PRICE_CHANGE_FACTOR
        for one in consequences(old.entries, new.entries, at=new.at, price_factor=factor, known=known):
            same = (one.key, one.field, one.label, one.old, one.new, one.code)
            if same not in said:
                said.add(same)
                found.append(one)
        if found:
            seen.append(Moment(at, tuple(found)))
            _add_documents(documents, {one.key for one in found}, old, new)
    changed = [_model_change(pk, before.get(pk, {}), after.get(pk, {}), changes[pk]) for pk in touched if changes[pk]]
    return Review(
        tuple(sorted(changed, key=lambda one: one.model_id)),
        tuple(seen),
        tuple(documents.values()),
        _new_findings(were[0], are[0]) if seen else (),
        before.keys() <= after.keys() and not events(Datacenter).filter(pgh_id__gt=marks.by_table[Datacenter]).exists(),
    )


def _known_to_openrouter(marks: Marks, old: Listing, new: Listing) -> frozenset[str]:
    """The ids of models that come, and that had been listed at some time before."""
    coming = {key.model_id for key in new.keys} - {key.model_id for key in old.keys}
    if not coming:
        return frozenset()
    listed = events(AIModel).filter(model_id__in=coming, is_listed_on_openrouter=True, pgh_id__lte=marks.by_table[AIModel])
    return frozenset(listed.values_list("model_id", flat=True))


def _new_findings(before: Listing, after: Listing) -> tuple[Finding, ...]:
    known = set(findings(before))
    return tuple(one for one in findings(after) if one not in known)


def _model_change(pk: int, before: State, after: State, changed: list[Difference]) -> ModelChange:
    return ModelChange(str((after or before)["field", "model_id"]), not before, tuple(changed), pk if before else None)


def _moments(changes: dict[int, list[Difference]], *sides: dict[int, State]) -> list[datetime | None]:
    """Now, and the moments ahead at which a feed could show something else: those of rows that have changed, and those at
    which a model comes."""
    ahead = {one.path[-1] for found in changes.values() for one in found if one.path[0] in ("scheduled price", "switch")}
    for state in (state for side in sides for state in side.values()):
        ahead |= {path[-1] for path in state if path[:2] == ("switch", Switch.LISTED.value)}
    return [None, *sorted(datetime.fromisoformat(moment) for moment in ahead)]


def _add_documents(documents: dict[tuple[EntryKey, str], Document], keys: set[EntryKey], old: Listing, new: Listing) -> None:
    sides = [{_key(entry): entry for entry in side.entries} for side in (old, new)]
    for key in sorted(keys):
        for feed in FEEDS:
            if (key, feed.FORMAT.name) not in documents and len(documents) < DOCUMENTS_SHOWN * len(FEEDS):
                texts = [_json(feed, side.get(key)) for side in sides]
                documents[key, feed.FORMAT.name] = Document(key, feed.FORMAT.name, tuple(_lines(*texts)))


def _lines(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    for kind, start, end, new_start, new_end in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            yield from ((" ", line) for line in old[start:end])
        else:
            yield from (("-", line) for line in old[start:end])
            yield from (("+", line) for line in new[new_start:new_end])


def _key(entry: Entry) -> EntryKey:
    return EntryKey(entry.model.model_id, entry.service_tier, entry.is_free)


def _json(feed: Any, entry: Entry | None) -> list[str]:
    if entry is None:
        return []
    text: bytes = orjson.dumps(feed.entry_document(entry), option=orjson.OPT_INDENT_2)
    return text.decode().splitlines()
