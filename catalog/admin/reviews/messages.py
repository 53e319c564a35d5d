"""The message after a save: one, even if several steps add to it."""

import pghistory
from django.contrib import messages
from django.contrib.messages.storage import default_storage
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join


def discard_messages(request: HttpRequest) -> None:
    """Remove the messages of this request: a change that was rolled back was not "changed successfully"."""
    request._messages = default_storage(request)  # type: ignore[attr-defined]


def join_messages(request: HttpRequest, *more: str) -> None:
    """Combine the pending messages and ``more`` into one message, at the highest of their levels."""
    pending = list(messages.get_messages(request))
    sentences = [*(one.message for one in pending), *filter(None, more)]
    if sentences:
        level = max((one.level for one in pending), default=messages.INFO)
        messages.add_message(request, level, format_html_join(" ", "{}", ((sentence,) for sentence in sentences)))


def undo_link(request: HttpRequest) -> str:
    """A link to undo the change that this request has made; empty if the user may not undo it."""
    if not request.user.has_perms(["catalog.change_aimodel", "catalog.view_price"]):
        return ""
    with pghistory.context() as made:
        address = reverse("admin:catalog_aimodel_change_page", args=[made.id])
    text = "Redo this change" if made.metadata.get("source") == "undo" else "Undo this change"
    return format_html('<a class="mc-link" href="{}">{}</a>.', address, text)
