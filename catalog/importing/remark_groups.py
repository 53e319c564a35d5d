"""Groups of equal remarks, so that the report of an import of thousands of models fits a screen."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.importing.drafts import Remark

NAMED = 3
"""How many entries of a folded remark are named."""

MONEY = re.compile(r"pric|cost|discount|unit|currency|\$|not taken|free", re.IGNORECASE)
_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|\([^()]*\)|\S*\d\S*")
"""The parts that differ between equal remarks: quoted parts, parts in brackets, and words with digits."""


@dataclass(frozen=True, slots=True)
class RemarkGroup:
    """Equal remarks about one field. ``sentence`` is that of the first; ``differs``: others name other values."""

    field: str
    sentence: str
    entries: tuple[str, ...]
    differs: bool

    @property
    def who(self) -> str:
        """The entry, or how many and the first of them."""
        if len(self.entries) == 1:
            return self.entries[0]
        shown = ", ".join(re.sub(r"^(?:entry|row) \d+ \((.*)\)$", r"\1", entry) for entry in self.entries[:NAMED])
        return f"{len(self.entries):,} entries ({shown}{' …' if len(self.entries) > NAMED else ''})"

    @property
    def text(self) -> str:
        """Field and sentence."""
        like = " Others are similar." if self.differs else ""
        return f"{self.field + ': ' if self.field else ''}{self.sentence}{like}"

    @property
    def remark(self) -> Remark:
        """As one remark."""
        return Remark(self.who, self.field, self.sentence + (" Others are similar." if self.differs else ""))


def grouped(remarks: Iterable[Remark]) -> list[RemarkGroup]:
    """Remarks grouped by their sentences: prices and units first, then those that concern most entries."""
    groups: dict[tuple[str, str], list[Remark]] = {}
    for one in remarks:
        groups.setdefault((re.sub(r"\d+", "", one.field), _VARYING.sub("", one.sentence)), []).append(one)
    found = [
        RemarkGroup(
            ones[0].field,
            ones[0].sentence,
            tuple(dict.fromkeys(one.entry for one in ones)),
            any(one.sentence != ones[0].sentence for one in ones),
        )
        for ones in groups.values()
    ]
    return sorted(found, key=lambda one: (not MONEY.search(f"{one.field} {one.sentence}"), -len(one.entries)))
