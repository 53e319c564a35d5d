"""Prices in a model's form: typed per million tokens, stored per token, never rounded; past prices never change."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, F, Q, QuerySet, TextChoices, Value, When
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import TabularInline
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from catalog import decimals
from catalog.admin.base import RowForm, RowFormSet
from catalog.admin.fields import BOX, UTCDateTimeField, UTCDateTimeInput, number_box
from catalog.admin.labels import time_text
from catalog.admin.models.presets import initial_values
from catalog.admin.prices.fields import AmountField, ClockField, shown_amount, typed_to_usd, usd_to_typed
from catalog.formats import pricing
from catalog.models import IDENTITY, KINDS, Line, Price, PriceKind, PriceUnit, ServiceTier, Weekday
from catalog.models.violations import Violation
from catalog.openrouter.needed import NEEDED_PRICES

LINE_FIELDS = [*Line._fields, "effective_from"]
"""The fields that cannot change once the price has started."""

CONDITIONS = ["service_tier", "min_prompt_tokens", "utc_start", "utc_end", "utc_days", "cache_ttl_seconds"]
"""The fields that most prices leave alone, folded away until they are wanted."""

UNITS = {unit.value: f"$ per {pricing.unit_label(unit)}" for unit in PriceUnit}
"""What an amount is for, as its box says."""

REPLACED = (
    "A price that you have changed or removed is no longer in force: a scheduled price has replaced it since you opened this "
    "form. Open the form again."
)


class PriceForm(RowForm):
    """One line of the price list.

    Of a price that has started, only the amount can be changed, and the formset saves that as a new row. A new line without an
    amount is ignored, because the form of a new model has some.
    """

    amount = AmountField(
        label="Amount",
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off", "size": 10}),
        error_messages={"invalid": "Enter a number, such as 0.08."},
    )
    unit = forms.ChoiceField(label="Unit", choices=[*UNITS.items()], initial=PriceUnit.TOKEN, widget=UnfoldAdminSelectWidget)
    effective_from = UTCDateTimeField(
        label="From (UTC)",
        required=False,
        widget=UTCDateTimeInput(BOX),
        help_text="Leave empty to begin now.",
    )
    utc_days = forms.MultipleChoiceField(
        label="Days (UTC)",
        choices=[(day.value, day.label[:2]) for day in Weekday],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="None: every day.",
    )

    class Meta:
        model = Price
        fields = LINE_FIELDS
        field_classes = {"utc_start": ClockField, "utc_end": ClockField}
        labels = {
            "service_tier": "Tier",
            "min_prompt_tokens": "Above tokens",
            "utc_start": "From HHMM (UTC)",
            "utc_end": "To HHMM (UTC)",
            "cache_ttl_seconds": "Cache lifetime, seconds",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_stored = self.instance.pk is not None
        self.has_started = self.is_stored and self.instance.effective_from <= timezone.now()
        if not self.is_stored:
            # Shown empty, which means now: the column's default is the time of the database.
            self.initial["effective_from"] = None
            return
        self.fields["amount"].widget.attrs["aria-label"] = f"{self.row_label}, {self.unit_label}"
        if self.instance.usd is not None:
            self.initial["amount"] = usd_to_typed(self.instance.usd, self.instance.unit)
        if self.has_started:
            for name in LINE_FIELDS:
                self.fields[name].disabled = True
        elif self.instance.usd is None:
            self.fields["amount"].required = False  # a scheduled end

    @property
    def row_label(self) -> str:
        """The name of the line in the list of errors: its kind, once that is selected."""
        kind = self["kind"].value()
        return f"{PriceKind(kind).label} price" if kind in PriceKind.values else "Price"

    @property
    def unit_label(self) -> str:
        """The unit of a stored line's amount."""
        return UNITS[self.instance.unit]

    @property
    def status(self) -> str:
        """Whether a stored line is already in force."""
        if not self.is_stored:
            return ""
        return "In force" if self.has_started else "Scheduled end" if self.instance.usd is None else "Scheduled"

    @property
    def shown_amount(self) -> str:
        """The amount of a stored line, for users who may not change it."""
        return "ends" if self.instance.usd is None else shown_amount(self.instance.usd, self.instance.unit)

    @property
    def served(self) -> str:
        """The price as the feeds have it: USD per unit."""
        return "" if not self.is_stored or self.instance.usd is None else decimals.wire(self.instance.usd)

    @property
    def since(self) -> str:
        """The time from which a stored line is in force."""
        return time_text(self.instance.effective_from)

    @property
    def conditions(self) -> str:
        """The conditions of a stored line, as text."""
        return ", ".join(pricing.conditions(self.instance.line))

    @property
    def condition_boxes(self) -> list[Any]:
        """The boxes of the conditions."""
        return [self[name] for name in CONDITIONS]

    @property
    def is_unfolded(self) -> bool:
        """Whether a condition is set, or wrong."""
        return any(self.errors.get(name) or self[name].value() not in (None, "", [], "default") for name in CONDITIONS)

    @property
    def removal(self) -> str:
        """What happens when the line is removed."""
        if not self.is_stored:
            return "This price is not added."
        return "This price ends when you save." if self.has_started else "This is cancelled when you save."

    def has_changed(self) -> bool:
        """Whether there is something to save: in a new line an amount, a time or a condition."""
        named = {"kind", "unit"} if not self.is_stored else set()
        return not named.issuperset(self.changed_data)

    def clean(self) -> dict[str, Any]:
        """Convert the amount to USD per unit; refuse a start in the past."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        amount, unit = cleaned.get("amount"), cleaned.get("unit")
        if amount is not None and unit:
            try:
                self.instance.usd = typed_to_usd(amount, unit)
            except ValidationError as error:
                self.add_error("amount", error)
        beginning = cleaned.get("effective_from")
        if beginning is None and "effective_from" not in self.errors:
            cleaned["effective_from"] = Price._meta.get_field("effective_from").get_default()
        elif "effective_from" in self.changed_data and beginning is not None and beginning <= timezone.now():
            self.add_error("effective_from", "A price cannot begin in the past; leave this empty to begin now.")
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # The field ``amount`` stands for this column; its rules are checked with the others.
        return super()._get_validation_exclusions() - {"usd"}  # type: ignore[misc,no-any-return]

    def _update_errors(self, errors: ValidationError) -> None:
        if hasattr(errors, "error_dict") and "usd" in errors.error_dict:
            errors.error_dict["amount"] = errors.error_dict.pop("usd")
        super()._update_errors(errors)  # type: ignore[misc]


class PriceFormSet(RowFormSet):
    """The price list of one model: changing or removing a price that has started adds a row, and keeps the old one."""

    refused: Sequence[Violation] = ()

    @property
    def tiers(self) -> int:
        """How many service tiers have stored prices."""
        return len({form.instance.service_tier for form in self.initial_forms})

    def clean(self) -> None:
        """Refuse two amounts for one line from the same time on, and changing a price that another one has replaced; show what
        the database has refused."""
        super().clean()
        if self.refused:
            raise ValidationError([one.sentence for one in self.refused])
        seen = set()
        forms: Any = self.forms
        started = {form.instance.pk for form in forms if form.has_started and form.has_changed()}
        # A scheduled price that takes effect makes no new version of the model, so the form cannot know.
        if started and started.difference(price.pk for price in self.instance.prices.in_force(timezone.now())):
            raise ValidationError(REPLACED)
        for form in forms:
            if form.errors or form.cleaned_data.get("DELETE") or not form.has_changed():
                continue
            # A changed amount, like an empty time, means now.
            begins = None if form.has_started else form.cleaned_data.get("effective_from")
            begins = begins if hasattr(begins, "isoformat") else None
            line = (*(str(getattr(form.instance, name)) for name in IDENTITY), begins)
            if line in seen:
                raise ValidationError("Two lines of the price list are the same and begin at the same time.")
            seen.add(line)

    def save_existing(self, form: Any, obj: Price, commit: bool = True) -> Price:
        """Add a row with the changed amount; a scheduled price is changed itself."""
        if form.has_started:
            return self._add_successor(obj, commit)
        saved: Price = super().save_existing(form, obj, commit)
        return saved

    def delete_existing(self, obj: Price, commit: bool = True) -> None:
        """End a line that has started; cancel a scheduled price."""
        if obj.effective_from > timezone.now():
            super().delete_existing(obj, commit)
            return
        obj.usd = None
        self._add_successor(obj, commit)

    def _add_successor(self, price: Price, commit: bool) -> Price:
        price.pk = None
        price._state.adding = True
        price.effective_from = Price._meta.get_field("effective_from").get_default()
        if commit:
            price.save()
        return price


def _vocabulary_order(field: str, vocabulary: type[TextChoices]) -> Case:
    """Sort in the order of the vocabulary."""
    return Case(*[When(**{field: word}, then=Value(place)) for place, word in enumerate(vocabulary.values)])


class PriceInline(TabularInline):
    """What a model costs now, and what is scheduled."""

    model = Price
    form = PriceForm
    formset = PriceFormSet
    extra = 0
    verbose_name_plural = "Prices"
    template = "admin/prices/inline.html"
    comes_first = True
    needed = NEEDED_PRICES
    fields = ["kind", "amount", "unit", "effective_from", *CONDITIONS]

    class Media:
        js = ["catalog/prices.js"]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """With the units that each kind is sold in, for the script that offers no others, and what the database has refused."""
        formset = super().get_formset(request, obj, **kwargs)
        units = {kind.value: [unit.value for unit in facts.units] for kind, facts in KINDS.items()}
        formset.form.base_fields["kind"].widget.attrs["data-units"] = json.dumps(units)
        formset.refused = [one for one in getattr(request, "refused", ()) if one.field == "prices"]
        return formset

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Numbers are read as people type them."""
        return super().formfield_for_dbfield(db_field, request, **{**number_box(db_field), **kwargs})

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """As many as a new model is offered."""
        return 0 if obj else len(initial_values(request).prices)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Price]:
        """The prices in force and scheduled; past prices are in the history.

        A submitted form has the prices from when it was opened; some may have been replaced since.
        """
        now = timezone.now()
        rows = super().get_queryset(request)
        in_force = Price.objects.in_force(now)
        if key := request.resolver_match and request.resolver_match.kwargs.get("object_id"):
            in_force = in_force.filter(ai_model=key)
        shown = Q(pk__in=in_force.values("pk"), usd__isnull=False) | Q(effective_from__gt=now)
        return rows.filter(Q() if request.method == "POST" else shown).order_by(
            _vocabulary_order("service_tier", ServiceTier),
            _vocabulary_order("kind", PriceKind),
            F("min_prompt_tokens").asc(nulls_first=True),
            F("utc_start").asc(nulls_first=True),
            "effective_from",
        )
