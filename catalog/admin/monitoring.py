"""Alarms, their recipients, and the results of the comparisons with OpenRouter and our servers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from catalog.admin.bad_input import ValidatesInitialData
from catalog.admin.base import ReadOnly
from catalog.admin.labels import NOTHING
from catalog.drift import Difference
from catalog.models import Alarm, AlarmDelivery, AlarmKind, AlarmRecipient, DriftCheck, DriftState

ROWS = 500


@admin.register(DriftCheck)
class DriftCheckAdmin(ReadOnly):
    """The comparisons, the latest first."""

    list_display = ["checked_at", "side", "outcome", "number", "not_known"]
    list_filter = ["side", "state"]
    fields = ["side", "checked_at", "outcome", "found", "questions"]
    readonly_fields = fields

    @display(
        description="Outcome",
        label={
            DriftState.SAME.label: "success",
            DriftState.DIFFERENT.label: "danger",
            DriftState.UNKNOWN.label: "warning",
        },
    )  # type: ignore[untyped-decorator]
    def outcome(self, found: DriftCheck) -> str:
        """The result."""
        return DriftState(found.state).label

    @admin.display(description="Differences")
    def number(self, found: DriftCheck) -> int:
        """The number of differences."""
        return len(found.differences)

    @admin.display(description="Not known")
    def not_known(self, found: DriftCheck) -> int:
        """How many requests had no answer."""
        return len(found.unknown)

    @admin.display(description="Differences")
    def found(self, found: DriftCheck) -> SafeString | str:
        """Each difference as a row."""
        differences = [Difference(**one) for one in found.differences[:ROWS]]
        if not differences:
            return "None"
        rows = format_html_join(
            "",
            '<tr><td data-label="Entry" class="mc-id">{}</td><td data-label="Difference">{}</td>'
            '<td data-label="Field">{}</td><td data-label="Ours">{}</td><td data-label="Theirs">{}</td></tr>',
            (
                (one.entry, one.sentence, *(value or NOTHING for value in (one.field, one.ours, one.theirs)))
                for one in differences
            ),
        )
        head = format_html_join(
            "", '<th scope="col">{}</th>', ((name,) for name in ("Entry", "Difference", "Field", "Ours", "Theirs"))
        )
        return format_html(
            '<div class="mc"><table class="mc-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>', head, rows
        )

    @admin.display(description="Not known")
    def questions(self, found: DriftCheck) -> SafeString | str:
        """Each request without an answer."""
        if not found.unknown:
            return "Every request was answered"
        return format_html(
            '<ul class="mc-wrap">{}</ul>', format_html_join("", "<li>{}</li>", ((one,) for one in found.unknown))
        )


@admin.register(Alarm)
class AlarmAdmin(ReadOnly):
    """The raised alarms, and to whom they were sent."""

    list_display = ["began_at", "kind", "state", "text"]
    list_filter = ["kind", ("ended_at", admin.EmptyFieldListFilter)]
    search_fields = ["text", "subject"]
    fields = ["kind", "text", "began_at", "seen_at", "ended_at", "sent"]
    readonly_fields = fields

    @display(description="State", label={"open": "danger", "over": "success"})  # type: ignore[untyped-decorator]
    def state(self, alarm: Alarm) -> str:
        """Whether the alarm is still active."""
        return "over" if alarm.ended_at else "open"

    @admin.display(description="Sent to")
    def sent(self, alarm: Alarm) -> SafeString | str:
        """Each recipient, with the state of the delivery."""
        deliveries = alarm.deliveries.select_related("recipient")
        lines = format_html_join("", "<li>{}: {}</li>", ((one.recipient.name, outcome(one)) for one in deliveries))
        return format_html('<ul class="mc-wrap">{}</ul>', lines) if lines else "Nobody: no recipient gets this kind of alarm"


def outcome(delivery: AlarmDelivery) -> str:
    """The state of a delivery."""
    if delivery.sent_at:
        return f"sent {delivery.sent_at:%Y-%m-%d %H:%M} UTC"
    if delivery.given_up_at:
        return f"given up after {delivery.attempts} attempts: {delivery.error}"
    if delivery.attempts:
        return f"tried {delivery.attempts} times, next at {delivery.next_at:%Y-%m-%d %H:%M} UTC: {delivery.error}"
    return "waiting for manage.py watch"


class RecipientForm(forms.ModelForm):  # type: ignore[type-arg]
    """A recipient, with the kinds of alarms as checkboxes."""

    kinds = forms.MultipleChoiceField(
        label="Alarms",
        choices=AlarmKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="The alarms that it gets. If you select none, it gets all.",
    )


@admin.register(AlarmRecipient)
class AlarmRecipientAdmin(ValidatesInitialData, ModelAdmin):
    """The recipients of alarms. Users who may change them can see the secrets of their webhooks."""

    form = RecipientForm
    list_display = ["name", "address", "is_active"]
    fields = ["name", "email", "url", "kinds", "is_active", "secret"]
    readonly_fields = ["secret"]

    @admin.display(description="Address")
    def address(self, recipient: AlarmRecipient) -> str:
        """The e-mail address or the webhook."""
        return recipient.email or recipient.url

    def get_fields(self, request: HttpRequest, obj: AlarmRecipient | None = None) -> Any:
        """Only users who may change a webhook see its secret."""
        shows_secret = obj is not None and obj.url and self.has_change_permission(request, obj)
        return self.fields if shows_secret else [name for name in self.fields if name != "secret"]
