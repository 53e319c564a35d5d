"""The facts that differ for a service tier or the free variant, in the model's form. If a field is empty, the model's value applies."""

from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.admin import StackedInline
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from catalog.admin.base import RowForm, RowFormSet
from catalog.admin.fields import BOX, UTCDateTimeField, UTCDateTimeInput
from catalog.admin.models.form import DEPRECATION_TIME
from catalog.models import Datacenter, Feature, Lack, Offer, SamplingParameter

NO_DIFFERENCE = "This offer does not differ from the model. Enter what differs, or remove the offer."


def _words(vocabulary: Any, label: str, help_text: str = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        choices=vocabulary.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=help_text,
    )


def readiness(empty: str) -> forms.TypedChoiceField:
    """Whether an offer is ready: True, False, or None for the choice with the label ``empty``."""
    return forms.TypedChoiceField(
        label="Ready",
        choices=[("", empty), ("True", "Yes"), ("False", "No")],
        coerce=lambda value: value == "True",
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="If No, OpenRouter hides this offer only.",
    )


def deprecation(help_text: str = "") -> UTCDateTimeField:
    """When an offer ends. ``help_text`` is what the form adds about an empty field."""
    return UTCDateTimeField(
        label="Deprecation (UTC)",
        required=False,
        widget=UTCDateTimeInput(BOX, time=DEPRECATION_TIME, is_hour=True),
        help_text=f"When this offer ends, on a whole hour. {help_text}".strip(),
    )


class OfferForm(RowForm):
    """One offer."""

    is_ready = readiness("Same as the model")
    deprecation_at = deprecation()
    supported_sampling_parameters = _words(
        SamplingParameter, "Sampling parameters", "If none is selected, the same as the model."
    )
    supported_features = _words(Feature, "Features", "If none is selected, the same as the model.")
    datacenters = forms.ModelMultipleChoiceField(
        Datacenter.objects.all(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="If none is selected, the same as the model.",
    )
    without = _words(Lack, "Without", "What the model has and this offer does not.")

    class Meta:
        model = Offer
        fields = "__all__"
        help_texts = {"variant": "The offer is in a list only if its tier has a price, or if the model has a free variant."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("context_length", "max_output_length", "max_prompt_length", "capacity_tpm", "discount_to_user"):
            self.fields[name].widget.attrs["placeholder"] = "Same as the model"

    def clean_datacenters(self) -> list[int]:
        """Their keys, which the column stores."""
        return sorted(place.pk for place in self.cleaned_data["datacenters"])

    def clean(self) -> dict[str, Any]:
        """Refuse an offer that states nothing."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not any(value not in (None, [], "") for name, value in cleaned.items() if name in STATED):
            self.add_error("variant", NO_DIFFERENCE)
        return cleaned


STATED = {field.name for field in Offer._meta.concrete_fields} - {"id", "ai_model", "variant"}


class OfferInline(StackedInline):
    """The offers that state something for themselves. Whoever may change the model may change them."""

    model = Offer
    form = OfferForm
    formset = RowFormSet
    extra = 0
    tab = True
    collapsible = True
    verbose_name = "offer"
    verbose_name_plural = "Offers"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("variant", "is_ready", "deprecation_at"),
                    ("context_length", "max_output_length", "max_prompt_length"),
                    ("capacity_tpm", "discount_to_user"),
                    ("supported_sampling_parameters", "supported_features"),
                    ("datacenters", "without"),
                ]
            },
        )
    ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the model."""
        return request.user.has_perm("catalog.view_aimodel") or self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the model."""
        return request.user.has_perm("catalog.change_aimodel")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the model."""
        return request.user.has_perm("catalog.change_aimodel" if obj else "catalog.add_aimodel")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the model."""
        return self.has_change_permission(request, obj)
