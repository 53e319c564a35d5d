"""Entries of one source become models: those of one id are put together."""

from collections.abc import Iterable

from catalog.importing.drafts import ModelDraft, Reading, Remark
from catalog.importing.guesses import guesses
from catalog.importing.readers.entry import EntryReader
from catalog.importing.source import SourceError

MOST_ENTRIES = 50_000
"""Entries of one source."""


def read_entries(reading: Reading, entries: Iterable[EntryReader]) -> Reading:
    """Read all entries of a source; those of one model are put together, and must agree. Raises ``SourceError``."""
    seen: dict[tuple[str, str, bool], str] = {}
    for count, entry in enumerate(entries, start=1):
        if count > MOST_ENTRIES:
            raise SourceError(f"The source has more than {MOST_ENTRIES:,} entries: split it.")
        entry.read()
        if entry.model_id is None:
            continue
        key = (entry.model_id, entry.tier, entry.is_free)
        if key in seen:
            entry.problem("id", f"The same model, tier and price class stands at {seen[key]} already.")
        seen[key] = entry.label
        _merge(reading, entry)
    if reading.dear_prices:
        sentence = f"{reading.dear_prices:,} of {reading.token_prices:,} prices of tokens look like prices per million tokens: correct these."
        if reading.dear_prices == reading.token_prices:
            sentence = "All prices of tokens look like prices per million tokens. If they are, say --prices-per million."
        reading.problems.append(Remark("the source", "prices", sentence))
    return reading


def _merge(reading: Reading, entry: EntryReader) -> None:
    """Add an entry to what others of the same id have stated; they must agree."""
    assert entry.model_id is not None
    draft = reading.models.setdefault(entry.model_id, ModelDraft(entry.model_id, entry.label))
    for name, value in entry.fields.items():
        if name == "has_free_variant":
            draft.fields[name] = value or draft.fields.get(name, False)
        elif draft.fields.setdefault(name, value) != value:
            entry.problem(name, f"It differs from what {draft.entry} says about the same model.")
    if entry.places is not None:
        if draft.places not in (None, entry.places):
            entry.problem("datacenters", f"They differ from those of {draft.entry}, the same model.")
        draft.places = entry.places
    for name, descriptor in entry.descriptors.items():
        if draft.descriptors.setdefault(name, descriptor) != descriptor:
            entry.problem(name, f"It is described otherwise by {draft.entry}, the same model.")
    draft.is_doubtful |= entry.is_doubtful
    for tier, prices in entry.price_lists.items():
        if entry.is_doubtful:
            # A zero beside a price that was not read is no price, and what is not stated may be in what was not read.
            prices.drop_zeros(list(prices.lines))
            prices.is_partial = True
        draft.price_lists.setdefault(tier, prices)
    draft.describes_all |= entry.describes_all
    draft.past += entry.past
    draft.guesses = entry.guesses or {**draft.guesses, **guesses(entry.model_id, draft.fields)}
