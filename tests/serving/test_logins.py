"""Guessing passwords is limited before one is hashed, for whoever guesses, and not for whoever knows."""

import asyncio
import threading
from importlib import reload
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import clear_url_caches
from pytest_django.fixtures import Settings

import catalog_site.urls
from catalog.sending import CLIENT_UNKNOWN
from catalog_site import logins
from catalog_site.logins import COOKIE, WINDOW, Attempts
from catalog_site.serving.application import Application
from tests.asgi import answered

PASSWORD = "let-me-in-please"  # noqa: S105
LOGIN = "/admin/login/"


@pytest.fixture(autouse=True)
def _quick(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog_site.logins.time", lambda: 1_000_000.0)
    settings.LOGIN_ATTEMPTS = 3
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def admin() -> User:
    return User.objects.create_superuser("admin", password=PASSWORD)


def login(client: Client, username: str = "admin", password: str = "guess", address: str = "192.0.2.1") -> int:  # noqa: S107
    return client.post(LOGIN, {"login": username, "password": password}, REMOTE_ADDR=address).status_code


@pytest.mark.django_db
def test_guessing_one_account_is_refused_before_the_password_is_looked_at(
    client: Client, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [login(client) for _ in range(3)] == [200] * 3

    def never(*_: object, **__: object) -> None:
        raise AssertionError("A password was looked at.")

    monkeypatch.setattr("django.contrib.auth.forms.authenticate", never)
    answer = client.post(LOGIN, {"login": "admin", "password": PASSWORD}, REMOTE_ADDR="192.0.2.1")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= WINDOW / 3 + 1
    assert "Too many failed logins" in answer.content.decode()


@pytest.mark.django_db
def test_an_owner_is_not_locked_out_by_a_stranger(admin: User) -> None:
    own = Client(headers={"host": "localhost"})
    assert login(own, password=PASSWORD) == 302
    stranger = Client(headers={"host": "localhost"})
    statuses = [login(stranger, address=f"198.51.100.{number}") for number in range(40)]
    assert statuses == [200] * 30 + [429] * 10
    assert own.post("/admin/logout/").status_code == 200
    assert login(own, password=PASSWORD) == 302
    assert login(Client(headers={"host": "localhost"}), password=PASSWORD, address="192.0.2.200") == 429


@pytest.mark.django_db
def test_whoever_knows_the_password_is_never_counted(client: Client, admin: User) -> None:
    for _ in range(10):
        client.cookies.clear()
        assert login(client, password=PASSWORD) == 302


@pytest.mark.django_db
def test_the_cookie_of_one_account_is_none_for_another(client: Client, admin: User) -> None:
    User.objects.create_superuser("other", password=PASSWORD)
    assert login(client, "other", PASSWORD) == 302
    assert client.post("/admin/logout/").status_code == 200
    for number in range(30):
        login(client, address=f"198.51.100.{number}")
    assert login(client, "admin", PASSWORD, "192.0.2.77") == 429
    client.cookies[COOKIE] = logins.digest("admin")  # not signed
    assert login(client, "admin", PASSWORD, "192.0.2.77") == 429


@pytest.mark.django_db
def test_an_address_and_all_together_have_a_limit(client: Client) -> None:
    statuses = [login(client, f"user{number}") for number in range(20)]
    assert statuses == [200] * 15 + [429] * 5
    ipv6 = [login(client, f"user{number}", address=f"2001:db8::{number}") for number in range(20)]
    assert ipv6.count(200) == 15  # one /64 network is one client
    many = [login(client, f"user{number}", address=f"203.0.113.{number}") for number in range(120)]
    assert many.count(200) == 40 * 3 - 15 - 15


@pytest.mark.django_db
def test_one_who_guesses_through_a_proxy_that_is_not_named_locks_out_nobody_else(admin: User) -> None:
    def through_proxy(address: str = "10.0.0.1") -> Any:
        client: Any = Client(headers={"host": "localhost"})
        client.defaults |= {CLIENT_UNKNOWN: True, "REMOTE_ADDR": address}
        return client

    def guesses(client: Any, account: str = "admin") -> list[int]:
        return [client.post(LOGIN, {"login": account, "password": "guess"}).status_code for _ in range(40)]

    own = through_proxy()
    assert own.post(LOGIN, {"login": "admin", "password": PASSWORD}).status_code == 302
    assert own.post("/admin/logout/").status_code == 200
    assert guesses(through_proxy()).count(200) == 30  # those of an account, of anybody
    assert guesses(own).count(200) == 3  # and those of a browser in which it was logged in
    assert guesses(through_proxy("9.9.9.9"), "other").count(200) == 3


@pytest.mark.django_db
def test_an_attempt_counts_once_where_the_addresses_are_loaded_again(client: Client, admin: User) -> None:
    reload(catalog_site.urls)
    clear_url_caches()
    assert [login(client) for _ in range(4)] == [200, 200, 200, 429]


@pytest.mark.django_db
def test_attempts_come_back(client: Client, admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [login(client) for _ in range(4)] == [200, 200, 200, 429]
    monkeypatch.setattr("catalog_site.logins.time", lambda: 1_000_000 + WINDOW / 3 + 1)
    assert [login(client) for _ in range(2)] == [200, 429]


@pytest.mark.django_db
def test_a_store_that_fails_leaves_the_door_as_it_was(
    client: Client, admin: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    (Path(settings.DATA_DIR) / "login_attempts").mkdir()
    assert [login(client) for _ in range(5)] == [200] * 5
    assert login(client, password=PASSWORD) == 302
    assert "are not limited" in caplog.text


def test_processes_count_together_and_the_file_does_not_grow(tmp_path: Path, settings: Settings) -> None:
    path, waits = tmp_path / "attempts", []

    def guess() -> None:
        for _ in range(20):
            waits.append(Attempts(path).spend({"a": 30}))

    threads = [threading.Thread(target=guess) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waits.count(0.0) == 30
    for number in range(2000):
        Attempts(path).spend({f"name {number}": 5})
    assert path.stat().st_size <= Attempts.GROUPS * Attempts.GROUP * Attempts.PLACE.size
    assert path.stat().st_mode & 0o077 == 0


def test_other_names_do_not_reset_the_count_of_one_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each guess brings a new name; where all hash alike, they take the places of each other."""
    monkeypatch.setattr(Attempts, "GROUPS", 1)
    attempts, now = Attempts(tmp_path / "attempts"), iter(range(1_000_000, 2_000_000))
    monkeypatch.setattr("catalog_site.logins.time", lambda: next(now) / 1000)
    waits = [attempts.spend({f"name {number}": 5, "in use": 10}) for number in range(40)]
    assert [wait > 0 for wait in waits] == [False] * 10 + [True] * 30


@pytest.mark.django_db
def test_the_client_of_a_trusted_proxy_is_the_one_that_is_counted(settings: Settings, client: Client) -> None:
    """By the address that the server finds, whatever the client says."""
    seen: list[str] = []

    def wsgi(environ: dict[str, object], start_response: object) -> list[bytes]:
        seen.append(str(environ["REMOTE_ADDR"]))
        start_response("200 OK", [])  # type: ignore[operator]
        return [b""]

    headers = {"host": "localhost", "x-forwarded-for": "198.51.100.7"}
    asyncio.run(answered(Application(wsgi), "GET", LOGIN, headers, client="9.9.9.9"))
    assert seen == ["9.9.9.9"]
