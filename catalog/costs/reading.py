"""Reading a pasted usage: a ``usage`` object of an API, or words such as "1,234 input, 567 output"."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from catalog.costs.usage import MOST, QUANTITIES, WHOLES, BadUsage, Usage

LONGEST = 20_000
"""Characters; a usage object has a few hundred, a whole response some thousands."""

OBJECT = "usage"
"""The name for errors that concern no single quantity."""


def read_usage(text: str) -> Usage:
    """The usage of one request in a text.

    JSON is OpenAI's ``usage`` (of chat completions, of responses, of realtime; with OpenRouter's additions), Anthropic's, or a
    response with one of them. Everything else is read as numbers with words. Raises ``BadUsage`` with a sentence.
    """
    if len(text) > LONGEST:
        raise BadUsage(OBJECT, f"It is longer than {LONGEST:,} characters.")
    text = text.strip()
    return _of_object(_json(text)) if text.startswith(("{", "[")) else _of_words(text)


def _json(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text, parse_float=Decimal, parse_constant=lambda word: word)
    except (ValueError, RecursionError) as error:
        raise BadUsage(OBJECT, f"It is not JSON: {error}") from None
    for name in ("response", "usage"):
        if isinstance(document, dict) and isinstance(document.get(name), dict):
            document = document[name]
    if not isinstance(document, dict):
        raise BadUsage(OBJECT, "It is not a usage object.")
    return document


def _of_object(usage: Mapping[str, Any]) -> Usage:
    """A ``usage`` object. Counts that are part of another count are subtracted from it, so that each token is counted once."""
    prompt = _first(usage, "prompt_tokens", "input_tokens")
    completion = _first(usage, "completion_tokens", "output_tokens")
    if prompt is None and completion is None:
        raise BadUsage(
            OBJECT, "It has no token counts: prompt_tokens and completion_tokens, or input_tokens and output_tokens."
        )
    into = _details(usage, "prompt_tokens_details", "input_tokens_details", "input_token_details")
    out = _details(usage, "completion_tokens_details", "output_tokens_details", "output_token_details")
    cached_audio = _count(_details(into, "cached_tokens_details"), "audio_tokens")
    written = _details(usage, "cache_creation")
    counts = {
        "cached_tokens": (
            _first(into, "cached_tokens") or _first(usage, "cache_read_input_tokens", "prompt_cache_hit_tokens") or 0
        )
        - cached_audio,
        "cached_audio_tokens": cached_audio,
        "cache_write_5m_tokens": _count(written, "ephemeral_5m_input_tokens"),
        "cache_write_1h_tokens": _count(written, "ephemeral_1h_input_tokens"),
        "image_tokens": _count(into, "image_tokens"),
        "audio_tokens": _count(into, "audio_tokens") - cached_audio,
        "video_tokens": _count(into, "video_tokens"),
        "reasoning_tokens": _count(out, "reasoning_tokens"),
        "output_image_tokens": _count(out, "image_tokens"),
        "output_audio_tokens": _count(out, "audio_tokens"),
        "output_video_tokens": _count(out, "video_tokens"),
        "searches": _count(_details(usage, "server_tool_use"), "web_search_requests"),
    }
    writes = _first(into, "cache_write_tokens", "cache_creation_tokens") or _count(usage, "cache_creation_input_tokens")
    counts["cache_write_tokens"] = (
        writes - counts["cache_write_5m_tokens"] - counts["cache_write_1h_tokens"] if writes else 0
    )
    prompt = prompt or 0
    if "prompt_tokens" not in usage and not into:
        # Anthropic's input_tokens are those that are neither read from a cache nor written to one.
        prompt += sum(counts[name] for name in _CACHED)
    counts |= {"prompt_tokens": prompt, "completion_tokens": completion or 0}
    for name, count in counts.items():
        if count < 0:
            raise BadUsage(name, "It is less than the amounts that it includes.")
    return Usage({name: Decimal(count) for name, count in counts.items() if count})


_CACHED = ("cached_tokens", "cache_write_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")


def _details(usage: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    return next((usage[name] for name in names if isinstance(usage.get(name), dict)), {})


def _count(usage: Mapping[str, Any], name: str) -> int:
    return _first(usage, name) or 0


def _first(usage: Mapping[str, Any], *names: str) -> int | None:
    """The first of these counts that is present."""
    for name in names:
        value = usage.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
            raise BadUsage(name, f"{str(value)[:40]!r} is not a whole number of 0 or more.")
        return value
    return None


QUANTITY_WORDS = {
    "prompt_tokens": "prompt input in entrée entrées invite إدخال مدخلات الإدخال المدخلات 입력 프롬프트 输入 提示",
    "completion_tokens": "completion output out answer sortie sorties réponse إخراج مخرجات الإخراج المخرجات 출력 输出",
    "cached_tokens": "cached cache cache_read caché cachés مخبأة مخزنة 캐시 缓存",
    "cache_write_tokens": "cache_write cache_creation written write écrits",
    "reasoning_tokens": "reasoning thinking raisonnement استدلال الاستدلال 추론 推理",
    "images": "image images صور صورة 이미지 图像 图片",
    "searches": "search searches recherches",
    "requests": "request requests calls requêtes طلبات طلب 요청 请求",
}
"""Words for quantities in a pasted text, in addition to their names: in the languages of the site."""

_NAMES = {word: name for name, words in QUANTITY_WORDS.items() for word in words.split()} | {
    name: name for name in QUANTITIES
}
_GROUPING = " \u00a0\u2009\u202f,.'’_٬،"
_NUMBER = rf"\d{{1,3}}(?:[{re.escape(_GROUPING)}]\d{{3}})+(?!\d)|\d+(?:[.,٫]\d+)?"
_TOKENS = re.compile(rf"(?P<number>{_NUMBER})\s?(?P<scale>[kKmM](?:illion)?s?\b|[万萬만])?|(?P<word>[^\W\d]+)")
_SCALES = {"k": 10**3, "m": 10**6, "万": 10**4, "萬": 10**4, "만": 10**4}
_PHRASES = re.compile(r"cache[\s-](?:write|creation)s?", re.IGNORECASE)


def _of_words(text: str) -> Usage:
    """Numbers, each with the word after it; or before it, where the text begins with a word. Digits may stand in groups of three,
    as any of the site's languages writes them, and ``k`` and ``M`` are thousands and millions."""
    found: dict[str, Decimal] = {}
    for name, number in _pairs(list(_read(_PHRASES.sub("cache_write", text)))):
        if name in found:
            raise BadUsage(name, "It appears more than once.")
        found[name] = number
    if not found:
        raise BadUsage(OBJECT, "It names no quantity, as in “1,234 input, 567 output”.")
    requests = found.pop("requests", Decimal(1))
    for whole in WHOLES:
        parts = [found[name] for name in found if QUANTITIES[name].part_of == whole]
        if parts:
            found.setdefault(whole, sum(parts, Decimal(0)))
    if requests != int(requests):
        raise BadUsage("requests", f"{requests} is not a whole number.")
    return Usage(found, int(requests))


def _pairs(tokens: list[Decimal | str]) -> Iterator[tuple[str, Decimal]]:
    """Each number with its quantity. A second word for the same number ("cached input") is ignored."""
    if tokens and isinstance(tokens[0], str):
        tokens.reverse()
    number: Decimal | None = None
    for token in tokens:
        if isinstance(token, Decimal):
            if number is not None:
                raise BadUsage(OBJECT, f"It does not say what {number} is.")
            number = token
        elif number is not None:
            yield token, number
            number = None
    if number is not None:
        raise BadUsage(OBJECT, f"It does not say what {number} is.")


def _read(text: str) -> Iterator[Decimal | str]:
    """The numbers, and the known words."""
    for match in _TOKENS.finditer(text):
        if match["number"]:
            yield _number(match["number"]) * _SCALES.get((match["scale"] or " ")[0].lower(), 1)
        elif name := _NAMES.get(match["word"].lower()):
            yield name


def _number(text: str) -> Decimal:
    digits = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
    if re.fullmatch(rf"\d{{1,3}}([{re.escape(_GROUPING)}]\d{{3}})+", digits, re.ASCII):
        return Decimal(re.sub(r"\D", "", digits))
    return Decimal(re.sub(r"[,٫]", ".", digits))
