"""Saving a change of many models: with its review, in one transaction."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse

from catalog.admin.bulk_actions.errors import NotApplicable
from catalog.admin.reviews.page import save_with_review
from catalog.models.violations import violation


def save_many(
    request: HttpRequest,
    perform: Callable[[], HttpResponse],
    form: forms.Form,
    *,
    label: str,
    title: str,
    subject: str,
    **shown: Any,
) -> HttpResponse | None:
    """The review, or the answer of ``perform`` with a message about how many models it changed. None if that is not possible: then
    the form has the reason. ``subject`` contains everything that the change depends on; ``shown`` is more context for the review page."""

    def done(changed: int) -> None:
        if changed:
            messages.success(request, f"{label}: {changed:,} model{'s' * (changed != 1)} changed.")
        else:
            messages.info(request, f"{label}: nothing to change.")

    try:
        return save_with_review(request, perform, title=title, done=done, rehearsed_as=subject, **shown)
    except NotApplicable as reason:
        form.add_error(None, f"Nothing was changed. {reason}")
    except IntegrityError as error:
        form.add_error(None, f"Nothing was changed. {violation(error).sentence}")
    return None
