"""The kinds of price and their units: the table that every format, form, import and cost reads.

What else a new kind of price needs is in CONTRIBUTING.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import TextChoices

from catalog.models.vocabularies import ServiceTier, Weekday


class PriceUnit(TextChoices):
    """The unit of a price."""

    TOKEN = "token", "token"
    IMAGE = "image", "image"
    MEGAPIXEL = "megapixel", "megapixel"
    SECOND = "second", "second"
    CHARACTER = "character", "character"
    REQUEST = "request", "request"
    SEARCH = "search", "search"


class PriceKind(TextChoices):
    """What is sold. The names are the keys of ``pricing`` in OpenRouter's APIs, where those have one."""

    PROMPT = "prompt", "Prompt"
    COMPLETION = "completion", "Completion"
    INPUT_CACHE_READ = "input_cache_read", "Cache read"
    INPUT_CACHE_WRITE = "input_cache_write", "Cache write"
    INTERNAL_REASONING = "internal_reasoning", "Internal reasoning"
    IMAGE = "image", "Image input"
    IMAGE_OUTPUT = "image_output", "Image output"
    AUDIO = "audio", "Audio input"
    INPUT_AUDIO_CACHE = "input_audio_cache", "Audio cache read"
    AUDIO_OUTPUT = "audio_output", "Audio output"
    VIDEO = "video", "Video input"
    VIDEO_OUTPUT = "video_output", "Video output"
    SPEECH_OUTPUT = "speech_output", "Speech output"
    REQUEST = "request", "Request"
    WEB_SEARCH = "web_search", "Web search"


class Direction(StrEnum):
    """Where a price belongs in Model Document V2: to an input or output modality, or to the whole request."""

    INPUT = "input"
    OUTPUT = "output"
    ROOT = "root"


@dataclass(frozen=True, slots=True)
class KindFacts:
    """The fixed facts of one kind of price.

    ``v2_type`` is the ``type`` of its pricing entry in Model Document V2; ``modality`` the modality that owns it there (None at the
    root). ``public_key`` is its key under ``pricing`` in OpenRouter's Models API, None if it has none. ``quantity`` is the start of
    the names of its quantities in a usage: ``cached`` of ``cached_tokens`` and ``cached_characters``.
    """

    direction: Direction
    modality: str | None
    v2_type: str
    units: tuple[PriceUnit, ...]
    public_key: str | None
    quantity: str


_IN, _OUT, _ROOT = Direction
_TEXT = (PriceUnit.TOKEN, PriceUnit.CHARACTER)
_PICTURE = (PriceUnit.IMAGE, PriceUnit.TOKEN, PriceUnit.MEGAPIXEL)
_SOUND = (PriceUnit.TOKEN, PriceUnit.SECOND)

KINDS: dict[PriceKind, KindFacts] = {
    PriceKind.PROMPT: KindFacts(_IN, "text", "prompt", _TEXT, "prompt", "prompt"),
    PriceKind.COMPLETION: KindFacts(_OUT, "text", "completion", _TEXT, "completion", "completion"),
    PriceKind.INPUT_CACHE_READ: KindFacts(_IN, "text", "cached_prompt", _TEXT, "input_cache_read", "cached"),
    PriceKind.INPUT_CACHE_WRITE: KindFacts(_IN, "text", "cache_write", _TEXT, "input_cache_write", "cache_write"),
    PriceKind.INTERNAL_REASONING: KindFacts(_OUT, "text", "internal_reasoning", _TEXT, "internal_reasoning", "reasoning"),
    PriceKind.IMAGE: KindFacts(_IN, "image", "prompt", _PICTURE, "image", "image"),
    PriceKind.IMAGE_OUTPUT: KindFacts(_OUT, "image", "completion", _PICTURE, "image_output", "output_image"),
    PriceKind.AUDIO: KindFacts(_IN, "audio", "prompt", _SOUND, "audio", "audio"),
    PriceKind.INPUT_AUDIO_CACHE: KindFacts(_IN, "audio", "cached_prompt", _SOUND, "input_audio_cache", "cached_audio"),
    PriceKind.AUDIO_OUTPUT: KindFacts(_OUT, "audio", "completion", _SOUND, "audio_output", "output_audio"),
    PriceKind.VIDEO: KindFacts(_IN, "video", "prompt", _SOUND, None, "video"),
    PriceKind.VIDEO_OUTPUT: KindFacts(_OUT, "video", "completion", _SOUND, None, "output_video"),
    PriceKind.SPEECH_OUTPUT: KindFacts(_OUT, "speech", "completion", (PriceUnit.CHARACTER, *_SOUND), None, "output_speech"),
    PriceKind.REQUEST: KindFacts(_ROOT, None, "request", (PriceUnit.REQUEST,), "request", "request"),
    PriceKind.WEB_SEARCH: KindFacts(_ROOT, None, "web_search", (PriceUnit.SEARCH,), "web_search", "search"),
}


class Line(NamedTuple):
    """A line of a price list: ``Price``'s identity without the model. Days are in the order of the week."""

    kind: str
    unit: str
    service_tier: str
    min_prompt_tokens: int | None = None
    utc_start: int | None = None
    utc_end: int | None = None
    utc_days: tuple[str, ...] = ()
    cache_ttl_seconds: int | None = None

    @classmethod
    def of(cls, price: dict[str, Any]) -> "Line":
        """The line of a row, given its columns."""
        return cls.of_columns([price[name] for name in cls._fields])

    @classmethod
    def of_columns(cls, columns: Iterable[Any]) -> "Line":
        """The line of a row, given its columns in the order of the fields. Price lists have the same few lines, so the result is
        cached."""
        return _line(*(tuple(value) if isinstance(value, list) else value for value in columns))

    @property
    def is_base(self) -> bool:
        """Whether the line applies to every request, whatever its length and time."""
        return self.min_prompt_tokens is None and self.utc_start is None and not self.utc_days

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of a row of this line."""
        return {**self._asdict(), "utc_days": list(self.utc_days)}


@lru_cache(maxsize=4096)
def _line(*columns: Any) -> Line:
    line = Line(*columns)
    return line._replace(utc_days=tuple(day for day in Weekday.values if day in line.utc_days))


_TIERS, _KINDS = ({value: position for position, value in enumerate(choices.values)} for choices in (ServiceTier, PriceKind))


def in_price_list(line: Any) -> tuple[Any, ...]:
    """The sort key of a price list's lines, each a ``Line`` or what has its attributes: by tier and kind, unconditional prices
    first. Feeds, pages and charts have this order."""
    return (
        _TIERS[line.service_tier],
        _KINDS[line.kind],
        line.min_prompt_tokens or 0,
        -1 if line.utc_start is None else line.utc_start,
        line.utc_end or 0,
        len(line.utc_days),
        line.cache_ttl_seconds or 0,
        line.unit,
        line.utc_days,
    )
