"""The end of one offer of a model: alarms, the admin and the site tell of it, and of no other offer."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog import gauges
from catalog.alarms.occurrences import near_deprecations, scheduled_changes
from catalog.models import AIModel, Offer
from tests.admin.common import agree, staff
from tests.factories import make_listed, make_model, make_price
from tests.site.common import page

pytestmark = pytest.mark.django_db
LIST, TIMELINE = "/admin/catalog/aimodel/", "/admin/catalog/aimodel/timeline/"
FAR = datetime(2099, 12, 26, 14, tzinfo=UTC)


def with_offer(ends: datetime, model_id: str = "acme/one") -> AIModel:
    model = make_listed(model_id, name="One")
    for kind in ("prompt", "completion"):
        make_price(model, kind, "0.00000005", service_tier="flex")
    Offer.objects.create(ai_model=model, variant="flex", deprecation_at=ends)
    return model


def hour(ahead: timedelta) -> datetime:
    return (timezone.now() + ahead).replace(minute=0, second=0, microsecond=0)


def test_an_alarm_names_the_offer_before_and_the_model_after_it_has_ended() -> None:
    offer = with_offer(hour(timedelta(days=6))).offers.get()
    make_model("acme/private", is_public=False)
    (one,) = near_deprecations(timezone.now())
    assert one.text.startswith("acme/one (Flex) will be deprecated at ")
    assert one.text.endswith("within 7 days. The model's other offers stay.")
    Offer.objects.filter(pk=offer.pk).update(deprecation_at=hour(timedelta(hours=-2)))
    assert list(near_deprecations(timezone.now())) == []
    assert "acme/one" in "".join(one.text for one in scheduled_changes(timezone.now()))


def test_the_admins_filter_finds_its_model(client: Client) -> None:
    with_offer(hour(timedelta(days=6)))
    make_model("acme/other")
    viewer = staff(client, "Viewer")
    for choice, found in (("soon", {"acme/one"}), ("set", {"acme/one"}), ("past", set()), ("none", {"acme/other"})):
        shown = viewer.get(LIST, {"deprecation": choice}).context["cl"].queryset
        assert {model.model_id for model in shown} == found


def test_the_timeline_shows_and_cancels_it(client: Client) -> None:
    model = with_offer(hour(timedelta(days=6)))
    publisher = staff(client, "Publisher")
    text = publisher.get(TIMELINE).content.decode()
    assert "Deprecation of the offer Flex" in text
    token = f"offer:{model.offers.get().pk}:{hour(timedelta(days=6)).isoformat()}"
    agree(publisher, TIMELINE, {"cancel": token})
    assert not Offer.objects.exists()  # it states nothing else


def test_the_metrics_count_it_apart_from_the_models_own() -> None:
    with_offer(hour(timedelta(days=6)))
    (family,) = (one for one in gauges.catalog() if one.name == "catalog_due_moments")
    due = {(one.labels["kind"], one.labels["within"]): one.value for one in family.samples}
    assert due["offer_deprecation", "30d"] == 1
    assert due["offer_deprecation", "1d"] == due["deprecation", "30d"] == 0


def test_the_site_and_the_calendar_name_the_offer(client: Client) -> None:
    with_offer(FAR)
    document = page(client, "/deprecations")
    (row,) = (" ".join(one.text.split()) for one in document.all("li", **{"class": "change"}))
    assert "One acme/one Flex Deprecated" in row
    lines = client.get("/deprecations.ics").content.decode().split("\r\n")
    assert "SUMMARY:One (acme/one\\, Flex) is retired" in lines
    assert next(line for line in lines if line.startswith("UID:")).endswith("acme/one/flex")
