"""A model's price list, every line of it, as rows that people read."""

from datetime import UTC, datetime, tzinfo
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.listing import Entry, PriceLine
from catalog.models import Line, ServiceTier
from catalog.site import labels, numbers, windows


def sections(entries: tuple[Entry, ...], zone: tzinfo, at: datetime) -> list[dict[str, Any]]:
    """A section for each service tier, and one for the free variant."""
    return [
        {
            "title": title(entry),
            "is_plain": entry.service_tier == ServiceTier.DEFAULT and not entry.is_free,
            "is_free": entry.is_free,
            "entry": entry,
            "rows": [row(line, zone, at) for line in entry.prices],
        }
        for entry in entries
        if entry.prices or entry.is_free
    ]


def title(entry: Entry) -> object:
    """What a service tier, or the free variant, is called."""
    return _("Free variant") if entry.is_free else labels.TIERS[entry.service_tier]


def row(line: PriceLine, zone: tzinfo, at: datetime) -> dict[str, Any]:
    """A line: what is sold, for how much, per which unit, and when it applies."""
    return {
        "kind": labels.KINDS[line.kind],
        "price": numbers.price(line.usd, line.unit),
        "unit": labels.UNITS[line.unit],
        "conditions": conditions(line, zone, at),
        "is_base": line.is_base and line.cache_ttl_seconds is None,
    }


def conditions(line: Line | PriceLine, zone: tzinfo, at: datetime) -> list[str]:
    """The conditions of a line, as text; nothing for an unconditional line."""
    found = []
    if line.min_prompt_tokens is not None:
        found.append(
            _("for prompts longer than %(tokens)s tokens (the whole request)")
            % {"tokens": numbers.whole(line.min_prompt_tokens)}
        )
    if line.utc_start is not None or line.utc_days:
        in_utc = windows.windows_text(windows.local(line, UTC, at))
        found.append(_("%(times)s UTC") % {"times": in_utc})
        if zone is not UTC:
            here = windows.windows_text(windows.local(line, zone, at))
            found.append(_("%(times)s in %(zone)s") % {"times": here, "zone": str(zone)})
    if line.cache_ttl_seconds is not None:
        found.append(_("kept for %(duration)s") % {"duration": duration(line.cache_ttl_seconds)})
    return found


def duration(seconds: int) -> str:
    """A cache lifetime, in the largest unit of which it is a whole number."""
    if seconds % 86_400 == 0:
        days = seconds // 86_400
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": numbers.whole(days)}
    if seconds % 3_600 == 0:
        hours = seconds // 3_600
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": numbers.whole(hours)}
    if seconds % 60 == 0:
        minutes = seconds // 60
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": numbers.whole(minutes)}
    return ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": numbers.whole(seconds)}
