"""What no page of the admin makes is answered in words, and a form that cannot be kept is not lost."""

from typing import Any

import pytest
from django.test import Client

from catalog.history import position_of
from catalog.models import AIModel, ParameterDescriptor
from tests.admin.common import ADD, LIST, change, form_data
from tests.factories import make_model

pytestmark = pytest.mark.django_db

UNKEPT = ["Infinity", "-Infinity", "NaN", "1e999", '"\\ud800"', '"\\u0000"', "[" * 100_000, "9" * 5000, '["a", NaN]', "\0"]


def with_defaults(client: Client, model: AIModel, defaults: list[str]) -> dict[str, Any]:
    """The form of a model with a parameter for each of the defaults, in their order."""
    for number in range(len(defaults)):
        ParameterDescriptor.objects.create(ai_model=model, name=f"seed{number:02}", type="integer")
    typed = {f"parameter_descriptors-{number}-default": default for number, default in enumerate(defaults)}
    return form_data(client, change(model)) | typed


def test_a_default_that_cannot_be_kept_is_said_at_its_field_and_the_form_stays(publisher_client: Client) -> None:
    model = make_model()
    data = with_defaults(publisher_client, model, UNKEPT) | {"notes": "typed"}
    page = publisher_client.post(change(model), data)
    assert page.status_code == 200
    *_, parameters = page.context["inline_admin_formsets"]
    said = [" ".join(found["default"]) for found in parameters.formset.errors]
    assert len(said) == len(UNKEPT)
    assert all("cannot be stored" in one or "valid JSON" in one for one in said), said
    assert page.context["adminform"].form["notes"].value() == "typed"
    assert not AIModel.objects.filter(notes="typed").exists()


def test_a_default_that_can_be_kept_is(publisher_client: Client) -> None:
    model = make_model()
    defaults = ["0.7", '"auto"', '"\\\\u0000"', '"🦙"', "null", "0.70"]
    assert publisher_client.post(change(model), with_defaults(publisher_client, model, defaults)).status_code == 302
    kept = model.parameter_descriptors.order_by("name").values_list("default", flat=True)
    assert list(kept) == [0.7, "auto", "\\u0000", "🦙", None, 0.7]


@pytest.mark.parametrize(
    "address",
    [
        "/admin/autocomplete/?app_label=catalog&model_name=aimodel&field_name=replacement&term=%00",
        f"{LIST}%00/change/",
    ],
)
def test_an_address_that_cannot_be_read_is_a_page_that_says_so(publisher_client: Client, address: str) -> None:
    page = publisher_client.get(address)
    assert page.status_code == 400
    assert "This request cannot be read" in page.content.decode()


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("/admin/search/?s=a&extended=1&page=x", "<strong>s</strong>, <strong>extended</strong> or <strong>page</strong>"),
        (f"{LIST}?q=%00&page=1", "It is the value of <strong>q</strong>."),
        (f"{LIST}?released_at__year=99999999999", "It is the value of <strong>released_at__year</strong>."),
        (f"{LIST}?%3Cb%3E%00=1", "It is the value of <strong>&lt;b&gt;\\x00</strong>."),
    ],
)
def test_the_page_names_the_parameter_that_cannot_be_read(publisher_client: Client, address: str, named: str) -> None:
    page = publisher_client.get(address)
    assert page.status_code == 400
    assert named in page.content.decode()


def test_a_replacement_that_is_none_is_said_at_its_field_and_the_form_stays(publisher_client: Client) -> None:
    model = make_model()
    data = form_data(publisher_client, change(model)) | {"notes": "typed"}
    for sent in ("Infinity", "\ufffd", "a\0b", "9" * 25):
        page = publisher_client.post(change(model), data | {"replacement": sent})
        assert page.context["adminform"].form.errors.keys() == {"replacement"}, sent
        assert page.context["adminform"].form["notes"].value() == "typed"


def test_a_name_that_is_taken_is_said_at_what_takes_it(publisher_client: Client) -> None:
    make_model("acme/one:free")
    model = make_model("acme/one")
    data = form_data(publisher_client, change(model))
    for field, value in (("has_free_variant", "on"), ("aliases", "acme/one:free"), ("model_id", "acme/one:free")):
        page = publisher_client.post(change(model), data | {field: value})
        assert page.context["adminform"].form.errors.keys() == {field}


def test_rows_that_are_none_are_no_server_error(publisher_client: Client) -> None:
    make_model()
    sent = {"action": "set_ready", "_selected_action": "x", "index": "0"}
    assert publisher_client.post(LIST, sent).status_code == 400


@pytest.mark.parametrize(
    ("query", "name", "shown"),
    [
        ("name=Acme&replacement=x", "name", "Acme"),
        ("released_at=2027-01-01", "released_at", "2027-01-01 00:00:00"),
        ("released_at=x&name=Acme&replacement=99999999999999999999", "name", "Acme"),
    ],
)
def test_a_new_form_is_filled_in_from_the_address_with_what_its_fields_take(
    publisher_client: Client,
    query: str,
    name: str,
    shown: str,
) -> None:
    page = publisher_client.get(f"{ADD}?{query}")
    assert page.status_code == 200
    assert str(page.context["adminform"].form[name].value()) == shown


def test_a_mistake_of_our_own_is_no_bad_request(publisher_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this project's code raises is a server error, which the log shows and a test sees."""
    monkeypatch.setattr(
        "catalog.admin.models.model_admin.openrouter_view", lambda model, with_prices: position_of("no position")
    )
    with pytest.raises(ValueError, match="no position"):
        publisher_client.get(f"{change(make_model())}?a=b")
