"""Merges the entries of one source into models: those with the same id belong together, and each counts only for itself."""

from collections.abc import Iterable

from django.utils import timezone

from catalog.importing.drafts import OF_ONE_OFFER, ModelDraft, OfferDraft, Reading, Remark, in_force
from catalog.importing.guesses import guesses
from catalog.importing.readers.entry import EntryReader
from catalog.importing.source import SourceError
from catalog.models import OutputModality, PriceKind, ServiceTier, variant_of

MOST_ENTRIES = 50_000
"""Entries of one source."""


def read_entries(reading: Reading, entries: Iterable[EntryReader]) -> Reading:
    """Read all entries of a source, and merge those of one model. Raises ``SourceError``."""
    seen: dict[tuple[str, str, bool], EntryReader] = {}
    by_model: dict[str, list[EntryReader]] = {}
    for count, entry in enumerate(entries, start=1):
        if count > MOST_ENTRIES:
            raise SourceError(f"The source has more than {MOST_ENTRIES:,} entries: split it.")
        entry.read()
        if entry.model_id is None:
            continue
        key = (entry.model_id, entry.tier, entry.is_free)
        if key in seen and entry.raw == seen[key].raw:
            entry.note("", f"Skipped: it is the same as {seen[key].label}.")
            continue
        if key in seen:
            entry.problem("id", f"{seen[key].label} already has the same model, tier and price class.")
            continue
        seen[key] = entry
        by_model.setdefault(entry.model_id, []).append(entry)
    for model_id, found in by_model.items():
        reading.models[model_id] = _combined(model_id, found)
    if reading.dear_prices:
        sentence = f"{reading.dear_prices:,} of {reading.token_prices:,} token prices look like prices per million tokens: correct them."
        if reading.dear_prices == reading.token_prices:
            sentence = "All token prices look like prices per million tokens. If they are, use --prices-per million."
        reading.problems.append(Remark("the source", "prices", sentence))
    return reading


def _combined(model_id: str, entries: list[EntryReader]) -> ModelDraft:
    """One model from its entries. The default entry says what the model is; without one, the first entry that is not free."""
    leader = min(entries, key=lambda entry: (entry.is_free, entry.tier != ServiceTier.DEFAULT))
    draft = ModelDraft(model_id, leader.label, leads_as=variant_of(leader.tier, leader.is_free))
    draft.fields, draft.places = dict(leader.fields), leader.places
    draft.descriptors, draft.describes_all, draft.unsaid = leader.descriptors, leader.describes_all, leader.unsaid
    draft.guesses = leader.guesses or guesses(model_id, draft.fields)
    _add_prices(draft, leader)
    for entry in entries:
        if entry is leader:
            continue
        variant = variant_of(entry.tier, entry.is_free)
        assert variant is not None  # the default entry leads
        draft.offers[variant] = _offer(draft, entry)
        draft.fields |= {"has_free_variant": True} if entry.is_free else {}
        _add_prices(draft, entry)
    if not draft.is_doubtful and not _has_a_price(draft):
        draft.guesses["is_public"] = False
    return draft


def _offer(draft: ModelDraft, entry: EntryReader) -> OfferDraft:
    """What an entry states of its offer; where it differs in what only a model has, that is said."""
    stated = {
        name: entry.fields.get(name, absent)
        for name, absent in OF_ONE_OFFER.items()
        if name in entry.fields or (absent is not ... and name in draft.fields and name not in entry.cannot_state)
    }
    others = [
        name
        for name, value in entry.fields.items()
        if name not in OF_ONE_OFFER and name != "has_free_variant" and draft.fields.get(name, value) != value
    ]
    others += [name for name, facts in entry.descriptors.items() if draft.descriptors.get(name, facts) != facts]
    if others:
        names = ", ".join(others)
        entry.note(names, f"It differs from {draft.entry}, the same model, which is kept: {names}.")
    return OfferDraft(entry.label, stated, entry.places, unsaid=entry.unsaid)


def _add_prices(draft: ModelDraft, entry: EntryReader) -> None:
    """Add an entry's prices. If one is doubtful, so is the model."""
    draft.is_doubtful |= entry.is_doubtful
    for tier, prices in entry.price_lists.items():
        if not prices.lines and not prices.is_ended:
            continue  # without any price, the catalog's prices do not change
        if entry.is_doubtful:
            # A zero beside a price that was not read is a filler, and a price that is not stated may be among those not read.
            prices.drop_zeros(list(prices.lines))
            prices.is_partial = True
        else:
            outputs = entry.fields.get("output_modalities") or (entry.guesses or {}).get("output_modalities")
            prices.ask_about_zeros([PriceKind.COMPLETION] if outputs and OutputModality.TEXT not in outputs else [])
        draft.line_entries |= dict.fromkeys(prices.asked, entry.label)
        draft.price_lists.setdefault(tier, prices)
    draft.past += entry.past


def _has_a_price(draft: ModelDraft) -> bool:
    """Whether anything is sold or offered for free now."""
    lines = [usd for prices in draft.price_lists.values() for usd in prices.lines.values()]
    lines += [usd for _, _, usd in in_force(draft.past, timezone.now()).values()] if draft.past else []
    return bool(draft.fields.get("has_free_variant")) or any(usd is not None for usd in lines)
