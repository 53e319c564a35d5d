"""What has changed, in the words and units that staff think in."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import DateTimeField

from catalog.formats import pricing
from catalog.history import ENDS, Difference, line_of
from catalog.models import AIModel, PriceUnit, Switch


class Said(NamedTuple):
    """A difference, to be read: what it is of, what was, and what is. Nothing is a dash."""

    label: str
    old: str
    new: str


NOTHING = "—"


def said(difference: Difference) -> Said:
    """A difference in words."""
    part, *key = difference.path
    values = (difference.old, difference.new)
    if part == "field":
        field: Any = AIModel._meta.get_field(key[0])
        words = _moment if isinstance(field, DateTimeField) else _text
        return Said(_capital(str(field.verbose_name)), *map(words, values))
    if part == "datacenter":
        return Said(f"Datacenter {key[0]}", *("yes" if value else "no" for value in values))
    if part == "parameter":
        return Said(f"Parameter {key[0]}", *(_described(value) for value in values))
    if part == "switch":
        label = f"{Switch(key[0]).label} from {moment_text(datetime.fromisoformat(key[1]))}"
        return Said(label, *(_text(value) for value in values))
    line = line_of(key[0])
    label = pricing.price_label(line)
    if part == "scheduled price":
        label = f"{label}, from {moment_text(datetime.fromisoformat(key[1]))}"
    return Said(label, *(_amount(value, line.unit) for value in values))


SOURCES = {
    "form": "in a form of the admin",
    "bulk": "by an action on several models",
    "upload": "by an upload",
    "import": "by an import",
    "restore": "by restoring what was",
    "proposal": "by accepting a proposal",
    "merge": "in a form, on top of somebody else's change",
    "schedule": "by schedule",
    "sample": "with the sample catalog",
}


class Whence(NamedTuple):
    """Who did something, and by which way."""

    who: str
    how: str


def whences(contexts: Iterable[dict[str, Any] | None]) -> list[Whence]:
    """Who and how, of what the history has recorded about each change. One query."""
    contexts = list(contexts)
    keys = {context["user"] for context in contexts if context and context.get("user")}
    names = {user.pk: user.get_username() for user in get_user_model()._default_manager.filter(pk__in=keys)}
    return [_whence(context, names) for context in contexts]


def _whence(context: dict[str, Any] | None, names: dict[int, str]) -> Whence:
    if context is None:
        return Whence(NOTHING, "by SQL or a program")
    source = str(context.get("source", ""))
    how = SOURCES.get(source) or ("in the admin" if context.get("url") else source or "by a program")
    if origin := context.get("origin"):
        how = f"{how}, from {origin}"
    user = context.get("user")
    return Whence(names.get(user, f"user {user}") if user else NOTHING, how)


def moment_text(moment: datetime) -> str:
    """A moment as the admin writes it."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC".replace(":00 UTC", " UTC")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _text(value: Any) -> str:
    if value is None or value in ("", []):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _moment(value: str | None) -> str:
    return NOTHING if value is None else moment_text(datetime.fromisoformat(value).astimezone(UTC))


def _described(value: dict[str, Any] | None) -> str:
    if value is None:
        return NOTHING
    return ", ".join(f"{name} {_text(one)}" for name, one in value.items() if one not in (None, "", [], False))


def _amount(value: str | None, unit: str | PriceUnit) -> str:
    if value is None:
        return NOTHING
    return "ends" if value == ENDS else pricing.staff_amount(Decimal(value), str(unit))
