"""One thing done to many models: chosen in the list, described in a form, reviewed, and done in one transaction."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pghistory
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from catalog import decimals
from catalog.admin.moments import MomentField
from catalog.admin.prices import AmountField, typed_to_usd
from catalog.admin.reviewing import carried_out
from catalog.formats import pricing
from catalog.history import create, differences, states
from catalog.models import (
    AIModel,
    Datacenter,
    Price,
    PriceKind,
    PriceUnit,
    ScheduledSwitch,
    ServiceTier,
    Switch,
)
from catalog.models.refusals import refusal
from catalog.review import Review

DIGITS = 80
"""Significant digits while a price is multiplied: more than any price and percentage have together."""


class Refused(Exception):
    """It cannot be done to all of them. The text says to which not, and why."""


class BulkForm(forms.Form):
    """What a person says about one thing done to many models."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
                field.widget.attrs["class"] = "mc-input"


class MomentForm(BulkForm):
    """From when on."""

    moment = MomentField(label="From (UTC)", required=False, help_text="Empty: at once.")

    def clean_moment(self) -> datetime | None:
        """A moment that is ahead, or none."""
        moment: datetime | None = self.cleaned_data["moment"]
        if moment is not None and moment <= timezone.now():
            raise ValidationError("This is past; leave it empty to do it at once.")
        return moment


class PriceMomentForm(MomentForm):
    """From when on, and what becomes of what is scheduled for later."""

    also_scheduled = forms.BooleanField(
        label="Also change scheduled prices",
        required=False,
        help_text="Otherwise a price that is scheduled for later replaces the new one at its time.",
    )


