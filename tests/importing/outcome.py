"""What the modules about imports share."""

import json
from typing import Any

from catalog.importing.applying.importer import apply_reading
from catalog.importing.plan import Plan
from catalog.importing.registry import read_content
from catalog.listing import revision
from catalog.models import Price


def take(document: Any, **options: Any) -> Plan:
    """Import a document."""
    listing = options.pop("list_on_openrouter", False)
    return apply_reading(read_content(json.dumps(document).encode(), **options), source="test", list_on_openrouter=listing)


def sold(model_id: str = "acme/m") -> dict[str, str]:
    """The prices in force: by kind, unit, and what they depend on."""
    rows = Price.objects.in_force(revision().now).filter(ai_model__model_id=model_id, usd__isnull=False)
    return {
        " ".join(
            str(part)
            for part in (
                row.kind,
                row.unit,
                row.service_tier if row.service_tier != "default" else None,
                f">{row.min_prompt_tokens}" if row.min_prompt_tokens else None,
                f"{row.utc_start:04}-{row.utc_end:04}" if row.utc_start is not None else None,
            )
            if part is not None
        ): f"{row.usd:.24f}".rstrip("0").rstrip(".")
        for row in rows
    }
