"""Bodies of requests and answers: large, slow, never taken."""

import asyncio
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from pytest_django.fixtures import Settings

from catalog_site.serving import bodies
from catalog_site.serving.application import Application
from catalog_site.serving.send_budget import SendBudget
from tests.serving.common import ask, echo, until


def test_a_body_is_read_before_a_thread_is_taken(settings: Settings) -> None:
    settings.CLIENT_TIMEOUT = 0.05
    site = Application(echo)
    post = {"host": "localhost", "content-length": "10"}
    assert ask(site, "POST", "/x", headers=post, body=[b"12345", b"67890", b""]).body == b"10 of 10"
    chunked = {"host": "localhost", "transfer-encoding": "chunked"}
    assert ask(site, "POST", "/x", headers=chunked, body=[b"123", b""]).body == b"3 of 3"

    def never(*_: Any) -> Any:
        raise AssertionError("Django was asked.")

    for headers in (post, chunked, post | {"expect": "100-continue"}):
        late = ask(Application(never), "POST", "/", headers=headers, body=[b"12"])
        assert (late.status, late.headers["connection"], late.headers["retry-after"]) == (408, "close", "5")
        # Its client left, or its chunks are broken: the server says the same of both.
        assert ask(Application(never), "POST", "/", headers=headers, body=[b"12"], leaves=True).status == 400


def test_a_body_that_drips_is_let_go_even_if_it_never_pauses(settings: Settings) -> None:
    settings.CLIENT_TIMEOUT, settings.CLIENT_MIN_RATE = 0.2, 1_000_000

    async def main() -> int:
        number = 0

        async def receive() -> dict[str, Any]:
            nonlocal number
            number += 1
            await asyncio.sleep(0.01)
            return {"type": "http.request", "body": b"x", "more_body": True}

        with pytest.raises(bodies.TooSlow):
            await bodies.read(receive, 1000)
        return number

    assert 0 < asyncio.run(main()) <= 25


def test_a_large_body_is_refused_before_it_is_read(settings: Settings) -> None:
    settings.MAX_BODY = 1024
    site = Application(echo)
    declared = ask(site, "POST", "/api/x", headers={"host": "localhost", "content-length": "1025"})
    assert (declared.status, declared.headers["content-type"]) == (413, "application/json")
    assert b'"code": 413' in declared.body
    chunked = ask(site, "POST", "/x", headers={"host": "localhost", "transfer-encoding": "chunked"}, body=[b"x" * 1000] * 3)
    assert (chunked.status, chunked.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert b"too large" in chunked.body


@pytest.mark.django_db(transaction=True)
def test_staff_may_send_more_than_others(settings: Settings) -> None:
    settings.MAX_BODY = 1024
    site = Application(echo)

    def sent(user: User | None, cookie: str = "") -> int:
        if user is not None:
            client = Client()
            client.force_login(user)
            cookie = client.cookies["sessionid"].value
        headers = {"host": "localhost", "content-length": "2000", "cookie": f"a=b; sessionid={cookie}"}
        return ask(site, "POST", "/x", headers=headers, body=[b"x" * 2000, b""]).status

    staff = User.objects.create_user("staff", is_staff=True)
    assert sent(staff) == 200
    assert sent(User.objects.create_user("visitor")) == 413
    assert sent(User.objects.create_user("gone", is_staff=True, is_active=False)) == 413
    assert sent(None, "invented") == 413
    settings.MAX_STAFF_BODY = 1500
    assert sent(staff) == 413


def test_a_reader_that_takes_nothing_is_let_go(settings: Settings) -> None:
    settings.CLIENT_TIMEOUT = 0.05
    whole = b"x" * (3 * bodies.CHUNK + 1)

    async def main() -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            if len(messages) == 2:
                await asyncio.Event().wait()
            messages.append(message)

        with SendBudget().reserve("a", len(whole)) as reservation:
            assert not await bodies.write_long(send, 200, [], whole, reservation)
        return messages

    assert [message.get("more_body") for message in asyncio.run(main())] == [None, True]

    async def complete() -> bytes:
        parts: list[bytes] = []

        async def send(message: dict[str, Any]) -> None:
            parts.append(message.get("body", b""))

        with SendBudget().reserve("a", len(whole)) as reservation:
            assert await bodies.write_long(send, 200, [], whole, reservation)
        return b"".join(parts)

    assert asyncio.run(complete()) == whole


def test_an_answer_is_complete_when_the_server_has_sent_all_but_what_its_buffer_holds() -> None:
    """It takes a message out of its queue when it has sent the one before."""

    async def main() -> None:
        queue = asyncio.Queue[bytes](bodies.SERVERS_QUEUE)

        async def send(message: dict[str, Any]) -> None:
            if message.get("more_body"):
                await queue.put(message["body"])

        body = b"x" * (bodies.CHUNK + 1)
        with SendBudget().reserve("a", bodies.BUFFERED) as reservation:
            answer = asyncio.ensure_future(bodies.write_long(send, 200, [], body, reservation))
            for piece in (body[: bodies.CHUNK], body[bodies.CHUNK :]):
                await until(queue.full)
                assert await queue.get() == piece
                for _ in range(10):  # while it is sent, nothing more is handed over, and the reservation is kept
                    await asyncio.sleep(0)
                    assert queue.full()
                    assert not answer.done()
                for _ in range(bodies.SERVERS_QUEUE + 1):
                    assert await queue.get() == b""
            assert await answer

    asyncio.run(main())


@pytest.mark.parametrize(("path", "content_type"), [("/admin/", "text/html; charset=utf-8"), ("/api/x", "application/json")])
def test_a_large_body_while_the_database_is_away_is_503(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, path: str, content_type: str
) -> None:
    def away(key: str) -> bool:
        raise OperationalError("connection refused")

    monkeypatch.setattr("catalog_site.serving.sessions.is_staff", away)
    headers = {"host": "localhost", "content-length": str(settings.MAX_BODY + 1), "cookie": "sessionid=x"}
    answer = ask(Application(echo), "POST", path, headers=headers)
    assert (answer.status, answer.headers["content-type"], answer.headers["retry-after"]) == (503, content_type, "5")
