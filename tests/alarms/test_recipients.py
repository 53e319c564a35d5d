"""Who gets alarms, and who may change that."""

import pytest
from django.db import IntegrityError
from django.test import Client

from catalog.alarms import record
from catalog.models import (
    AlarmRecipient,
)
from tests.admin.common import staff
from tests.alarms.common import problem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("email", "url"), [("", ""), ("a@example.com", "https://example.com/")])
def test_a_recipient_has_one_address(email: str, url: str) -> None:
    with pytest.raises(IntegrityError, match="alarm_recipient_has_one_address"):
        AlarmRecipient.objects.create(name="x", email=email, url=url)


PAGES = ("/admin/catalog/alarm/", "/admin/catalog/alarmrecipient/", "/admin/catalog/driftcheck/")


def test_recipients_are_for_those_who_may_change_them(client: Client, admin_client: Client) -> None:
    recipient = AlarmRecipient.objects.create(name="hook", url="https://hooks.example.com/1")
    problem()
    (alarm,) = record()
    staff(client, "Publisher")
    assert [client.get(page).status_code for page in PAGES] == [200, 403, 200]
    page = client.get(f"/admin/catalog/alarm/{alarm.pk}/change/").content.decode()
    assert "2 entries would be gone" in page
    assert recipient.secret not in page
    host = {"host": "localhost"}
    page = admin_client.get(f"/admin/catalog/alarmrecipient/{recipient.pk}/change/", headers=host).content.decode()
    assert recipient.secret in page
    added = admin_client.post(
        "/admin/catalog/alarmrecipient/add/",
        {"name": "Ops", "email": "ops@example.com", "kinds": ["drift"], "is_active": "on"},
        headers=host,
    )
    assert added.status_code == 302
    assert AlarmRecipient.objects.get(name="Ops").kinds == ["drift"]
    refused = admin_client.post("/admin/catalog/alarmrecipient/add/", {"name": "None"}, headers=host)
    assert "Enter either" in refused.content.decode()
