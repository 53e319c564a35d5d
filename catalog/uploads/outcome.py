"""The result of an upload, as JSON in parts that fit a page, and back."""

from dataclasses import asdict, astuple
from datetime import datetime
from typing import Any

from catalog.history import Difference
from catalog.importing.drafts import Remark
from catalog.importing.plan import Plan
from catalog.importing.remark_groups import grouped
from catalog.importing.values import printable
from catalog.listing import EntryKey
from catalog.openrouter.consequences import Consequence, Effect
from catalog.openrouter.readiness.finding import Finding, Level
from catalog.review import Document, ModelChange, Moment, Review, why_not_proposed

PAGE = 100
"""Models, consequences, remarks … on one page of a preview."""

DANGERS_SHOWN = 20


def summary(plan: Plan, review: Review | None, has_changed: bool, page_count: int) -> dict[str, Any]:
    """Counts, and the facts that every page of the result needs."""
    dangers = {} if review is None else review.dangers
    return {
        "counts": {
            "new": len(plan.created),
            "changed": len({change.model_id for change in plan.changes}),
            "unchanged": len(plan.unchanged),
            "listed": len(plan.listed),
            "missing": len({remark.entry for remark in plan.missing}),
            "problems": plan.problems.total,
            "notes": plan.notes.total,
            "warnings": plan.warnings.total,
            "changes": 0 if review is None else len(review.changes),
            "consequences": 0 if review is None else sum(len(moment.consequences) for moment in review.moments),
            "made_public": 0 if review is None else len(review.made_public),
            "withdrawn": 0 if review is None else len(review.withdrawn),
            "dangers": len(dangers),
            "past": 0 if review is None else sum(len(one.rows) for one in review.past),
            "pages": page_count,
        },
        "digest": "" if review is None else review.digest,
        "to_type": "" if review is None else review.to_type,
        "changes_feed": review is not None and review.changes_feed,
        "is_of_models": review is not None and review.is_of_models,
        "why_not_proposed": "" if review is None else why_not_proposed(review),
        "is_for_publishers": review is not None and review.is_for_publishers,
        "has_changed": has_changed,
        "dangers": dict(list(dangers.items())[:DANGERS_SHOWN]),
    }


def pages_of(plan: Plan, review: Review | None) -> list[dict[str, Any]]:
    """The result as JSON, in parts with a limited number of everything: the most serious first."""
    review = review or Review()
    remarks = {
        "problems": plan.problems,
        "warnings": [one.remark for one in grouped(plan.warnings)],
        "notes": [one.remark for one in grouped(plan.notes)],
        "missing": [one.remark for one in grouped(_by_entry(plan.missing))],
    }
    found: dict[str, list[Any]] = {name: [_remark(one) for one in rows] for name, rows in remarks.items()}
    found["changes"] = [list(change) for change in review.changes]
    found["consequences"] = [
        [moment.at and moment.at.isoformat(), asdict(one)]
        for moment in review.moments
        for one in sorted(moment.consequences, key=lambda one: not one.danger)
    ]
    found["findings"] = [asdict(one) for one in review.findings]
    found["past"] = [
        [one.model_id, len(one.rows), one.rows[0][0].isoformat(), one.rows[-1][0].isoformat()] for one in review.past
    ]
    # A review has few of them, so they stay together.
    documents = [list(document) for document in review.documents]
    count = max(1, -(-max(map(len, found.values())) // PAGE))
    pages = [{name: rows[at * PAGE : (at + 1) * PAGE] for name, rows in found.items()} for at in range(count)]
    # Only programs read these: they make no further pages.
    for_programs: dict[str, list[Any]] = {"created": plan.created, "fields": [astuple(one) for one in plan.changes]}
    for name, rows in for_programs.items():
        share = -(-len(rows) // count)
        for at, page in enumerate(pages):
            page[name] = rows[at * share : (at + 1) * share]
    return [{**page, "documents": documents if at == 0 else []} for at, page in enumerate(pages)]


def _by_entry(remarks: list[Remark]) -> list[Remark]:
    """One remark for each entry."""
    found: dict[str, list[Remark]] = {}
    for one in remarks:
        found.setdefault(one.entry, []).append(one)
    return [
        Remark(entry, ", ".join(dict.fromkeys(one.field for one in said)), " ".join(one.sentence for one in said))
        for entry, said in found.items()
    ]


def _remark(remark: Remark) -> list[str]:
    return [printable(remark.entry), printable(remark.field), remark.sentence]


def remarks_of(page: dict[str, Any]) -> dict[str, list[Remark]]:
    """The remarks of a page, by kind."""
    return {name: [Remark(*one) for one in page.get(name, [])] for name in ("problems", "warnings", "notes", "missing")}


def past_of(page: dict[str, Any]) -> list[tuple[str, int, datetime, datetime]]:
    """The models of a page that get past prices: the number of prices, and the times at which the first and the last begin."""
    return [(model_id, number, *map(datetime.fromisoformat, span)) for model_id, number, *span in page.get("past", ())]


def review_of(page: dict[str, Any]) -> Review:
    """The part of the review on a page."""
    moments: dict[str | None, list[Consequence]] = {}
    for at, one in page["consequences"]:
        facts = {**one, "key": EntryKey(*one["key"]), "effect": Effect(one["effect"]), "feeds": tuple(one["feeds"])}
        facts["lines"] = tuple((label, amount) for label, amount in one.get("lines", ()))  # older ones have none
        moments.setdefault(at, []).append(Consequence(**facts))
    return Review(
        changes=tuple(
            ModelChange(model_id, is_new, tuple(Difference(tuple(path), old, new) for path, old, new in found), pk)
            for model_id, is_new, found, pk in page["changes"]
        ),
        moments=tuple(Moment(at and datetime.fromisoformat(at), tuple(found)) for at, found in moments.items()),  # type: ignore[arg-type]
        documents=tuple(
            Document(EntryKey(*key), name, tuple((sign, line) for sign, line in lines))
            for key, name, lines in page["documents"]
        ),
        findings=tuple(Finding(**{**one, "level": Level(one["level"])}) for one in page["findings"]),
    )
