"""What a new model is given where its source has no word for it."""

import re
from typing import Any

from catalog.models import (
    Category,
    OutputModality,
)

CATEGORY_OF = {
    OutputModality.IMAGE: Category.IMAGE,
    OutputModality.VIDEO: Category.VIDEO,
    OutputModality.AUDIO: Category.AUDIO,
    OutputModality.SPEECH: Category.AUDIO,
    OutputModality.TRANSCRIPTION: Category.TRANSCRIPTION,
    OutputModality.EMBEDDINGS: Category.EMBEDDING,
    OutputModality.RERANK: Category.RERANKER,
}


def guesses(model_id: str, fields: dict[str, Any]) -> dict[str, Any]:
    """What a new model is given where its source has no word for it."""
    outputs = fields.get("output_modalities", [])
    category = Category.TEXT if OutputModality.TEXT in outputs or not outputs else CATEGORY_OF[OutputModality(outputs[0])]
    author = next(
        (text.partition("/")[0] for text in (fields.get("openrouter_slug"), fields.get("hugging_face_id")) if text),
        model_id.partition("/")[0] if "/" in model_id else "",
    )
    author = author.lower() if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", author) else ""
    return {"category": category.value, "author": author[:80], "name": model_id}
