"""Forgiving search: case, accents, and the signs between words do not matter."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from catalog.formats import models_api
from catalog.publication import Item

_NO_WORD = re.compile(r"[^\w\n]+|_+")


Words = tuple[tuple[str, str], ...]
"""The words of a query, each folded and squeezed."""


class Text(NamedTuple):
    """A text to search: folded, and without anything but letters and digits (``gpt4`` finds ``GPT-4``)."""

    folded: str
    squeezed: str

    @classmethod
    def of(cls, lines: tuple[str, ...]) -> "Text":
        """The text of these lines. No match crosses the end of a line."""
        folded = fold("\n".join(lines))
        return cls(folded, squeeze(folded))

    def match(self, words: Words) -> bool:
        """Whether every word is there, in any order."""
        return all(folded in self.folded or (squeezed != "" and squeezed in self.squeezed) for folded, squeezed in words)


class Texts(NamedTuple):
    """The searched texts of a model: its names, and its names with the description."""

    names: Text
    everything: Text


_kept: dict[tuple[str, ...], Texts] = {}


def texts(items: Sequence[Item]) -> list[Texts]:
    """The texts of each item. Texts of the previous publication are reused, because most models have not changed."""
    global _kept
    keys = [(*names(item), item.entries[0].model.description) for item in items]
    now = {lines: _kept.get(lines) or _texts(lines) for lines in keys}
    _kept = now
    return [now[lines] for lines in keys]


def _texts(lines: tuple[str, ...]) -> Texts:
    called = Text.of(lines[:-1])
    return Texts(called, Text(f"{called.folded}\n{fold(lines[-1])}", called.squeezed))


def words(text: str) -> Words:
    """The words of a query."""
    return tuple((word, squeeze(word)) for word in fold(text).split())


def fold(text: str) -> str:
    """A text without case, accents and compatibility forms."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text.casefold())
    for character in set(folded):
        if unicodedata.combining(character):
            folded = folded.replace(character, "")
    return folded


def squeeze(text: str) -> str:
    """A folded text without anything but letters, digits and line ends."""
    return _NO_WORD.sub("", text)


def names(item: Item) -> tuple[str, ...]:
    """The names of a model: its id, name, slug, aliases and maker."""
    return tuple(_names(item))


def _names(item: Item) -> Iterator[str]:
    model = item.entries[0].model
    yield item.key
    yield models_api.name(model, item.entries)
    yield models_api.canonical_slug(model)
    yield model.author
    yield model.hugging_face_id
    yield from model.aliases
