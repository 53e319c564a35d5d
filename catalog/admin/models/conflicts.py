"""Two people edit one model at the same time: a page with both changes, and saving one on top of the other."""

from collections.abc import Callable

import pghistory
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from catalog.admin.labels import changed_by_texts, difference_text, time_text
from catalog.admin.reviews.messages import discard_messages
from catalog.admin.reviews.page import OWN_FIELDS
from catalog.history import CannotRestore, apply, differences, position_of, states, tables_as_of, writers_since
from catalog.models import AIModel


def conflict(request: HttpRequest, stored: AIModel, current: str, form: Callable[[], HttpResponse]) -> HttpResponse:
    """The form was opened with an older version of the model: show both changes, or save this one on top of the other.

    To find what its sender has changed, the form is saved to temporary tables that hold the version it was opened with.
    """
    try:
        position = position_of(request.POST["_version"])
    except ValueError:
        return HttpResponse("The form has an unknown version of the model.", status=400, content_type="text/plain")
    now = states([stored.pk])[stored.pk]
    with tables_as_of(position, [stored.pk], with_others=True):
        base = states([stored.pk]).get(stored.pk, {})
        answer = form()
        mine = states([stored.pk]).get(stored.pk, {})
    if "adminform" in (getattr(answer, "context_data", None) or {}):
        return answer  # the form is invalid; the page says why
    yours, theirs = differences(base, mine), differences(base, now)
    if request.POST.get("_merge") == current:
        try:
            with transaction.atomic(), pghistory.context(source="merge"):
                apply(stored, yours)
        except CannotRestore as gone:
            discard_messages(request)
            messages.error(request, f"Nothing was saved. {gone}")
        return answer
    discard_messages(request)
    writers = writers_since(position, stored.pk)
    paths = {one.path for one in yours} & {one.path for one in theirs}
    context = {
        **admin.site.each_context(request),
        "title": f"Somebody else has saved {stored.model_id}",
        "model_id": stored.model_id,
        "current": current,
        "writers": [
            (time_text(at), changed_by)
            for (at, _), changed_by in zip(writers, changed_by_texts(context for _, context in writers), strict=True)
        ],
        "yours": [difference_text(one) for one in yours],
        "theirs": [difference_text(one) for one in theirs],
        "both": [difference_text(one).label for one in yours if one.path in paths],
        "posted": [
            (name, value) for name, values in request.POST.lists() if name not in (*OWN_FIELDS, "_merge") for value in values
        ],
    }
    return TemplateResponse(request, "admin/models/conflict.html", context)
