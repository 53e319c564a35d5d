"""The forms of bulk actions: from when, by how much, which datacenter."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from catalog.admin.fields import CountField, ExactField, UTCDateTimeField
from catalog.admin.prices.fields import TYPED_PLACES, AmountField, typed_to_usd
from catalog.models import AIModel, Datacenter, PriceKind, PriceUnit, ServiceTier


class BulkForm(forms.Form):
    """The base of these forms; empty for an action without options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
                field.widget.attrs["class"] = "mc-input"


class StartForm(BulkForm):
    """The start of the change."""

    moment = UTCDateTimeField(label="From (UTC)", required=False, help_text="Empty: immediately.")

    def clean_moment(self) -> datetime | None:
        """A time in the future, or None."""
        moment: datetime | None = self.cleaned_data["moment"]
        if moment is not None and moment <= timezone.now():
            raise ValidationError("This time is in the past. Leave it empty to apply the change immediately.")
        return moment


class PriceStartForm(StartForm):
    """The start of the change, and whether scheduled prices change too."""

    also_scheduled = forms.BooleanField(
        label="Also change scheduled prices",
        required=False,
        help_text="Otherwise a price that is scheduled for later replaces the new one at its time.",
    )


class PercentForm(PriceStartForm):
    """The percentage, and which prices."""

    percent = ExactField(
        percent=0,
        help_text="10 raises prices by 10 %, -10 lowers them by 10 %.",
        min_value=Decimal("-99.999999"),
        max_value=Decimal(10_000),
        max_digits=30,
        decimal_places=25,
        error_messages={"min_value": "This would make the price 0 or less. To offer it for free, set it to 0."},
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    kinds = forms.MultipleChoiceField(
        label="Prices",
        choices=PriceKind.choices,
        initial=[PriceKind.PROMPT, PriceKind.COMPLETION],
        widget=forms.CheckboxSelectMultiple,
    )
    places = CountField(
        label="Round to decimals",
        help_text="Decimals per 1M tokens, or per unit; rounds half up. Leave empty to round nothing.",
        required=False,
        min_value=0,
        max_value=TYPED_PLACES,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    field_order = ["percent", "kinds", "places", "moment", "also_scheduled"]


class AmountForm(PriceStartForm):
    """The amount, and which prices."""

    kind = forms.ChoiceField(label="Price", choices=PriceKind.choices)
    unit = forms.ChoiceField(choices=PriceUnit.choices)
    tier = forms.ChoiceField(choices=ServiceTier.choices)
    amount = AmountField(
        label="USD",
        help_text="USD per 1M tokens; for everything else USD per unit. 0 is free.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    field_order = ["kind", "unit", "tier", "amount", "moment", "also_scheduled"]

    def clean(self) -> dict[str, Any]:
        """The amount as USD per unit."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "amount" in cleaned and "unit" in cleaned:
            try:
                cleaned["usd"] = typed_to_usd(cleaned["amount"], cleaned["unit"])
            except ValidationError as error:
                self.add_error("amount", error)
        return cleaned


class DatacenterForm(BulkForm):
    """The datacenter."""

    datacenter = forms.ModelChoiceField(Datacenter.objects.all())


class DeprecationForm(BulkForm):
    """The time of the deprecation, and the replacement."""

    deprecation = UTCDateTimeField(label="Deprecation (UTC)", help_text="A whole hour. OpenRouter warns users before it.")
    replacement = forms.CharField(
        required=False,
        help_text="The id of the model that users should move to.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_deprecation(self) -> datetime:
        """A whole hour, as the database requires."""
        moment: datetime = self.cleaned_data["deprecation"]
        if moment.minute or moment.second or moment.microsecond:
            raise ValidationError("A deprecation must be on a whole hour in UTC, such as 13:00.")
        return moment

    def clean_replacement(self) -> AIModel | None:
        """The model with that id."""
        model_id = self.cleaned_data["replacement"].strip()
        found = AIModel.objects.filter(model_id=model_id).first()
        if model_id and found is None:
            raise ValidationError(f"There is no model with the id {model_id}.")
        return found


class CloneForm(BulkForm):
    """The id and the name of the new model, and whether it is public."""

    model_id = forms.CharField(
        label="Model id", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    name = forms.CharField(max_length=200)
    is_public = forms.BooleanField(
        label="Is public", required=False, help_text="Show it at once: in /v1/models, on the site and in the changes feeds."
    )

    def clean_model_id(self) -> str:
        """An id that is valid and not taken."""
        model_id = self.cleaned_data["model_id"].strip()
        others = {field.name for field in AIModel._meta.get_fields()} - {"model_id"}
        try:
            AIModel(model_id=model_id).full_clean(exclude=others)
        except ValidationError as error:
            raise ValidationError(error.messages) from error
        return model_id
