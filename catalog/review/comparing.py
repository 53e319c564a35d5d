"""The review of what this transaction has changed: the models, and the feeds before and after, now and at each scheduled time."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.postgres.functions import TransactionNow
from django.db import models

from catalog import decimals
from catalog.history import (
    INSERTED,
    SCHEDULED_PARTS,
    Difference,
    Position,
    State,
    changed_since,
    differences,
    events,
    line_of,
    states,
    tables_as_of,
)
from catalog.listing import EntryKey, Listing, Selection, listing
from catalog.models import OTHER_TIERS, Datacenter, Line, Price, Switch
from catalog.models.statements import Given, Statement
from catalog.openrouter.consequences import Consequence, as_scheduled
from catalog.openrouter.readiness.checklist import findings
from catalog.openrouter.readiness.finding import Finding
from catalog.openrouter.readiness.other_models import hidden_references
from catalog.review.api_names import NameChange, Names, name_changes, rivals, with_other_names
from catalog.review.documents import add_documents
from catalog.review.feed_changes import ListingChange, consequences_ahead, consequences_for_later_entries, feed_consequences
from catalog.review.rehearsal import Originals
from catalog.review.review import Document, ModelChange, Moment, PastPrices, Review
from catalog.review.unlisted_prices import price_doubts


def review_since(position: Position, originals: Originals | None = None) -> Review:
    """What this transaction has changed after a position, and what OpenRouter does about it, now and at each scheduled time.

    ``originals`` are the tables as they were, where this is a rehearsal; else the history tells what they were.
    """
    changed = changed_since(position)
    is_of_models = not events(Datacenter).filter(pgh_id__gt=position.by_table[Datacenter]).exists()
    if not changed:
        return Review(is_of_models=is_of_models)
    after = states(changed)
    with originals.shown() if originals is not None else tables_as_of(position, changed):
        before = states(changed)
        scheduled = _scheduled_times(before, after)
        renamed = with_other_names(before, after)
        old_named = listing(Selection.PUBLIC, model_ids=_ids(before, renamed)) if renamed else None
        old_listing = listing(Selection.LISTED, model_ids=_ids(before, before))
        old_changes = ListingChange.at_each((at, _ids(before, keys)) for at, keys in scheduled.items())
    changes = {pk: differences(before.get(pk, {}), after.get(pk, {})) for pk in changed}
    new_listing = listing(Selection.LISTED, model_ids=_ids(after, after))
    new_changes = ListingChange.at_each((at, _ids(after, keys)) for at, keys in scheduled.items())
    moments: list[Moment] = []
    documents: dict[tuple[EntryKey, str], Document] = {}
    stated: set[tuple[Any, ...]] = set()

    def state(at: datetime | None, found: list[Consequence], old: Listing, new: Listing) -> None:
        stated.update(map(_statement, found))
        if found:
            moments.append(Moment(at, tuple(found)))
            add_documents(documents, {one.key for one in found}, old, new)

    state(
        None,
        feed_consequences(position, old_listing.entries, new_listing.entries, new_listing.at),
        old_listing,
        new_listing,
    )
    written = {(one.path[-1], pk) for pk, found in changes.items() for one in found if one.path[0] in SCHEDULED_PARTS}
    for at, old, new in zip(scheduled, old_changes, new_changes, strict=True):
        by_change = {
            str(after[pk]["field", "model_id"]) for pk in scheduled[at] & after.keys() if (at.isoformat(), pk) in written
        }
        found = [
            consequence if consequence.key.model_id in by_change else as_scheduled(consequence)
            for consequence in consequences_ahead(position, old, new)
        ]
        found += [one for one in consequences_for_later_entries(position, old, new) if _statement(one) not in stated]
        state(at, found, old.after, new.after)
    past = _past_prices(position, after)
    model_changes = [_model_change(pk, before.get(pk, {}), after.get(pk, {}), changes[pk]) for pk in changed if changes[pk]]
    return Review(
        tuple(sorted(model_changes, key=lambda one: one.model_id)),
        tuple(moments),
        tuple(documents.values()),
        (*(_new_findings(old_listing, new_listing) if moments else ()), *_hidden_replacements(changes)),
        is_of_models and not past and before.keys() <= after.keys(),
        any(_writes_listing(changes[pk], before.get(pk, {}), after.get(pk, {})) for pk in changed),
        _name_changes(old_named, renamed, before, after) if old_named else (),
        past,
        tuple(one for pk in changed for one in price_doubts(before.get(pk, {}), after.get(pk, {}), changes[pk])),
    )


@Statement
def _prices_for_the_past() -> Any:
    """What records after a position say of prices that were added for times before this transaction."""
    after = Given("position", models.BigIntegerField())
    added = events(Price).filter(pgh_id__gt=after, pgh_label=INSERTED, effective_from__lt=TransactionNow())
    columns = ("effective_from", *Line._fields, "usd")
    return added.order_by(*columns).values_list("ai_model_id", *columns)


def _past_prices(position: Position, after: dict[int, State]) -> tuple[PastPrices, ...]:
    """The prices that this transaction has added for times before it began."""
    found: dict[int, list[tuple[datetime, Line, str | None]]] = {}
    for pk, since, *line, usd in _prices_for_the_past.rows(position=position.by_table[Price]):
        found.setdefault(pk, []).append((since, Line.of_columns(line), None if usd is None else decimals.wire(usd)))
    return tuple(sorted(PastPrices(str(after[pk]["field", "model_id"]), tuple(rows)) for pk, rows in found.items()))


def _name_changes(
    old_named: Listing, renamed: set[int], before: dict[int, State], after: dict[int, State]
) -> tuple[NameChange, ...]:
    """The names that find another model or none. ``old_named`` holds the renamed models as they were."""
    others = {
        model_id: key for model_id, key in rivals(after[key] for key in renamed & after.keys()).items() if key not in renamed
    }
    if not others and not old_named.entries:
        return ()
    unchanged_named = listing(Selection.PUBLIC, model_ids=list(others))
    new_named = listing(Selection.PUBLIC, model_ids=_ids(after, renamed))
    old, new = (
        Names(
            (unchanged_named, content), others | {str(side[key]["field", "model_id"]): key for key in renamed & side.keys()}
        )
        for content, side in ((old_named, before), (new_named, after))
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
    """Whether the model is in the feeds, or will be."""
    return bool(state.get(("field", Switch.LISTED.value))) or any(
        value for path, value in state.items() if path[:2] == ("switch", Switch.LISTED.value)
    )


def _writes_listing(changed: Iterable[Difference], before: State, after: State) -> bool:
    """Whether a row that is written lists or unlists a model, or is scheduled for a model that is listed or will be.

    A scheduled row that makes no difference today may make one after the next change, unless OpenRouter never takes its tier.
    """
    is_listed = _is_ever_listed(before) or _is_ever_listed(after)
    return any(
        (one.path == ("field", Switch.LISTED.value) and bool(one.old) != bool(one.new))
        or (
            one.path[0] in SCHEDULED_PARTS
            and (is_listed or one.path[1] == Switch.LISTED.value)
            and _scheduled_tier(one) not in OTHER_TIERS
        )
        for one in changed
    )


def _scheduled_tier(one: Difference) -> str | None:
    """The service tier of what is scheduled; None for a switch of the whole model."""
    part, name, _ = one.path
    return Switch(name).variant if part == "switch" else line_of(name).service_tier


def _statement(one: Consequence) -> tuple[Any, ...]:
    """The facts of a consequence, without its sentence."""
    return (one.key, one.field, one.label, one.old, one.new, one.code)


def _new_findings(before: Listing, after: Listing) -> tuple[Finding, ...]:
    found = findings(after)
    concerned = {one.model_id for one in found}
    known = set(findings(replace(before, entries=tuple(one for one in before.entries if one.model.model_id in concerned))))
    return tuple(one for one in found if one not in known)


def _hidden_replacements(changes: dict[int, list[Difference]]) -> list[Finding]:
    """The private replacements of models whose replacement, or what decides whether readers look for one, changes."""
    deciding = {("field", name) for name in ("replacement", "deprecation_at", "is_public")}
    return hidden_references(key for key, found in changes.items() if any(one.path in deciding for one in found))


def _model_change(pk: int, before: State, after: State, changed: list[Difference]) -> ModelChange:
    return ModelChange(str((after or before)["field", "model_id"]), not before, tuple(changed), pk if before else None)


def _scheduled_times(*sides: dict[int, State]) -> dict[datetime, set[int]]:
    """The times for which something is scheduled for a model that is in a feed, or will be, on either side of a change: in
    order, with the keys of these models."""
    listed = {key for side in sides for key, state in side.items() if _is_ever_listed(state)}
    ahead = defaultdict[str, set[int]](set)
    for side in sides:
        for key in listed & side.keys():
            for path in side[key]:
                if path[0] in SCHEDULED_PARTS:
                    ahead[path[-1]].add(key)
    return dict(sorted((datetime.fromisoformat(moment), keys) for moment, keys in ahead.items()))
