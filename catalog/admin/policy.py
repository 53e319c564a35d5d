"""The Content-Security-Policy of everything under ``/admin/``, errors too."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from catalog import policies


class AdminPolicy:
    """Middleware, inside of django-csp's: says which policy that sends."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, with the policy if it is one of the admin's."""
        answer = self.get_response(request)
        if request.path.startswith(reverse("admin:index")):
            answer._csp_config = policies.admin()  # type: ignore[attr-defined]
        return answer
