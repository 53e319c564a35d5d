"""Staff's screens, through HTTP: what is shown, what is saved, what is refused and how."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import decimals
from catalog.admin.models import AIModelAdmin
from catalog.admin.prices import typed_to_usd, usd_to_typed
from catalog.admin.refusals import CatalogAdmin
from catalog.history import version
from catalog.listing import Selection, listing
from catalog.models import AIModel, ApiKey, Datacenter, Price, Proposal, Provider
from tests.factories import PAST, make_datacenter, make_listed, make_model, make_price

pytestmark = pytest.mark.django_db
ADD = "/admin/catalog/aimodel/add/"
LIST = "/admin/catalog/aimodel/"


def staff(client: Client, group: str) -> Client:
    user = User.objects.create_user(group.lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


@pytest.fixture
def publisher_client(client: Client) -> Client:
    return staff(client, "Publisher")


def change(model: AIModel) -> str:
    return f"{LIST}{model.pk}/change/"


def form_data(client: Client, url: str) -> dict[str, Any]:
    """What a browser would send if the form were saved as it is shown."""
    page = client.get(url)
    assert page.status_code == 200
    data: dict[str, Any] = {}
    forms = [page.context["adminform"].form]
    for formset in page.context["inline_admin_formsets"]:
        forms += [formset.formset.management_form, *formset.formset.forms]
    for form in forms:
        for bound in form:
            if bound.field.disabled:
                continue
            value = bound.value()
            if value is None or value is False:
                continue
            widget = bound.field.widget
            if hasattr(widget, "decompress"):
                for part, text in enumerate(widget.decompress(value)):
                    data[f"{bound.html_name}_{part}"] = "" if text is None else str(text)
            elif isinstance(value, list | tuple):
                data[bound.html_name] = [getattr(one, "pk", one) for one in value]
            else:
                formatted = widget.format_value(value) if hasattr(widget, "format_value") else value
                data[bound.html_name] = "on" if value is True else formatted if isinstance(formatted, str) else value
    return data


def price_row(data: dict[str, Any], **row: Any) -> None:
    """Fill in one more row of the price list."""
    number = int(data["prices-TOTAL_FORMS"])
    data["prices-TOTAL_FORMS"] = str(number + 1)
    for name, value in {"unit": "token", "service_tier": "default", **row}.items():
        data[f"prices-{number}-{name}"] = value


def new_model(client: Client, **overrides: Any) -> dict[str, Any]:
    data = form_data(client, ADD)
    data |= {
        "model_id": "acme/new:free",
        "name": "Acme New",
        "released_at_0": "2026-01-02",
        "released_at_1": "03:04:05",
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "quantization": "fp8",
        "context_length": "8192",
        "max_output_length": "4096",
    }
    data |= overrides
    return data


def agree(client: Client, url: str, data: dict[str, Any]) -> Any:
    """Save, and agree to what the review says, if it asks."""
    answer = client.post(url, data)
    if answer.status_code == 200 and "review" in (answer.context or {}):
        review = answer.context["review"]
        answer = client.post(url, {**data, "_agreed": review.digest, "_typed": review.to_type})
    return answer


def errors(page: Any) -> str:
    """Every sentence that the page shows as an error."""
    assert page.status_code == 200
    found = [*page.context["adminform"].form.errors.values()]
    for formset in page.context["inline_admin_formsets"]:
        found += [formset.formset.non_form_errors(), *(e for f in formset.formset.forms for e in f.errors.values())]
    return " ".join(" ".join(map(str, one)) for one in found)


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model._meta.label)
def test_every_page_opens(client: Client, model: Any) -> None:
    client.force_login(User.objects.create_superuser("root"))
    make_listed(datacenters=(make_datacenter(),))
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert client.get(reverse(f"{name}_changelist"), {"q": "a"}, follow=True).status_code == 200
    is_made_here = model is not Proposal  # a proposal is made by saving a change
    assert client.get(reverse(f"{name}_add")).status_code == (200 if is_made_here else 403)
    if row := model._default_manager.first():
        assert client.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize(
    ("page", "lit"),
    [
        ("changelist", "Models"),
        ("add", "Models"),
        ("timeline", "Timeline"),
        ("upload", "Uploads and tables"),
        ("listing_at", "Feed at a moment"),
    ],
)
def test_one_line_of_the_sidebar_is_lit(publisher_client: Client, page: str, lit: str) -> None:
    answer = publisher_client.get(reverse(f"admin:catalog_aimodel_{page}"))
    lines = [item for group in answer.context["sidebar_navigation"] for item in group["items"]]
    assert [line["title"] for line in lines if line["active"]] == [lit]


def test_a_page_is_named_by_what_it_is_about(publisher_client: Client) -> None:
    model = make_model(model_id="acme/one")
    for address, subject in (
        ("/admin/", "Dashboard"),
        (LIST, "Models"),
        (change(model), "acme/one"),
        (f"{LIST}{model.pk}/history/", "History: acme/one"),
        (f"{LIST}{model.pk}/delete/", "Delete model acme/one"),
    ):
        content = publisher_client.get(address).content.decode()
        assert re.findall(r"<h1[^>]*>(.*?)</h1>", content, re.DOTALL) == [subject]
        assert f"{subject} | Model catalog</title>" in content


def test_an_error_is_a_page_with_a_way_back(publisher_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError

    model = make_listed()
    publisher_client.raise_request_exception = False
    publisher_client.handler.enforce_csrf_checks = True
    for status, answer in (
        (403, publisher_client.get(f"{LIST}{model.pk}/delete/")),
        (403, publisher_client.post(ADD)),
        (404, publisher_client.get("/admin/nothing/here")),
    ):
        assert answer.status_code == status
        assert '<a href="/admin/">' in answer.content.decode()
    monkeypatch.setattr("catalog.admin.dashboard.ScheduledSwitch.objects.apply_due", fail)
    answer = publisher_client.get("/admin/")
    assert (answer.status_code, '<a href="/admin/">' in answer.content.decode()) == (500, True)


def test_the_site_has_an_icon(client: Client) -> None:
    address = client.get("/favicon.ico").headers["location"]
    assert finders.find(address.removeprefix("/static/"))
    assert f'href="{address}"' in client.get("/admin/login/").content.decode()


def test_a_model_with_prices_and_a_datacenter_is_added_listed_and_served(publisher_client: Client) -> None:
    place = make_datacenter()
    data = new_model(publisher_client, is_listed_on_openrouter="on", datacenters=[place.pk], is_ready="on")
    price_row(data, kind="prompt", amount="0.09")
    price_row(data, kind="completion", amount="0.13")
    price_row(data, kind="image", unit="image", amount="0.002")
    answer = agree(publisher_client, ADD, data)
    assert answer.status_code == 302, errors(answer)
    (entry,) = publisher_client.get("/v1/models?format=openrouter").json()["data"]
    assert entry["id"] == "acme/new:free"
    assert entry["pricing"] == {"prompt": "0.00000009", "completion": "0.00000013", "image": "0.002", "request": "0"}
    assert entry["datacenters"] == [{"country_code": "DE"}]
    assert entry["created"] == 1767323045


def test_saving_a_form_unchanged_changes_nothing(publisher_client: Client) -> None:
    model = make_listed(
        datacenters=(make_datacenter(),), discount_to_user=Decimal("0.1"), input_modalities=["image", "text"]
    )
    make_price(model, "prompt", "0.000000123456789012345678", effective_from=timezone.now() + timedelta(days=1))
    make_price(model, "completion", "0.5", utc_start=800, utc_end=1700, utc_days=["monday"])
    prices, feed = Price.objects.count(), publisher_client.get("/v1/models?format=openrouter").content
    answer = publisher_client.post(change(model), form_data(publisher_client, change(model)))
    assert answer.status_code == 302, errors(answer)
    assert Price.objects.count() == prices
    assert publisher_client.get("/v1/models?format=openrouter").content == feed


def test_a_changed_price_is_a_new_row_from_now_on_and_the_old_one_stays(publisher_client: Client) -> None:
    model = make_listed()
    data = form_data(publisher_client, change(model))
    assert data["prices-0-amount"] == "0.1"
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
    assert '<li id="id_prices-1-amount_error"><a class="underline" href="#id_prices-1-amount">Price 2, USD</a>: ' in summary
    assert "its decimal sign is a point" in summary


def test_a_time_of_day_has_four_digits(publisher_client: Client) -> None:
    model = make_listed()
    make_price(model, "prompt", "0.5", utc_start=30, utc_end=900)
    data = form_data(publisher_client, change(model))
    row = next(name for name, value in data.items() if value == "500000").removesuffix("amount")
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
        name.removesuffix("-amount") for name, value in data.items() if name.endswith("-amount") and value == "500000"
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
    assert errors(answer).count("must lie between 1970 and 9999") == 2


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
    row = next(name.removesuffix("-amount") for name, value in data.items() if name.endswith("-amount") and value == "0.1")
    answer = publisher_client.post(change(model), data | {f"{row}-{name}": value for name, value in touch.items()})
    assert "has come since this form was opened" in errors(answer)
    assert model.prices.count() == 3


@pytest.fixture
def new_form(publisher_client: Client) -> dict[str, Any]:
    return new_model(publisher_client)


AMOUNTS = st.decimals(min_value=0, max_value=Decimal(10) ** 12 - 1, places=18, allow_nan=False, allow_infinity=False)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"model_id": "spa ce"}, "model_id", "An id starts with"),
        ({"max_output_length": "9000"}, "max_output_length", "The output cannot be longer than the context."),
        ({"discount_to_user": "1.5"}, "discount_to_user", "below 1"),
        ({"deprecation_at_0": "2027-01-01", "deprecation_at_1": "13:30:00"}, "deprecation_at", "whole hour"),
        ({"input_modalities": ["smell"]}, "input_modalities", "not one of the available choices"),
        ({"context_length": "99999999999"}, "context_length", "less than or equal"),
    ],
)
def test_a_database_rule_is_a_sentence_at_its_field(
    publisher_client: Client, values: dict[str, Any], field: str, sentence: str
) -> None:
    page = publisher_client.post(ADD, new_model(publisher_client, **values))
    assert page.status_code == 200
    assert sentence in " ".join(page.context["adminform"].form.errors[field])


def test_a_price_rule_is_a_sentence_in_its_row(publisher_client: Client) -> None:
    data = new_model(publisher_client)
    price_row(data, kind="prompt", amount="1", utc_start="800")
    price_row(data, kind="request", amount="1")
    page = publisher_client.post(ADD, data)
    assert "A window has a start and an end, or neither." in errors(page)
    assert "not sold per that unit" in errors(page)


def test_the_same_line_twice_is_a_sentence_and_not_a_server_error(publisher_client: Client) -> None:
    data = new_model(publisher_client)
    price_row(data, kind="prompt", amount="1")
    price_row(data, kind="prompt", amount="2")
    page = publisher_client.post(ADD, data)
    assert page.status_code == 200
    assert "from the same moment on" in errors(page)
    assert not AIModel.objects.exists()


def test_listing_an_incomplete_model_is_refused_with_all_that_is_missing_and_keeps_what_was_typed(
    publisher_client: Client,
) -> None:
    data = new_model(publisher_client, is_listed_on_openrouter="on", quantization="", name="Typed name")
    page = publisher_client.post(ADD, data)
    shown = errors(page)
    assert "It needs its quantization." in shown
    assert "completion price per token" in shown
    assert page.context["adminform"].form.errors["quantization"]
    assert b"Typed name" in page.content
    assert not AIModel.objects.exists()


def test_a_rule_about_prices_is_shown_above_the_form(publisher_client: Client) -> None:
    page = publisher_client.post(ADD, new_model(publisher_client, is_listed_on_openrouter="on"))
    assert "prompt price per token" in " ".join(page.context["adminform"].form.non_field_errors())


def test_a_used_id_is_refused_at_the_id(publisher_client: Client) -> None:
    make_model("taken")
    page = publisher_client.post(ADD, new_model(publisher_client, model_id="taken"))
    assert page.context["adminform"].form.errors["model_id"]


def test_a_listed_model_is_not_deleted_by_any_page(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    model = make_listed(prices={}, has_free_variant=True)
    assert client.post(f"{LIST}{model.pk}/delete/", {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "post": "yes"}
    page = client.post(LIST, bulk | {"_selected_action": [model.pk, make_model("other").pk]})
    assert f"{model.model_id}: it is listed on OpenRouter. Take it off first." in page.content.decode()
    assert AIModel.objects.count() == 2


@pytest.mark.parametrize("of_many", [False, True], ids=["one", "many"])
def test_what_the_database_alone_refuses_to_delete_is_a_sentence(
    client: Client, monkeypatch: pytest.MonkeyPatch, of_many: bool
) -> None:
    # As where a schedule lists it after the page has asked whether it is listed.
    for name in ("has_delete_permission", "get_deleted_objects"):
        monkeypatch.setattr(AIModelAdmin, name, getattr(CatalogAdmin, name))
    client.force_login(User.objects.create_superuser("root"))
    model = make_listed(prices={}, has_free_variant=True)
    many = (LIST, {"action": "delete_selected", "_selected_action": [model.pk], "post": "yes"})
    url, data = many if of_many else (f"{LIST}{model.pk}/delete/", {"post": "yes"})
    page = client.post(url, data, follow=True)
    assert "acme/one is listed on OpenRouter; take it off before you delete it." in page.content.decode()
    assert AIModel.objects.exists()


def test_the_flag_needs_its_permission_also_in_a_forged_form(client: Client) -> None:
    staff(client, "Editor")
    model = make_model()
    data = form_data(client, change(model)) | {"is_listed_on_openrouter": "on", "name": "Changed"}
    assert agree(client, change(model), data).status_code == 302
    model.refresh_from_db()
    assert (model.is_listed_on_openrouter, model.name) == (False, "Changed")
    listed = make_listed("listed")
    data = form_data(client, change(listed))
    data.pop("is_listed_on_openrouter", None)
    assert agree(client, change(listed), data).status_code == 302
    listed.refresh_from_db()
    assert listed.is_listed_on_openrouter


def test_an_editor_cannot_break_a_listed_model_either(client: Client) -> None:
    staff(client, "Editor")
    listed = make_listed()
    page = client.post(change(listed), form_data(client, change(listed)) | {"quantization": ""})
    assert "It needs its quantization." in errors(page)


def test_a_viewer_sees_and_changes_nothing(client: Client) -> None:
    staff(client, "Viewer")
    model = make_listed()
    assert client.get(change(model)).status_code == 200
    assert client.post(change(model), {"name": "Changed"}).status_code == 403
    assert client.get(ADD).status_code == 403
    assert client.post(f"{LIST}{model.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_groups_come_with_the_migrations() -> None:
    def may(name: str) -> set[str]:
        return set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))

    viewed = ("aimodel", "price", "datacenter", "parameterdescriptor", "provider", "scheduledswitch", "proposal")
    assert may("Viewer") == {f"view_{model}" for model in viewed}
    assert may("Editor") > may("Viewer")
    assert may("Publisher") - may("Editor") == {
        "list_on_openrouter",
        *(f"{action}_{model}" for model in ("provider", "apikey") for action in ("view", "add", "change")),
    } - {"view_provider"}


def test_the_provider_is_one_page(publisher_client: Client) -> None:
    address = "/admin/catalog/provider/"
    assert publisher_client.get(address).headers["Location"] == f"{address}add/"
    data = form_data(publisher_client, f"{address}add/") | {
        "slug": "Acme",
        "name": "Acme",
        "api_base_url": "ftp://a",
    }
    shown = errors(publisher_client.post(f"{address}add/", data))
    assert "small letters" in shown
    assert "Enter a valid URL" in shown
    data |= {"slug": "acme", "api_base_url": "https://api.acme.example/v1"}
    assert publisher_client.post(f"{address}add/", data).status_code == 302
    assert publisher_client.get(address).headers["Location"] == f"{address}1/change/"
    assert publisher_client.get(f"{address}add/").status_code == 403
    assert publisher_client.post(f"{address}1/delete/", {"post": "yes"}).status_code == 403
    assert publisher_client.get("/api/v1/providers").json()["data"][0]["slug"] == "acme"


@pytest.mark.parametrize("group", ["Viewer", "Editor"])
def test_only_publishers_change_the_provider_and_make_keys(client: Client, group: str) -> None:
    Provider.objects.create()
    staff(client, group)
    assert client.get("/admin/catalog/provider/1/change/").status_code == 200
    assert client.post("/admin/catalog/provider/1/change/", {"slug": "x", "name": "x"}).status_code == 403
    for path in ("", "add/"):
        assert client.get(f"/admin/catalog/apikey/{path}").status_code == 403
        assert client.post(f"/admin/catalog/apikey/{path}", {"name": "x"}).status_code == 403
    assert not ApiKey.objects.exists()


def test_a_key_is_shown_once_and_can_be_revoked_for_good(publisher_client: Client) -> None:
    address = "/admin/catalog/apikey/"
    page = publisher_client.post(f"{address}add/", {"name": "shop", "_save": ""})
    assert "no-store" in page.headers["Cache-Control"]
    shown = re.search(r"[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}", page.content.decode())
    assert shown
    assert not any(shown[0] in str(cookie) for cookie in publisher_client.cookies.values())
    assert shown[0] not in publisher_client.get(address).content.decode()
    stored = ApiKey.objects.get()
    assert stored.is_valid(shown[0])
    row = f"{address}{stored.pk}/change/"
    assert shown[0] not in publisher_client.get(row).content.decode()
    api = Client(headers={"host": "localhost", "authorization": f"Bearer {shown[0]}"})
    assert api.get("/api/ai/models").status_code == 200
    assert publisher_client.post(row, {"name": "shop", "revoked": "on"}).status_code == 302
    assert api.get("/api/ai/models").status_code == 401
    publisher_client.post(row, {"name": "other"})
    stored.refresh_from_db()
    assert (stored.revoked, stored.name) == (True, "shop")
    assert publisher_client.post(f"{address}{stored.pk}/delete/", {"post": "yes"}).status_code == 403


def test_no_page_and_no_address_of_a_key_has_its_hash(publisher_client: Client) -> None:
    address = "/admin/catalog/apikey/"
    publisher_client.post(f"{address}add/", {"name": "shop"})
    stored = ApiKey.objects.get()
    assert stored.pk == stored.prefix
    row = f"{address}{stored.prefix}/"
    publisher_client.post(f"{row}change/", {"name": "shop two"})
    for page in (address, f"{row}change/", f"{row}history/", "/admin/"):
        content = publisher_client.get(page).content.decode()
        assert stored.hashed_key not in content
        assert escape(stored.hashed_key) not in content
    assert f'href="{row}change/"' in publisher_client.get(address).content.decode()
    assert not LogEntry.objects.filter(object_id__contains=stored.hashed_key).exists()


def test_the_hash_leaves_the_keys_that_there_are_and_the_log(publisher_client: Client) -> None:
    stored, shown = ApiKey.objects.create_key(name="old")
    old, user = f"{stored.prefix}.{stored.hashed_key}", User.objects.get()
    ApiKey.objects.filter(pk=stored.pk).update(id=old)
    LogEntry.objects.log_actions(user.pk, [ApiKey.objects.get()], 1, single_object=True)
    (operation,) = import_module("catalog.migrations.0016_key_without_hash").Migration.operations
    with connection.cursor() as cursor:
        cursor.execute(operation.sql)
        assert ApiKey.objects.get_from_key(shown).pk == LogEntry.objects.get().object_id == stored.prefix
        cursor.execute(operation.reverse_sql)
    assert ApiKey.objects.get_from_key(shown).pk == LogEntry.objects.get().object_id == old


def test_aliases_are_typed_with_commas_and_each_finds_one_model(publisher_client: Client) -> None:
    model = make_model("acme/one")
    make_model("acme/two", aliases=["zwei"])
    data = form_data(publisher_client, change(model))
    assert publisher_client.post(change(model), data | {"aliases": "uno, one-1,uno, acme/one"}).status_code == 302
    model.refresh_from_db()
    assert model.aliases == ["uno", "one-1"]
    assert form_data(publisher_client, change(model))["aliases"] == "uno,one-1"
    for typed, said in (
        ("a b", "written as an id"),
        ("zwei", "The name zwei would find both acme/one and acme/two."),
        ("acme/two", "would find both"),
    ):
        assert said in errors(publisher_client.post(change(model), data | {"aliases": typed}))
    model.refresh_from_db()
    assert model.aliases == ["uno", "one-1"]


def test_a_models_page_shows_the_json_that_openrouter_gets(publisher_client: Client) -> None:
    model = make_listed("a/b:c", has_free_variant=True)
    page = publisher_client.get(change(model)).content.decode()
    assert "Live in the OpenRouter feed" in page
    shown = re.search(r"data-feed-preview>(.*?)</pre>", page, re.S)
    assert shown
    assert shown[1].count(escape('"id": "a/b:c"')) == 2


def test_a_models_page_shows_what_stands_between_it_and_being_listed(publisher_client: Client) -> None:
    model = make_model(prices={"prompt": "1"}, context_length=None)
    page = publisher_client.get(change(model)).content.decode()
    assert "something is missing" in page
    assert "It needs its context length." in page
    assert "It needs a completion price per token in the default tier." in page
    assert "data-feed-preview" not in page


def test_the_list_shows_prices_per_million_and_what_is_live(publisher_client: Client) -> None:
    make_listed("live")
    model = make_model("draft", prices={})
    make_price(model, "prompt", "0.000009", min_prompt_tokens=5)
    page = publisher_client.get(LIST)
    rows = {row.model_id: row for row in page.context["cl"].result_list}
    assert rows["live"].prompt_usd == Decimal("0.0000001")
    assert rows["draft"].prompt_usd is None
    assert "0.1" in page.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "two"}, {"b"}),
        ({"is_listed_on_openrouter__exact": "1"}, {"a"}),
        ({"is_ready__exact": "0"}, {"b"}),
        ({"author": "acme"}, {"a"}),
        ({"modality": "input:image"}, {"b"}),
        ({"modality": ["input:image", "output:text"]}, {"a", "b"}),
        ({"quantization__exact": "int4"}, {"b"}),
        ({"deprecation": "soon"}, {"b"}),
        ({"deprecation": "none"}, {"a"}),
        ({"datacenters__id__exact": "place"}, {"a"}),
    ],
)
def test_the_list_is_searched_and_filtered(publisher_client: Client, query: dict[str, Any], found: set[str]) -> None:
    place = make_datacenter()
    make_listed("a", author="acme", datacenters=(place,))
    soon = (timezone.now() + timedelta(days=9)).replace(minute=0, second=0, microsecond=0)
    make_model("b", name="Two", is_ready=False, input_modalities=["image"], quantization="int4", deprecation_at=soon)
    query = {name: place.pk if value == "place" else value for name, value in query.items()}
    page = publisher_client.get(LIST, query)
    assert page.status_code == 200
    assert {row.model_id for row in page.context["cl"].result_list} == found


@pytest.mark.parametrize(
    "query",
    [
        "modality=smell",
        "modality=input:%00",
        "author=%00",
        "quantization__exact=%00",
        "deprecation=never",
        "q=%00",
        "o=99",
        "datacenters__id__exact=99999999999999999999",
        "datacenters__id__exact=a",
        "is_ready__exact=a",
        "p=999999",
    ],
)
def test_a_nonsensical_filter_is_no_server_error(publisher_client: Client, query: str) -> None:
    assert publisher_client.get(f"{LIST}?{query}").status_code in {200, 302, 400}


def test_the_list_takes_as_many_queries_for_many_models_as_for_one(
    publisher_client: Client, django_assert_max_num_queries: Any
) -> None:
    def count() -> int:
        with django_assert_max_num_queries(100) as captured:
            assert publisher_client.get(LIST).status_code == 200
        return len(captured)

    make_listed("first")
    publisher_client.get(LIST)
    before = count()
    for number in range(30):
        make_listed(f"m{number}", datacenters=(Datacenter.objects.first() or make_datacenter(),))
    assert count() == before


def test_a_models_page_takes_as_many_queries_for_many_prices_as_for_few(
    publisher_client: Client, django_assert_max_num_queries: Any
) -> None:
    model = make_listed()

    def count() -> int:
        with django_assert_max_num_queries(100) as captured:
            assert publisher_client.get(change(model)).status_code == 200
        return len(captured)

    publisher_client.get(change(model))
    before = count()
    for number in range(1, 20):
        make_price(model, "prompt", "1", min_prompt_tokens=number)
    assert count() == before


def test_a_preview_leaves_no_trace(publisher_client: Client) -> None:
    model = make_model()
    before = listing(Selection.EVERY).revision
    publisher_client.get(change(model))
    assert listing(Selection.EVERY).revision == before
