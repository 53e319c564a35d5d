"""Flat listings to import, and what the command answers."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from catalog.listing import revision
from catalog.models import Price

ENTRY: dict[str, Any] = {
    "id": "acme/one",
    "hugging_face_id": "Acme/One",
    "name": "Acme One",
    "created": 1767225600,
    "input_modalities": ["text"],
    "output_modalities": ["text"],
    "quantization": "fp8",
    "context_length": 8192,
    "max_output_length": 4096,
    "pricing": {"prompt": "0.0000001", "completion": "0.0000002", "image": "0", "request": "0"},
    "supported_sampling_parameters": ["temperature"],
    "supported_features": ["tools"],
}


class Answer:
    """What the command printed, and its exit code."""

    def __init__(self, code: int, out: str) -> None:
        self.code, self.out = code, out

    @property
    def plan(self) -> dict[str, Any]:
        """The plan, where ``--json`` was asked for."""
        found: dict[str, Any] = json.loads(self.out)
        return found


Import = Callable[..., Answer]


def entry(**overrides: Any) -> dict[str, Any]:
    return {key: value for key, value in {**ENTRY, **overrides}.items() if value is not ...}


def in_force(model_id: str = "acme/one") -> dict[str, Decimal | None]:
    rows = Price.objects.in_force(revision()[2]).filter(ai_model__model_id=model_id)
    return {row.kind: row.usd for row in rows if row.service_tier == "default" and row.min_prompt_tokens is None}
