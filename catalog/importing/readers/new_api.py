"""Reading the answer of new-api (and other forks of One API) at ``/api/pricing``: ratios, of which 1 is USD 2 per million tokens.

A model with ``quota_type`` 1 costs ``model_price`` USD per request. Users pay these prices times the ratio of their group; the
price list uses the default group.
"""

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from catalog import decimals
from catalog.importing.drafts import Reading
from catalog.importing.readers.entry import EntryReader
from catalog.importing.readers.merging import read_entries
from catalog.importing.readers.named import NamedEntryReader
from catalog.importing.readers.prices import MONEY
from catalog.importing.values import decimal, listed, shown, whole
from catalog.models import PriceKind, PriceUnit

NAME = "new-api"

ONE = Decimal("0.000002")
"""USD per token at a ratio of 1."""

RATIOS = {
    "cache_ratio": PriceKind.INPUT_CACHE_READ,
    "create_cache_ratio": PriceKind.INPUT_CACHE_WRITE,
    "image_ratio": PriceKind.IMAGE,
    "audio_ratio": PriceKind.AUDIO,
}
"""Ratios to the price of a prompt."""

GROUP = "default"
OF_THE_SITE = ("icon", "tags", "vendor_id", "owner_by", "enable_groups", "supported_endpoint_types", "pricing_version", "wallet_available",
               "subscription_available", "quota_type")  # fmt: skip


def recognize(document: Any) -> bool:
    """Whether it looks like this format: entries with ``model_name`` and ratios."""
    entries = document.get("data") if isinstance(document, dict) else None
    return isinstance(entries, list) and any(
        isinstance(entry, dict) and "model_name" in entry and ("model_ratio" in entry or "quota_type" in entry)
        for entry in entries
    )


def read(document: Any, *, per_million: bool = False) -> Reading:
    """Read all models, at the ratio of the default group."""
    reading = Reading()
    groups = document.get("group_ratio")
    ratio = decimal(groups.get(GROUP)) if isinstance(groups, dict) and groups else Decimal(1)
    return read_entries(reading, _entries(document["data"], reading, ratio))


def _entries(rows: list[Any], reading: Reading, ratio: Decimal | None) -> Iterator[EntryReader]:
    for number, row in enumerate(rows, start=1):
        entry = Model({**row, "id": row.get("model_name")} if isinstance(row, dict) else row, number, reading)
        entry.group_ratio = ratio
        yield entry


class Model(NamedEntryReader):
    """One model."""

    money = re.compile(f"{MONEY.pattern}|_ratio$")

    group_ratio: Decimal | None = Decimal(1)
    """The ratio of the default group; None if it is not stated."""

    keys = {
        "prompt": (PriceKind.PROMPT, PriceUnit.TOKEN, None),
        "completion": (PriceKind.COMPLETION, PriceUnit.TOKEN, None),
        "request": (PriceKind.REQUEST, PriceUnit.REQUEST, None),
        "audio_output": (PriceKind.AUDIO_OUTPUT, PriceUnit.TOKEN, None),
        **{key: (kind, PriceUnit.TOKEN, None) for key, kind in RATIOS.items()},
    }

    def read_fields(self) -> None:
        """Description and prices."""
        self.take("model_name", *OF_THE_SITE)
        self.called(None)
        self.described(self.take("description"))
        self.begin(per_million=False)
        if self.group_ratio is None:
            self.doubt("group_ratio", "The ratio of the default group is not stated, so the prices are unknown.")
        groups = self.raw.get("enable_groups")
        if (
            isinstance(groups, list)
            and groups
            and not {GROUP, "all"} & {group for group in groups if isinstance(group, str)}
        ):
            self.doubt(
                "enable_groups",
                f"The default group cannot use it, and other groups ({listed(groups)}) may pay different prices.",
            )
        ratio, price = self.take("model_ratio"), self.take("model_price")
        completion = self.take("completion_ratio")
        others = {key: self.take(key) for key in (*RATIOS, "audio_completion_ratio")}
        if (mode := self.take("billing_mode")) or self.raw.get("billing_expr"):
            self.take("billing_expr")
            self.doubt("billing_mode", f"{shown(mode)} is an expression, which is not read.")
            return
        quota_type = whole(self.raw.get("quota_type") or 0)
        if quota_type not in (0, 1):
            self.doubt("quota_type", f"{shown(self.raw['quota_type'])} is unknown, so its prices were not read.")
            return
        if quota_type == 1:
            self.put("model_price", "request", price, Decimal(1))
        else:
            if decimal(price) not in (None, 0, -1):
                self.doubt("model_price", f"{shown(price)} is stated beside ratios, and was not read.")
            self.put("model_ratio", "prompt", ratio, ONE)
            base = self.ratio("model_ratio", ratio)
            self.put("completion_ratio", "completion", completion, _times(base, ONE))
            for key in RATIOS:
                self.put(key, key, others[key], _times(base, ONE))
            audio = self.ratio("audio_ratio", others["audio_ratio"])
            self.put(
                "audio_completion_ratio", "audio_output", others["audio_completion_ratio"], _times(_times(base, ONE), audio)
            )
        assert self.prices is not None
        if not any(self.prices.lines.values()):
            self.prices.drop_zeros(list(self.prices.lines))
            self.doubt("model_ratio", "It costs 0. Is it free, or is the price not set?")
        self.leave_out_free_caches(self.prices)

    def ratio(self, field: str, value: Any) -> Decimal | None:
        """A ratio; None with a problem if it is not one."""
        found = decimal(value) if value is not None else None
        if value is not None and (found is None or found < 0 or found.adjusted() > 20):
            self.problem(field, f"{shown(value)} is not a ratio.")
            return None
        return found

    def put(self, field: str, key: str, value: Any, of: Decimal | None) -> None:
        """A price that is a ratio of another price."""
        ratio = self.ratio(field, value)
        usd = _times(_times(ratio, of), self.group_ratio)
        if usd is None:
            return
        binary = _BINARY.plus(usd)
        amount = usd if (meant := decimals.without_float_error(binary)) == binary else meant
        if not decimals.fits(amount):
            amount = amount.quantize(Decimal(1).scaleb(-decimals.DECIMAL_PLACES), context=_WIDE)
            self.note(field, "Its price has more than 24 decimals, and was rounded to them.")
        self.price(field, self.line_of(key), amount)


_BINARY = Context(prec=decimals.BINARY_DIGITS)
_WIDE = Context(prec=120, rounding=ROUND_HALF_EVEN)


def _times(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else _WIDE.multiply(one, other)
