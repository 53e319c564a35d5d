"""The list of changes as a file."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse

from catalog.admin.activity.rows import ChangeText, change_texts
from catalog.history import summarized
from catalog.history.changes import NAMED
from catalog.importing.tables.formulas import escaped

MOST = 20_000
"""Changes in a file, the newest ones."""

AT_ONCE = 500
"""Changes that are read together."""

COLUMNS = ("when", "who", "what", "models", "from", "why", "change")


def exported(request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
    """The changes as CSV or JSON, as the address requests; None if it requests neither."""
    match request.GET.get("format"):
        case "csv":
            stream = io.StringIO()
            writer = csv.writer(stream)
            writer.writerow(COLUMNS)
            writer.writerows([escaped(str(value)) for value in values] for values in map(_row, _texts(rows)))
            answer = HttpResponse(stream.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
        case "json":
            answer = JsonResponse({"data": [_document(one) for one in _texts(rows, named=None)]})
        case _:
            return None
    answer.headers["Content-Disposition"] = f'attachment; filename="activity.{request.GET["format"]}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _texts(rows: QuerySet[Any], named: int | None = NAMED) -> Iterator[ChangeText]:
    for start in range(0, MOST, AT_ONCE):
        part = list(rows[start : start + AT_ONCE])
        yield from change_texts(summarized(part, named=named))
        if len(part) < AT_ONCE:
            return


def _row(one: ChangeText) -> tuple[str, ...]:
    models = ", ".join(model_id for model_id, _ in one.models) + (f" and {one.more:,} more" if one.more else "")
    return one.moment, one.who, one.what, models, one.how, one.why, one.key


def _document(one: ChangeText) -> dict[str, Any]:
    """With every model."""
    return dict(zip(COLUMNS, _row(one), strict=True)) | {"models": [model_id for model_id, _ in one.models]}
