"""Prices in a model's form: typed per million tokens, kept per token, never rounded; past prices are never changed."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, F, Q, QuerySet, TextChoices, Value, When
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import TabularInline
from unfold.widgets import INPUT_CLASSES, UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from catalog import decimals
from catalog.admin.base import RowForm
from catalog.admin.fields import UTCDateTimeField, UTCDateTimeInput
from catalog.admin.prices.fields import AmountField, ClockField, typed_to_usd, usd_to_typed
from catalog.models import IDENTITY, Price, PriceKind, ServiceTier, Weekday

LINE_FIELDS = [*(name for name in IDENTITY if name != "ai_model_id"), "effective_from"]
"""The fields that cannot change once the price has started."""

REPLACED = (
    "A price that you have changed or removed is not in force any more: one that was scheduled has come since this form was "
    "opened. Open it again."
)


class PriceForm(RowForm):
    """One line of the price list.

    Of a price that has started, only the amount can be changed, and the formset saves that as a new row.
    """

    amount = AmountField(
        label="USD",
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off", "size": 10}),
        help_text="USD per 1M tokens; for everything else USD per one unit. 0 is free.",
        error_messages={"invalid": "Enter a number; its decimal sign is a point, as in 0.08."},
    )
    effective_from = UTCDateTimeField(
        label="In force from (UTC)",
        required=False,
        widget=UTCDateTimeInput(" ".join(INPUT_CLASSES)),
        help_text="Empty: from now on.",
    )
    utc_days = forms.MultipleChoiceField(
        label="Days",
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
            "utc_start": "From HHMM",
            "utc_end": "To HHMM",
            "cache_ttl_seconds": "TTL (s)",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_stored = self.instance.pk is not None
        self.has_started = self.is_stored and self.instance.effective_from <= timezone.now()
        if not self.is_stored:
            # Shown empty, which means now: the column's default is the time of the database.
            self.initial["effective_from"] = None
            return
        if self.instance.usd is not None:
            self.initial["amount"] = usd_to_typed(self.instance.usd, self.instance.unit)
        if self.has_started:
            for name in LINE_FIELDS:
                self.fields[name].disabled = True
        elif self.instance.usd is None:
            self.fields["amount"].required = False  # a scheduled end

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


class PriceFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """The price list of one model: changing or removing a price that has started adds a row, and keeps the old one."""

    def clean(self) -> None:
        """Refuse two amounts for one line from the same time on, and changing a price that another one has replaced."""
        super().clean()
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
                raise ValidationError("Two lines of the price list are the same, from the same moment on.")
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
    hide_title = True
    verbose_name_plural = "Prices in force and scheduled"
    template_before = "admin/prices/help.html"
    fields = [
        "kind",
        "unit",
        "amount",
        "on_the_wire",
        "effective_from",
        "service_tier",
        "min_prompt_tokens",
        "utc_start",
        "utc_end",
        "utc_days",
        "cache_ttl_seconds",
    ]
    readonly_fields = ["on_the_wire"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Price]:
        """The prices in force and scheduled; past prices are in the history.

        A form that is sent holds the prices of when it was opened; some may have been replaced since.
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

    def on_the_wire(self, price: Price) -> str:
        """The string that the feeds carry: USD per one unit."""
        if price.pk is None:
            return "—"
        return "ends" if price.usd is None else decimals.wire(price.usd)

    on_the_wire.short_description = "Per unit, as served"  # type: ignore[attr-defined]
