"""The headers of all answers under ``/admin/``, errors too: the Content-Security-Policy, and that they must not be cached."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control

from catalog import content_security_policy


class AdminResponseHeaders:
    """Middleware, inside of django-csp's, which sends the policy that it names."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, with the headers if it is one of the admin's."""
        answer = self.get_response(request)
        if request.path.startswith(reverse("admin:index")):
            answer._csp_config = content_security_policy.admin()  # type: ignore[attr-defined]
            patch_cache_control(answer, private=True, no_store=True)
        return answer
