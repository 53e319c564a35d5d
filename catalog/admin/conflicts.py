"""Two people at one model: theirs beside yours, and nothing lost."""

from collections.abc import Callable

import pghistory
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from catalog.admin.reviewing import OURS, forget_messages
from catalog.admin.words import moment_text, said, whences
from catalog.history import CannotRestore, apply, differences, position_of, states, tables_as_of, writers_since
from catalog.models import AIModel


def conflict(request: HttpRequest, stored: AIModel, current: str, form: Callable[[], HttpResponse]) -> HttpResponse:
    """The form was opened on an older model than the one that is there: show both changes, or put one on top of the other.

    The form is saved into the past that it was opened on, which says what its sender has changed, apart from what they
    have not touched. Nothing of it stays there.
    """
    try:
        position = position_of(request.POST["_version"])
    except ValueError:
        return HttpResponse("The form names no version that was ever shown.", status=400, content_type="text/plain")
    now = states([stored.pk])[stored.pk]
    with tables_as_of(position, [stored.pk], with_others=True):
        base = states([stored.pk]).get(stored.pk, {})
        answer = form()
        mine = states([stored.pk]).get(stored.pk, {})
    if "adminform" in (getattr(answer, "context_data", None) or {}):
        return answer  # something typed is wrong; the page says what
    yours, theirs = differences(base, mine), differences(base, now)
    if request.POST.get("_merge") == current:
        try:
            with transaction.atomic(), pghistory.context(source="merge"):
                apply(stored, yours)
        except CannotRestore as gone:
            forget_messages(request)
            messages.error(request, f"Nothing was saved. {gone}")
        return answer
    forget_messages(request)
    writers = writers_since(position, stored.pk)
    paths = {one.path for one in yours} & {one.path for one in theirs}
    context = {
        **admin.site.each_context(request),
        "title": f"Somebody else has saved {stored.model_id}",
        "model_id": stored.model_id,
        "current": current,
        "writers": [
            (moment_text(at), whence)
            for (at, _), whence in zip(writers, whences(context for _, context in writers), strict=True)
        ],
        "yours": [said(one) for one in yours],
        "theirs": [said(one) for one in theirs],
        "both": [said(one).label for one in yours if one.path in paths],
        "posted": [
            (name, value) for name, values in request.POST.lists() if name not in (*OURS, "_merge") for value in values
        ],
    }
    return TemplateResponse(request, "admin/catalog/conflict.html", context)
