"""What the checklist finds for a model, and where its rules come from."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

INTEGRATION = "OpenRouter, Provider Integration"
OWN = "This catalog, own rule"
"""The source of our own rules."""

REQUIRED = f"{INTEGRATION}: required fields"
"""The source of what the database requires of a listed model."""


class Level(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """The model cannot be listed, or OpenRouter would refuse it."""
    WARNING = "warning"
    """It is listed, but OpenRouter does not do what staff probably intend."""
    NOTE = "note"
    """Good to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding for one model. ``code`` names the rule and never changes; ``field`` is the model's or ``prices``."""

    model_id: str
    code: str
    level: Level
    field: str
    sentence: str
    remedy: str
    source: str

    @property
    def is_gap(self) -> bool:
        """Whether the database refuses to list the model because of it."""
        return self.source == REQUIRED


FINDING_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        **{name: {"type": "string"} for name in ("model_id", "code")},
        "level": {"type": "string", "enum": [level.value for level in Level]},
        **{name: {"type": "string"} for name in ("field", "sentence", "remedy", "source")},
    },
    "required": ["model_id", "code", "level", "field", "sentence", "remedy", "source"],
    "additionalProperties": False,
}
"""A finding as JSON, as ``dataclasses.asdict`` makes it."""
