"""Actions that change or end one offer of many models."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from catalog import bulk_writing
from catalog.admin.bulk_actions.errors import NotApplicable
from catalog.admin.bulk_actions.forms import StartForm, whole_hour
from catalog.admin.bulk_actions.prices import Lacking, end_prices
from catalog.admin.fields import ExactField, number_input
from catalog.admin.models.offers import deprecation, readiness
from catalog.models import OFFER_FIELDS, AIModel, Lack, Offer, Price, ScheduledSwitch, Switch, Variant
from catalog.models.fields import PERCENT_PLACES
from catalog.models.many import one_of

STATED = ("is_ready", "deprecation_at", "discount_to_user")
"""The facts that can be set for many models. Limits and parameters differ between models."""


def _offer() -> forms.ChoiceField:
    return forms.ChoiceField(choices=Variant.choices, widget=UnfoldAdminSelectWidget)


def _label(name: str) -> str:
    """The label of a fact in the offers of a model's form."""
    return Lack(name).label if name in Lack.values else str(Offer._meta.get_field(name).verbose_name).capitalize()  # type: ignore[union-attr]


class ChangeOfferForm(StartForm):
    """The offer, its new values, the values to remove, and from when."""

    offer = _offer()
    is_ready = readiness("No change")
    deprecation_at = deprecation("Leave empty for no change.")
    discount_to_user = ExactField(
        percent=PERCENT_PLACES["discount_to_user"],
        required=False,
        max_digits=12,
        decimal_places=10,
        widget=number_input("decimal"),
        help_text="0.1 or 10% lowers the price by 10%. Leave empty for no change.",
    )
    as_the_model = forms.MultipleChoiceField(
        label="Use the model's value",
        choices=[(name, _label(name)) for name in OFFER_FIELDS],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="The offer's own values are removed.",
    )
    field_order = ["offer", *STATED, "as_the_model", "moment"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["moment"].help_text = "For a change of readiness only. Leave empty to apply the change immediately."

    def clean_deprecation_at(self) -> Any:
        """A whole hour, as the database requires."""
        return whole_hour(self.cleaned_data["deprecation_at"])

    def clean(self) -> dict[str, Any]:
        """Require a change, and no fact that is both set and removed."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        stated = [name for name in STATED if cleaned.get(name) is not None]
        for name in set(stated).intersection(cleaned.get("as_the_model", ())):
            self.add_error(name, "Enter a value or choose “Use the model's value”, not both.")
        if not self.errors and not stated and not cleaned["as_the_model"]:
            raise ValidationError("Choose what to change.")
        if not self.errors and cleaned["moment"] and {*stated, *cleaned["as_the_model"]} != {"is_ready"}:
            self.add_error(
                "moment", "Only a change of readiness can be scheduled. Leave the time empty, or change nothing else."
            )
        return cleaned


class EndOfferForm(StartForm):
    """The offer, and when it ends."""

    offer = _offer()
    field_order = ["offer", "moment"]


def change_offer(keys: list[int], data: dict[str, Any]) -> None:
    """Set these facts of an offer, now or later, for the models that have it. Raises ``NotApplicable`` if none has it."""
    variant, start = Variant(data["offer"]), data["moment"]
    stated = {name: data[name] for name in STATED if data[name] is not None}
    cleared = data["as_the_model"]
    having = _having(keys, variant)
    if start is not None:
        ScheduledSwitch.objects.plan(having, Switch.ready(variant), stated.get("is_ready"), start)
        return
    rows = {row.ai_model_id: row for row in Offer.objects.filter(ai_model__in=one_of(having), variant=variant)}
    created: list[Offer] = []
    altered: list[Offer] = []
    removed: list[Offer] = []
    for key in having:
        row = rows.get(key) or Offer(ai_model_id=key, variant=variant)
        before = row.own_facts()
        for name, value in (dict.fromkeys(cleared) | stated).items():
            setattr(row, name, Offer._meta.get_field(name).get_default() if value is None else value)  # type: ignore[union-attr]
        row.without = [lack for lack in row.without if lack not in cleared and lack not in stated]
        after = row.own_facts()
        if after != before:
            (removed if not after else altered if row.pk else created).append(row)
    bulk_writing.insert(Offer, created)
    bulk_writing.update(Offer, altered, [*OFFER_FIELDS, "without"])
    Offer.objects.filter(pk__in=one_of([row.pk for row in removed])).delete()


def end_offer(keys: list[int], data: dict[str, Any]) -> None:
    """End the prices of a tier and cancel its scheduled prices, or remove the free variant. Raises ``NotApplicable`` if no model has the
    offer, or if a free variant is to end later."""
    variant, start = Variant(data["offer"]), data["moment"]
    having = _having(keys, variant)
    if variant != Variant.FREE:
        end_prices(having, start, service_tier=variant.value)
    elif start is None:
        AIModel.objects.filter(pk__in=one_of(having)).update(has_free_variant=False)
    else:
        raise NotApplicable("The end of a free variant cannot be scheduled. Leave the time empty.")


def without_offer(ids: dict[int, str], data: dict[str, Any]) -> list[Lacking]:
    """The models that do not have the offer and do not change."""
    variant = Variant(data["offer"])
    having = set(_offering(list(ids), variant))
    lacking = [model_id for key, model_id in ids.items() if key not in having]
    has = "does" if len(lacking) == 1 else "do"
    sentence = f"{len(lacking):,} of {len(ids):,} models {has} not have this offer: {variant.label.lower()}"
    return [Lacking(sentence, lacking)] if lacking else []


def _having(keys: list[int], variant: Variant) -> list[int]:
    """The models that have the offer. Raises ``NotApplicable`` if there is none."""
    if not (found := _offering(keys, variant)):
        raise NotApplicable(f"None of the selected models has this offer: {variant.label}.")
    return found


def _offering(keys: list[int], variant: Variant) -> list[int]:
    """The models that have the offer, or will have it."""
    models = AIModel.objects.filter(pk__in=one_of(keys))
    if variant == Variant.FREE:
        models = models.filter(has_free_variant=True)
    else:
        now = timezone.now()
        rows = Price.objects.filter(ai_model__in=one_of(keys), service_tier=variant.value)
        sold = rows.filter(Q(pk__in=rows.in_force(now).values("pk")) | Q(effective_from__gt=now), usd__isnull=False)
        models = models.filter(pk__in=sold.values("ai_model"))
    return list(models.order_by("pk").values_list("pk", flat=True))
