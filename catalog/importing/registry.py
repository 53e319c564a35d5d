"""The formats that can be read. To add one: write its reader in ``readers``, and add it to the list here."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol

from catalog.importing.drafts import Reading, Remark
from catalog.importing.pages import pages_missing, with_further_pages
from catalog.importing.readers import (
    flat,
    genai_prices,
    litellm,
    litellm_info,
    llm_prices,
    models_api,
    models_dev,
    new_api,
    openrouter_v2,
    price_history,
)
from catalog.importing.readers.prices import CURRENCY_KEYS, UNIT_KEYS, is_dollars, not_dollars, power_of_unit
from catalog.importing.source import SourceError, parse
from catalog.importing.tables import reading as tables
from catalog.importing.values import printable
from catalog.listing import without_garbage_collection


class Reader(Protocol):
    """Turns a document into a reading."""

    def __call__(self, document: Any, *, per_million: bool = False) -> Reading:
        """Read it."""
        ...


@dataclass(frozen=True, slots=True)
class Readable:
    """A format, how to detect it, and how to read it."""

    name: str
    recognize: Callable[[Any], bool]
    read: Reader


READERS = {
    reader.NAME: Readable(reader.NAME, reader.recognize, reader.read)
    for reader in (
        flat,
        openrouter_v2,
        models_api,
        litellm,
        price_history,
        models_dev,
        litellm_info,
        genai_prices,
        llm_prices,
        new_api,
    )
}

MONEY = re.compile("cost|pric")
"""Words in keys of prices."""

FORMATS = (*READERS, *tables.FORMATS)
"""The names of all formats, including tables."""


@without_garbage_collection()
def read_content(
    content: bytes,
    *,
    source: str = "",
    name: str | None = None,
    per_million: bool = False,
    skip: Collection[str] = (),
    further_pages: bool = False,
) -> Reading:
    """Read a source's bytes: a table, or JSON in the named or detected format.

    ``source`` is the name of the source. ``per_million``: the token prices are per million tokens; the columns of a table say their
    units themselves. ``skip`` are models to leave out, or entries by their names in a refusal. ``further_pages``: ``source`` is the
    address of the content, and may be asked for more. Raises ``SourceError``.
    """
    if name in tables.FORMATS or (name is None and tables.recognize(content, source)):
        reading = tables.read_table(content, source, name)
    else:
        document = parse(content)
        document = with_further_pages(document, source) if further_pages else document
        readable = reader_for(document, name)
        if wrong := _said_of_all(document, per_million=per_million):
            raise SourceError(wrong)
        reading = readable.read(document, per_million=per_million)
        if missing := pages_missing(document):
            reading.warnings.append(Remark("the source", "", missing))
    for skipped in skip:
        _leave_out(reading, skipped)
    return reading


def _said_of_all(document: Any, *, per_million: bool) -> str:
    """Why the prices of a list cannot be read, because of the currency or unit that it states for all of them; empty if they
    can."""
    facts = document if isinstance(document, dict) else {}
    for key, value in facts.items():
        if not isinstance(value, str):
            continue
        if key.lower() in CURRENCY_KEYS and not is_dollars(value):
            return not_dollars(value)
        if key.lower() in UNIT_KEYS and "data" in facts and power_of_unit(value) != (6 if per_million else 0):
            read = "per million tokens" if per_million else "per token"
            return f"Its prices are {printable(value)}, but were read {read}. State the unit in each pricing object, or use --prices-per."
    return ""


def _leave_out(reading: Reading, skipped: str) -> None:
    """Remove a model, or an entry by its label, and the remarks about it."""
    label = printable(skipped)

    def concerns(one: Remark) -> bool:
        return one.entry == label or one.entry.endswith(f" ({label})")

    is_there = reading.models.pop(skipped, None) is not None
    for model_id, draft in list(reading.models.items()):
        if draft.entry == label:
            del reading.models[model_id]
            is_there = True
    for remarks in (reading.problems, reading.warnings, reading.notes):
        kept = [one for one in remarks if not concerns(one)]
        is_there |= len(kept) < len(remarks)
        remarks[:] = kept
    sentence = "Left out, as requested." if is_there else "The source has no such model or entry to leave out."
    reading.notes.append(Remark(label, "", sentence))


def reader_for(document: Any, name: str | None = None) -> Readable:
    """The reader of that name, or the one that detects the document. Raises ``SourceError``."""
    for readable in [READERS[name]] if name else READERS.values():
        if readable.recognize(document):
            return readable
    if what := _other_list(document):
        raise SourceError(what)
    raise SourceError(
        f"The source is not in {f'the format {name}' if name else 'a known format'}; known: {', '.join(READERS)}."
    )


def _other_list(document: Any) -> str:
    """The error of a list of models that no reader detects; empty for anything else."""
    entries = document.get("data") if isinstance(document, dict) else None
    rows = [entry for entry in entries if isinstance(entry, dict) and "id" in entry] if isinstance(entries, list) else []
    if not rows:
        return ""
    found: dict[str, None] = {}
    for entry in rows[:1000]:
        pricing = entry.get("pricing")
        found |= dict.fromkeys(pricing if isinstance(pricing, dict) else [key for key in entry if MONEY.search(key)])
    keys_text = f" Its prices are under {', '.join(map(printable, list(found)[:6]))}, which are not read." if found else ""
    return (
        "The source is a list of models in OpenAI's format, without the keys of OpenRouter's flat listing: no entry has a price under "
        f"prompt or completion.{keys_text}"
    )
