"""``/deprecations``: which models end when, and what to move to; ``/deprecations.ics`` puts the ends into a calendar."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.formats import catalog
from catalog.listing import Entry, Status
from catalog.publication import Served, Unavailable, etag_of
from catalog.publication.rendering import Content
from catalog.sending import current, send
from catalog.site import labels, numbers, price_table
from catalog.site.addresses import address
from catalog.site.languages import ENGLISH
from catalog.site.page import Page, PageContent, unavailable

LINE = 73
"""Octets of a line of a calendar, of the 75 that it may have (RFC 5545, 3.1): one that goes on begins with a space."""


class Deprecations(Page):
    """The models with a deprecation, the next one first, and the retired ones."""

    name = "deprecations"
    template = "site/deprecations.html"
    format_name = catalog.FORMAT.name

    def show(self, request: HttpRequest, served: Served) -> PageContent:
        """All models with a deprecation."""
        content = served.publication.made_of
        ending = deprecated(content)
        retired = [one for one in ending if one.model.status is Status.RETIRED]
        return PageContent(
            title=_("Deprecations"),
            description=_("When models of %(name)s will be retired, and which models to use instead.")
            % {"name": content.listing.provider.name},
            context={
                "policy": content.listing.provider.deprecation_policy,
                "calendar": reverse("site:deprecations-calendar"),
                "ending": [_row(one, content) for one in ending if one.model.status is not Status.RETIRED],
                "retired": [_row(one, content) for one in reversed(retired)],
            },
            is_indexed=not request.GET,
        )


def deprecated(content: Content) -> list[Entry]:
    """The models with a deprecation, by their first entries, and the offers with one of their own, in the order of its time."""
    found = {
        entry.key: entry
        for item in content.items
        for number, entry in enumerate(item.entries)
        if entry.model.deprecation_at is not None and (number == 0 or "deprecation_at" in entry.own)
    }
    return sorted(found.values(), key=_order)


def _order(entry: Entry) -> tuple[Any, str]:
    return entry.model.deprecation_at, entry.model.model_id


def _offer(entry: Entry) -> str:
    """Which offer alone ends; empty if it is the model."""
    return str(price_table.title(entry)) if "deprecation_at" in entry.own else ""


def _row(entry: Entry, content: Content) -> dict[str, Any]:
    model = entry.model
    replacement = content.by_name.get(model.replacement) if model.replacement else None
    return {
        "name": model.name,
        "model_id": model.model_id,
        "offer": _offer(entry),
        "at": numbers.moment(model.deprecation_at) if model.deprecation_at else None,
        "status": labels.STATUSES[model.status],
        "status_key": model.status.value,
        "replacement": replacement.entries[0].model if replacement else None,
    }


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """``/deprecations.ics``, in English: an event for each model with a deprecation, future or past (RFC 5545)."""
    try:
        served = current(request, catalog.FORMAT.name)
        content = served.publication.made_of
    except Unavailable as error:
        return unavailable(error)
    lines = [line for line in _calendar(request, content, served.publication.since) for line in _folded(line)]
    body = "".join(f"{line}\r\n" for line in lines).encode()
    return send(request, served, body, etag=etag_of(body), headers={"Content-Type": "text/calendar; charset=utf-8"})


def _calendar(request: HttpRequest, content: Content, since: datetime | None) -> Iterator[str]:
    provider = content.listing.provider
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//model catalog//deprecations//EN")
    yield f"X-WR-CALNAME:{_text(f'{provider.name}: deprecations')}"
    for entry in deprecated(content):
        model, offer = entry.model, _offer(entry)
        if model.deprecation_at is None:
            continue
        name, key = (
            (f"{model.model_id}, {offer}", f"/{entry.service_tier}{'/free' * entry.is_free}")
            if offer
            else (model.model_id, "")
        )
        page = request.build_absolute_uri(address("model", ENGLISH, model_id=model.model_id))
        yield "BEGIN:VEVENT"
        yield f"UID:{_text(f'{provider.slug}/{model.model_id}{key}')}"
        yield f"DTSTAMP:{_moment(since or model.deprecation_at)}"
        yield f"DTSTART:{_moment(model.deprecation_at)}"
        yield f"DTEND:{_moment(model.deprecation_at + timedelta(hours=1))}"
        yield "TRANSP:TRANSPARENT"
        yield f"SUMMARY:{_text(f'{model.name} ({name}) is retired')}"
        if model.replacement:
            yield f"DESCRIPTION:{_text(f'Replacement: {model.replacement}')}"
        yield f"URL:{page}"
        yield "END:VEVENT"
    yield "END:VCALENDAR"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """A text with the special characters of a calendar escaped, and no control character (RFC 5545, 3.3.11)."""
    for character, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n")):
        value = value.replace(character, escaped)
    return "".join(character for character in value if character.isprintable())


def _folded(line: str) -> Iterator[str]:
    """A line in parts of at most ``LINE`` octets, which split no character."""
    part, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > LINE:
            yield part
            part, size = " ", 1
        part, size = part + character, size + octets
    yield part
