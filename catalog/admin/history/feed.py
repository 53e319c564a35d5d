"""The OpenRouter feed as it was, or as it is scheduled to be."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from django.db.models import Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from catalog.admin.labels import time_text
from catalog.admin.prices.fields import shown_amount
from catalog.formats import openrouter, openrouter_v2
from catalog.history import events, tables_as_of
from catalog.listing import Entry, Listing, PriceLine, Selection, listing
from catalog.models import AIModel, PriceKind, PriceUnit

FEEDS = (openrouter.FORMAT, openrouter_v2.FORMAT)
"""The feeds that OpenRouter reads."""


def feed_addresses(request: HttpRequest) -> list[tuple[str, str]]:
    """Each feed's title and the address to give to OpenRouter; the feed for new providers comes first."""
    feeds = (openrouter_v2.FORMAT, openrouter.FORMAT)
    return [(feed.title, request.build_absolute_uri(f"{reverse('models')}?format={feed.name}")) for feed in feeds]


class EntryShown(NamedTuple):
    """An entry of the flat feed; prices in USD per 1M tokens, as its document has them."""

    model_id: str
    tier: str
    is_free: bool
    prompt: str
    completion: str
    is_ready: bool


def feed_at(at: datetime) -> Listing:
    """The listing of the OpenRouter feeds at a time: as it was; for a time in the future, as it is scheduled now."""
    if at > timezone.now():
        return listing(Selection.LISTED, at=at)
    with tables_as_of(at):
        return listing(Selection.LISTED, at=at)


def model_in_feed_at(model: AIModel, at: datetime) -> Listing:
    """The same for one model, whatever its id was then."""
    if at > timezone.now():
        return listing(Selection.LISTED, at=at, model_ids=[model.model_id])
    with tables_as_of(at, [model.pk]):
        return listing(Selection.LISTED, at=at)


def remark_on(at: datetime) -> str:
    """A note about a time: that it is in the future, or before the first record."""
    if at > timezone.now():
        return "This time is in the future: this is the feed as it is scheduled now."
    first = events(AIModel).aggregate(first=Min("pgh_created_at"))["first"]
    if first is None or at < first:
        begins = f" begins at {time_text(first)}." if first else " is empty."
        return f"There is no record of this time: the history{begins}"
    return ""


def feed_json(feed: Any, content: Listing) -> str:
    """The records of a listing in one feed, as indented JSON."""
    documents = [record.document for entries in content.models() for record in feed.records(entries, content.provider)]
    return ",\n".join(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() for document in documents)


def entry_shown(entry: Entry) -> EntryShown:
    """An entry as a row of the page."""
    prompt, completion = (_base_price(entry, kind) for kind in (PriceKind.PROMPT, PriceKind.COMPLETION))
    return EntryShown(entry.model.model_id, entry.service_tier, entry.is_free, prompt, completion, entry.model.is_ready)


def _base_price(entry: Entry, kind: PriceKind) -> str:
    def is_it(line: PriceLine) -> bool:
        return (line.kind, line.unit) == (kind, PriceUnit.TOKEN) and line.is_base

    if entry.is_free:
        return shown_amount(Decimal(0), PriceUnit.TOKEN)
    return next((shown_amount(line.usd, line.unit) for line in entry.prices if is_it(line)), "—")
