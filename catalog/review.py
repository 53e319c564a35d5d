"""What a change does before it is done: carried out in a transaction, compared, and kept only by who has agreed to it.

Whatever writes to the catalog for people – a form, an action on many, an import, a restoration – does so inside
``reviewed``. What it does to the OpenRouter feeds, now and at the moments that it schedules, is worked out from the
rows themselves, so no way of changing something has its own idea of the consequences.
"""

import difflib
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Model
from django.db.models.functions import Now

from catalog import turns
from catalog.formats import openrouter, openrouter_v2
from catalog.history import AHEAD, Difference, Marks, State, differences, events, rewound, states, touched_since
from catalog.listing import Entry, EntryKey, Listing, Selection, listing
from catalog.models import AIModel, Datacenter, ParameterDescriptor, Price, ScheduledSwitch, ServiceTier, Switch
from catalog.names import NameChange, Names, name_changes, rivals, with_other_names
from catalog.openrouter.consequences import AS_SCHEDULED, Consequence, as_scheduled, cancelled, consequences
from catalog.openrouter.readiness import Finding, findings

DOCUMENTS_SHOWN = 20
"""Entries whose JSON a review holds; more than people read would only fill the page."""

FEEDS = (openrouter, openrouter_v2)

PUBLISH = "catalog.list_on_openrouter"
"""Django's permission to change what the feeds show."""


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
    writes_listing: bool = False
    """Whether it writes rows that decide what a feed shows, now or later, even where no feed shows a difference yet."""
    names: tuple[NameChange, ...] = ()
    """The names in the API that do not find any more what they found."""

    @property
    def changes_feed(self) -> bool:
        """Whether OpenRouter would see anything of it."""
        return bool(self.moments)

    @property
    def is_for_publishers(self) -> bool:
        """Whether it takes the permission to publish."""
        return self.must_be_agreed_to or self.writes_listing

    @property
    def must_be_agreed_to(self) -> bool:
        """Whether it is not kept before somebody has agreed to it."""
        return self.changes_feed or bool(self.names)

    @property
    def leaves_scheduled_prices(self) -> bool:
        """Whether prices that were scheduled before will replace what it changes."""
        found = (one for moment in self.moments for one in moment.consequences)
        return any(one.field == "prices" and one.sentence.endswith(AS_SCHEDULED) for one in found)

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
        for name in self.names:
            if name.is_taken:
                found.setdefault(name.model_id, []).append(name.sentence)
        dearer = {one.key.model_id for moment in self.moments for one in moment.consequences if one.is_price_rise}
        if len(dearer) >= settings.PRICE_RISES_CONFIRMED:
            for model_id in sorted(dearer):
                found.setdefault(model_id, []).append(f"Prices rise for {len(dearer):,} models in one step.")
        return {model_id: tuple(dict.fromkeys(sentences)) for model_id, sentences in found.items()}

    @property
    def to_type(self) -> str:
        """What must be typed: the model's id, the number of models where it is several, or nothing."""
        dangers = self.dangers
        return next(iter(dangers)) if len(dangers) == 1 else f"{len(dangers)} models" if dangers else ""

    @property
    def digest(self) -> str:
        """What tells this review from another one."""
        said = repr((self.changes, self.moments, self.names)).encode()
        return hashlib.blake2b(said, digest_size=16).hexdigest()

    @property
    def permissions(self) -> frozenset[str]:
        """Django's permissions that its changes take, whichever page or file they come from."""
        return frozenset(permission for change in self.changes for permission in _permissions(change))

    def is_agreed(self, agreement: Agreement) -> bool:
        """Whether somebody has agreed to just this."""
        return agreement.digest == self.digest and agreement.typed.strip() == self.to_type


_TABLES = {"scheduled price": Price, "switch": ScheduledSwitch, "parameter": ParameterDescriptor}
"""The parts of a model whose rows come, change and go."""


def _permission(table: type[Model], action: str) -> str:
    return f"{table._meta.app_label}.{get_permission_codename(action, table._meta)}"


