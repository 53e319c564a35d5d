"""Changes, times and people as text for staff: labels instead of column names, USD per million tokens, UTC."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import DateTimeField

from catalog.admin.prices.fields import shown_amount
from catalog.formats import pricing
from catalog.history import ENDS, Difference, line_of
from catalog.models import AIModel, Lack, Offer, Switch, Variant


class DifferenceText(NamedTuple):
    """A difference as text: its label, the old and the new value. A missing value is a dash."""

    label: str
    old: str
    new: str


NOTHING = "—"


def difference_text(difference: Difference) -> DifferenceText:
    """A difference as text."""
    part, *key = difference.path
    values = (difference.old, difference.new)
    if part == "field":
        field: Any = AIModel._meta.get_field(key[0])
        as_text = _time if isinstance(field, DateTimeField) else _text
        return DifferenceText(_capitalized(str(field.verbose_name)), *map(as_text, values))
    if part == "datacenter":
        return DifferenceText(f"Datacenter {key[0]}", *("yes" if value else "no" for value in values))
    if part == "offer":
        return _offer_text(Variant(key[0]), key[1], *values)
    if part == "parameter":
        return DifferenceText(f"Parameter {key[0]}", *(_description(value) for value in values))
    if part == "switch":
        label = f"{Switch(key[0]).label} from {time_text(datetime.fromisoformat(key[1]))}"
        return DifferenceText(label, *(_text(value) for value in values))
    line = line_of(key[0])
    label = pricing.price_label(line)
    if part == "scheduled price":
        label = f"{label}, from {time_text(datetime.fromisoformat(key[1]))}"
    return DifferenceText(label, *(_amount(value, line.unit) for value in values))


def _offer_text(variant: Variant, name: str, old: Any, new: Any) -> DifferenceText:
    field: Any = Offer._meta.get_field(name)
    as_text = _time if isinstance(field, DateTimeField) else _text
    if name == "without":
        old, new = ([Lack(word).label.lower() for word in words or ()] for words in (old, new))
    return DifferenceText(f"{variant.label}: {field.verbose_name}", as_text(old), as_text(new))


SOURCES = {
    "form": "edit form",
    "bulk": "bulk action",
    "upload": "upload",
    "pipeline": "pipeline",
    "import": "command import_models",
    "restore": "restored version",
    "undo": "undone change",
    "proposal": "accepted proposal",
    "merge": "edit form, merged with a colleague's change",
    "schedule": "schedule",
    "sample": "sample catalog",
}


BY_SQL = "SQL or a program"


class ChangedBy(NamedTuple):
    """Who changed something, how, and the reason that was given, or an empty text."""

    who: str
    how: str
    why: str = ""


def changed_by_texts(contexts: Iterable[dict[str, Any] | None]) -> list[ChangedBy]:
    """Who changed something and how, from what the history has recorded about each change. One query."""
    contexts = list(contexts)
    keys = {context["user"] for context in contexts if context and context.get("user")}
    names = {user.pk: user.get_username() for user in get_user_model()._default_manager.filter(pk__in=keys)}
    return [_changed_by(context, names) for context in contexts]


def _changed_by(context: dict[str, Any] | None, names: dict[int, str]) -> ChangedBy:
    if context is None:
        return ChangedBy(NOTHING, BY_SQL)
    source = str(context.get("source", ""))
    how = SOURCES.get(source) or ("in the admin" if context.get("url") else source or "by a program")
    if operation := context.get("operation"):
        how = f"{how}: {operation}"
    if origin := context.get("origin"):
        how = f"{how}, from {origin}"
    if api_key := context.get("api_key"):
        how = f"{how}, by the API key {api_key}"
    user, why = context.get("user"), str(context.get("reason", ""))
    if not user:
        return ChangedBy(NOTHING, how, why)
    return ChangedBy(names.get(user) or context.get("user_name") or f"user {user}", how, why)


def time_text(time: datetime) -> str:
    """A time as the admin shows it."""
    return f"{time:%Y-%m-%d %H:%M:%S} UTC".replace(":00 UTC", " UTC")


def _capitalized(text: str) -> str:
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


def _time(value: str | None) -> str:
    return NOTHING if value is None else time_text(datetime.fromisoformat(value).astimezone(UTC))


def _description(value: dict[str, Any] | None) -> str:
    if value is None:
        return NOTHING
    return ", ".join(f"{name} {_text(one)}" for name, one in value.items() if one not in (None, "", [], False))


def _amount(value: str | None, unit: str) -> str:
    if value is None:
        return NOTHING
    return "ends" if value == ENDS else shown_amount(Decimal(value), unit)
