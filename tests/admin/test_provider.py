"""The provider and the API keys in the admin."""

import re
from importlib import import_module

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils.html import escape

from catalog.models import ApiKey, Provider
from tests.admin.common import errors, form_data, staff

pytestmark = pytest.mark.django_db


def test_the_provider_is_one_page(publisher_client: Client) -> None:
    address = "/admin/catalog/provider/"
    assert publisher_client.get(address).headers["Location"] == f"{address}add/"
    data = form_data(publisher_client, f"{address}add/") | {
        "slug": "Acme",
        "name": "Acme",
        "api_base_url": "ftp://a",
    }
    shown = errors(publisher_client.post(f"{address}add/", data))
    assert "lowercase letters" in shown
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
