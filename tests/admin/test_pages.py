"""Every page of the admin: its name, its place in the sidebar, its errors."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from catalog.models import Alarm, DriftCheck, Proposal, Reader, SecurityEvent
from tests.admin.common import ADD, LIST, change
from tests.factories import make_datacenter, make_listed, make_model

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model._meta.label)
def test_every_page_opens(client: Client, model: Any) -> None:
    client.force_login(User.objects.create_superuser("root"))
    make_listed(datacenters=(make_datacenter(),))
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert client.get(reverse(f"{name}_changelist"), {"q": "a"}, follow=True).status_code == 200
    # A proposal is made by saving a change, and the others are written by programs.
    is_made_here = model not in (Proposal, Alarm, DriftCheck, Reader, SecurityEvent)
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
        ("listing_at", "OpenRouter feed"),
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

    publisher_client.raise_request_exception = False
    publisher_client.handler.enforce_csrf_checks = True
    for status, answer in (
        (403, publisher_client.get("/admin/auth/user/")),
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
