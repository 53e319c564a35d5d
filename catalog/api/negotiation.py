"""Which representation a client gets: always JSON."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class AlwaysJSON(BaseContentNegotiation):
    """Answers JSON whatever ``Accept`` says. A poller that sends ``text/html`` by default must not get a 406."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The view's first parser."""
        return next(iter(parsers), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The view's first renderer."""
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)
