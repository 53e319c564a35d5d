"""What an import has done or would do, as lines for people: first what needs a decision, the rest shortened to a screen."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from catalog.importing.drafts import Remark, Remarks
from catalog.importing.plan import HELD_BACK, TO_CHECK, Plan
from catalog.importing.remark_groups import grouped
from catalog.importing.values import printable
from catalog.openrouter.consequences import Effect
from catalog.openrouter.readiness.finding import Finding, Level
from catalog.review import Moment, Review

NAMED = 5
"""How many models one line names; the JSON names all."""

MOST_CHANGES = 16
"""Up to this number, changes are shown one by one; more are counted by field."""

MORE = "--json has all"


@dataclass(frozen=True, slots=True)
class Report:
    """An import that was carried out, tried or refused."""

    plan: Plan
    findings: Sequence[Finding]
    review: Review
    is_dry_run: bool = False
    lists: bool = False
    is_unconfirmed: bool = False
    """Nothing was changed, because a change must be confirmed first."""

    def lines(self) -> Iterator[str]:
        """All of it."""
        plan = self.plan
        if plan.problems:
            yield from _remarks("Refused; nothing was changed:", plan.problems, most=12)
            if any(one.entry.startswith(("entry ", "row ")) for one in plan.problems):
                yield "To import the others, leave a model out with --skip ID."
        yield from self._dangers()
        yield from _remarks(
            f"{TO_CHECK}. {HELD_BACK}",
            plan.warnings,
            6,
        )
        if not plan.problems:
            yield from self._findings()
            yield from self._changes()
            if self.lists:
                yield from _remarks("Not listed, because something is missing:", plan.missing, 4)
            yield from self._consequences()
        yield from _remarks("Noted:", plan.notes, 5)
        if not plan.problems:
            yield from self._counts()

    def _dangers(self) -> Iterator[str]:
        dangers = self.review.dangers
        if not dangers:
            return
        number = len(dangers)
        typed = to_confirm(self.review)
        if self.is_unconfirmed:
            yield f"Refused; nothing was changed. Confirm with --confirm {typed}:"
        elif self.is_dry_run:
            yield f"To apply this, add --confirm {typed}:"
        else:
            yield "Confirmed:"
        for model_id, sentences in list(dangers.items())[:NAMED]:
            yield f"  {printable(model_id)}: {' '.join(sentences[:3])}"
        if number > NAMED:
            yield f"  and {number - NAMED:,} more models ({MORE})"

    def _changes(self) -> Iterator[str]:
        plan = self.plan
        if plan.created:
            yield f"New: {_named(plan.created)}"
        by_model = sorted(plan.changes, key=lambda one: one.model_id)
        if len(by_model) <= MOST_CHANGES:
            for model_id, group in groupby(by_model, key=lambda one: one.model_id):
                yield f"Changed: {model_id}"
                for change in group:
                    old, new = ("none" if value is None else printable(value) for value in (change.old, change.new))
                    yield f"  {printable(change.field)}: {old} -> {new}"
        else:
            ids = list(dict.fromkeys(change.model_id for change in by_model))
            fields = Counter(printable(change.field) for change in by_model).most_common()
            more = f" and {len(fields) - NAMED:,} more fields" if len(fields) > NAMED else ""
            yield f"Changed: {_named(ids)}"
            yield f"  {', '.join(f'{field} ({count:,})' for field, count in fields[:NAMED])}{more}; {MORE}"
        if plan.listed:
            yield f"Listed on OpenRouter: {_named(plan.listed)}"

    def _consequences(self) -> Iterator[str]:
        """What OpenRouter would do, by time and by effect; if there are many entries, a few are named."""
        if not self.is_dry_run:
            return
        for moment in self.review.moments[:3]:
            yield from _moment(moment)
        if len(self.review.moments) > 3:
            yield f"and at {len(self.review.moments) - 3:,} later times ({MORE})"

    def _findings(self) -> Iterator[str]:
        """The findings for OpenRouter, the most serious first; a finding of many models is printed once."""
        found: dict[tuple[Level, str, str], list[str]] = {}
        sentences: dict[tuple[Level, str, str], str] = {}
        levels = list(Level)
        for finding in self.findings:
            key = (finding.level, finding.code, finding.remedy)
            sentences.setdefault(key, f"{finding.sentence} {finding.remedy}")
            found.setdefault(key, []).append(finding.model_id)
        if found:
            yield "How OpenRouter would read the new and changed models:"
        ordered = sorted(found.items(), key=lambda one: (levels.index(one[0][0]), -len(one[1]), one[0]))
        for (level, code, remedy), ids in ordered[:8]:
            yield f"  {level.value:8} {code}: {sentences[level, code, remedy]} ({_named(list(dict.fromkeys(ids)))})"
        if len(ordered) > 8:
            yield f"  and {len(ordered) - 8:,} more ({MORE})"

    def _counts(self) -> Iterator[str]:
        plan = self.plan
        changed = len({change.model_id for change in plan.changes})
        verb = "Would be" if self.is_dry_run or self.is_unconfirmed else "Done:"
        yield f"{verb} {len(plan.created):,} new, {changed:,} changed, {len(plan.unchanged):,} unchanged."
        if plan.created:
            held = ", except those without a price or with a price to check" if plan.warnings else ""
            yield f"New models are public{held}. The OpenRouter feeds contain only listed models."


def to_confirm(review: Review) -> str:
    """The value that ``--confirm`` needs: the model's id, or the number of models; empty if nothing must be confirmed."""
    return review.to_type.removesuffix(" models")


def _named(ids: Sequence[str]) -> str:
    """The first of many, and the number of the others."""
    more = f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else ""
    return ", ".join(map(printable, ids[:NAMED])) + more


def _remarks(heading: str, remarks: Iterable[Remark], most: int) -> Iterator[str]:
    """A heading and its remarks, if there are any, and the number of the others."""
    found = grouped(remarks)
    if found:
        yield heading
    for one in found[:most]:
        yield f"  {one.who}: {one.text}"
    if len(found) > most:
        yield f"  and {len(found) - most:,} more ({MORE})"
    if isinstance(remarks, Remarks) and remarks.more:
        yield f"  and {remarks.more:,} more"


def _moment(moment: Moment) -> Iterator[str]:
    since = "immediately" if moment.at is None else f"from {moment.at:%Y-%m-%d %H:%M} UTC on"
    yield f"What OpenRouter would do, {since}:"
    effects = list(Effect)
    ordered = sorted(moment.consequences, key=lambda one: (effects.index(one.effect), one.sentence))
    groups = [(key, list(group)) for key, group in groupby(ordered, key=lambda one: (one.effect, one.sentence))]
    is_short = len(ordered) <= MOST_CHANGES
    for (effect, sentence), found in groups[:6]:
        yield f"  {effect.value}: {sentence}"
        for one in found[: NAMED if is_short else 1]:
            old, new = ("none" if value is None else printable(value) for value in (one.old, one.new))
            yield f"    {one.key.model_id}: {one.label}: {old} -> {new}{' ' + one.danger if one.danger else ''}"
        if len(found) > (NAMED if is_short else 1):
            yield f"    and {len(found) - (NAMED if is_short else 1):,} more"
    if len(groups) > 6:
        yield f"  and {len(groups) - 6:,} more ({MORE})"
