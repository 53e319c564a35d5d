"""What no page of the admin makes is answered in words, and a form that cannot be kept is not lost."""

import pytest
from django.test import Client

from catalog.history import position_of
from catalog.models import AIModel, ParameterDescriptor
from tests.admin.common import ADD, LIST, change, errors, form_data
from tests.factories import make_model

pytestmark = pytest.mark.django_db

UNKEPT = ["Infinity", "-Infinity", "NaN", "1e999", '"\\ud800"', '"\\u0000"', "[" * 100_000, "9" * 5000, '["a", NaN]', "\0"]


@pytest.mark.parametrize("default", UNKEPT)
def test_a_default_that_cannot_be_kept_is_said_at_its_field_and_the_form_stays(
    publisher_client: Client,
    default: str,
) -> None:
    model = make_model()
    ParameterDescriptor.objects.create(ai_model=model, name="seed", type="integer")
    data = form_data(publisher_client, change(model)) | {"notes": "typed", "parameter_descriptors-0-default": default}
    page = publisher_client.post(change(model), data)
    assert "cannot be stored" in errors(page) or "valid JSON" in errors(page)
    assert page.context["adminform"].form["notes"].value() == "typed"
    assert not AIModel.objects.filter(notes="typed").exists()


@pytest.mark.parametrize("default", ["0.7", '"auto"', '"\\\\u0000"', '"🦙"', "null", "0.70"])
def test_a_default_that_can_be_kept_is(publisher_client: Client, default: str) -> None:
    model = make_model()
    ParameterDescriptor.objects.create(ai_model=model, name="seed", type="integer")
    data = form_data(publisher_client, change(model)) | {"parameter_descriptors-0-default": default}
    assert publisher_client.post(change(model), data).status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        "/admin/autocomplete/?app_label=catalog&model_name=aimodel&field_name=replacement&term=%00",
        "/admin/search/?s=a&extended=1&page=x",
        f"{LIST}?q=%00",
        f"{LIST}?deprecation_at__year=99999999999",
        f"{LIST}%00/change/",
    ],
)
def test_an_address_that_cannot_be_read_is_a_page_that_says_so(publisher_client: Client, address: str) -> None:
    page = publisher_client.get(address)
    assert page.status_code == 400
    assert "This request cannot be read" in page.content.decode()


def test_rows_that_are_none_are_no_server_error(publisher_client: Client) -> None:
    make_model()
    sent = {"action": "set_ready", "_selected_action": "x", "index": "0"}
    assert publisher_client.post(LIST, sent).status_code == 400


@pytest.mark.parametrize(
    ("query", "name", "shown"),
    [
        ("name=Acme&replacement=x", "name", "Acme"),
        ("released_at=2027-01-01", "released_at", "2027-01-01 00:00:00+00:00"),
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
    monkeypatch.setattr("catalog.admin.models.model_admin.openrouter_view", lambda model: position_of("no position"))
    with pytest.raises(ValueError, match="no position"):
        publisher_client.get(f"{change(make_model())}?a=b")
