"""The admin's pages about readers: who may see them, who may watch one, and what is said after a change."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from catalog.admin.readers import ReaderAdmin
from catalog.models import CatalogRevision, Reader
from tests.admin.common import agree, change, form_data, staff
from tests.factories import make_listed

pytestmark = pytest.mark.django_db
PAGE = "/admin/catalog/reader/"


def make_reader(**overrides: object) -> Reader:
    now = timezone.now()
    facts = {
        "agent": "<b>OpenRouter/1.0</b>",
        "network": "198.51.100.0",
        "format_name": "openrouter",
        "first_seen_at": now - timedelta(days=1),
        "last_success_at": now - timedelta(minutes=3),
        "requests": 1000,
        "counted": 11,
        "counted_from": now - timedelta(minutes=13),
        "revision": 1,
    }
    return Reader.objects.create(**{**facts, **overrides})


def test_a_viewer_sees_readers_and_changes_none(client: Client) -> None:
    staff(client, "Viewer")
    reader = make_reader()
    page = client.get(PAGE).content.decode()
    assert "&lt;b&gt;OpenRouter/1.0&lt;/b&gt; from 198.51.100.0" in page
    assert "3 min ago" in page
    form = client.get(f"{PAGE}{reader.pk}/change/").content.decode()
    assert 'name="is_watched"' not in form
    assert client.post(f"{PAGE}{reader.pk}/change/", {"is_watched": "on"}).status_code == 403
    for path in ("add/", f"{reader.pk}/delete/"):
        assert client.get(PAGE + path).status_code == 403


def test_a_publisher_names_and_watches_one(client: Client) -> None:
    staff(client, "Publisher")
    reader = make_reader()
    answer = client.post(f"{PAGE}{reader.pk}/change/", {"name": "OpenRouter", "is_watched": "on", "quiet_after": "10"})
    assert answer.status_code == 302
    reader.refresh_from_db()
    assert (reader.name, reader.is_watched, reader.quiet_after, reader.requests) == ("OpenRouter", True, 10, 1000)
    assert client.post(f"{PAGE}{reader.pk}/change/", {"quiet_after": "0"}).status_code == 200  # refused at its box


def test_who_may_see_no_models_sees_no_readers(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get(PAGE).status_code == 403


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, "ok"),
        ({"is_watched": True, "last_success_at": timezone.now() - timedelta(days=1)}, "quiet"),
        ({"last_failure_at": timezone.now() + timedelta(days=1)}, "failing"),
        ({"stale_at": timezone.now() + timedelta(days=1)}, "stale"),
    ],
)
def test_the_state_of_each_is_said(client: Client, facts: dict[str, object], state: str) -> None:
    staff(client, "Viewer")
    reader = make_reader(**facts)
    assert client.get(PAGE).status_code == 200
    assert ReaderAdmin(Reader, admin.site).state(reader) == state


def test_the_dashboard_says_whether_the_last_change_was_fetched(client: Client) -> None:
    staff(client, "Viewer")
    make_listed()
    state = CatalogRevision.objects.get()
    make_reader(name="OpenRouter", is_watched=True, revision=state.revision)
    page = client.get("/admin/").content.decode()
    assert (
        f"OpenRouter last fetched the openrouter list 3 min ago and has seen the change of {state.changed_at:%H:%M} UTC."
        in page
    )


def test_after_a_change_of_the_feed_it_is_said_when_it_was_last_fetched(client: Client) -> None:
    staff(client, "Publisher")
    model = make_listed()
    make_reader(name="OpenRouter", is_watched=True)
    url = change(model)
    page = agree(client, url, {**form_data(client, url), "name": "Another name"})
    assert page.status_code == 302
    page = client.get(page["Location"])
    (said,) = [str(message) for message in page.context["messages"]]
    assert said.startswith("Saved. acme/one is in the OpenRouter feed.")
    assert "Undo this change" in said
    assert "OpenRouter has not fetched the feed since: it last fetched the openrouter list 3 min ago." in said
