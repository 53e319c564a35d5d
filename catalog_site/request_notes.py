"""The middleware that tells the server who made a request, for which page, and why it was refused.

It writes into the request's WSGI environment, which ``catalog_site.serving`` reads after the answer.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse

from catalog.sending import REASON, WHO

KIND = "catalog.kind"
"""The key of the kind of page: the name of its URL, of which there is a small number whatever clients request."""
ADMIN = "admin"


class RequestNotes:
    """The outermost middleware: it sees the results of all others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Note the user, if Django has already loaded it; loading it here would query the database at each request."""
        answer = self.get_response(request)
        user: Any = getattr(request, "_cached_user", None)
        if user is not None and user.is_authenticated:
            request.META.setdefault(WHO, f"user {user.get_username()}")
        return answer

    def process_view(self, request: HttpRequest, view: Any, arguments: Any, keywords: Any) -> None:
        """Note the kind of page."""
        match = request.resolver_match
        if match is not None:
            request.META[KIND] = ADMIN if match.route.startswith(f"{ADMIN}/") else match.view_name

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Note why the request is refused."""
        if isinstance(exception, PermissionDenied | SuspiciousOperation):
            request.META[REASON] = str(exception) or type(exception).__name__
