"""Documents to import, and the prices in force after it."""

import json
import re
from decimal import Decimal
from typing import Any

from catalog.importing.applying.importer import apply_reading
from catalog.importing.plan import Plan
from catalog.importing.registry import reader_for
from catalog.importing.source import parse
from catalog.listing import revision
from catalog.models import Price
from tests.factories import let_deferred_rules_speak


def take(document: Any, **options: Any) -> Plan:
    """Import a document, of which decimals are written as JSON numbers, digit for digit."""
    text = document if isinstance(document, bytes) else json.dumps(document, default=lambda number: f"#{number}#").encode()
    parsed = parse(re.sub(rb'"#(.+?)#"', rb"\1", text))
    plan = apply_reading(reader_for(parsed).read(parsed), source="test", **options)
    let_deferred_rules_speak()
    return plan


def in_force(model_id: str, **line: Any) -> dict[str, Decimal | None]:
    rows = Price.objects.in_force(revision()[2]).filter(ai_model__model_id=model_id, **line)
    return {f"{row.kind}/{row.unit}": row.usd for row in rows}
