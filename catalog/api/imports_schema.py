"""The JSON Schema of an import's answer."""

from typing import Any

from catalog.openrouter.readiness.finding import FINDING_SCHEMA

TEXT: dict[str, Any] = {"type": "string"}
TEXT_OR_NULL: dict[str, Any] = {"type": ["string", "null"]}
REMARKS: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"entry": TEXT, "field": TEXT, "sentence": TEXT},
        "required": ["entry", "field", "sentence"],
    },
}

DOCUMENT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {"code": {"type": "integer"}, "message": TEXT},
            "required": ["code", "message"],
        },
        "id": {"type": "integer"},
        "state": {
            "enum": ["waiting", "working", "planned", "unchanged", "proposed", "applied", "refused", "failed"],
            "description": "`unchanged`: there is nothing to do.",
        },
        "phase": {**TEXT, "description": "What it does now, with `done` of `total` rows."},
        "done": {"type": "integer"},
        "total": {"type": "integer"},
        "why": {**TEXT, "description": "Why it has failed."},
        "digest": {**TEXT, "description": "The plan's digest, to apply or propose it."},
        "confirm": {
            **TEXT_OR_NULL,
            "description": "What must be sent in `confirm` to apply it: a model's id, or `3 models` for three.",
        },
        "needs_publisher": {"type": "boolean", "description": "Whether only a publisher may apply it."},
        "dangers": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": TEXT},
            "description": "Why it must be confirmed, by model; of the first 20 models.",
        },
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "problems": REMARKS,
        "warnings": {**REMARKS, "description": "What to check, prices first. Equal warnings are combined."},
        "created": {"type": "array", "items": TEXT, "description": "The ids of new models."},
        "changes": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"model_id": TEXT, "field": TEXT, "old": TEXT_OR_NULL, "new": TEXT_OR_NULL},
                "required": ["model_id", "field", "old", "new"],
            },
            "description": "What changes in existing models.",
        },
        "openrouter": {
            "type": "array",
            "items": {"type": "object"},
            "description": "What OpenRouter would do; `from` is the time; null: immediately.",
        },
        "findings": {"type": "array", "items": FINDING_SCHEMA},
        "missing": {**REMARKS, "description": "What is missing before models can be listed."},
        "notes": REMARKS,
    },
}
