"""The middleware that records who makes a change."""

from typing import Any

from django.http import HttpRequest
from pghistory.middleware import HistoryMiddleware


class NamedHistory(HistoryMiddleware):
    """pghistory's middleware, which also records the user's name, because the user may be deleted later."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        """The user, the name and the address."""
        context: dict[str, Any] = super().get_context(request)
        return {**context, "user_name": request.user.get_username()} if context["user"] else context