def _permissions(change: ModelChange) -> Iterator[str]:
    if any(one.path == ("field", "model_id") and one.new is None for one in change.differences):
        yield _permission(AIModel, "delete")
        return
    yield _permission(AIModel, "add" if change.is_new else "change")
    for part, old, new in ((one.path[0], one.old, one.new) for one in change.differences):
        if part == "price":  # in force: whatever becomes of it is a new row
            yield _permission(Price, "add")
        elif part in _TABLES:
            yield _permission(_TABLES[part], "add" if old is None else "delete" if new is None else "change")


class NotAgreed(Exception):
    """The change was undone, for nobody has agreed to its review yet."""

    def __init__(self, review: Review, agreement: Agreement) -> None:
        super().__init__("The change has consequences that nobody has agreed to.")
        self.review = review
        self.has_changed = bool(agreement.digest) and agreement.digest != review.digest
        """Somebody has agreed to another review: the catalog has changed since."""
        self.is_mistyped = agreement.digest == review.digest


class NotAllowed(Exception):
    """The change was undone: it decides what the feeds show, now or later, and its maker may not publish."""

    def __init__(self, review: Review) -> None:
        super().__init__("The change decides what the OpenRouter feeds show.")
        self.review = review


@dataclass(slots=True)
class Outcome:
    """What has been carried out; known at the end."""

    review: Review = Review((), (), (), ())


@contextmanager
def reviewed(
    agreement: Agreement,
    *,
    may_publish: bool,
    may: Callable[[frozenset[str]], bool] = lambda permissions: True,
    always: bool = False,
    patience: int | None = None,
) -> Iterator[Outcome]:
    """Carry out what is inside, in a transaction, and keep it if nothing stands against that.

    What the feeds do not show is kept as it is, unless ``always``: then it too must be agreed to. ``may`` says whether
    somebody has Django's permissions; ``patience`` is how many seconds they wait for other writers, None for ever. Raises
    ``NotAgreed``; ``NotAllowed`` where it takes the permission to publish and the person lacks it; ``PermissionDenied``;
    ``turns.Busy``. Everything is undone then.
    """
    with turns.taken(patience):
        marks = Marks.now()
        outcome = Outcome()
        yield outcome
        connection.check_constraints()
        outcome.review = review = review_since(marks)
        if not may(review.permissions):
            raise PermissionDenied
        if review.is_for_publishers and not may_publish:
            raise NotAllowed(review)
        if (review.must_be_agreed_to or (always and review.changes)) and not review.is_agreed(agreement):
            raise NotAgreed(review, agreement)


def review_since(marks: Marks) -> Review:
    """What this transaction has changed since those marks, and what OpenRouter makes of it, now and at each moment ahead."""
    touched = touched_since(marks)
    after = states(touched)
    with rewound(marks, touched):
        before = states(touched)
        ahead = _moments_ahead(before, after)
        renamed = with_other_names(before, after)
        had_names = listing(Selection.PUBLIC, model_ids=_ids(before, renamed)) if renamed else None
        was, planned = listing(Selection.LISTED), [_step(at, _ids(before, keys)) for at, keys in ahead.items()]
    changes = {pk: differences(before.get(pk, {}), after.get(pk, {})) for pk in touched}
    is_ = listing(Selection.LISTED, model_ids=_ids(after, after))
    coming = [_step(at, _ids(after, keys)) for at, keys in ahead.items()]
    seen: list[Moment] = []
    documents: dict[tuple[EntryKey, str], Document] = {}
    said: set[tuple[Any, ...]] = set()

    def see(at: datetime | None, found: list[Consequence], old: Listing, new: Listing) -> None:
        said.update(map(_said, found))
        if found:
            seen.append(Moment(at, tuple(found)))
            _add_documents(documents, {one.key for one in found}, old, new)

    see(None, _told(marks, was.entries, is_.entries, is_.at), was, is_)
    written = {(one.path[-1], pk) for pk, found in changes.items() for one in found if one.path[0] in AHEAD}
    for at, one, other in zip(ahead, planned, coming, strict=True):
        by_change = {
            str(after[pk]["field", "model_id"]) for pk in ahead[at] & after.keys() if (at.isoformat(), pk) in written
        }
        found = [
            consequence if consequence.key.model_id in by_change else as_scheduled(consequence)
            for consequence in _told_ahead(marks, one, other)
        ]
        found += [consequence for consequence in _told_anew(marks, one, other) if _said(consequence) not in said]
        see(at, found, one.after, other.after)
    changed = [_model_change(pk, before.get(pk, {}), after.get(pk, {}), changes[pk]) for pk in touched if changes[pk]]
    return Review(
        tuple(sorted(changed, key=lambda one: one.model_id)),
        tuple(seen),
        tuple(documents.values()),
        _new_findings(was, is_) if seen else (),
        before.keys() <= after.keys() and not events(Datacenter).filter(pgh_id__gt=marks.by_table[Datacenter]).exists(),
        any(_writes_listing(changes[pk], before.get(pk, {}), after.get(pk, {})) for pk in touched),
        _names(had_names, renamed, before, after) if had_names else (),
    )


