"""The screens of API keys that may import."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from catalog.models import ApiKey, KeyScope, SecurityEvent
from tests.admin.common import staff

KEYS = "/admin/catalog/apikey/"
pytestmark = pytest.mark.django_db


def ending(days: int | None) -> dict[str, str]:
    """The box of the expiry date."""
    return {"expiry_date": "" if days is None else f"{timezone.now() + timedelta(days=days):%Y-%m-%d %H:%M:%S}"}


def test_a_key_for_imports_belongs_to_whoever_makes_it_and_ends_within_a_year(client: Client) -> None:
    publisher = staff(client, "Publisher")
    form = {"name": "CI", "scopes": ["propose", "apply"]}
    for days, wrong in ((None, "needs an expiry date"), (400, "works for a year at most"), (-1, "in the past")):
        answer = publisher.post(f"{KEYS}add/", {**form, **ending(days)})
        assert wrong in answer.content.decode()
    assert not ApiKey.objects.exists()
    assert "CI" in publisher.post(f"{KEYS}add/", {**form, **ending(90)}).content.decode()
    key = ApiKey.objects.get()
    assert (key.scopes, key.owner and key.owner.get_username()) == (["propose", "apply"], "publisher")
    assert "imports: propose, apply; owner: publisher" in SecurityEvent.objects.latest("pk").details
    shown = publisher.get(KEYS).content.decode()
    assert "propose, apply" in shown
    page = f"{KEYS}{key.pk}/change/"
    assert "Plan imports, and apply them (/api/v1/imports)" in publisher.get(page).content.decode()
    publisher.post(page, {"name": "CI 2", "scopes": [], **ending(100)})
    key.refresh_from_db()
    assert (key.name, key.scopes) == ("CI 2", ["propose", "apply"])  # which cannot be changed
    # A colleague may revoke it, and not let it work for longer.
    colleague = Client(headers={"host": "localhost"})
    colleague.force_login(User.objects.create_superuser("root"))
    end = key.expiry_date
    colleague.post(page, {"name": "CI 2", "revoked": "on", **ending(300)})
    key.refresh_from_db()
    assert (key.revoked, key.expiry_date) == (True, end)


def test_a_key_that_only_reads_has_no_owner(client: Client) -> None:
    staff(client, "Publisher").post(f"{KEYS}add/", {"name": "app", **ending(None)})
    key = ApiKey.objects.get()
    assert (key.scopes, key.owner) == ([], None)


def test_the_database_refuses_a_key_for_imports_without_an_owner_or_an_end() -> None:
    owner, end = User.objects.create_user("ci"), timezone.now()
    for facts in (
        {"owner": owner},
        {"expiry_date": end},
        {"owner": owner, "expiry_date": end, "scopes": ["everything"]},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiKey.objects.create_key(name="x", **{"scopes": [KeyScope.APPLY], **facts})
