"""What OpenRouter does when an entry of the feeds changes from one state to another.

Each rule is a sentence for staff with its source in OpenRouter's "Provider Integration" documentation. That page says what
becomes of the fields of Model Document V2; of the flat listing it is assumed to be the same. A change is judged by what each
feed shows of it: one that a feed does not carry cannot do anything there.

Two things are not documented and decided here. ``"0"`` for ``image`` and ``request`` in the flat listing is what every
listing in the field has where there is no such price, so it counts as none. And what becomes of a value that is no longer
in the feed is not stated for most fields; the sentences say so.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import chain
from typing import Any, NamedTuple

import orjson

from catalog import decimals
from catalog.formats import openrouter, openrouter_v2, pricing
from catalog.listing import Entry, EntryKey, ModelFacts, PriceLine
from catalog.models import KINDS, InputModality, OutputModality, PriceKind, PriceUnit, ServiceTier
from catalog.openrouter.readiness import INTEGRATION, billed_at_base, costs_nothing, not_represented

FLAT, V2 = openrouter.FORMAT.name, openrouter_v2.FORMAT.name
FEEDS = (FLAT, V2)

NEVER_HIDDEN = {
    OutputModality.VIDEO.value,
    OutputModality.SPEECH.value,
    OutputModality.TRANSCRIPTION.value,
    OutputModality.EMBEDDINGS.value,
}
"""Outputs whose endpoints are not hidden when they are missing. The documentation does not say what holds for a model that
has others too; here it is hidden."""

PLACED_BY_HAND = ("anthropic", "google", "openai", "x-ai")
"""Authors whose models people at OpenRouter match, where no Hugging Face id does."""

THOUSAND, MILLION = 1_000, 1_000_000
DEAREST, CHEAPEST = Fraction(THOUSAND), Fraction(1, THOUSAND)
"""USD per 1M tokens between which all prices of the field lie; a first price outside looks like a mistaken unit."""


class Effect(StrEnum):
    """What OpenRouter does."""

    STAGED = "staged"
    """A new entry is matched with a model, staged hidden, tested, and perhaps shown by itself."""
    APPLIED = "applied"
    """It takes it over on the next poll."""
    REVIEWED = "reviewed"
    """A person there looks at it first."""
    DETECTED = "detected"
    """It notices it, and does not take it over."""
    AT_STAGING = "at_staging"
    """It reads it only when the entry is new there."""
    IGNORED = "ignored"
    """It does nothing."""
    HIDDEN = "hidden"
    """It hides the endpoint on the next poll, and keeps it hidden until it is asked."""
    STAYS_HIDDEN = "stays_hidden"
    """What it has hidden comes back to the feed, and it does not show it until it is asked."""
    BASE_PRICE = "base_price"
    """It accepts the price and bills the base price."""
    NOT_BILLED = "not_billed"
    """It accepts the price and does not bill it."""
    UNSTATED = "unstated"
    """What it does is not documented."""
    CANCELLED = "cancelled"
    """What was planned for a moment ahead does not happen; it has not seen any of it."""
    ANNOUNCED = "announced"
    """It warns users of a deprecation, and may hide the endpoint after it."""


_IMPORTANCE = [
    *(Effect.HIDDEN, Effect.STAYS_HIDDEN, Effect.ANNOUNCED, Effect.STAGED, Effect.BASE_PRICE, Effect.NOT_BILLED),
    *(Effect.REVIEWED, Effect.UNSTATED, Effect.APPLIED, Effect.DETECTED, Effect.AT_STAGING, Effect.IGNORED),
    Effect.CANCELLED,
]


@dataclass(frozen=True, slots=True)
class Consequence:
    """One thing that changes, and what OpenRouter does about it.

    ``field`` is the model's, or ``prices``, ``datacenters``, ``parameters``, and ``entry`` for a whole entry that comes or
    goes; ``label`` is what staff call it, with the unit of ``old`` and ``new``, which are texts (None: nothing). ``code``
    names the rule and stays. ``danger`` is why the change must be confirmed by typing the model's id; empty, it need not.
    ``feeds`` are the formats that show the change. ``is_price_rise`` says that a price becomes higher.
    """

    key: EntryKey
    field: str
    label: str
    old: str | None
    new: str | None
    code: str
    effect: Effect
    sentence: str
    source: str
    danger: str = ""
    feeds: tuple[str, ...] = FEEDS
    is_price_rise: bool = False


class Rule(NamedTuple):
    """What OpenRouter does in one case. ``sentence`` may have places to be filled, in braces."""

    code: str
    effect: Effect
    sentence: str
    source: str


_BY_HAND = "unless its staff set it by hand"
_UNSTATED = (
    "It leaves the feed with the next poll. What becomes of a value that is no longer there is not stated; ask OpenRouter if "
    "the old one stays."
)
_NOT_OPTED_OUT = "unless it has agreed not to hide your models"
_STRATEGY = "where its pricing strategy for you bills such conditions (openai_extended, for windows alibaba too); ask it"

ENTRY_REMOVED = Rule("entry-removed", Effect.HIDDEN,
    f"OpenRouter hides it on the next poll, {_NOT_OPTED_OUT}. It stays hidden until OpenRouter is asked, even if it comes back.",
    f"{INTEGRATION}: disappearance")  # fmt: skip
ENTRY_REMOVED_SHOWN = Rule("entry-removed-not-hidden", Effect.DETECTED,
    "OpenRouter does not hide models by itself that put out {outputs} alone; ask it to take this one down.",
    f"{INTEGRATION}: disappearance, exceptions")  # fmt: skip
ID_CHANGED = Rule("id-changed", Effect.HIDDEN,
    "OpenRouter knows a model by its id alone: it hides {old_id} on the next poll, " + _NOT_OPTED_OUT + ", keeps it hidden "
    "until it is asked, and takes {new_id} for a new model.", f"{INTEGRATION}: id, disappearance")  # fmt: skip
ID_CHANGED_SHOWN = Rule("id-changed-not-hidden", Effect.DETECTED,
    "OpenRouter knows a model by its id alone and takes {new_id} for a new model. It does not hide models by itself that put "
    "out {outputs} alone; ask it to take {old_id} down.", f"{INTEGRATION}: id, disappearance, exceptions")  # fmt: skip
ENTRY_NEW = Rule("entry-new", Effect.STAGED,
    "OpenRouter matches it with a model it knows, stages it hidden and tests it. It shows it by itself if exactly one model "
    "matches, all tests pass and you have {endpoint} there already; else its staff decide.",
    f"{INTEGRATION}: staging")  # fmt: skip
ENTRY_BACK = Rule(
    "entry-back",
    Effect.STAYS_HIDDEN,
    "It was in the feed before. What OpenRouter has hidden it does not show again by itself; ask OpenRouter.",
    f"{INTEGRATION}: disappearance",
)
ENTRY_NEW_WAITS = Rule("entry-new-waits", Effect.STAGED,
    "OpenRouter takes it as new, hidden, and does not show it by itself: {reason}.", f"{INTEGRATION}: staging")  # fmt: skip
ENTRY_NEW_SKIPPED = Rule("entry-new-skipped", Effect.IGNORED,
    "OpenRouter skips it: its deprecation is past.", f"{INTEGRATION}: staging")  # fmt: skip

NOT_READY = Rule("not-ready", Effect.HIDDEN,
    "OpenRouter hides it on the next poll. Whether it shows it again when it is ready is not stated; count on asking.",
    f"{INTEGRATION}: is_ready")  # fmt: skip
READY = Rule("ready-again", Effect.APPLIED,
    "OpenRouter reads it on the next poll: an endpoint that is new there is tested now. Whether one that was hidden is shown "
    "again by itself is not stated; ask OpenRouter if it is not.", f"{INTEGRATION}: is_ready")  # fmt: skip

DEPRECATION = Rule("deprecation-announced", Effect.ANNOUNCED,
    f"OpenRouter reads it on the next poll, {_BY_HAND}: it warns users, and may hide the model afterwards.",
    f"{INTEGRATION}: deprecation_date")  # fmt: skip
DEPRECATION_PAST = Rule("deprecation-past", Effect.ANNOUNCED,
    f"This moment is past: OpenRouter reads it on the next poll, {_BY_HAND}, and may hide the model at once.",
    f"{INTEGRATION}: deprecation_date")  # fmt: skip
DEPRECATION_REMOVED = Rule("deprecation-removed", Effect.UNSTATED, _UNSTATED, f"{INTEGRATION}: deprecation_date")

FACT = Rule("fact-applied", Effect.APPLIED, f"OpenRouter applies it on the next poll, {_BY_HAND}.",
    f"{INTEGRATION}: field reference")  # fmt: skip
FACT_REMOVED = Rule("fact-removed", Effect.UNSTATED, _UNSTATED, f"{INTEGRATION}: field reference")
CAPACITY = Rule("capacity-applied", Effect.APPLIED, "OpenRouter applies it on the next poll.", f"{INTEGRATION}: capacity")
CAPACITY_REMOVED = Rule("capacity-removed", Effect.APPLIED,
    "From the next poll on, no capacity is declared; that does not mean none.", f"{INTEGRATION}: capacity")  # fmt: skip
MODALITIES = Rule("modalities-detected", Effect.DETECTED,
    "OpenRouter notices it and its staff get an item to review; it is never applied to a live endpoint by itself.",
    f"{INTEGRATION}: modalities")  # fmt: skip
DETECTED = Rule("fact-detected", Effect.DETECTED, "OpenRouter notices it and does not act on it.",
    f"{INTEGRATION}: field reference")  # fmt: skip
HUGGING_FACE = Rule("hugging-face-id-detected", Effect.DETECTED,
    "OpenRouter matches a model by it when it is new; a change afterwards is noticed and not applied.",
    f"{INTEGRATION}: hugging_face_id")  # fmt: skip
AT_STAGING = Rule("read-at-staging", Effect.AT_STAGING, "OpenRouter reads it only when the model is new there.",
    f"{INTEGRATION}: field reference")  # fmt: skip
IGNORED = Rule("fact-ignored", Effect.IGNORED, "OpenRouter does not use it.", f"{INTEGRATION}: field reference")
FEATURES = Rule("features-ignored", Effect.IGNORED,
    "OpenRouter ignores it: its own tests decide what the model can do.", f"{INTEGRATION}: capabilities")  # fmt: skip
NOT_INGESTED = Rule("parameters-not-read", Effect.IGNORED,
    "OpenRouter does not read the parameters of models that put out no text.",
    f"{INTEGRATION}: supported_parameters")  # fmt: skip
DESCRIPTION = Rule("parameter-reviewed", Effect.REVIEWED,
    "OpenRouter takes over names of parameters alone; what it does with a description is not stated. Count on a person "
    "there reviewing it.", f"{INTEGRATION}: supported_parameters")  # fmt: skip
FEATURE_DESCRIPTION = Rule("feature-description-ignored", Effect.IGNORED, FEATURES.sentence,
    f"{INTEGRATION}: capabilities")  # fmt: skip
PASSTHROUGH = Rule("passthrough-reviewed", Effect.REVIEWED, "A person at OpenRouter reviews it.",
    f"{INTEGRATION}: passthrough_parameters")  # fmt: skip
PASSTHROUGH_LEFT = Rule("passthrough-left", Effect.IGNORED,
    "No parameter is passed through any more, and the feed does not mention any: OpenRouter leaves those that it has. Ask it.",
    f"{INTEGRATION}: passthrough_parameters")  # fmt: skip

PRICE = Rule("price-changed", Effect.APPLIED, "The price is applied on the next poll.", f"{INTEGRATION}: price changes")
FIRST_PRICE = Rule("first-price", Effect.APPLIED, "It had no price: its first one is applied on the next poll.",
    f"{INTEGRATION}: price changes")  # fmt: skip
CACHE_PRICE = Rule("cache-price-added-or-removed", Effect.APPLIED,
    "A discount for cached tokens comes and goes on the next poll.", f"{INTEGRATION}: price changes")  # fmt: skip
CONDITIONAL = Rule("conditional-price-changed", Effect.APPLIED,
    f"OpenRouter applies it on the next poll {_STRATEGY}. Else the base price is billed.", f"{INTEGRATION}: what is billed")  # fmt: skip
CONDITION_AT_BASE = Rule("billed-at-base-price", Effect.BASE_PRICE,
    "OpenRouter accepts it, and bills the base price. {reason}", f"{INTEGRATION}: what is billed")  # fmt: skip
CONDITION_BILLED = Rule("condition-billed-again", Effect.APPLIED,
    f"What kept OpenRouter from billing this price is gone: from the next poll on it bills it {_STRATEGY}.",
    f"{INTEGRATION}: what is billed")  # fmt: skip
PRICE_REVIEWED = Rule("price-line-reviewed", Effect.REVIEWED,
    "A person at OpenRouter reviews a price that is new or that goes.{reason}",
    f"{INTEGRATION}: price changes")  # fmt: skip
FREE_PRICE = Rule("free-price-reviewed", Effect.REVIEWED,
    "A person at OpenRouter reviews it: the free variant costs nothing there.", f"{INTEGRATION}: price changes")  # fmt: skip
NOT_BILLED = Rule("price-not-billed", Effect.NOT_BILLED, "{reason}",
    f"{INTEGRATION}: unsupported_pricing_entry, unsupported_cache_qualifier")  # fmt: skip

AS_SCHEDULED = "This was scheduled before; the change leaves it as it is."

RULES = tuple(value for value in list(globals().values()) if isinstance(value, Rule))


def consequences(
    before: Iterable[Entry],
    after: Iterable[Entry],
    *,
    at: datetime,
    price_factor: int,
    known: frozenset[EntryKey] = frozenset(),
) -> list[Consequence]:
    """What OpenRouter does when the listed entries ``before`` become those ``after``, by entry and by importance.

    ``known`` are entries that were in the feed at some time before: one that comes back stays hidden.

    ``at`` is the moment that decides whether a deprecation is past. A price that moves by more than ``price_factor`` times
    is dangerous.
    """
    old = {entry.key: entry for entry in before}
    new = {entry.key: entry for entry in after}
    gone = [old[key] for key in old.keys() - new.keys()]
    come = [new[key] for key in new.keys() - old.keys()]
    renamed = _renamed(gone, come)
    found = [_entry_removed(entry, renamed.get(entry.key)) for entry in gone]
    for entry in come:
        found += _entry_new(entry, at, entry.key in known)
    for key in old.keys() & new.keys():
        if not _same(old[key], new[key]):
            found += _entry_changed(old[key], new[key], at, price_factor)
    found.sort(key=lambda one: (one.key, one.effect is not Effect.HIDDEN, not one.danger, _IMPORTANCE.index(one.effect)))
    return found


def _same(old: Entry, new: Entry) -> bool:
    # Python takes True and 1 for equal, and as defaults of a parameter they are not.
    return old == new and repr(old.model.parameters) == repr(new.model.parameters)


def _make(rule: Rule, key: EntryKey, field: str, label: str, old: str | None, new: str | None, **filled: str) -> Consequence:
    return Consequence(key, field, label, old, new, rule.code, rule.effect, rule.sentence.format(**filled), rule.source)


# Entries that come and go


def _renamed(gone: list[Entry], come: list[Entry]) -> dict[EntryKey, str]:
    """The new ids of entries that go, where exactly one that comes is the same in all that the feeds show."""
    found: dict[bytes, tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
    for side, entries in enumerate((gone, come)):
        for entry in entries:
            found[_fingerprint(entry)][side].append(entry)
    return {left[0].key: arrived[0].model.model_id for left, arrived in found.values() if len(left) == len(arrived) == 1}


def _fingerprint(entry: Entry) -> bytes:
    nameless = entry._replace(model=entry.model._replace(model_id=""))
    return orjson.dumps([openrouter.entry_document(nameless), openrouter_v2.entry_document(nameless)])


def _entry_words(key: EntryKey) -> str:
    variant = "free variant" if key.is_free else f"{ServiceTier(key.service_tier).label.lower()} tier"
    return key.model_id if not key.is_free and key.service_tier == ServiceTier.DEFAULT else f"{key.model_id}, {variant}"


def _entry_removed(entry: Entry, new_id: str | None) -> Consequence:
    key = entry.key
    stays = NEVER_HIDDEN.issuperset(entry.model.output_modalities)
    outputs = " and ".join(entry.model.output_modalities)
    if new_id is not None:
        rule = ID_CHANGED_SHOWN if stays else ID_CHANGED
        made = _make(
            rule, key, "model_id", "Model id", key.model_id, new_id, old_id=key.model_id, new_id=new_id, outputs=outputs
        )
        danger = f"The id changes from {key.model_id} to {new_id}: for OpenRouter the old model goes, and a new one comes."
        return replace(made, danger=danger)
    rule = ENTRY_REMOVED_SHOWN if stays else ENTRY_REMOVED
    made = _make(rule, key, "entry", "Entry in the feed", _entry_words(key), None, outputs=outputs)
    return replace(made, danger=f"{_entry_words(key)} goes from the feed, and does not come back on OpenRouter by itself.")


def _entry_new(entry: Entry, at: datetime, is_known: bool) -> Iterator[Consequence]:
    key = entry.key
    reasons = "; ".join(_not_shown(entry))
    deprecation = entry.model.deprecation_at
    if is_known and not NEVER_HIDDEN.issuperset(entry.model.output_modalities):
        rule = ENTRY_BACK
    elif deprecation is not None and deprecation <= at:
        rule = ENTRY_NEW_SKIPPED
    else:
        rule = ENTRY_NEW_WAITS if reasons else ENTRY_NEW
    endpoint = "a launched endpoint" if entry.is_free else "a launched paid endpoint"
    words = [_entry_words(key), *(f"{pricing.price_label(line)}: {_amount(line, line.unit)}" for line in entry.prices)]
    made = _make(rule, key, "entry", "Entry in the feed", None, "; ".join(words), reason=reasons, endpoint=endpoint)
    yield replace(made, danger=" ".join([*_given_away(entry), *_implausible(entry.prices)]))
    if deprecation is not None and deprecation > at:
        yield _make(DEPRECATION, key, "deprecation_at", "Deprecation", None, _deprecation(entry.model, FLAT))


def _given_away(entry: Entry) -> Iterator[str]:
    if entry.is_free:
        yield f"A free variant of {entry.model.model_id} is offered: users pay nothing for it."
    elif costs_nothing(entry):
        yield f"{_entry_words(entry.key)} is offered with a prompt and a completion price of 0: users pay nothing for it."


def _implausible(prices: Iterable[PriceLine]) -> Iterator[str]:
    """A first price has none to be compared with; what nobody in the field asks looks like a mistaken unit."""
    for line in prices:
        if line.unit == PriceUnit.TOKEN and line.usd and not CHEAPEST <= Fraction(line.usd) * MILLION < DEAREST:
            than = "higher" if Fraction(line.usd) * MILLION >= DEAREST else "lower"
            yield f"{pricing.price_label(line)}: {_amount(line, line.unit)} is {than} than any price of the field. Is its unit right?"


def _not_shown(entry: Entry) -> Iterator[str]:
    """Why a new entry is not shown by itself once it is staged."""
    model = entry.model
    if not model.is_ready:
        yield "it is not ready, so it is not tested either"
    if entry.service_tier != ServiceTier.DEFAULT:
        yield "a service tier waits until its default tier is served, OpenRouter forwards service_tier and your API echoes it"
    if costs_nothing(entry):
        yield "it costs nothing, and is not the free variant"
    if not entry.is_free and not entry.prices:
        yield "it has no price"
    if model.output_modalities != (OutputModality.TEXT,):
        yield "it puts out more than text, or no text"
    author, slash, _ = model.model_id.partition("/")
    if not model.hugging_face_id and not slash:
        yield "without a Hugging Face id or an author in its id, a person there has to match it"
    elif not model.hugging_face_id and author in PLACED_BY_HAND:
        yield f"a person there matches models of {author} that have no Hugging Face id"


# Entries that stay and change


def _entry_changed(old: Entry, new: Entry, at: datetime, price_factor: int) -> list[Consequence]:
    merged: dict[tuple[Any, ...], Consequence] = {}
    for feed in FEEDS:
        facts = chain(
            _facts(old, new, feed, at, price_factor), _sampling(old, new, feed), _parameters(old, new) if feed == V2 else ()
        )
        # Of thousands of models whose prices change, nothing else is looked at. (A default of true is no 1, though equal.)
        is_same = old.model == new.model and repr(old.model.parameters) == repr(new.model.parameters)
        for one in chain(() if is_same else facts, _prices(old, new, feed, price_factor)):
            same = (one.field, one.label, one.code, one.old is None, one.new is None, one.sentence)
            feeds = (*merged[same].feeds, feed) if same in merged else (feed,)
            merged[same] = replace(one, feeds=feeds)  # of datacenters, V2 tells more and comes later
    return [
        one if len(one.feeds) > 1 else replace(one, sentence=f"{one.sentence} {_ALONE[one.feeds[0]]}")
        for one in merged.values()
    ]


_ALONE = {
    FLAT: "This is so in the flat listing alone.",
    V2: "This is so in Model Document V2 alone.",
}


class _Field(NamedTuple):
    """A fact with the same rule always: ``removed`` where there is another one for a value that goes."""

    name: str
    label: str
    rule: Rule
    removed: Rule
    seen: Callable[[ModelFacts, str], Any]
    """The value that a feed shows; None, "" and () are nothing."""


def _field(
    name: str, label: str, rule: Rule, removed: Rule | None = None, seen: Callable[[ModelFacts, str], Any] | None = None
) -> _Field:
    return _Field(name, label, rule, removed or rule, seen or (lambda model, feed: getattr(model, name)))


def _with_text_input(name: str) -> Callable[[ModelFacts, str], Any]:
    """V2 has these at the text input alone."""
    return lambda model, feed: getattr(model, name) if feed == FLAT or InputModality.TEXT in model.input_modalities else None


def _max_output(model: ModelFacts, feed: str) -> int | None:
    return model.max_output_length if feed == FLAT or OutputModality.TEXT in model.output_modalities else None


def _max_prompt(model: ModelFacts, feed: str) -> int | None:
    return model.max_prompt_length if feed == V2 and InputModality.TEXT in model.input_modalities else None


def _released(model: ModelFacts, feed: str) -> str | None:
    return None if model.released_at is None else f"{model.released_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _discount(model: ModelFacts, feed: str) -> str | None:
    return None if model.discount_to_user is None else decimals.wire(model.discount_to_user.scaleb(2))


def _deprecation(model: ModelFacts, feed: str) -> str | None:
    return None if model.deprecation_at is None else f"{model.deprecation_at.astimezone(UTC):%Y-%m-%d %H:00} UTC"


def _places(model: ModelFacts, feed: str) -> tuple[str, ...]:
    if feed == FLAT:
        return tuple(sorted({place.country for place in model.datacenters}))
    places = sorted({(place.country, place.region) for place in model.datacenters})
    return tuple(f"{country} ({region})" if region else country for country, region in places)


_FIELDS = (
    _field("hugging_face_id", "Hugging Face id", HUGGING_FACE),
    _field("name", "Name", IGNORED),
    _field("released_at", "Released", IGNORED, seen=_released),
    _field("tokenizer", "Tokenizer", IGNORED, seen=lambda model, feed: model.tokenizer if feed == V2 else ""),
    _field("openrouter_slug", "OpenRouter slug", IGNORED),
    _field("description", "Description", AT_STAGING),
    _field("input_modalities", "Input modalities", MODALITIES),
    _field("output_modalities", "Output modalities", MODALITIES),
    _field("quantization", "Quantization", FACT, FACT_REMOVED),
    _field("context_length", "Context length, tokens", FACT, FACT_REMOVED, _with_text_input("context_length")),
    _field("max_prompt_length", "Longest prompt, tokens", FACT, FACT_REMOVED, _max_prompt),
    _field("max_output_length", "Longest output, tokens", FACT, FACT_REMOVED, _max_output),
    _field("discount_to_user", "Discount to users, %", FACT, FACT_REMOVED, _discount),
    _field(
        "capacity_tpm", "Capacity, input tokens per minute", CAPACITY, CAPACITY_REMOVED, _with_text_input("capacity_tpm")
    ),
    _field("supported_features", "Features", FEATURES),
    _field("datacenters", "Datacenters", DETECTED, seen=_places),
)


def _facts(old: Entry, new: Entry, feed: str, at: datetime, price_factor: int) -> Iterator[Consequence]:
    key = old.key
    for field in _FIELDS:
        before, after = field.seen(old.model, feed), field.seen(new.model, feed)
        if before != after:
            text = _text(after)
            made = _make(field.removed if text is None else field.rule, key, field.name, field.label, _text(before), text)
            is_discount = field.name == "discount_to_user"
            yield replace(made, danger=_discount_danger(old.model, new.model, price_factor)) if is_discount else made
    if old.model.is_ready != new.model.is_ready:
        rule = READY if new.model.is_ready else NOT_READY
        made = _make(rule, key, "is_ready", "Ready", _text(old.model.is_ready), _text(new.model.is_ready))
        danger = "" if new.model.is_ready else f"{_entry_words(key)} goes off OpenRouter until OpenRouter shows it again."
        yield replace(made, danger=danger)
    before, after = _deprecation(old.model, feed), _deprecation(new.model, feed)
    if before != after:
        rule = DEPRECATION_REMOVED
        if new.model.deprecation_at is not None:
            rule = DEPRECATION_PAST if new.model.deprecation_at <= at else DEPRECATION
        made = _make(rule, key, "deprecation_at", "Deprecation", before, after)
        danger = f"{_entry_words(key)} may go off OpenRouter at once: its deprecation would be past."
        yield replace(made, danger=danger if rule is DEPRECATION_PAST else "")


def _discount_danger(old: ModelFacts, new: ModelFacts, price_factor: int) -> str:
    """Why a discount that changes must be confirmed, empty where it need not."""
    was, is_ = (1 - (model.discount_to_user or 0) for model in (old, new))
    if max(was, is_) <= price_factor * min(was, is_):
        return ""
    return f"Users would pay more than {price_factor} times {'less' if is_ < was else 'more'}."


def _text(value: Any) -> str | None:
    if value is None or value in ("", ()):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _sampling(old: Entry, new: Entry, feed: str) -> Iterator[Consequence]:
    names = [entry.model.supported_sampling_parameters for entry in (old, new)]
    has_text = [OutputModality.TEXT in entry.model.output_modalities for entry in (old, new)]
    # V2 has them at an output: OpenRouter reads those at the text.
    before, after = (list_ if feed == FLAT or is_read else () for list_, is_read in zip(names, has_text, strict=True))
    label = "Sampling parameters"
    if before != after:
        rule = FACT if feed == V2 or has_text[0] else NOT_INGESTED
        yield _make(rule, old.key, "supported_sampling_parameters", label, _text(before), _text(after))
    elif feed == V2 and names[0] != names[1]:
        yield _make(NOT_INGESTED, old.key, "supported_sampling_parameters", label, _text(names[0]), _text(names[1]))


def _parameters(old: Entry, new: Entry) -> Iterator[Consequence]:
    key = old.key
    supported, passed = ([_described(entry.model, through) for entry in (old, new)] for through in (False, True))
    reserved = {name: FEATURE_DESCRIPTION for name, _ in openrouter_v2.FEATURES.values()}
    reserved |= dict.fromkeys(openrouter_v2.SAMPLING, DESCRIPTION)
    for name in dict.fromkeys([*supported[0], *supported[1]]):
        before, after = supported[0].get(name), supported[1].get(name)
        # Whether one of these is supported at all is told by the lists of sampling parameters and features.
        if before != after and (name not in reserved or (before and after)):
            rule = reserved.get(name, DESCRIPTION) if OutputModality.TEXT in new.model.output_modalities else NOT_INGESTED
            yield _make(rule, key, "parameters", f"Parameter {name}", before, after)
    for name in dict.fromkeys([*passed[0], *passed[1]]):
        before, after = passed[0].get(name), passed[1].get(name)
        if before != after:
            yield _make(PASSTHROUGH if passed[1] else PASSTHROUGH_LEFT, key, "parameters",
                        f"Parameter {name}, passed through", before, after)  # fmt: skip


def _described(model: ModelFacts, is_passthrough: bool) -> dict[str, str]:
    """The descriptors that V2 shows, as JSON."""
    if is_passthrough:
        written = {one.name: openrouter_v2.descriptor(one) for one in model.parameters if one.is_passthrough}
    else:
        written = openrouter_v2.supported_parameters(model)
    return {name: orjson.dumps(descriptor).decode() for name, descriptor in written.items()}


# Prices


class _Place(NamedTuple):
    """Where a feed has a price: its line without the amount, and in V2 what owns it."""

    line: PriceLine
    home: openrouter_v2.Home | None


def _seen(entry: Entry, feed: str) -> dict[_Place, PriceLine]:
    """The prices that a feed shows."""
    found = {}
    unplaced = {line for line, _ in openrouter_v2.placed(entry)[1]} if feed == V2 else set()
    for line in entry.prices:
        home = None
        if feed == V2:
            if line in unplaced:
                continue
            home = openrouter_v2.home(PriceKind(line.kind), entry.model.input_modalities, entry.model.output_modalities)
        else:
            word = openrouter.price_key(line)
            if entry.is_free or word is None or (line.is_base and not line.usd and word in openrouter.ZERO_FILLED):
                continue
        found[_Place(_without_amount(line), home)] = line
    return found


def _without_amount(line: PriceLine) -> PriceLine:
    return line._replace(usd=Decimal(0))


def _at_base(seen: dict[_Place, PriceLine], entry: Entry, outputs: tuple[str, ...], feed: str) -> dict[_Place, str]:
    """The conditional prices that OpenRouter does not bill, with why. ``outputs`` are those that it goes by: modalities are
    not applied by themselves."""
    billable = {place: line for place, line in seen.items() if feed == FLAT or not not_represented(line)}
    model = entry.model._replace(output_modalities=outputs)
    reasons = billed_at_base(entry._replace(model=model, prices=tuple(billable.values())))
    found = {place: reasons[line] for place, line in billable.items() if line in reasons}
    for place, line in billable.items():
        if place.home is not None and place.home[1] != "text" and not line.is_base:
            found.setdefault(place, "Conditional prices are billed at text alone.")
    return found


def _prices(old: Entry, new: Entry, feed: str, price_factor: int) -> Iterator[Consequence]:
    before, after = _seen(old, feed), _seen(new, feed)
    outputs = old.model.output_modalities
    base_before, base_after = _at_base(before, old, outputs, feed), _at_base(after, new, outputs, feed)
    amounts = [{_without_amount(line): line.usd for line in entry.prices} for entry in (old, new)]
    for place in dict.fromkeys([*before, *after]):
        was, is_ = before.get(place), after.get(place)
        reason = (base_before if is_ is None else base_after).get(place, "")
        changed = was is None or is_ is None or was.usd != is_.usd
        if not changed and (place in base_before) == (place in base_after):
            continue
        if old.is_free:
            rule = FREE_PRICE
        elif feed == V2 and (why := not_represented(place.line)):
            rule, reason = NOT_BILLED, why
        elif reason:
            rule = CONDITION_AT_BASE
        elif not changed:
            rule = CONDITION_BILLED
        else:
            rule = _price_rule(place, before, after)
            reason = f" Once accepted, OpenRouter bills it {_STRATEGY}." if is_ is not None and not is_.is_base else ""
        label, unit = _label(place), place.line.unit
        made = _make(rule, old.key, "prices", label, _amount(was, unit), _amount(is_, unit), reason=reason)
        moved_from, moved_to = (side.get(place.line) for side in amounts)
        danger = "" if old.is_free else _price_danger(moved_from, moved_to, unit, price_factor)
        rises = not old.is_free and moved_from is not None and moved_to is not None and moved_to > moved_from
        yield replace(made, danger=danger, is_price_rise=rises)


def _price_rule(place: _Place, before: dict[_Place, PriceLine], after: dict[_Place, PriceLine]) -> Rule:
    """Of a price that changed and that OpenRouter bills."""
    line = place.line
    if place in before and place in after:
        return PRICE if line.is_base else CONDITIONAL
    if all(there.home is not None and not_represented(there.line) for there in before):
        return FIRST_PRICE
    if KINDS[PriceKind(line.kind)].v2_type == "cached_prompt":
        return CACHE_PRICE
    # A long-context price is part of the entry whose price it replaces; a window is an entry of its own.
    base = place._replace(line=line._replace(min_prompt_tokens=None))
    if line.min_prompt_tokens is not None and base in before and base in after:
        return CONDITIONAL
    return PRICE_REVIEWED


def _label(place: _Place) -> str:
    line = place.line
    label = pricing.price_label(line._replace(service_tier=ServiceTier.DEFAULT))  # the entry says its tier
    if place.home is not None and place.home[1] != KINDS[PriceKind(line.kind)].modality:
        return f"{label}, at the {place.home[1]} {place.home[0]}"
    return label


def _amount(line: PriceLine | None, unit: str) -> str | None:
    return None if line is None else pricing.staff_amount(line.usd, unit)


def _price_danger(old: Decimal | None, new: Decimal | None, unit: str, price_factor: int) -> str:
    """Why a move of a price must be confirmed, empty where it need not."""
    if old is None and new == 0:
        return "The price is new and 0: it is to be sold for nothing."
    if old is None or new is None or old == new:
        return ""
    if not old or not new:
        return "The price was 0 and is to cost something." if new else "The price becomes 0: it is to be sold for nothing."
    rises = new > old
    times = Fraction(new) / Fraction(old) if rises else Fraction(old) / Fraction(new)
    if times <= price_factor and times < THOUSAND:
        return ""
    whole = f"{'' if times.denominator == 1 else 'more than '}{int(times):,}"
    sentence = f"The price becomes {whole} times {'higher' if rises else 'lower'}."
    if times < THOUSAND:
        return sentence
    if unit != PriceUnit.TOKEN:
        return f"{sentence} Is it meant per {unit}?"
    # The nearer one, by how many times it is off: a price seldom stays the same while its unit is mistaken.
    power = 6 if times * times >= THOUSAND * MILLION else 3
    meant = pricing.staff_amount(new.scaleb(-power if rises else power), unit)
    how = "Divided" if rises else "Multiplied"
    return f"{sentence} Is its unit right? {how} by {10**power:,} it would be ${meant} per 1M tokens."


def cancelled(one: Consequence) -> Consequence:
    """A consequence that was planned for a moment ahead, and does not come any more."""
    sentence = "It was planned for then, and does not happen. OpenRouter has not seen it."
    code = "no-longer-planned"
    return replace(one, code=code, effect=Effect.CANCELLED, sentence=sentence, source="", danger="", is_price_rise=False)


def as_scheduled(one: Consequence) -> Consequence:
    """A consequence at a moment ahead of what had been scheduled for it before, and is left as it is."""
    return replace(one, sentence=f"{one.sentence} {AS_SCHEDULED}") if one.effect is not Effect.CANCELLED else one
