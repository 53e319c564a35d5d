"""Answers to invalid requests that no page of the admin sends: they get a page with 400, not 500."""

import logging
from collections.abc import Callable
from traceback import extract_tb, walk_tb
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import InvalidPage
from django.db import DataError
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string
from django.urls import reverse
from unfold.admin import ModelAdmin

from catalog.importing.values import printable

logger = logging.getLogger(__name__)

UNREADABLE = (ValueError, OverflowError, ValidationError, DataError, InvalidPage)
"""What Python and PostgreSQL raise for an invalid value: text for a number, a number or a date out of range, NUL in a text.

Django and the theme handle only some of them.
"""

NAMED, LONGEST = 5, 60
"""How many parameters are named, and how many characters of each."""

OURS = ("catalog", "catalog_site")
"""The packages of this project."""


class BadInput:
    """Middleware that refuses NUL, which PostgreSQL cannot store in a text, and answers 400 if a view cannot read its input."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse an address that contains a NUL; a form reports it at the field."""
        if _is_of_admin(request):
            named = [name for name, texts in request.GET.lists() if any("\0" in text for text in (name, *texts))]
            if named or "\0" in request.path:
                return _refused(request, named)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The answer, or None for an error that the input did not cause, such as one that this project's own code raises."""
        match = request.resolver_match
        has_input = request.GET or request.POST or (match and match.kwargs)
        if not (isinstance(exception, UNREADABLE) and has_input and _is_of_admin(request)) or _is_our_own(exception):
            return None
        where = extract_tb(exception.__traceback__)[-1]
        logger.warning(
            "%s %s cannot be read: %s at %s:%s", request.method, request.path, exception, where.filename, where.lineno
        )
        return _refused(request, list(request.GET))


def _is_of_admin(request: HttpRequest) -> bool:
    return request.path.startswith(reverse("admin:index"))


def _is_our_own(exception: Exception) -> bool:
    """Whether code of this project raised the error. Errors about invalid input are raised by Django, the theme or PostgreSQL."""
    *_, (frame, _) = walk_tb(exception.__traceback__)
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in OURS


def _refused(request: HttpRequest, parameters: list[str]) -> HttpResponse:
    """The page, with the parameters of the address, one of which cannot be read."""
    named = [printable(name[:LONGEST]) for name in parameters[:NAMED]]
    return HttpResponseBadRequest(render_to_string("400.html", {"parameters": named}))


class ValidatesInitialData(ModelAdmin):
    """Fills in a new form from the address, as in ``add/?name=…``, with valid values only; Django would accept anything."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The values of the query that are valid for their fields."""
        initial: dict[str, Any] = {}
        for name, text in super().get_changeform_initial_data(request).items():
            try:
                field = self.opts.get_field(name).formfield()
                value = field.clean(text)
            except (FieldDoesNotExist, AttributeError, *UNREADABLE):
                continue
            initial[name] = text if isinstance(field, ModelChoiceField) else value
        return initial