def _names(had: Listing, renamed: set[int], before: dict[int, State], after: dict[int, State]) -> tuple[NameChange, ...]:
    """The names that do not find any more what they found. ``had`` are the models with other names, as they were."""
    others = {
        model_id: key for model_id, key in rivals(after[key] for key in renamed & after.keys()).items() if key not in renamed
    }
    if not others and not had.entries:
        return ()
    same = listing(Selection.PUBLIC, model_ids=list(others))
    has = listing(Selection.PUBLIC, model_ids=_ids(after, renamed))
    old, new = (
        Names((same, content), others | {str(side[key]["field", "model_id"]): key for key in renamed & side.keys()})
        for content, side in ((had, before), (has, after))
    )
    unchanged = states(others.values())
    old_ids, ids = (
        {key: str(state["field", "model_id"]) for key, state in (unchanged | side).items()} for side in (before, after)
    )
    listed = {key for key, state in (unchanged | before).items() if _is_ever_listed(state)}
    return tuple(name_changes(old, new, old_ids, ids, listed))


def _ids(side: dict[int, State], keys: Iterable[int]) -> list[str]:
    """The ids of models as they are on one side of a change."""
    return [str(side[key]["field", "model_id"]) for key in keys if key in side]


def _is_ever_listed(state: State) -> bool:
    """Whether it is in the feeds, or will be."""
    return bool(state.get(("field", Switch.LISTED.value))) or any(
        value for path, value in state.items() if path[:2] == ("switch", Switch.LISTED.value)
    )


def _writes_listing(changed: Iterable[Difference], before: State, after: State) -> bool:
    """Whether a row that is written lists a model or takes it off, or is scheduled for a model that is listed or will be.

    A row ahead that makes no difference today makes one after the next change.
    """
    is_listed = _is_ever_listed(before) or _is_ever_listed(after)
    return any(
        (one.path == ("field", Switch.LISTED.value) and bool(one.old) != bool(one.new))
        or (one.path[0] in AHEAD and (is_listed or one.path[1] == Switch.LISTED.value))
        for one in changed
    )


def _said(one: Consequence) -> tuple[Any, ...]:
    return (one.key, one.field, one.label, one.old, one.new, one.code)


class _Step(NamedTuple):
    """What is listed just before a moment, and from it on."""

    before: Listing
    after: Listing

    @property
    def coming(self) -> frozenset[EntryKey]:
        """The entries that come at that moment."""
        return frozenset(self.after.keys - self.before.keys)


def _step(at: datetime, model_ids: list[str]) -> _Step:
    just_before = at - timedelta(microseconds=1)
    return _Step(*(listing(Selection.LISTED, at=moment, model_ids=model_ids) for moment in (just_before, at)))


