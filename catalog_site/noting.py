"""What Django leaves in a request's environment for the server in front of it: who asked, for what, and why it was refused."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse

from catalog.sending import WHO

KIND = "catalog.kind"
"""The key under which the kind of page stands: the name of its address, a small number of words whatever is asked."""
REASON = "catalog.reason"
"""And the key of why it was refused."""
ADMIN = "admin"


class Noted:
    """Middleware, the outermost: it sees what all others have found out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Note who it was, if somebody has looked; looking here would ask the database at each request."""
        answer = self.get_response(request)
        user: Any = getattr(request, "_cached_user", None)
        if user is not None and user.is_authenticated:
            request.META.setdefault(WHO, f"user {user.get_username()}")
        return answer

    def process_view(self, request: HttpRequest, view: Any, arguments: Any, keywords: Any) -> None:
        """Note which address it is."""
        match = request.resolver_match
        if match is not None:
            request.META[KIND] = ADMIN if ADMIN in match.namespaces else match.view_name

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Note why it is refused."""
        if isinstance(exception, PermissionDenied | SuspiciousOperation):
            request.META[REASON] = str(exception) or type(exception).__name__
