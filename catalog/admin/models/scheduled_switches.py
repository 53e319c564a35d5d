"""Scheduled listing and readiness of a model and its offers, in the model's form: what to do, and when."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelectWidget

from catalog.admin.base import RowForm, RowFormSet
from catalog.admin.fields import BOX, UTCDateTimeField, UTCDateTimeInput
from catalog.admin.reviews.page import may_list
from catalog.models import SAME_AS_MODEL, ScheduledSwitch, Switch, Variant

OF_MODEL = {
    (Switch.LISTED, True): ("List on OpenRouter", "Listed on OpenRouter"),
    (Switch.LISTED, False): ("Take off OpenRouter", "Taken off OpenRouter"),
    (Switch.READY, True): ("Set ready", "Set ready"),
    (Switch.READY, False): ("Set not ready", "Set not ready"),
}

OF_OFFERS = {
    variant: {
        (Switch.ready(variant), True): f"{variant.label}: set ready",
        (Switch.ready(variant), False): f"{variant.label}: set not ready",
        (Switch.ready(variant), None): f"{variant.label}: {SAME_AS_MODEL}",
    }
    for variant in Variant
}

ACTIONS: dict[tuple[Switch, bool | None], tuple[str, str]] = OF_MODEL | {
    key: (label, label) for actions in OF_OFFERS.values() for key, label in actions.items()
}
"""The label of each switch and value: before and after its time."""

_VALUES = {True: "1", False: "0", None: ""}


def _choice(switch: str, value: bool | None) -> str:
    return f"{switch}:{_VALUES[value]}"


CHOICES: list[tuple[str, Any]] = [
    ("", "Choose"),
    *((_choice(*key), todo) for key, (todo, _) in OF_MODEL.items()),
    *((variant.label, [(_choice(*key), label) for key, label in actions.items()]) for variant, actions in OF_OFFERS.items()),
]

NOT_YOURS = "Only a publisher can schedule listing a model or taking it off."


class SwitchForm(RowForm):
    """One switch: an action and a time."""

    action = forms.ChoiceField(
        label="What",
        choices=CHOICES,
        widget=UnfoldAdminSelectWidget,
    )
    effective_from = UTCDateTimeField(label="From (UTC)", widget=UTCDateTimeInput(BOX))

    class Meta:
        model = ScheduledSwitch
        fields = ["effective_from"]

    may_list: bool = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["action"]
        is_stored = self.instance.pk is not None
        if is_stored:
            self.initial["action"] = _choice(self.instance.switch, self.instance.value)
        if self.may_list:
            return
        if is_stored and self.instance.switch == Switch.LISTED:
            for box in self.fields.values():
                box.disabled = True
        else:
            field.choices = [(value, label) for value, label in field.choices if not value.startswith(Switch.LISTED)]

    def clean(self) -> dict[str, Any]:
        """Turn the action into a switch and its value; refuse a time in the past."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if action := cleaned.get("action"):
            self.instance.switch, _, value = action.partition(":")
            cleaned["switch"] = self.instance.switch  # the formset compares it: two switches can have the same time
            self.instance.value = next(one for one, text in _VALUES.items() if text == value)
        moment = cleaned.get("effective_from")
        if "effective_from" in self.changed_data and moment is not None and moment <= timezone.now():
            self.add_error("effective_from", "This time is in the past. Choose a later one.")
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # The action stands for these columns; their rules are checked with the others.
        return super()._get_validation_exclusions() - {"switch", "value"}  # type: ignore[misc,no-any-return]

    def _update_errors(self, errors: ValidationError) -> None:
        if hasattr(errors, "error_dict") and "switch" in errors.error_dict:
            errors.error_dict["action"] = errors.error_dict.pop("switch")
        super()._update_errors(errors)  # type: ignore[misc]


class SwitchFormSet(RowFormSet):
    """What is scheduled for one model."""

    def clean(self) -> None:
        """Refuse to cancel a switch that the person may not schedule."""
        super().clean()
        deleted: Any = self.deleted_forms
        if any(form.instance.switch == Switch.LISTED and not form.may_list for form in deleted):
            raise ValidationError(NOT_YOURS)

    def get_unique_error_message(self, unique_check: Any) -> str:
        """The message for the same switch twice at one time."""
        return "The same change is scheduled twice for one time."


class SwitchInline(TabularInline):
    """Scheduled switches of a model. Removing a row cancels it."""

    model = ScheduledSwitch
    form = SwitchForm
    formset = SwitchFormSet
    extra = 0
    hide_title = True
    verbose_name = "scheduled change"
    verbose_name_plural = "Scheduled"
    fields = ["action", "effective_from"]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The rows, with the actions that the person may schedule."""
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.may_list = may_list(request)
        return formset
