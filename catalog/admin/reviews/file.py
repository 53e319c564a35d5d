"""A complete review as a text file; a page shows only the first of many models."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from django.http import HttpResponse

from catalog.admin.labels import difference_text, time_text
from catalog.admin.reviews.tables import by_sentence, rows_of
from catalog.openrouter.consequences import Consequence
from catalog.review import Review


def review_file(review: Review) -> HttpResponse:
    """The review as a download."""
    headers = {"Content-Disposition": 'attachment; filename="review.txt"', "Cache-Control": "no-store"}
    text = "\n".join(_lines(review)) + "\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


def _lines(review: Review) -> Iterator[str]:
    if review.dangers:
        yield "To confirm"
        for sentence, ids in by_sentence(review.dangers):
            yield f"    {', '.join(ids)}: {sentence}"
    for moment in review.moments:
        yield f"From {time_text(moment.at)} on" if moment.at else "Immediately"
        yield from _of_consequences(moment.consequences)
    if review.findings:
        yield "Things to check"
        for finding in review.findings:
            yield f"    {finding.model_id}: {finding.level.value}: {finding.sentence} {finding.remedy}"
    yield "Everything that changes in the catalog"
    for change in review.changes:
        for one in map(difference_text, change.differences):
            yield f"    {change.model_id}: {one.label}: {one.old} → {one.new}"


def _of_consequences(found: Iterable[Consequence]) -> Iterator[str]:
    """The lines of consequences, grouped by what OpenRouter does."""
    for sentence, group in groupby(sorted(found, key=lambda one: one.sentence), key=lambda one: one.sentence):
        yield f"    {sentence}"
        for one in group:
            for row in rows_of(one):
                yield f"        {row.key.model_id} ({row.tag or row.key.service_tier}): {row.label}: {row.old} → {row.new}"
