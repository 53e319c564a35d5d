"""What the pages of accounts have in common."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class InAdmin:
    """A view with the context of the admin's templates."""

    title = ""
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The context of the view and of the admin."""
        found: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**admin.site.each_context(self.request), **found, "title": self.title}
