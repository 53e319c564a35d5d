"""The sample's price lists and parameter descriptions. The prices are invented, and have every kind of condition once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from catalog import decimals
from catalog.models import Weekday

WORKDAYS = [Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY]


def _price(model_id: str, kind: str, amount: str | None, **line: Any) -> dict[str, Any]:
    """A price as people write it: USD per million for tokens, per one unit for the rest."""
    unit = line.get("unit", "token")
    usd = None if amount is None else Decimal(amount)
    if usd is not None and unit == "token":
        usd = decimals.per_one(usd)
    return {"model_id": model_id, "kind": kind, "usd": usd, **line}


def _text(model_id: str, prompt: str, completion: str, cached: str | None = None, **line: Any) -> Iterable[dict[str, Any]]:
    """The usual lines of a text model."""
    yield _price(model_id, "prompt", prompt, **line)
    yield _price(model_id, "completion", completion, **line)
    if cached is not None:
        yield _price(model_id, "input_cache_read", cached, **line)


def price_rows(now: datetime) -> Iterable[dict[str, Any]]:
    """The price lists, with the moments that depend on when the sample is loaded."""
    yield from _text("qwen3-5-9b", "0.09", "0.13", "0.045")
    yield from _text("qwen3-32b", "0.12", "0.3")
    yield from _text("qwen3-235b-a22b-2507", "0.2", "0.6", "0.1")
    yield from _text("qwen2-5-vl-72b-instruct", "0.25", "0.75")
    yield _price("qwen2-5-vl-72b-instruct", "image", "0.0004", unit="image")
    # It was dearer, and became cheaper: the past stays.
    yield from _text("llama-3.3-70b-instruct", "0.2", "0.45", effective_from=now - timedelta(days=90))
    yield from _text("llama-3.3-70b-instruct", "0.13", "0.39", effective_from=now - timedelta(days=20))
    yield from _text("llama-3.1-8b-instruct", "0.02", "0.04")
    # A long-context tier: for prompts of more than 128,000 tokens.
    yield from _text("llama-4-scout", "0.1", "0.3", "0.03")
    yield from _text("llama-4-scout", "0.2", "0.6", "0.06", min_prompt_tokens=128_000)
    # A peak window: Europe's working hours.
    yield from _text("deepseek-v3.1", "0.27", "1", "0.07")
    yield from _text("deepseek-v3.1", "0.4", "1.5", "0.1", utc_start=700, utc_end=1700, utc_days=WORKDAYS)
    yield from _text("deepseek-r1-0528", "0.5", "2.15", "0.25")
    # Scheduled: cheaper in a month.
    yield from _text("mistral-small-3.2-24b-instruct", "0.1", "0.3")
    yield from _text("mistral-small-3.2-24b-instruct", "0.08", "0.25", effective_from=now + timedelta(days=30))
    yield from _text("devstral-small-2507", "0.07", "0.28")
    yield from _text("mixtral-8x7b-instruct-v0.1", "0.45", "0.45")
    yield from _text("gpt-oss-120b", "0.1", "0.5", "0.05")
    yield from _text("gpt-oss-120b", "0.05", "0.25", "0.025", service_tier="flex")
    yield from _text("gpt-oss-20b", "0.04", "0.15")
    yield from _text("gemma-3-27b-it", "0.1", "0.2")
    yield from _text("phi-4", "0.06", "0.14")
    yield from _text("kimi-k2-instruct-0905", "0.6", "2.5", "0.3")
    yield from _text("glm-4.5-air", "0.2", "1.1", "0.03")
    yield _price("bge-m3", "prompt", "0.01")
    yield _price("flux.1-schnell", "image_output", "0.003", unit="image")


def descriptor_rows() -> Iterable[dict[str, Any]]:
    """What is known of three models' parameters."""
    for model_id, top_k in (("qwen3-5-9b", 20), ("llama-3.3-70b-instruct", 40), ("gpt-oss-120b", 50)):
        yield {"model_id": model_id, "name": "temperature", "type": "range", "minimum": 0, "maximum": 2, "default": 1}
        yield {"model_id": model_id, "name": "top_p", "type": "range", "minimum": 0, "maximum": 1, "default": 1}
        yield {"model_id": model_id, "name": "top_k", "type": "integer", "minimum": 1, "default": top_k}
    effort = {"type": "enum", "values": ["low", "medium", "high"], "default": "medium"}
    yield {"model_id": "gpt-oss-120b", "name": "reasoning_effort", **effort}
    yield {"model_id": "gpt-oss-120b", "name": "safety_filter", "type": "boolean", "default": True, "is_passthrough": True}
