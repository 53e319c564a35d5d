"""The panel of a model's form that shows what OpenRouter gets, and what the readiness rules find."""

from collections.abc import Iterator
from typing import Any

import orjson
from django.db import transaction

from catalog.formats import openrouter
from catalog.listing import Selection
from catalog.models import AIModel
from catalog.openrouter.readiness.checklist import checklist
from catalog.openrouter.readiness.finding import Level


def openrouter_view(model: AIModel, *, with_prices: bool = True) -> dict[str, Any]:
    """A stored model as OpenRouter gets it, or would if it were listed, and what the readiness rules find.

    There is no preview of an incomplete model: OpenRouter would get nothing. ``with_prices``: whether the viewer may see
    amounts, which the entry has and findings may have.
    """
    with transaction.atomic():
        stored_id = AIModel.objects.values_list("model_id", flat=True).get(pk=model.pk)
        content, found = checklist(Selection.EVERY, model_ids=[stored_id])
        return {
            "is_listed": AIModel.objects.listed().filter(pk=model.pk).exists(),
            "missing": (missing := [finding for finding in found if finding.is_gap]),
            "findings": sorted(
                (one for one in found if with_prices and not one.is_gap), key=lambda one: list(Level).index(one.level)
            ),
            "json": None if missing or not with_prices else "".join(_pretty(content.entries)),
        }


def _pretty(entries: Any) -> Iterator[str]:
    for number, entry in enumerate(entries):
        yield ",\n" if number else ""
        yield orjson.dumps(openrouter.entry_document(entry), option=orjson.OPT_INDENT_2).decode()
