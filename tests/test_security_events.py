"""Who did what to whom, kept also when they are gone."""

import json
import logging
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from catalog.models import SecurityEvent, SecurityEventKind
from catalog.models.security_event import KEPT_FOR
from catalog.security_events import COMMAND, forget_old, record_event
from catalog_site.logs import JsonFormatter

pytestmark = pytest.mark.django_db


def test_an_act_is_a_row_and_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    request = RequestFactory(REMOTE_ADDR="2001:db8::7").post("/admin/")
    request.user = user = User.objects.create_user("ada")
    record_event(SecurityEventKind.USER_CHANGED, request, about="grace", details="groups: Publisher")
    event = SecurityEvent.objects.get()
    assert (event.actor_id, event.actor_name, event.about, event.address) == (user.pk, "ada", "grace", "2001:db8::7")
    line = json.loads(JsonFormatter().format(caplog.records[-1]))
    assert line["message"] == "User changed by ada; grace; groups: Publisher"
    assert (line["event"], line["client"]) == ("user_changed", "2001:db8::7")


def test_a_command_and_a_stranger_have_no_account() -> None:
    assert record_event(SecurityEventKind.SECOND_FACTOR_REMOVED, about="ada").actor_name == COMMAND
    event = record_event(SecurityEventKind.LOGIN_FAILED, RequestFactory(REMOTE_ADDR="").post("/admin/login/"))
    assert (event.actor_id, event.actor_name, event.address) == (None, "", None)


def test_an_event_says_who_it_was_after_the_user_is_deleted() -> None:
    user = User.objects.create_user("ada")
    record_event(SecurityEventKind.LOGIN, by=user)
    user.delete()
    assert SecurityEvent.objects.get().actor_name == "ada"


def test_nobody_changes_an_event_or_deletes_one_before_its_time() -> None:
    recent = record_event(SecurityEventKind.LOGIN)
    old = SecurityEvent.objects.create(kind="login", occurred_at=timezone.now() - KEPT_FOR - timedelta(days=1))
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        SecurityEvent.objects.update(actor_name="somebody else")
    with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
        SecurityEvent.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        SecurityEvent.objects.create(kind="unheard of")
    forget_old()
    assert list(SecurityEvent.objects.all()) == [recent]
    assert not SecurityEvent.objects.filter(pk=old.pk).exists()


def test_the_table_is_for_those_with_the_permission(client: Client) -> None:
    user = User.objects.create_user("ada", is_staff=True)
    client.force_login(user)
    page = reverse("admin:catalog_securityevent_changelist")
    assert client.get(page).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_securityevent"))
    record_event(SecurityEventKind.KEY_REVOKED, by=user, about="app back end")
    content = client.get(page).content.decode()
    assert "API key revoked" in content
    assert "app back end" in content
    assert "Security events" in client.get("/admin/").content.decode()
