"""Pagination: the links below every long list of the admin."""

from typing import Any, NamedTuple

from django.core.paginator import Page
from django.http import HttpRequest


class Link(NamedTuple):
    """A link to a page. The current page and a gap between pages have no address."""

    text: str
    address: str = ""
    is_current: bool = False


class Pager(NamedTuple):
    """The links in order. ``previous`` and ``next`` are addresses, empty at the ends; ``shown`` is the range of rows and the total."""

    label: str
    links: list[Link]
    previous: str
    next: str
    shown: str


def pager(request: HttpRequest, page: Page[Any], *, name: str = "page", label: str = "Pages", **more: str) -> Pager | None:
    """The links of a page. ``name`` is the query parameter of the page number; the other parameters are kept, and ``more`` are added. None
    if there is only one page."""
    pages = page.paginator
    if pages.num_pages == 1:
        return None

    def address(number: int) -> str:
        query = request.GET.copy()
        for parameter, value in {**more, name: str(number)}.items():
            query[parameter] = value
        return f"?{query.urlencode()}"

    numbers = pages.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    links = [
        Link(f"{number:,}", "" if number == page.number else address(number), number == page.number)
        if isinstance(number, int)
        else Link(str(number))
        for number in numbers
    ]
    previous = address(page.previous_page_number()) if page.has_previous() else ""
    following = address(page.next_page_number()) if page.has_next() else ""
    shown = f"{page.start_index():,}–{page.end_index():,} of {pages.count:,}" if pages.per_page > 1 else ""
    return Pager(label, links, previous, following, shown)
