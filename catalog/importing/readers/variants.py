"""Entries that are an offer of another entry's model, by the suffix of their ids: ``acme/one:free`` and ``acme/one:batch``."""

from collections.abc import Collection, Iterable
from typing import Any

from catalog.formats.models_api import FREE_SUFFIX
from catalog.importing.drafts import OF_ONE_OFFER
from catalog.importing.guesses import guesses
from catalog.importing.readers.entry import EntryReader
from catalog.importing.values import decimal, is_model_id
from catalog.models import ServiceTier

BATCH_SUFFIX = ":batch"


def base_of(model_id: Any, suffix: str) -> str | None:
    """The id of the model that such an id is an offer of; None if it is none."""
    base = model_id.removesuffix(suffix) if isinstance(model_id, str) else None
    return base if base != model_id and is_model_id(base) else None


def listed_ids(rows: Iterable[Any]) -> set[str]:
    """The ids of a source's rows."""
    return {row["id"] for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)}


def is_batch(model_id: Any, listed: Collection[Any]) -> bool:
    """Whether an id is the batch tier of a model that is in the same source."""
    return base_of(model_id, BATCH_SUFFIX) in listed


def is_free(model_id: Any, prices: Any) -> bool:
    """Whether an entry is a model's free variant: it has the name of one, and costs nothing. -1 means not sold."""
    if base_of(model_id, FREE_SUFFIX) is None or not isinstance(prices, dict):
        return False
    amounts = {decimal(amount) for amount in prices.values() if amount not in (None, [])}
    return not amounts or (0 in amounts and amounts <= {0, -1})


class OfOffer(EntryReader):
    """An entry that states an offer of a model. Put it before the class that reads the format's entries."""

    suffix = ""

    def __init__(self, raw: dict[str, Any], *rest: Any) -> None:
        super().__init__({**raw, "id": base_of(raw["id"], self.suffix)}, *rest)

    def named(self, model_id: str) -> str:
        """The id with the suffix of the offer."""
        return model_id + self.suffix

    def read(self) -> None:
        """Read the whole entry, and keep what an offer may state for itself."""
        super().read()
        if self.model_id is not None:
            self.keep(self.fields)

    def keep(self, stated: dict[str, Any]) -> None:
        """Keep the facts that an offer can state for itself."""
        self.fields = {name: stated[name] for name in OF_ONE_OFFER if name in stated}
        self.descriptors, self.guesses = {}, None


class BatchOffer(OfOffer):
    """The prices of the batch tier, and its other facts."""

    suffix = BATCH_SUFFIX
    tier = ServiceTier.BATCH.value


class FreeOffer(OfOffer):
    """A model that is also offered at no cost.

    If the model itself is not in the list, the facts are used for a new model only: those of a model that the catalog has may be
    less narrow than its free variant's.
    """

    suffix = FREE_SUFFIX

    def __init__(self, raw: dict[str, Any], *rest: Any, listed: Collection[Any]) -> None:
        super().__init__(raw, *rest)
        self.is_free = True
        self.stands_alone = self.raw["id"] not in listed

    def keep(self, stated: dict[str, Any]) -> None:
        """Keep the facts of the free variant, and that there is one."""
        described, guessed = self.descriptors, self.guesses or {}
        super().keep(stated)
        self.fields["has_free_variant"] = True
        if self.stands_alone:
            known = {**guesses(str(self.model_id), stated), **guessed, **stated}
            known["name"] = str(known["name"]).removesuffix("(free)").strip() or self.model_id
            self.descriptors, self.guesses = described, known
