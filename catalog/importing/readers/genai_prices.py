"""Reading genai-prices' data: one provider's models, with prices in USD per million tokens, since a day or at a time of day."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from catalog.formats.pricing import HOUR
from catalog.importing.drafts import Reading
from catalog.importing.readers.entry import EntryReader
from catalog.importing.readers.merging import read_entries
from catalog.importing.readers.named import NamedEntryReader, objects, only_provider
from catalog.importing.readers.variants import BatchOffer, is_batch, listed_ids
from catalog.importing.values import decimal, moment_of, shown, whole
from catalog.models import Line, PriceKind, PriceUnit

NAME = "genai-prices"

PER_MILLION = {
    "input_mtok": PriceKind.PROMPT,
    "output_mtok": PriceKind.COMPLETION,
    "cache_read_mtok": PriceKind.INPUT_CACHE_READ,
    "cache_write_mtok": PriceKind.INPUT_CACHE_WRITE,
    "input_audio_mtok": PriceKind.AUDIO,
    "output_audio_mtok": PriceKind.AUDIO_OUTPUT,
    "cache_audio_read_mtok": PriceKind.INPUT_AUDIO_CACHE,
    "input_image_mtok": PriceKind.IMAGE,
    "output_image_mtok": PriceKind.IMAGE_OUTPUT,
    "input_video_mtok": PriceKind.VIDEO,
    "output_video_mtok": PriceKind.VIDEO_OUTPUT,
    "output_reasoning_mtok": PriceKind.INTERNAL_REASONING,
}
PER_THOUSAND = {
    "requests_kcount": (PriceKind.REQUEST, PriceUnit.REQUEST),
    "web_searches_kcount": (PriceKind.WEB_SEARCH, PriceUnit.SEARCH),
}
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::00)?(?:Z|\+00:00)?")


def recognize(document: Any) -> bool:
    """Whether it looks like this format: a list of providers with their models, or one provider."""
    providers = document if isinstance(document, list) else [document]
    return bool(providers) and all(
        isinstance(one, dict) and isinstance(one.get("models"), list) and ("api_pattern" in one or "pricing_urls" in one)
        for one in providers
    )


def read(document: Any, *, per_million: bool = False) -> Reading:
    """Read the models of the only provider. Raises ``SourceError`` if there are several."""
    providers = document if isinstance(document, list) else [document]
    only_provider([str(one.get("id")) for one in providers])
    reading = Reading()
    return read_entries(reading, _entries(providers[0]["models"], reading))


def _entries(models: list[Any], reading: Reading) -> Iterator[EntryReader]:
    listed = listed_ids(models)
    for number, facts in enumerate(models, start=1):
        is_tier = isinstance(facts, dict) and is_batch(facts.get("id"), listed)
        yield (BatchTier if is_tier else Model)(facts, number, reading)


class Model(NamedEntryReader):
    """One model."""

    keys = {
        **{key: (kind, PriceUnit.TOKEN, None) for key, kind in PER_MILLION.items()},
        **{key: (kind, unit, None) for key, (kind, unit) in PER_THOUSAND.items()},
        "cache_write_1h_mtok": (PriceKind.INPUT_CACHE_WRITE, PriceUnit.TOKEN, HOUR),
    }

    def read_fields(self) -> None:
        """Name, context, prices."""
        self.tokens("context_length", self.take("context_window"))
        self.called(self.take("name"))
        self.described(self.take("description"))
        self.take(
            "match", "price_comments", "prices_checked", "price_discrepancies", "collapse", "removed", "deprecated"
        )  # of the list itself
        if (variants := self.take("price_variants")) is not None:
            self.doubt("price_variants", f"{shown(variants)} depends on the request and was not read.")
        self.stated_prices(self.take("prices"))

    def stated_prices(self, stated: Any) -> None:
        """One set of prices, or several with conditions, of which the last that applies is in force."""
        sets = stated if isinstance(stated, list) else [{"prices": stated}]
        dated: list[tuple[datetime, dict[Line, Any]]] = []
        base: dict[Line, Any] | None = None
        windows: dict[Line, Any] = {}
        for number, one in enumerate(sets):
            field = f"prices[{number}]" if isinstance(stated, list) else "prices"
            prices = one.get("prices") if isinstance(one, dict) else None
            if not isinstance(prices, dict):
                self.problem(field, "It must be an object of prices.")
                return
            condition = one.get("constraint") or {}
            found = self.one_set(field, prices)
            if not isinstance(condition, dict) or not condition:
                base = found
            elif (
                condition.keys() <= {"type", "start_date"} and (since := moment_of(condition.get("start_date"))) is not None
            ):
                dated.append((since, found))
            elif (hours := _hours(condition)) is not None:
                windows |= {line._replace(utc_start=hours[0], utc_end=hours[1]): usd for line, usd in found.items()}
            else:
                self.doubt(field, f"{shown(condition)} is not a condition that can be read; its prices were not read.")
        if dated:
            self.history(dated, has_earlier=base is not None)
        elif base is not None:
            prices = self.begin(per_million=True)
            prices.lines |= base | windows
            self.doubt_zeros()
            self.leave_out_free_caches(prices)

    def history(self, dated: list[tuple[datetime, dict[Line, Any]]], *, has_earlier: bool) -> None:
        """Prices since their days; a line that the next set does not have ends there."""
        if has_earlier:
            self.note("prices", "The start of the first prices is not stated; they were ignored.")
        before: dict[Line, Any] = {}
        for since, found in sorted(dated, key=lambda one: one[0]):
            for line in [*found, *(line for line in before if line not in found)]:
                if before.get(line, ...) != found.get(line):
                    self.past.append((since, line, found.get(line)))
            before = found

    def one_set(self, field: str, stated: dict[str, Any]) -> dict[Line, Any]:
        """Amounts by their lines."""
        self.begin(per_million=True)
        for key, value in stated.items():
            if value is None:
                continue
            if key not in self.keys:
                self.unread(field, key, value)
                continue
            amounts: list[tuple[int | None, Any]] = [(None, value)]
            if isinstance(value, dict):
                amounts = [
                    (None, value.get("base")),
                    *((whole(tier.get("start")), tier.get("price")) for tier in objects(value.get("tiers"))),
                ]
                if any(above is None for above, _ in amounts[1:]):
                    self.doubt(f"{field}.{key}", "A tier has no start and was not read.")
            for number, (above, amount) in enumerate(amounts):
                if number and above is None:
                    continue
                per_thousand = decimal(amount) if key in PER_THOUSAND else None
                usd = amount if per_thousand is None else per_thousand.scaleb(-3)
                self.price(f"{field}.{key}", self.line_of(key, above), usd)
        found = self.prices.lines if self.prices else {}
        del self.price_lists[self.tier]
        self.prices = None
        return dict(found)


class BatchTier(BatchOffer, Model):
    """The batch tier of a model."""


def _hours(condition: dict[str, Any]) -> tuple[int, int] | None:
    if not condition.keys() <= {"type", "start_time", "end_time"}:
        return None
    ends = [
        CLOCK.fullmatch(value) if isinstance(value := condition.get(key), str) else None
        for key in ("start_time", "end_time")
    ]
    if ends[0] is None or ends[1] is None:
        return None
    start, end = (int(match[1] + match[2]) for match in ends if match)
    return None if start == end else (start, end)
