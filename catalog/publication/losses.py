"""Whether a recorded change explains why entries left a list.

Triggers record every change of a row. So if a row differs from its last record, something bypassed them (triggers switched off, a
replaced table, a faulty disk), and a list of such rows is not what staff intended.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.db.models.functions import Now

from catalog.listing import EntryKey, Selection
from catalog.models import AIModel, Price, ScheduledSwitch, Switch

IN_SELECTION = {Selection.LISTED: "is_listed_on_openrouter", Selection.PUBLIC: "is_public"}
DELETED = "delete"


def unexplained(gone: Iterable[EntryKey], selection: Selection, using: str) -> list[EntryKey]:
    """The entries whose rows differ from their last record, read in the snapshot of the new list."""
    by_model: dict[str, list[EntryKey]] = defaultdict(list)
    for key in gone:
        by_model[key.model_id].append(key)
    fields = ["model_id", "has_free_variant", IN_SELECTION[selection]]
    history = apps.get_model("catalog", "AIModelEvent").objects.using(using)
    last_of_name: dict[str, int] = dict(
        history.filter(model_id__in=by_model).order_by("pgh_id").values_list("model_id", "id")  # the last one wins
    )
    rows, records = _rows_and_records(AIModel, "id", last_of_name.values(), fields, using)
    price_rows, price_records = _rows_and_records(
        Price, "ai_model_id", last_of_name.values(), ["ai_model_id", "service_tier", "usd", "effective_from"], using
    )
    switch_rows, switch_records = _rows_and_records(
        ScheduledSwitch, "ai_model_id", last_of_name.values(), ["ai_model_id", "switch", "value", "effective_from"], using
    )
    switched_off: set[int] = set()
    if selection is Selection.LISTED:
        off = ScheduledSwitch.objects.using(using).due(Switch.LISTED, Now()).filter(value=False)
        switched_off = set(off.values_list("ai_model_id", flat=True))
    found = []
    for model_id, keys in by_model.items():
        row_id = last_of_name.get(model_id)
        if row_id is None or rows.get(row_id) != records.get(row_id) or not _same(switch_rows, switch_records, row_id):
            found += keys
            continue
        row = rows.get(row_id)
        is_out = row is None or row[0] != model_id or not row[2] or row_id in switched_off
        priced = _same(price_rows, price_records, row_id)
        has_free_variant = row is not None and row[1]
        for key in keys:
            if not (is_out or (key.is_free and not has_free_variant) or (not key.is_free and priced)):
                found.append(key)
    return sorted(found)


def _rows_and_records(
    model: type[Model], owner: str, owners: Iterable[int], fields: list[str], using: str
) -> tuple[dict[int, tuple[Any, ...]], dict[int, tuple[Any, ...]]]:
    """The rows of these owners, and their last records; without deleted rows."""
    owners = list(owners)
    events = apps.get_model("catalog", f"{model.__name__}Event").objects.using(using)
    condition = {f"{owner}__in": owners}
    rows = model._default_manager.using(using).filter(**condition).values_list("id", *fields)
    records: dict[int, tuple[Any, ...]] = {}
    for key, label, *values in (
        events.filter(**condition).order_by("pgh_id").values_list("id", "pgh_label", *fields).iterator()
    ):
        if label == DELETED:
            records.pop(key, None)
        else:
            records[key] = tuple(values)
    return {key: tuple(values) for key, *values in rows}, records


def _same(rows: dict[int, tuple[Any, ...]], records: dict[int, tuple[Any, ...]], model: int) -> bool:
    """Whether the rows of a model, whose key is each row's first value, equal their records."""
    mine = [{key: values for key, values in some.items() if values[0] == model} for some in (rows, records)]
    return mine[0] == mine[1]
