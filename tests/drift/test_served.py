"""What we publish against what our servers serve."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from bench.servers import free_port
from catalog.drift import Difference, What, compare_served
from tests.drift.conftest import Server
from tests.factories import make_listed, make_model

pytestmark = pytest.mark.django_db


def vllm(model_id: str, length: int = 131072) -> dict[str, Any]:
    """As vLLM and SGLang list a model."""
    return {
        "id": model_id, "object": "model", "created": 1790000000, "owned_by": "vllm", "root": model_id, "parent": None,
        "max_model_len": length, "permission": [],
    }  # fmt: skip


@pytest.fixture
def serve(new_server: Callable[[], Server], settings: Settings) -> Callable[..., Server]:
    """Starts a server of these models, and has it asked."""
    settings.SERVED_URLS = []

    def start(*models: dict[str, Any]) -> Server:
        server = new_server()
        server.documents["/v1/models"] = {"object": "list", "data": list(models)}
        settings.SERVED_URLS = [*settings.SERVED_URLS, f"{server.url}/v1"]
        return server

    return start


def test_what_is_served_as_it_is_published_is_no_difference(serve: Callable[..., Server]) -> None:
    make_listed("acme/one")
    make_listed("acme/two", aliases=["two"])
    make_model("acme/public", is_public=True)
    make_listed("acme/paused", is_ready=False)
    serve(vllm("acme/one"), vllm("acme/public", 1_000_000))
    serve(vllm("two"), {"id": "acme/one"})  # a gateway that does not say how much it takes
    assert compare_served().state == "same"


def test_each_difference_is_named(serve: Callable[..., Server]) -> None:
    make_listed("acme/one")
    make_listed("acme/gone")
    server = serve(vllm("acme/one", 32768), vllm("acme/new"))
    assert compare_served().differences == [
        Difference("acme/one", What.SHORTER, "context_length", "131072", f"32768 at {server.url}/v1"),
        Difference("acme/new", What.NOT_LISTED, "server", "", f"{server.url}/v1"),
        Difference("acme/gone", What.NOT_SERVED),
    ]


@pytest.mark.parametrize("answer", [500, 404, b"<html>", {"data": {}}, {"object": "list"}])
def test_while_one_server_cannot_be_asked_nothing_is_said_to_be_gone(serve: Callable[..., Server], answer: Any) -> None:
    make_listed("acme/one")
    make_listed("acme/two")
    serve(vllm("acme/one"))
    serve().documents["/v1/models"] = answer
    found = compare_served()
    assert (found.differences, found.state) == ([], "unknown")
    assert found.unknown[-1] == "It is unknown whether these are served: acme/two."


def run() -> int:
    try:
        call_command("check_served", stdout=StringIO())
    except SystemExit as exit_:
        return int(str(exit_.code))
    return 0


def test_the_command_exits_by_what_it_found(serve: Callable[..., Server], settings: Settings) -> None:
    make_listed("acme/one")
    assert run() == 2  # nobody said where
    serve(vllm("acme/one"))
    assert run() == 0
    settings.SERVED_URLS = [*settings.SERVED_URLS, f"http://127.0.0.1:{free_port()}/v1"]
    assert run() == 2
    serve(vllm("acme/new"))
    assert run() == 1  # a difference is one, whoever else is silent