def _told(marks: Marks, old: Sequence[Entry], new: Sequence[Entry], at: datetime) -> list[Consequence]:
    """What OpenRouter does when the listed entries become others."""
    known = _known_to_openrouter(marks, {one.key for one in new} - {one.key for one in old})
    return consequences(old, new, at=at, price_factor=settings.PRICE_CHANGE_FACTOR, known=known)


def _told_ahead(marks: Marks, planned: _Step, coming: _Step) -> list[Consequence]:
    """What OpenRouter does at a moment ahead that was not planned for it, and what was planned and does not come."""
    before, found = (
        dict.fromkeys(_told(marks, step.before.entries, step.after.entries, step.after.at)) for step in (planned, coming)
    )
    news = [one for one in found if one not in before]
    replaced = {(one.key, one.field, one.label) for one in news}
    gone = [one for one in before if one not in found and (one.key, one.field, one.label) not in replaced]
    return [*news, *map(cancelled, gone)]


def _told_anew(marks: Marks, planned: _Step, coming: _Step) -> list[Consequence]:
    """How an entry that was to come at a moment ahead, and still is, comes as another one. OpenRouter has seen neither: that
    is no danger."""
    both = planned.coming & coming.coming
    old, new = ([one for one in step.after.entries if one.key in both] for step in (planned, coming))
    return [replace(one, danger="") for one in _told(marks, old, new, coming.after.at)]


def _known_to_openrouter(marks: Marks, coming: Iterable[EntryKey]) -> frozenset[EntryKey]:
    """Those of the entries that come which had been in the feed at some time before."""
    ids = {key.model_id for key in coming}
    if not ids:
        return frozenset()
    listed = events(AIModel).filter(model_id__in=ids, is_listed_on_openrouter=True, pgh_id__lte=marks.by_table[AIModel])
    were = set(listed.values_list("model_id", "pgh_obj_id", "has_free_variant").distinct())
    sold = events(Price).filter(
        ai_model_id__in={pk for _, pk, _ in were},
        usd__isnull=False,
        effective_from__lte=Now(),
        pgh_id__lte=marks.by_table[Price],
    )
    tiers = defaultdict[int, set[str]](set)
    for owner, tier in sold.values_list("ai_model_id", "service_tier").distinct():
        tiers[owner].add(tier)
    known = {EntryKey(model_id, ServiceTier.DEFAULT.value, has_free) for model_id, _, has_free in were}
    known |= {
        EntryKey(model_id, tier, False) for model_id, pk, _ in were for tier in {ServiceTier.DEFAULT.value} | tiers[pk]
    }
    return frozenset(known)


def _new_findings(before: Listing, after: Listing) -> tuple[Finding, ...]:
    known = set(findings(before))
    return tuple(one for one in findings(after) if one not in known)


def _model_change(pk: int, before: State, after: State, changed: list[Difference]) -> ModelChange:
    return ModelChange(str((after or before)["field", "model_id"]), not before, tuple(changed), pk if before else None)


def _moments_ahead(*sides: dict[int, State]) -> dict[datetime, set[int]]:
    """The moments ahead of the models that are in a feed, or will be, on either side of a change; in order, with the keys of
    the models that each is of."""
    listed = {key for side in sides for key, state in side.items() if _is_ever_listed(state)}
    ahead = defaultdict[str, set[int]](set)
    for side in sides:
        for key in listed & side.keys():
            for path in side[key]:
                if path[0] in AHEAD:
                    ahead[path[-1]].add(key)
    return dict(sorted((datetime.fromisoformat(moment), keys) for moment, keys in ahead.items()))


def _add_documents(documents: dict[tuple[EntryKey, str], Document], keys: set[EntryKey], old: Listing, new: Listing) -> None:
    sides = [{entry.key: entry for entry in side.entries} for side in (old, new)]
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


def _json(feed: Any, entry: Entry | None) -> list[str]:
    if entry is None:
        return []
    text: bytes = orjson.dumps(feed.entry_document(entry), option=orjson.OPT_INDENT_2)
    return text.decode().splitlines()
