"""``/deprecations`` and its calendar: which models end when, and what to move to."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import make_model
from tests.site.common import page

pytestmark = pytest.mark.django_db
FAR = datetime(2099, 12, 26, 14, tzinfo=UTC)


def test_what_ends_next_comes_first_and_what_has_ended_stands_apart(client: Client) -> None:
    new = make_model("acme/new", name="New")
    make_model("acme/late", name="Late", deprecation_at=FAR + timedelta(days=1))
    make_model("acme/soon", name="Soon", deprecation_at=FAR, replacement=new)
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    make_model("acme/gone", name="Gone", deprecation_at=hour - timedelta(hours=2))
    document = page(client, "/deprecations")
    soon, late, gone = (" ".join(one.text.split()) for one in document.all("li", **{"class": "change"}))
    assert soon.startswith("Dec 26, 2099, 2:00")
    assert soon.endswith("UTC Soon acme/soon Deprecated Replacement: New acme/new")
    assert "Late acme/late Deprecated No replacement is named." in late
    assert "Gone acme/gone Retired" in gone
    assert [one.text for one in document.all("h2")] == ["Scheduled for retirement", "Retired"]
    assert "/fr/deprecations</loc>" in client.get("/sitemap.xml").content.decode()


def test_nothing_ends(client: Client) -> None:
    make_model()
    assert "No models are scheduled for retirement" in page(client, "/deprecations").one("main").text
    assert b"VEVENT" not in client.get("/deprecations.ics").content


def test_the_calendar_has_an_event_for_each_in_lines_that_calendars_read(client: Client) -> None:
    new = make_model("acme/new", name="New")
    make_model("acme/old", name="Ömega, 1; " + "ö" * 80, deprecation_at=FAR, replacement=new)
    answer = client.get("/deprecations.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.content.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    lines = answer.content.decode().replace("\r\n ", "").split("\r\n")
    assert "DTSTART:20991226T140000Z" in lines
    assert "DESCRIPTION:Replacement: acme/new" in lines
    assert "SUMMARY:Ömega\\, 1\\; " + "ö" * 80 + " (acme/old) is retired" in lines
    assert client.get("/deprecations.ics", headers={"if-none-match": answer.headers["ETag"]}).status_code == 304
