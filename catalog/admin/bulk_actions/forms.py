"""The forms of bulk actions: from when, by how much, which datacenter."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from catalog.admin.fields import (
    BOX,
    CountField,
    ExactField,
    RowChoiceField,
    UTCDateTimeField,
    UTCDateTimeInput,
    number_input,
)
from catalog.admin.models.form import DEPRECATION_TIME
from catalog.admin.prices.fields import SOLD, TYPED_PLACES, AmountField, sold_as, typed_to_usd
from catalog.models import AIModel, Datacenter, PriceKind, ServiceTier
from catalog.models.conditions import WHOLE_HOUR_SENTENCE

COMMON_KINDS = [PriceKind.PROMPT, PriceKind.COMPLETION, PriceKind.INPUT_CACHE_READ, PriceKind.INPUT_CACHE_WRITE]
"""The kinds of text, which a percentage changes together unless somebody chooses otherwise."""


def _id_input() -> UnfoldAdminTextInputWidget:
    return UnfoldAdminTextInputWidget({"autocomplete": "off", "spellcheck": "false"})


def whole_hour(moment: datetime | None) -> datetime | None:
    """The time. Raises ``ValidationError`` if it is not on a whole hour."""
    if moment is not None and (moment.minute or moment.second or moment.microsecond):
        raise ValidationError(WHOLE_HOUR_SENTENCE)
    return moment


class BulkForm(forms.Form):
    """The base of these forms; empty for an action without options."""


class StartForm(BulkForm):
    """The start of the change."""

    moment = UTCDateTimeField(
        label="From (UTC)", required=False, help_text="Empty: immediately.", widget=UTCDateTimeInput(BOX)
    )

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
        widget=UnfoldBooleanWidget,
    )


class FactorForm(PriceStartForm):
    """The percentage, and how many decimals are left."""

    percent = ExactField(
        percent=0,
        help_text="10 raises prices by 10%, -10 lowers them by 10%.",
        min_value=Decimal("-99.999999"),
        max_value=Decimal(10_000),
        max_digits=30,
        decimal_places=25,
        error_messages={"min_value": "This would make the price 0 or less. To offer it for free, set it to 0."},
        widget=number_input("decimal"),
    )
    places = CountField(
        label="Round to decimals",
        help_text="Decimals per 1M tokens, or per unit; rounds half up. Leave empty for no rounding.",
        required=False,
        min_value=0,
        max_value=TYPED_PLACES,
        widget=number_input("numeric"),
    )
    field_order = ["percent", "places", "moment", "also_scheduled"]


class PercentForm(FactorForm):
    """The percentage, and which prices."""

    kinds = forms.MultipleChoiceField(
        label="Prices",
        choices=PriceKind.choices,
        initial=COMMON_KINDS,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    field_order = ["percent", "kinds", "places", "moment", "also_scheduled"]


class AmountForm(PriceStartForm):
    """The amount, and which prices."""

    price = forms.ChoiceField(choices=list(SOLD.items()), widget=UnfoldAdminSelectWidget)
    tier = forms.ChoiceField(choices=ServiceTier.choices, widget=UnfoldAdminSelectWidget)
    amount = AmountField(
        label="Amount, USD",
        help_text="In the unit of the price. 0 is free.",
        widget=number_input("decimal"),
    )
    field_order = ["price", "tier", "amount", "moment", "also_scheduled"]

    def clean(self) -> dict[str, Any]:
        """The amount as USD per unit."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "amount" in cleaned and "price" in cleaned:
            cleaned["kind"], cleaned["unit"] = sold_as(cleaned["price"])
            try:
                cleaned["usd"] = typed_to_usd(cleaned["amount"], cleaned["unit"])
            except ValidationError as error:
                self.add_error("amount", error)
        return cleaned


class DatacenterForm(BulkForm):
    """The datacenter."""

    datacenter = forms.ModelChoiceField(Datacenter.objects.all(), widget=UnfoldAdminSelectWidget)


class DeprecationForm(BulkForm):
    """The time of the deprecation, and the replacement."""

    deprecation = UTCDateTimeField(
        label="Deprecation (UTC)",
        help_text="A whole hour. OpenRouter warns users before it.",
        widget=UTCDateTimeInput(BOX, time=DEPRECATION_TIME, is_hour=True),
    )
    replacement = RowChoiceField(
        AIModel.objects.all(),
        required=False,
        help_text="The model that users should move to.",
        widget=AutocompleteSelect(AIModel._meta.get_field("replacement"), admin.site),
    )

    def clean_deprecation(self) -> datetime | None:
        """A whole hour, as the database requires."""
        return whole_hour(self.cleaned_data["deprecation"])


class CloneForm(BulkForm):
    """The id and the name of the new model, and whether it is public."""

    model_id = forms.CharField(label="Model id", max_length=200, widget=_id_input())
    name = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)
    is_public = forms.BooleanField(
        label="Is public",
        required=False,
        help_text="Shown immediately in /v1/models, on the site and in the changes feeds.",
        widget=UnfoldBooleanWidget,
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
