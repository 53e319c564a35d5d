"""Undoing one change: the values that it changed are restored, and later changes stay.

The models' states before the change, after it and now are compared. A value that is still what the change made it goes back to
what it was; a value that was changed since is kept, and reported.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from django.db import models
from django.db.models import Value
from django.db.models.functions import Concat
from django.utils import timezone

from catalog.history.changes import ChangeKey, records_of
from catalog.history.records import DELETED, OWNED, RECORDS, events
from catalog.history.restoring import apply_to_many, create_many, delete_many
from catalog.history.states import MODEL_ID, REPLACEMENT, Difference, State, differences, states, states_of
from catalog.listing import without_garbage_collection
from catalog.models import AIModel, Datacenter
from catalog.models.many import one_of


class Kept(NamedTuple):
    """A value that undoing leaves: ``before`` and ``made`` are the values before and after the change, ``now`` is the current one.
    ``why`` is a sentence, if the values do not explain it.
    """

    path: tuple[str, ...]
    before: Any
    made: Any
    now: Any
    why: str = ""


class ModelUndo(NamedTuple):
    """What a change did to one model, what undoing it changes (from now to then), and what it leaves."""

    key: int
    model_id: str
    made: list[Difference]
    wanted: list[Difference]
    kept: list[Kept]

    @property
    def adds(self) -> bool:
        """Whether undoing brings the model back."""
        return any(one.path == MODEL_ID and one.old is None for one in self.wanted)

    @property
    def deletes(self) -> bool:
        """Whether undoing deletes the model."""
        return any(one.path == MODEL_ID and one.new is None for one in self.wanted)


@without_garbage_collection()
def to_undo(change: ChangeKey, at: datetime | None = None) -> list[ModelUndo]:
    """What undoing a change would do to each of its models. The number of queries does not depend on how many there are."""
    at = at or timezone.now()
    before, after = _positions(change)
    keys = sorted(
        {key for table, owner in RECORDS.items() for key in records_of(table, change).values_list(owner, flat=True)}
    )
    # Evaluated at the same time, a scheduled value that has taken effect since counts as in force on all sides.
    old, made, current = _states_at(before, keys, at), _states_at(after, keys, at), states(keys, at)
    places = set(Datacenter.objects.values_list("code", flat=True))
    found = []
    for key in keys:
        sides = old.get(key, {}), made.get(key, {}), current.get(key, {})
        if done := differences(*sides[:2]):
            named = next(side for side in (sides[2], sides[1], sides[0]) if side)
            found.append(ModelUndo(key, str(named[MODEL_ID]), done, *_of_model(done, *sides, places)))
    return _without_missing_replacements(sorted(found, key=lambda one: one.model_id))


def undo(found: Iterable[ModelUndo]) -> None:
    """Make the changes that ``to_undo`` has found. Call it in a transaction; raises what ``apply_to_many`` raises.

    Ids that models get back must be free first: models to be deleted are deleted first, and models that exchange their ids get
    temporary ids, because PostgreSQL checks each row of a statement separately.
    """
    found = [one for one in found if one.wanted]
    changed = {one.key: one.wanted for one in found if not one.adds and not one.deletes}
    if gone := [one.key for one in found if one.deletes]:
        AIModel.objects.filter(pk__in=one_of(changed), replacement__in=one_of(gone)).update(replacement=None)
        delete_many(gone)
    ids = {str(one.new) for each in found for one in each.wanted if one.path == MODEL_ID and one.new}
    renamed = [key for key, wanted in changed.items() if any(one.path == MODEL_ID for one in wanted)]
    held = AIModel.objects.filter(pk__in=one_of(renamed), model_id__in=one_of(ids))
    held.update(model_id=Concat(Value(f"{uuid4().hex}-"), "pk", output_field=models.CharField()))
    create_many((one.key, one.wanted) for one in found if one.adds)
    apply_to_many({model: changed[key] for key, model in AIModel.objects.in_bulk(changed).items()})


def _of_model(
    done: list[Difference], old: State, made: State, current: State, places: Collection[str]
) -> tuple[list[Difference], list[Kept]]:
    """What undoing changes in one model, and what it leaves."""
    if not old:  # the change added it
        if current and current != made:
            return [], _as_kept(differences(made, current), old, made, current, "The model was changed since it was added.")
        return differences(current, {}), []
    if not made:  # the change deleted it
        return ([], []) if current else ([one for one in differences({}, old) if not _lacks_place(one, places)], [])
    if not current:
        return [], _as_kept(done, old, made, current, "The model has been deleted since.")
    wanted, kept = [], []
    for path, before, after in done:
        now = current.get(path)
        back = Difference(path, now, before)
        if now == before:
            continue
        if now != after:
            kept.append(Kept(path, before, after, now))
        elif _lacks_place(back, places):
            kept.append(Kept(path, before, after, now, "The datacenter no longer exists."))
        else:
            wanted.append(back)
    return wanted, kept


def _as_kept(found: list[Difference], old: State, made: State, current: State, why: str) -> list[Kept]:
    return [Kept(one.path, old.get(one.path), made.get(one.path), current.get(one.path), why) for one in found]


def _lacks_place(one: Difference, places: Collection[str]) -> bool:
    """Whether a difference needs a datacenter that has been removed."""
    if one.path[0] == "datacenter":
        return bool(one.new) and one.path[1] not in places
    return one.path[0] == "offer" and one.path[-1] == "datacenters" and not set(one.new or ()) <= set(places)


def _without_missing_replacements(found: list[ModelUndo]) -> list[ModelUndo]:
    """Keep replacements that will not exist, and models that are the replacement of others."""
    wanted = {str(one.new) for each in found for one in each.wanted if one.path == REPLACEMENT and one.new}
    there = set(AIModel.objects.filter(model_id__in=one_of(wanted)).values_list("model_id", flat=True)) if wanted else set()
    gone = {each.key for each in found if each.deletes}
    going = {each.model_id for each in found if each.deletes}
    back = {str(one.new) for each in found for one in each.wanted if one.path == MODEL_ID and one.new is not None}
    named = {}
    if gone:
        others = AIModel.objects.filter(replacement__in=one_of(gone)).exclude(pk__in=one_of(gone))
        freed = {each.key for each in found if any(one.path == REPLACEMENT for one in each.wanted)}
        named = {one.replacement_id: one.model_id for one in others if one.pk not in freed}
    return [_checked(each, (there | back) - going, named.get(each.key)) for each in found]


def _checked(each: ModelUndo, there: Collection[str], named_by: str | None) -> ModelUndo:
    if named_by:
        why = f"It is the replacement of {named_by}."
        return each._replace(wanted=[], kept=[Kept(one.path, None, one.old, one.old, why) for one in each.wanted])
    lacking = [one for one in each.wanted if one.path == REPLACEMENT and one.new and one.new not in there]
    kept = [Kept(one.path, one.new, one.old, one.old, f"The model {one.new} no longer exists.") for one in lacking]
    return each._replace(wanted=[one for one in each.wanted if one not in lacking], kept=[*each.kept, *kept])


Positions = dict[type[models.Model], int]


def _positions(change: ChangeKey) -> tuple[Positions, Positions]:
    """For each table the newest record before a change, and its last one. One that it did not write is the same on both sides."""
    before, after = Positions(), Positions()
    for table in OWNED:
        ends = records_of(table, change).aggregate(first=models.Min("pgh_id"), last=models.Max("pgh_id"))
        if ends["first"] is not None:
            before[table], after[table] = ends["first"] - 1, ends["last"]
    if len(before) < len(OWNED):
        moment = (
            min(
                row["pgh_created_at"]
                for table in before
                for row in records_of(table, change).order_by("pgh_id").values("pgh_created_at")[:1]
            )
            if before
            else timezone.now()
        )
        for table in OWNED:
            if table not in before:
                earlier = events(table).filter(pgh_created_at__lte=moment).order_by("-pgh_created_at", "-pgh_id")
                before[table] = after[table] = earlier.values_list("pgh_id", flat=True).first() or 0
    return before, after


def _states_at(positions: Positions, keys: list[int], at: datetime) -> dict[int, State]:
    """The models as their records say up to these positions, evaluated at a time."""
    rows = {}
    for table in OWNED:
        newest = (
            events(table)
            .filter(**{f"{RECORDS[table]}__in": one_of(keys), "pgh_id__lte": positions[table]})
            .order_by("id", "-pgh_id")
            .distinct("id")
        )
        rows[table] = [row for row in newest.values() if row["pgh_label"] != DELETED]
    return states_of(rows, at)
