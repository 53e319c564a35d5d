"""The bulk actions: each with its form and what it does. A new one is a line in ``OPERATIONS``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catalog.admin.bulk_actions.errors import NotApplicable
from catalog.admin.bulk_actions.forms import (
    AmountForm,
    BulkForm,
    CloneForm,
    DatacenterForm,
    DeprecationForm,
    PercentForm,
    StartForm,
)
from catalog.admin.bulk_actions.offers import ChangeOfferForm, EndOfferForm, change_offer, end_offer, without_offer
from catalog.admin.bulk_actions.prices import Lacking, change_by_percent, change_to_amount, without_kinds, without_price
from catalog.history import create, differences, states
from catalog.models import AIModel, ScheduledSwitch, Switch


def _set_switch(switch: Switch, value: bool) -> Callable[[list[int], dict[str, Any]], None]:
    def perform(keys: list[int], data: dict[str, Any]) -> None:
        start = data["moment"]
        if start is None:
            AIModel.objects.filter(pk__in=keys).exclude(**{switch.value: value}).update(**{switch.value: value})
            return
        ScheduledSwitch.objects.plan(keys, switch, value, start)

    return perform


def _add_datacenter(keys: list[int], data: dict[str, Any]) -> None:
    data["datacenter"].models.add(*keys)


def _remove_datacenter(keys: list[int], data: dict[str, Any]) -> None:
    data["datacenter"].models.remove(*keys)


def _deprecate(keys: list[int], data: dict[str, Any]) -> None:
    AIModel.objects.filter(pk__in=keys).update(deprecation_at=data["deprecation"], replacement=data["replacement"])


def _cancel_deprecation(keys: list[int], data: dict[str, Any]) -> None:
    AIModel.objects.filter(pk__in=keys).update(deprecation_at=None, replacement=None)


def _clone(keys: list[int], data: dict[str, Any]) -> None:
    if len(keys) != 1:
        raise NotApplicable("Choose one model to clone.")
    state = states(keys)[keys[0]]
    named = {("field", name): data[name] for name in ("model_id", "name", "is_public")}
    create(one for one in differences({}, state | named) if one.path not in NOT_CLONED and one.path[0] != "switch")


NOT_CLONED = {("field", name) for name in ("aliases", "openrouter_slug", "is_listed_on_openrouter")}
"""Aliases and the slug must find only one model, and staff check a new model before they list it."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One bulk action. ``perform`` takes the keys of the selected models and the form's ``cleaned_data``, and may raise
    ``NotApplicable``. ``lacking`` takes the ids of the models by their keys, and the same data: which of them have no such price or offer."""

    name: str
    label: str
    form: type[BulkForm]
    perform: Callable[[list[int], dict[str, Any]], None]
    permission: str = "change"
    help_text: str = ""
    lacking: Callable[[dict[int, str], dict[str, Any]], list[Lacking]] = lambda ids, data: []


OPERATIONS = (
    Operation(
        "list_on_openrouter", "List on OpenRouter…", StartForm, _set_switch(Switch.LISTED, True), permission="listing"
    ),
    Operation(
        "take_off_openrouter", "Take off OpenRouter…", StartForm, _set_switch(Switch.LISTED, False), permission="listing"
    ),
    Operation("set_ready", "Set ready…", StartForm, _set_switch(Switch.READY, True)),
    Operation("set_not_ready", "Set not ready…", StartForm, _set_switch(Switch.READY, False)),
    Operation(
        "change_prices_by_percent",
        "Change prices by percent…",
        PercentForm,
        change_by_percent,
        lacking=without_kinds,
        help_text="Every line of the selected kinds, in every tier, with its conditions. Models without a price stay without one.",
    ),
    Operation(
        "change_prices_to_an_amount",
        "Change prices to an amount…",
        AmountForm,
        change_to_amount,
        lacking=without_price,
        help_text="The unconditional price of the models that have one. Models without a price stay without one.",
    ),
    Operation("add_datacenter", "Add a datacenter…", DatacenterForm, _add_datacenter),
    Operation("remove_datacenter", "Remove a datacenter…", DatacenterForm, _remove_datacenter),
    Operation("deprecate", "Deprecate…", DeprecationForm, _deprecate),
    Operation("take_back_deprecation", "Cancel the deprecation", BulkForm, _cancel_deprecation),
    Operation(
        "change_offer",
        "Change an offer…",
        ChangeOfferForm,
        change_offer,
        lacking=without_offer,
        help_text="Changes one service tier, or the free variant, of the models that have it. Other models do not change.",
    ),
    Operation(
        "end_offer",
        "End an offer…",
        EndOfferForm,
        end_offer,
        lacking=without_offer,
        help_text="Ends all prices of a service tier and cancels its scheduled prices, or removes the free variant. "
        "Models without the offer do not change.",
    ),
    Operation(
        "clone",
        "Clone…",
        CloneForm,
        _clone,
        permission="add",
        help_text="A new model with the same facts, prices from now on, datacenters and parameters. It is not listed, "
        "and it is private unless you make it public.",
    ),
)
