"""Prices in the admin: typed, scheduled, ended, and sent digit for digit."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import decimals
from catalog.admin.prices.fields import typed_to_usd, usd_to_typed
from catalog.history import version
from catalog.models import AIModel, Price
from tests.admin.common import ADD, agree, change, errors, form_data, new_model, price_row, staff
from tests.examples import examples
from tests.factories import PAST, make_listed, make_price

pytestmark = pytest.mark.django_db


def test_a_changed_price_is_a_new_row_from_now_on_and_the_old_one_stays(publisher_client: Client) -> None:
    model = make_listed()
    data = form_data(publisher_client, change(model))
    assert data["prices-0-amount"] == "0.10"
    data["prices-0-amount"] = "0.25"
    answer = agree(publisher_client, change(model), data)
    assert answer.status_code == 302, errors(answer)
    assert sorted(model.prices.filter(kind="prompt").values_list("usd", flat=True)) == [
        Decimal("0.0000001"),
        Decimal("0.00000025"),
    ]
    (entry,) = publisher_client.get("/v1/models?format=openrouter").json()["data"]
    assert entry["pricing"]["prompt"] == "0.00000025"


def test_what_is_wrong_is_said_above_the_form_with_the_way_to_it(publisher_client: Client) -> None:
    model = make_listed()
    data = form_data(publisher_client, change(model)) | {"prices-1-amount": "0,08", "context_length": "many"}
    page = publisher_client.post(change(model), data).content.decode()
    summary = page[page.index('role="alert"') :][:2000]
    assert '<a class="underline" href="#id_context_length">Context length</a>: Enter a whole number.' in summary
    assert (
        '<li id="id_prices-1-amount_error"><a class="underline" href="#id_prices-1-amount">Completion price, Amount</a>: '
        in summary
    )
    assert "the decimal sign is a point" in summary


def test_a_time_of_day_has_four_digits(publisher_client: Client) -> None:
    model = make_listed()
    make_price(model, "prompt", "0.5", utc_start=30, utc_end=900, effective_from=timezone.now() + timedelta(days=1))
    data = form_data(publisher_client, change(model))
    row = next(name for name, value in data.items() if value == "500000.00").removesuffix("amount")
    page = publisher_client.get(change(model)).content.decode()
    assert re.findall(rf'name="{row}utc_(?:start|end)" value="(\d+)"', page) == ["0030", "0900"]


def test_what_a_begun_price_is_for_cannot_be_rewritten_by_a_forged_form(publisher_client: Client) -> None:
    model = make_listed()
    data = form_data(publisher_client, change(model))
    data |= {"prices-0-kind": "request", "prices-0-unit": "request", "prices-0-effective_from": "2020-01-01T00:00:00"}
    assert agree(publisher_client, change(model), data).status_code == 302
    assert set(model.prices.values_list("kind", "effective_from")) == {("prompt", PAST), ("completion", PAST)}


def test_removing_a_begun_line_ends_it_and_keeps_the_past(publisher_client: Client) -> None:
    model = make_listed(prices={"prompt": "1", "completion": "1", "input_cache_read": "0.5"})
    data = form_data(publisher_client, change(model))
    row = next(
        name.removesuffix("-amount") for name, value in data.items() if name.endswith("-amount") and value == "500000.00"
    )
    answer = agree(publisher_client, change(model), data | {f"{row}-DELETE": "on"})
    assert answer.status_code == 302, errors(answer)
    assert list(model.prices.filter(kind="input_cache_read").order_by("effective_from").values_list("usd", flat=True)) == [
        Decimal("0.5"),
        None,
    ]
    assert "input_cache_read" not in publisher_client.get("/v1/models?format=openrouter").json()["data"][0]["pricing"]


def test_a_price_is_scheduled_by_a_new_row_and_cancelled_by_removing_it(publisher_client: Client) -> None:
    model = make_listed()
    data = form_data(publisher_client, change(model))
    price_row(data, kind="prompt", amount="0.05", effective_from="2099-01-01T00:00:00")
    assert agree(publisher_client, change(model), data).status_code == 302
    assert model.prices.filter(kind="prompt").count() == 2
    data = form_data(publisher_client, change(model))
    row = next(name.removesuffix("-amount") for name, value in data.items() if name.endswith("-amount") and value == "0.05")
    assert agree(publisher_client, change(model), data | {f"{row}-DELETE": "on"}).status_code == 302
    assert model.prices.filter(kind="prompt").count() == 1


def test_a_price_cannot_begin_in_the_past(publisher_client: Client) -> None:
    model = make_listed()
    data = form_data(publisher_client, change(model))
    price_row(data, kind="request", unit="request", amount="1", effective_from="2026-02-01T00:00:00")
    assert "cannot begin in the past" in errors(publisher_client.post(change(model), data))


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_nothing_is_scheduled_for_a_moment_that_no_year_has(publisher_client: Client, moment: str) -> None:
    model = make_listed()
    data = form_data(publisher_client, change(model))
    price_row(data, kind="prompt", amount="1", effective_from=moment)
    data |= {"scheduled_switches-TOTAL_FORMS": "1", "scheduled_switches-0-action": "is_ready:0"}
    answer = publisher_client.post(change(model), data | {"scheduled_switches-0-effective_from": moment})
    assert errors(answer).count("must be between 1970 and 9999") == 2


def opened_before(monkeypatch: pytest.MonkeyPatch, client: Client, model: AIModel) -> dict[str, Any]:
    """The form as it was an hour ago."""
    ago = timezone.now() - timedelta(hours=1)
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: ago)
        data = form_data(client, change(model))
    return data | {"_version": version(model)}


def test_a_form_is_saved_after_a_price_that_it_shows_as_scheduled_has_come(
    publisher_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_listed()
    make_price(model, "prompt", "0.0000003", effective_from=timezone.now() - timedelta(minutes=30))
    data = opened_before(monkeypatch, publisher_client, model)
    assert data["prices-INITIAL_FORMS"] == "3"
    answer = publisher_client.post(change(model), data | {"notes": "Only these."})
    assert answer.status_code == 302, errors(answer)
    model.refresh_from_db()
    assert (model.notes, model.prices.count()) == ("Only these.", 3)


@pytest.mark.parametrize("touch", [{"amount": "0.2"}, {"DELETE": "on"}])
def test_a_price_that_another_has_followed_is_not_changed(
    publisher_client: Client, monkeypatch: pytest.MonkeyPatch, touch: dict[str, str]
) -> None:
    model = make_listed()
    make_price(model, "prompt", "0.0000003", effective_from=timezone.now() - timedelta(minutes=30))
    data = opened_before(monkeypatch, publisher_client, model)
    row = next(name.removesuffix("-amount") for name, value in data.items() if name.endswith("-amount") and value == "0.10")
    answer = publisher_client.post(change(model), data | {f"{row}-{name}": value for name, value in touch.items()})
    assert "has replaced it since you opened this form" in errors(answer)
    assert model.prices.count() == 3


@pytest.fixture
def new_form(publisher_client: Client) -> dict[str, Any]:
    return new_model(publisher_client)


AMOUNTS = st.decimals(min_value=0, max_value=Decimal(10) ** 12 - 1, places=18, allow_nan=False, allow_infinity=False)


@settings(max_examples=examples(12, 50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(AMOUNTS)
def test_a_typed_decimal_reaches_the_wire_digit_for_digit(
    publisher_client: Client, new_form: dict[str, Any], amount: Decimal
) -> None:
    model_id = f"typed-{AIModel.objects.count()}"
    data = new_form | {"model_id": model_id, "is_listed_on_openrouter": "on"}
    price_row(data, kind="prompt", amount=format(amount, "f"))
    price_row(data, kind="completion", amount="0")
    answer = agree(publisher_client, ADD, data)
    assert answer.status_code == 302, errors(answer)
    entries = publisher_client.get("/v1/models?format=openrouter").json()["data"]
    text = next(entry["pricing"]["prompt"] for entry in entries if entry["id"] == model_id)
    assert decimals.per_million(Decimal(text)) == amount
    page = publisher_client.get(change(AIModel.objects.get(model_id=model_id)))
    assert Decimal(page.context["inline_admin_formsets"][0].formset.forms[0].initial["amount"]) == amount
    assert text in page.content.decode()


@pytest.mark.slow
def test_every_real_price_goes_from_the_form_to_the_wire_as_the_text_it_was(publisher_client: Client, shared: Path) -> None:
    typed: dict[str, str] = {}
    for path in sorted((shared / "data").glob("openrouter_api_v1_models_*.json")):
        for model in json.loads(path.read_text())["data"]:
            for text in model["pricing"].values():
                if isinstance(text, str) and not text.startswith("-"):
                    typed[decimals.wire(Decimal(text))] = decimals.wire(decimals.per_million(Decimal(text)))
    history = (shared / "data" / "openrouter_price_history_2024-09_2026-08.json").read_text()
    for model in json.loads(history, parse_float=Decimal, parse_int=Decimal)["models"].values():
        for _, *amounts in model["points"]:
            for amount in amounts:
                if amount is not None and amount >= 0:
                    typed[decimals.wire(decimals.per_one(amount))] = decimals.wire(amount)
    assert len(typed) > 500
    for wire, amount in typed.items():
        assert decimals.wire(typed_to_usd(Decimal(amount), "token")) == wire
        assert decimals.wire(usd_to_typed(Decimal(wire), "token")) == amount
    # A form of eight hundred lines takes a minute: those with the most digits go through it.
    typed = dict(sorted(typed.items(), key=lambda one: (-len(one[0]), one))[:60])
    data = new_model(publisher_client, is_listed_on_openrouter="on")
    price_row(data, kind="prompt", amount="1")
    price_row(data, kind="completion", amount="1")
    for number, typed_amount in enumerate(typed.values(), start=1):  # each a line of its own
        price_row(data, kind="prompt", amount=typed_amount, min_prompt_tokens=str(number))
    answer = agree(publisher_client, ADD, data)
    assert answer.status_code == 302, errors(answer)
    (entry,) = publisher_client.get("/v1/models?format=openrouter").json()["data"]
    assert [override["prompt"] for override in entry["pricing"]["overrides"]] == list(typed)
    page = publisher_client.get(change(AIModel.objects.get()))
    shown = [form["amount"].value() for form in page.context["inline_admin_formsets"][0].formset.initial_forms]
    assert set(typed.values()) <= set(shown)


@pytest.mark.parametrize(
    "amount", ["0.0000000000000000001", "1e-19", "1e999999", "1000000000000000000", "NaN", "Infinity", "a"]
)
def test_a_price_that_would_not_survive_is_refused_and_never_rounded(publisher_client: Client, amount: str) -> None:
    data = new_model(publisher_client)
    price_row(data, kind="prompt", amount=amount)
    assert errors(publisher_client.post(ADD, data))
    assert not Price.objects.exists()
    assert not AIModel.objects.exists()


def test_a_negative_price_is_told_to_be_no_price(publisher_client: Client) -> None:
    data = new_model(publisher_client)
    price_row(data, kind="prompt", amount="-1")
    assert "not sold" in errors(publisher_client.post(ADD, data))


def test_a_new_model_is_offered_the_prices_of_its_preset_and_those_left_empty_are_not_sold(publisher_client: Client) -> None:
    address = f"{ADD}?preset=embedding"
    data = form_data(publisher_client, address)
    assert (data["category"], data["output_modalities"]) == ("embedding", ["embeddings"])
    assert {name: value for name, value in data.items() if name.endswith("-kind")} == {"prices-0-kind": "prompt"}
    data = form_data(publisher_client, f"{ADD}?preset=image")
    assert (data["prices-0-kind"], data["prices-0-unit"], "prices-1-kind" in data) == ("image_output", "image", False)
    data = new_model(publisher_client, model_id="acme/text")
    assert [data[f"prices-{row}-kind"] for row in (0, 1)] == ["prompt", "completion"]
    data["prices-0-amount"] = "0.30"
    price_row(data, kind="image", unit="image", amount="1", DELETE="on")
    assert agree(publisher_client, ADD, data).status_code == 302
    assert list(Price.objects.values_list("kind", "usd")) == [("prompt", Decimal("0.0000003"))]


def test_a_new_line_with_a_condition_needs_an_amount(publisher_client: Client) -> None:
    data = new_model(publisher_client)
    data["prices-1-min_prompt_tokens"] = "200000"
    assert "This field is required." in errors(publisher_client.post(ADD, data))


def test_a_viewer_reads_the_amounts_and_what_they_are_for(client: Client) -> None:
    model = make_listed(prices={"prompt": "0.0000003", "completion": "1"})
    make_price(model, "image", "0.5", unit="image", effective_from=timezone.now() + timedelta(days=1))
    page = staff(client, "Viewer").get(change(model)).content.decode()
    table = " ".join(re.sub("<[^>]+>", " ", page[page.index('id="prices-data"') :].partition("</table>")[0]).split())
    assert "Prompt 0.30 $ per 1M tokens 0.0000003" in table
    assert "Image input 0.50 $ per image 0.5" in table
    assert "Scheduled" in table
    assert "effective_from" not in table


def test_numbers_are_typed_as_people_write_them(publisher_client: Client) -> None:
    data = new_model(publisher_client, context_length="131,072", max_output_length="8,192", discount_to_user="10%")
    price_row(data, kind="prompt", amount="$0.30", utc_start="08:30", utc_end="17:00")
    answer = agree(publisher_client, ADD, data)
    assert answer.status_code == 302, errors(answer)
    model = AIModel.objects.get()
    assert (model.context_length, model.max_output_length, model.discount_to_user) == (131072, 8192, Decimal("0.1"))
    assert model.prices.values_list("usd", "utc_start", "utc_end").get() == (Decimal("0.0000003"), 830, 1700)
    data = form_data(publisher_client, change(model)) | {"context_length": "128k"}
    assert "128000 or 131072" in errors(publisher_client.post(change(model), data))
