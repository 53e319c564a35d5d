"""A forgotten password: staff get a link by email, and nobody learns who has an account."""

import re
from collections.abc import Callable
from smtplib import SMTPException
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from catalog.admin.account import password_reset
from catalog.models import SecurityEvent
from tests.waiting import eventually

pytestmark = pytest.mark.django_db
OLD, NEW = "let-me-in-please", "a vault keeps it"
LOGIN, RESET = "/admin/login/", "/admin/password_reset/"
ADDRESS = "ada@example.com"


@pytest.fixture(autouse=True)
def _mail(settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What is done after the answers, when the test does it."""
    work: list[Callable[[], None]] = []
    monkeypatch.setattr(password_reset, "after_the_answer", work.append)
    return work


@pytest.fixture
def ada() -> User:
    return User.objects.create_superuser("ada", ADDRESS, OLD)


def browser(**options: Any) -> Client:
    return Client(headers={"host": "localhost"}, **options)


def ask(client: Client, typed: str = ADDRESS, **headers: Any) -> Any:
    return client.post(RESET, {"email": typed}, REMOTE_ADDR="192.0.2.1", **headers)


def link(later: list[Callable[[], None]], **headers: Any) -> str:
    """The link that one who asks for it gets."""
    assert ask(browser(), **headers).status_code == 302
    later.pop()()
    (found,) = re.findall(r"^http\S+$", str(mail.outbox[-1].body), re.MULTILINE)
    return str(found)


def choose(client: Client, address: str) -> Any:
    form = client.get(address, follow=True)
    assert form.context["validlink"]
    typed = {"new_password1": NEW, "new_password2": NEW}
    return client.post(form.redirect_chain[-1][0], typed, REMOTE_ADDR="192.0.2.1", follow=True)


@pytest.mark.django_db(transaction=True)
def test_staff_who_forgot_their_password_get_a_link_by_e_mail(client: Client, ada: User) -> None:
    assert f'href="{RESET}"' in client.get(LOGIN).content.decode()
    answer = client.post(RESET, {"email": "ADA@example.com"}, follow=True)
    assert answer.redirect_chain == [(f"{RESET}done/", 302)]
    assert eventually(lambda: SecurityEvent.objects.filter(kind="user_changed").exists())
    (message,) = mail.outbox
    assert (message.to, message.content_subtype) == ([ADDRESS], "plain")
    assert "within 3 days" in message.body
    event = SecurityEvent.objects.get(kind="user_changed")
    assert (event.actor_name, event.about, event.details) == ("", "ada", "link for a new password, asked for at the login")


def test_the_link_works_once_and_ends_sessions_and_the_second_factor_is_still_asked_for(ada: User, later: Any) -> None:
    TOTP.activate(ada, "JBSWY3DPEHPK3PXP")
    elsewhere, client = browser(), browser()
    elsewhere.force_login(ada)
    assert elsewhere.get("/admin/").status_code == 200
    address, other = link(later), link(later)
    page = choose(client, address)
    assert page.redirect_chain[-1][0].startswith(LOGIN)
    assert "The password of ada is changed." in page.content.decode()
    assert elsewhere.get("/admin/").status_code == 302
    for used in (address, other):
        page = browser().get(used, follow=True).content.decode()
        assert "does not work any more" in page
        assert f'href="{RESET}"' in page
    assert client.post(LOGIN, {"login": "ada", "password": NEW})["Location"] == f"{LOGIN}code/"
    recorded = list(SecurityEvent.objects.filter(about="ada").order_by("pk").values_list("kind", "details"))[-2:]
    assert recorded == [
        ("password_changed", "by a link"),
        ("session_ended", "1 session; the password was changed by a link"),
    ]


def test_one_who_is_logged_in_sets_a_forgotten_password_and_logs_in_again(ada: User, later: Any) -> None:
    client = browser()
    client.force_login(ada)
    client.get("/admin/")
    assert choose(client, link(later)).redirect_chain[-1][0].startswith(LOGIN)


def test_a_link_ends_after_its_days(ada: User, later: Any, settings: Settings) -> None:
    address = link(later)
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert "does not work any more" in browser().get(address, follow=True).content.decode()


@pytest.mark.parametrize(
    "changed", [{"is_active": False}, {"is_staff": False}, {"password": "!"}, {"email": ""}, {"email": "ada@example.org"}]
)
def test_others_get_the_same_answer_and_no_mail(ada: User, later: Any, changed: dict[str, Any]) -> None:
    User.objects.update(**changed)
    with CaptureQueriesContext(connection) as queries:
        answer = ask(browser())
    assert answer["Location"] == f"{RESET}done/"
    assert "auth_user" not in str(queries.captured_queries)  # so it takes as long for everybody
    later.pop()()
    assert mail.outbox == []
    assert not SecurityEvent.objects.exists()


def test_the_link_leads_to_a_host_and_a_port_that_the_settings_name(ada: User, later: Any, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*", "API.example.com", "localhost"]
    assert link(later).startswith("http://localhost/")
    assert link(later, headers={"host": "evil.example.org"}).startswith("http://api.example.com/")
    settings.BEHIND_TLS, settings.CSRF_TRUSTED_ORIGINS = True, ["https://localhost:8443"]
    assert link(later, headers={"host": "localhost:9999"}).startswith("http://localhost/")
    assert link(later, headers={"host": "localhost:8443"}).startswith("http://localhost:8443/")
    settings.ALLOWED_HOSTS = ["*"]
    assert browser().get(RESET).status_code == 404


def test_nothing_is_offered_where_no_e_mail_can_be_sent(client: Client, settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    assert RESET not in client.get(LOGIN).content.decode()
    assert {client.get(RESET).status_code, client.post(RESET).status_code, client.get(f"{RESET}done/").status_code} == {404}


def test_requests_are_limited_by_mailbox_and_by_address_whoever_has_an_account(later: Any, settings: Settings) -> None:
    settings.LOGIN_ATTEMPTS = 2
    client = browser()
    assert [ask(client, typed).status_code for typed in ("x@example.com", " X@example.com", "x@EXAMPLE.com")] == [
        302,
        302,
        429,
    ]
    refused = ask(client, "x@example.com")
    assert "Too many requests for a new password" in refused.content.decode()
    assert [ask(client, f"{number}@example.com").status_code for number in range(9)] == [302] * 8 + [429]
    assert len(later) == 10
    login = client.post(LOGIN, {"login": "x@example.com", "password": "guess"}, REMOTE_ADDR="192.0.2.1")
    assert login.status_code == 200  # these do not lock anybody out


def test_the_form_needs_a_token_against_forgery(later: Any) -> None:
    assert ask(browser(enforce_csrf_checks=True)).status_code == 403
    assert later == []


def test_a_mail_server_that_refuses_is_in_the_security_events(
    ada: User, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any) -> None:
        raise SMTPException("refused")

    monkeypatch.setattr("catalog.admin.people.password_links.EmailMessage.send", refuse)
    ask(browser())
    later.pop()()
    assert SecurityEvent.objects.get(kind="user_changed").details.endswith("; it could not be emailed")
