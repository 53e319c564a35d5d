"""Each change of an account, a group or a key is a security event, in the transaction of the change."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Manager, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from catalog.models import SecurityEventKind
from catalog.security_events import record_event


class Recorded(ModelAdmin):
    """Records additions, changes and deletions on its pages.

    ``kinds`` are the three events; ``recorded_fields`` are the fields whose new values are part of the event. Of other changed
    fields it has only the names.
    """

    kinds: tuple[SecurityEventKind, SecurityEventKind, SecurityEventKind]
    recorded_fields: tuple[str, ...] = ()

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Record it, with the values of ``recorded_fields``."""
        record_event(self.kinds[0], request, about=obj, details=field_values(obj, self.recorded_fields))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Record it with what changed, if anything did."""
        if is_password(request, obj):
            record_event(SecurityEventKind.PASSWORD_CHANGED, request, about=obj)
        else:
            changed = [name for one in message if isinstance(one, dict) for name in one.get("changed", {}).get("fields", ())]
            names = [name for name in self.recorded_fields if self.label_of(name) in changed]
            others = sorted({*changed} - {self.label_of(name) for name in names})
            if changed:
                details = "; ".join(part for part in (field_values(obj, names), ", ".join(others)) if part)
                record_event(self.kind_of_change(obj), request, about=obj, details=details)
        return super().log_change(request, obj, message)

    def kind_of_change(self, obj: Any) -> SecurityEventKind:
        """The kind of event of a change."""
        return self.kinds[1]

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Record each."""
        for obj in queryset:
            record_event(self.kinds[2], request, about=obj)
        return super().log_deletions(request, queryset)

    def label_of(self, name: str) -> str:
        """A field's label in the form."""
        label = self.opts.get_field(name).verbose_name
        return str(label)[:1].upper() + str(label)[1:]


def is_password(request: HttpRequest, obj: Any) -> bool:
    """Whether the page that sets a user's password made the change."""
    match = request.resolver_match
    return isinstance(obj, User) and match is not None and match.url_name == "auth_user_password_change"


def field_values(obj: Any, names: Any) -> str:
    """Fields with their values, as ``groups: Editor, Viewer``."""
    return "; ".join(f"{obj._meta.get_field(name).verbose_name}: {_text(getattr(obj, name))}" for name in names)


def _text(value: Any) -> str:
    if isinstance(value, Manager):
        value = sorted(map(str, value.all()))
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return {True: "yes", False: "no", None: "none"}.get(value, str(value)) if not isinstance(value, str) else value or "none"