class PercentForm(PriceMomentForm):
    """By how much, and which prices."""

    percent = forms.DecimalField(
        help_text="10 makes prices a tenth dearer, -10 a tenth cheaper.",
        min_value=Decimal("-99.999999"),
        max_value=Decimal(10_000),
        max_digits=30,
        decimal_places=25,
        error_messages={"min_value": "This would leave nothing of the price; to sell for nothing, set it to 0."},
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    kinds = forms.MultipleChoiceField(
        label="Prices",
        choices=PriceKind.choices,
        initial=[PriceKind.PROMPT, PriceKind.COMPLETION],
        widget=forms.CheckboxSelectMultiple,
    )
    places = forms.IntegerField(
        label="Round to decimals",
        help_text="Decimals per 1M tokens, or per one unit; halves go up. Empty: nothing is rounded.",
        required=False,
        min_value=0,
        max_value=decimals.DECIMAL_PLACES - decimals.TOKENS_PER_PRICE,
    )
    field_order = ["percent", "kinds", "places", "moment", "also_scheduled"]


class AmountForm(PriceMomentForm):
    """To what amount, and which prices."""

    kind = forms.ChoiceField(label="Price", choices=PriceKind.choices)
    unit = forms.ChoiceField(choices=PriceUnit.choices)
    tier = forms.ChoiceField(choices=ServiceTier.choices)
    amount = AmountField(
        label="USD",
        help_text="USD per 1M tokens; for everything else USD per one unit. 0 is free.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    field_order = ["kind", "unit", "tier", "amount", "moment", "also_scheduled"]

    def clean(self) -> dict[str, Any]:
        """The amount as USD per one unit."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "amount" in cleaned and "unit" in cleaned:
            try:
                cleaned["usd"] = typed_to_usd(cleaned["amount"], cleaned["unit"])
            except ValidationError as error:
                self.add_error("amount", error)
        return cleaned


class DatacenterForm(BulkForm):
    """Which datacenter."""

    datacenter = forms.ModelChoiceField(Datacenter.objects.all())


class DeprecationForm(BulkForm):
    """When they end, and what comes instead."""

    deprecation = MomentField(label="Deprecation (UTC)", help_text="A whole hour. OpenRouter warns users before it.")
    replacement = forms.CharField(
        required=False,
        help_text="The id of the model that users should move to.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_deprecation(self) -> datetime:
        """A whole hour, as the database asks for."""
        moment: datetime = self.cleaned_data["deprecation"]
        if moment.minute or moment.second or moment.microsecond:
            raise ValidationError("A deprecation happens on a whole hour of UTC, such as 13:00.")
        return moment

    def clean_replacement(self) -> AIModel | None:
        """The model of that id."""
        model_id = self.cleaned_data["replacement"].strip()
        found = AIModel.objects.filter(model_id=model_id).first()
        if model_id and found is None:
            raise ValidationError(f"There is no model with the id {model_id}.")
        return found


class CloneForm(BulkForm):
    """What the new model is called."""

    model_id = forms.CharField(
        label="Model id", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    name = forms.CharField(max_length=200)

    def clean_model_id(self) -> str:
        """An id that is free and well written."""
        model_id = self.cleaned_data["model_id"].strip()
        others = {field.name for field in AIModel._meta.get_fields()} - {"model_id"}
        try:
            AIModel(model_id=model_id).full_clean(exclude=others)
        except ValidationError as error:
            raise ValidationError(error.messages) from error
        return model_id


def _turn(switch: Switch, value: bool) -> Callable[[list[int], dict[str, Any]], None]:
    def turn(keys: list[int], said: dict[str, Any]) -> None:
        moment = said["moment"]
        if moment is None:
            AIModel.objects.filter(pk__in=keys).exclude(**{switch.value: value}).update(**{switch.value: value})
            return
        ScheduledSwitch.objects.bulk_create(
            (ScheduledSwitch(ai_model_id=key, switch=switch, value=value, effective_from=moment) for key in keys),
            update_conflicts=True,
            unique_fields=["ai_model", "switch", "effective_from"],
            update_fields=["value"],
        )

    return turn


def _price_from(rows: Iterable[tuple[Price, Decimal]], moment: datetime | None) -> None:
    """Add a row for each price with its new amount, from that moment on; one that is scheduled for it already is changed."""
    wanted = {(row.ai_model_id, row.line): usd for row, usd in rows}
    if moment is not None:
        keys = {key for key, _ in wanted}
        for row in Price.objects.filter(ai_model__in=keys, effective_from=moment):
            usd = wanted.pop((row.ai_model_id, row.line), row.usd)
            if row.usd != usd:
                Price.objects.filter(pk=row.pk).update(usd=usd)
    Price.objects.bulk_create(
        Price(ai_model_id=key, usd=usd, effective_from=Now() if moment is None else moment, **line.columns)
        for (key, line), usd in wanted.items()
    )


def _sold(keys: list[int], moment: datetime | None, **which: Any) -> QuerySet[Price]:
    """The prices in force until then, of lines that have not ended: saying the same twice for one moment is saying it once."""
    rows = Price.objects.in_force(moment - timedelta(microseconds=1) if moment else timezone.now()).filter(ai_model__in=keys)
    return Price.objects.filter(pk__in=rows.values("pk"), usd__isnull=False, **which)


def _scheduled(keys: list[int], moment: datetime | None, **which: Any) -> QuerySet[Price]:
    """The prices that are scheduled for later than that moment. A line that ends, ends."""
    after = moment or timezone.now()
    return Price.objects.filter(ai_model__in=keys, effective_from__gt=after, usd__isnull=False, **which)


def _change_prices(keys: list[int], said: dict[str, Any], change: Callable[[Price], Decimal], **which: Any) -> None:
    """Give the prices in force, and those scheduled for later if that is asked for, another amount."""
    moment = said["moment"]
    wanted = [(row, change(row)) for row in _sold(keys, moment, **which).select_related("ai_model")]
    if said["also_scheduled"]:
        later = list(_scheduled(keys, moment, **which).select_related("ai_model"))
        for row in later:
            row.usd = change(row)
        Price.objects.bulk_update(later, ["usd"], batch_size=1000)
    _price_from([(row, usd) for row, usd in wanted if usd != row.usd], moment)


def _by_percent(keys: list[int], said: dict[str, Any]) -> None:
    with localcontext(prec=DIGITS):
        factor = 1 + said["percent"] / 100

    def change(row: Price) -> Decimal:
        assert row.usd is not None  # asked for
        with localcontext(prec=DIGITS):
            usd = row.usd * factor
            if said["places"] is not None:
                places = said["places"] + (decimals.TOKENS_PER_PRICE if row.unit == PriceUnit.TOKEN else 0)
                usd = usd.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        if not decimals.fits(usd):
            raise Refused(
                f"{row.ai_model.model_id}: {pricing.price_label(row.line)} would have more than "
                f"{decimals.DECIMAL_PLACES} decimals per unit. Say to how many decimals it is to be rounded."
            )
        return usd

    _change_prices(keys, said, change, kind__in=said["kinds"])


def _to_amount(keys: list[int], said: dict[str, Any]) -> None:
    which = {"kind": said["kind"], "unit": said["unit"], "service_tier": said["tier"]}
    base: dict[str, Any] = {"min_prompt_tokens": None, "utc_start": None, "utc_days": [], "cache_ttl_seconds": None}
    _change_prices(keys, said, lambda row: said["usd"], **which, **base)


def _add_datacenter(keys: list[int], said: dict[str, Any]) -> None:
    said["datacenter"].models.add(*keys)


def _remove_datacenter(keys: list[int], said: dict[str, Any]) -> None:
    said["datacenter"].models.remove(*keys)


def _deprecate(keys: list[int], said: dict[str, Any]) -> None:
    AIModel.objects.filter(pk__in=keys).update(deprecation_at=said["deprecation"], replacement=said["replacement"])


def _keep(keys: list[int], said: dict[str, Any]) -> None:
    AIModel.objects.filter(pk__in=keys).update(deprecation_at=None, replacement=None)


def _clone(keys: list[int], said: dict[str, Any]) -> None:
    if len(keys) != 1:
        raise Refused("Choose one model to clone.")
    state = states(keys)[keys[0]]
    named = {("field", "model_id"): said["model_id"], ("field", "name"): said["name"]}
    # Other names and the slug find one model, and what is new is looked at before it is listed.
    create(one for one in differences({}, state | named) if one.path not in NOT_CLONED and one.path[0] != "switch")


NOT_CLONED = {("field", name) for name in ("aliases", "openrouter_slug", "is_listed_on_openrouter")}


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be done to the chosen models. ``perform`` gets their keys and what the form says."""

    name: str
    label: str
    form: type[BulkForm]
    perform: Callable[[list[int], dict[str, Any]], None]
    permission: str = "change"
    help_text: str = ""


OPERATIONS = (
    Operation("list_on_openrouter", "List on OpenRouter…", MomentForm, _turn(Switch.LISTED, True)),
    Operation("take_off_openrouter", "Take off OpenRouter…", MomentForm, _turn(Switch.LISTED, False)),
    Operation("set_ready", "Set ready…", MomentForm, _turn(Switch.READY, True)),
    Operation("set_not_ready", "Set not ready…", MomentForm, _turn(Switch.READY, False)),
    Operation(
        "change_prices_by_percent",
        "Change prices by percent…",
        PercentForm,
        _by_percent,
        help_text="Every line of the chosen kinds, in every tier, with its conditions. What is not sold stays so.",
    ),
    Operation(
        "change_prices_to_an_amount",
        "Change prices to an amount…",
        AmountForm,
        _to_amount,
        help_text="The unconditional price of the models that have one. What is not sold stays so.",
    ),
    Operation("add_datacenter", "Add a datacenter…", DatacenterForm, _add_datacenter),
    Operation("remove_datacenter", "Remove a datacenter…", DatacenterForm, _remove_datacenter),
    Operation("deprecate", "Deprecate…", DeprecationForm, _deprecate),
    Operation("take_back_deprecation", "Take back the deprecation", BulkForm, _keep),
    Operation(
        "clone",
        "Clone…",
        CloneForm,
        _clone,
        permission="add",
        help_text="A new model with the same facts, prices from now on, datacenters and parameters. It is not listed.",
    ),
)


def action(operation: Operation) -> Callable[[Any, HttpRequest, QuerySet[AIModel]], HttpResponse]:
    """The operation as an action of the list of models."""

    def act(model_admin: Any, request: HttpRequest, chosen: QuerySet[AIModel]) -> HttpResponse:
        return _act(model_admin, request, chosen, operation)

    act.__name__ = operation.name
    act.short_description = operation.label  # type: ignore[attr-defined]
    act.allowed_permissions = [operation.permission]  # type: ignore[attr-defined]
    return act


def _act(model_admin: Any, request: HttpRequest, chosen: QuerySet[AIModel], operation: Operation) -> HttpResponse:
    if not getattr(model_admin, f"has_{operation.permission}_permission")(request):
        raise PermissionDenied
    ids = dict(chosen.order_by("model_id").values_list("pk", "model_id"))
    keys, label = list(ids), operation.label.rstrip("…")
    form = operation.form(request.POST if "_described" in request.POST else None)
    if "_described" in request.POST and form.is_valid():
        said = form.cleaned_data

        def perform() -> HttpResponse:
            with pghistory.context(source="bulk"):
                operation.perform(keys, said)
            return HttpResponseRedirect(_after(operation, said, request))

        def done(review: Review) -> None:
            changed = len(review.changes)
            if changed:
                messages.success(request, f"{label}: {changed} model{'s' * (changed != 1)} changed.")
            else:
                messages.info(request, f"{label}: nothing to change; they are so already.")

        try:
            return carried_out(request, perform, title=f"Review: {label}", always=True, done=done)
        except Refused as reason:
            form.add_error(None, f"Nothing was changed. {reason}")
        except IntegrityError as error:
            form.add_error(None, f"Nothing was changed. {refusal(error).sentence}")
    context = {
        **model_admin.admin_site.each_context(request),
        "title": label,
        "operation": operation,
        "form": form,
        "ids": list(ids.values()),
        # The list's filters are in the address: "all of them" is sent as such, however many they are.
        "keys": keys[:1] if request.POST.get("select_across") == "1" else keys,
    }
    return TemplateResponse(request, "admin/catalog/bulk.html", context)


def _after(operation: Operation, said: dict[str, Any], request: HttpRequest) -> str:
    if operation.permission == "add":
        made = AIModel.objects.get(model_id=said["model_id"])
        return reverse("admin:catalog_aimodel_change", args=[made.pk])
    return request.get_full_path()
