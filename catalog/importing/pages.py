"""Lists in pages: if the source is a URL, the further pages are fetched; otherwise a sentence says that they are missing."""

from typing import Any
from urllib.parse import urljoin, urlsplit

from catalog.importing.source import SourceError, parse, read
from catalog.importing.values import integer, printable

MOST_PAGES = 200


def with_further_pages(document: Any, source: str) -> Any:
    """The document with the entries of its further pages, which ``links.next`` leads to, if it was fetched from a URL. Pages come from
    the host of the first one. Raises ``SourceError``."""
    if urlsplit(source).scheme not in {"http", "https"} or _next(document) is None:
        return document
    whole, page, address, seen = list(document["data"]), document, source, {source}
    while (following := _next(page)) is not None:
        address = urljoin(address, following)
        if urlsplit(address)[:2] != urlsplit(source)[:2]:
            raise SourceError(f"The next page of {source} is on another host, {printable(address)}.")
        if address in seen or len(seen) >= MOST_PAGES:
            raise SourceError(f"{source} has more than {MOST_PAGES} pages, or leads to one of them again.")
        seen.add(address)
        page = parse(read(address))
        entries = page.get("data") if isinstance(page, dict) else None
        if not isinstance(entries, list):
            raise SourceError(f"The next page, {printable(address)}, has no list under data.")
        whole += entries
    return {**document, "data": whole, "links": {}}


def pages_missing(document: Any) -> str:
    """A sentence if a list says that it is only a part; empty if it is complete, or does not say."""
    entries = document.get("data") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        return ""
    total = integer(document.get("total_count"))
    if _next(document) is None and (total is None or total <= len(entries)):
        return ""
    of = f" of {total:,}" if total is not None else ""
    return f"It has {len(entries):,}{of} models: further pages were not read. Import it from its URL, or join the pages."


def _next(page: Any) -> str | None:
    links = page.get("links") if isinstance(page, dict) else None
    following = links.get("next") if isinstance(links, dict) else None
    return following if isinstance(following, str) and following and isinstance(page.get("data"), list) else None
