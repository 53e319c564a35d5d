"""Who logs in, how long that lasts, and when somebody is asked again."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from pytest_django.fixtures import Settings

from catalog.admin.labels import changed_by_texts
from catalog.models import Datacenter, SecurityEvent, StaffSession
from tests.factories import make_listed

pytestmark = pytest.mark.django_db
PASSWORD = "let-me-in-please"  # noqa: S105
LOGIN, FACTORS, SESSIONS, USERS = "/admin/login/", "/admin/account/", "/admin/account/sessions/", "/admin/auth/user/"


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets seconds pass for sessions."""
    passed = [0.0]
    real = time.time

    def later(seconds: float) -> None:
        passed[0] += seconds

    monkeypatch.setattr("time.time", lambda: real() + passed[0])
    return later


def new_client(user: User) -> Client:
    client = Client(headers={"host": "localhost", "user-agent": "A browser"})
    client.force_login(user)
    return client


def log_in(client: Client, username: str = "ada", password: str = PASSWORD) -> Any:
    return client.post(LOGIN, {"login": username, "password": password}, REMOTE_ADDR="192.0.2.1")


def kinds() -> list[str]:
    return list(SecurityEvent.objects.order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def ada() -> User:
    return User.objects.create_superuser("ada", password=PASSWORD)


def test_every_page_of_accounts_needs_a_login_and_none_makes_an_account(client: Client) -> None:
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert {name for name in names if name.startswith(("account_", "mfa_"))} == {
        *(
            "account_login",
            "account_reauthenticate",
            "mfa_authenticate",
            "mfa_login_webauthn",
            "mfa_index",
            "mfa_reauthenticate",
        ),
        *(
            "mfa_reauthenticate_webauthn",
            "mfa_activate_totp",
            "mfa_deactivate_totp",
            "mfa_add_webauthn",
            "mfa_remove_webauthn",
            "mfa_edit_webauthn",
        ),
        *("mfa_view_recovery_codes", "mfa_generate_recovery_codes"),
    }
    for path in (
        "",
        "confirm/",
        "confirm/code/",
        "confirm/key/",
        "app/",
        "app/remove/",
        "keys/",
        "recovery-codes/",
        "sessions/",
    ):
        answer = client.get(FACTORS + path)
        assert (answer.status_code, answer["Location"].startswith(LOGIN)) == (302, True), path


def test_only_staff_log_in_and_each_attempt_is_recorded(client: Client, ada: User) -> None:
    User.objects.create_user("guest", password=PASSWORD)
    assert log_in(client, "guest")["Location"] == LOGIN
    assert "This account may not use the admin." in client.get(LOGIN).content.decode()
    assert client.get("/admin/").status_code == 302
    assert log_in(client, "ada", "guess").status_code == 200
    assert log_in(client, PASSWORD, "typed in the wrong box").status_code == 200
    assert log_in(client)["Location"] == "/admin/"
    failed = SecurityEvent.objects.filter(kind="login_failed").order_by("pk")
    assert [event.about for event in failed] == ["ada", "an account that does not exist"]
    event = SecurityEvent.objects.get(kind="login")
    assert (event.actor_name, event.details, event.address) == ("ada", "password", "192.0.2.1")
    assert PASSWORD not in str(list(SecurityEvent.objects.values()))


def test_a_right_password_is_not_enough_where_there_is_a_second_factor(client: Client, ada: User) -> None:
    TOTP.activate(ada, "JBSWY3DPEHPK3PXP")
    code = RecoveryCodes.activate(ada).get_unused_codes()[0]
    assert log_in(client)["Location"] == "/admin/login/code/"
    assert client.get("/admin/")["Location"].startswith(LOGIN)
    assert client.post("/admin/login/code/", {"code": "000000"}, REMOTE_ADDR="192.0.2.1").status_code == 200
    assert client.post("/admin/login/code/", {"code": code}, REMOTE_ADDR="192.0.2.1").status_code == 302
    assert client.get("/admin/").status_code == 200
    assert kinds() == ["code_failed", "recovery_code_used", "login"]
    assert SecurityEvent.objects.get(kind="login").details == "password, recovery code"


def test_guesses_of_codes_lock_out_one_who_knows_the_password(client: Client, ada: User, settings: Settings) -> None:
    settings.LOGIN_ATTEMPTS = 2
    TOTP.activate(ada, "JBSWY3DPEHPK3PXP")
    statuses = []
    for number in range(4):  # from another address each time
        log_in(client)
        answer = client.post("/admin/login/code/", {"code": f"00000{number}"}, REMOTE_ADDR=f"198.51.100.{number}")
        statuses.append(answer.status_code)
    assert statuses == [200, 200, 429, 429]


def test_a_passkey_is_renamed_by_its_owner_alone(ada: User) -> None:
    key = Authenticator.objects.create(user=ada, type="webauthn", data={"name": "Key", "credential": {}})
    path, stranger = f"{FACTORS}keys/{key.pk}/rename/", User.objects.create_superuser("eve")
    assert new_client(stranger).post(path, {"name": "Hers"}).status_code == 404
    owner = new_client(ada)
    assert 'value="Key"' in owner.get(path).content.decode()
    assert owner.post(path, {"name": ""}).status_code == 200
    assert owner.post(path, {"name": "Phone"})["Location"] == FACTORS
    assert ">Phone<" in owner.get(FACTORS).content.decode()


@pytest.mark.parametrize(
    ("required", "led"),
    [
        ("nobody", {"superuser": False, "Publisher": False, "Viewer": False}),
        ("publishers", {"superuser": True, "Publisher": True, "Viewer": False}),
        ("staff", {"superuser": True, "Publisher": True, "Viewer": True}),
    ],
)
def test_who_must_have_a_second_factor_gets_no_further_without(
    required: str, led: dict[str, bool], settings: Settings
) -> None:
    settings.REQUIRE_SECOND_FACTOR = required
    for name, is_led in led.items():
        user = User.objects.create_user(name, is_staff=True, is_superuser=name == "superuser")
        user.groups.set(Group.objects.filter(name=name))
        client = new_client(user)
        for answer in (client.get("/admin/"), client.post("/admin/catalog/aimodel/add/", {})):
            assert (answer.get("Location") == FACTORS) == is_led, name
        assert client.get(FACTORS).status_code == 200
        TOTP.activate(user, "JBSWY3DPEHPK3PXP")
        assert client.get("/admin/").status_code == 200


def test_a_session_ends_when_it_is_not_used_and_in_any_case(
    ada: User, wait: Callable[[float], None], settings: Settings
) -> None:
    settings.SESSION_IDLE_TIMEOUT, settings.SESSION_COOKIE_AGE = 600, 2000
    client = new_client(ada)
    for _ in range(3):
        assert client.get("/admin/").status_code == 200
        wait(590)
    assert client.get("/admin/").status_code == 200
    wait(601)
    assert client.get("/admin/").status_code == 302
    assert not StaffSession.objects.exists()
    client.force_login(ada)
    for _ in range(4):
        assert client.get("/admin/").status_code == 200
        wait(501)
    assert client.get("/admin/").status_code == 302


def test_sessions_are_listed_and_ended(ada: User) -> None:
    here, there, stranger = new_client(ada), new_client(ada), new_client(User.objects.create_user("guest", is_staff=True))
    for client in (there, stranger, here):
        client.get("/admin/")
    content = here.get(SESSIONS).content.decode()
    assert content.count("A browser") == 2
    assert not any(key in content for key in Session.objects.values_list("pk", flat=True))
    (id,) = re.findall('name="session" value="([^"]+)"', content)
    assert stranger.post(SESSIONS, {"session": id}).status_code == 302  # none of theirs
    assert there.get("/admin/").status_code == 200
    here.post(SESSIONS, {"session": id})
    assert there.get("/admin/").status_code == 302
    assert here.get("/admin/").status_code == 200
    assert stranger.get(f"{SESSIONS}{ada.pk}/").status_code == 403
    theirs = f"{SESSIONS}{User.objects.get(username='guest').pk}/"
    assert here.get(theirs).content.decode().count("A browser") == 1
    here.post(theirs, {"others": "1"})
    assert stranger.get("/admin/").status_code == 302
    assert [(event.actor_name, event.about) for event in SecurityEvent.objects.filter(kind="session_ended").order_by("pk")] == [
        ("ada", "ada"), ("ada", "guest"),
    ]  # fmt: skip


def test_users_groups_and_keys_ask_for_a_recent_login(ada: User, wait: Callable[[float], None], settings: Settings) -> None:
    client = new_client(ada)
    forms = (f"{USERS}add/", f"{USERS}{ada.pk}/change/", f"{USERS}{ada.pk}/delete/", f"{USERS}{ada.pk}/password/",
             "/admin/auth/group/add/", "/admin/catalog/apikey/add/")  # fmt: skip
    assert [client.get(form).status_code for form in forms] == [200] * len(forms)
    wait(settings.LOGIN_CONFIRMED_FOR + 60)
    for form in forms:
        assert client.get(form)["Location"] == f"/admin/account/confirm/?next={form.replace('/', '%2F')}"
    assert client.get(USERS).status_code == 200
    assert client.post("/admin/auth/group/add/", {"name": "New"}).status_code == 302  # it was open before
    assert Group.objects.filter(name="New").exists()
    wait(settings.LOGIN_CONFIRMED_FOR)
    assert client.post("/admin/auth/group/add/", {"name": "Newer"})["Location"].startswith("/admin/account/confirm/")
    assert not Group.objects.filter(name="Newer").exists()
    assert client.get("/admin/account/app/")["Location"].startswith("/admin/account/confirm/")


def test_whoever_is_asked_again_goes_on_with_the_right_password_alone(ada: User, wait: Callable[[float], None]) -> None:
    client = new_client(ada)
    client.get("/admin/")
    wait(3600)
    form = f"{USERS}add/"
    page = client.get(form)["Location"]
    assert client.post(page, {"password": "guess", "next": form}).status_code == 200
    assert client.post(page, {"password": PASSWORD, "next": form})["Location"] == form
    assert client.get(form).status_code == 200


def test_a_second_factor_that_is_added_ends_the_other_sessions(
    ada: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.validate_totp_code", lambda secret, code: code == "123456")
    here, there = new_client(ada), new_client(ada)
    for client in (there, here):
        client.get("/admin/")
    with django_capture_on_commit_callbacks(execute=True):
        assert here.post("/admin/account/app/", {"code": "123456"})["Location"] == "/admin/account/recovery-codes/"
    codes = re.findall(
        r"^(?:<pre[^>]*>)?\s*(\d{8})$", here.get("/admin/account/recovery-codes/").content.decode(), re.MULTILINE
    )
    assert len(codes) >= 9
    assert codes[0] not in here.get("/admin/account/recovery-codes/").content.decode()  # shown once
    assert there.get("/admin/").status_code == 302
    assert here.get("/admin/").status_code == 200
    assert {"second_factor_added", "recovery_codes_made", "session_ended"} <= set(kinds())
    assert here.post("/admin/account/app/remove/").status_code == 302
    assert not Authenticator.objects.exists()  # the recovery codes went too
    assert "second_factor_removed" in kinds()


def test_an_operator_removes_a_lost_second_factor(ada: User) -> None:
    client = new_client(ada)
    client.get("/admin/")
    TOTP.activate(ada, "JBSWY3DPEHPK3PXP")
    call_command("remove_second_factor", "ada")
    assert not Authenticator.objects.exists()
    assert client.get("/admin/").status_code == 302
    assert SecurityEvent.objects.get(kind="second_factor_removed").actor_name == "manage.py"
    with pytest.raises(CommandError):
        call_command("remove_second_factor", "nobody")


def test_public_pages_and_lists_do_not_ask_for_the_session(ada: User) -> None:
    make_listed()
    client = new_client(ada)
    client.get("/admin/")
    for path in ("/v1/models?format=openrouter", "/", "/api/v1/models"):
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(path)
        assert answer.status_code == 200, path
        assert "Cookie" not in answer.get("Vary", "")
        assert not [query for query in asked.captured_queries if "session" in query["sql"] or "auth_user" in query["sql"]], (
            path
        )


def test_a_changed_password_keeps_this_session_and_its_age(ada: User, wait: Callable[[float], None]) -> None:
    client, other = new_client(ada), new_client(ada)
    for one in (client, other):
        one.get("/admin/")
    began = StaffSession.objects.values_list("began_at", flat=True).order_by("-seen_at")[0]
    wait(timedelta(minutes=5).total_seconds())
    new = "quite-another-password"
    client.post("/admin/password_change/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert client.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302
    assert "password_changed" in kinds()
    assert abs(StaffSession.objects.get(pk=client.session.session_key).began_at - began) < timedelta(seconds=60)


def test_the_history_names_who_made_a_change_after_they_are_deleted(ada: User) -> None:
    client = new_client(ada)
    client.post("/admin/catalog/datacenter/add/", {"code": "iad", "name": "Ashburn", "country": "US", "region": ""})
    context = Datacenter.pgh_event_model.objects.get().pgh_context  # type: ignore[attr-defined]
    assert [one.who for one in changed_by_texts([context.metadata])] == ["ada"]
    ada.delete()
    assert [one.who for one in changed_by_texts([context.metadata])] == ["ada"]
    del context.metadata["user_name"]  # as it was written before
    assert changed_by_texts([context.metadata])[0].who == f"user {context.metadata['user']}"
