"""What each group may do in the admin."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from tests.admin.common import ADD, LIST, agree, change, form_data, staff
from tests.factories import make_listed, make_model

pytestmark = pytest.mark.django_db


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
    assert page.context["adminform"].form.errors["quantization"] == ["Listing on OpenRouter needs this."]


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
