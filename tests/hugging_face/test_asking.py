"""Asking the hub: refusals, redirects, and answers that never end."""

import json
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from catalog import fetching
from catalog.importing.hugging_face import hub as hugging_face_hub
from catalog.importing.hugging_face.repository import read
from catalog.importing.source import SourceError
from tests.hugging_face.common import missing, values, where
from tests.hugging_face.hub import SHA, Hub, dense


def refused(repository: str) -> str:
    with pytest.raises(SourceError) as refusal:
        read(repository)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("status", "code", "message", "said"),
    [
        (401, "RepoNotFound", "Repository not found", "There is no public repository Acme/Acme-8B on 127.0.0.1"),
        (404, "RepoNotFound", "Repository not found", "does not exist, or is private"),
        (401, "", "Invalid username or password.", "does not exist, or is private"),
        (401, "GatedRepo", "Access is restricted", "is gated"),
        (403, "GatedRepo", "Access is restricted", "is gated"),
        (403, "", "Access to this resource is disabled.", "has disabled access"),
        (429, "", "", "too many requests"),
        (500, "", "", "failed with an error (500)"),
        (503, "", "", "failed with an error (503)"),
        (400, "", "", "refuses to answer (400)"),
    ],
)
def test_a_refusal_is_a_sentence(hub: Hub, status: int, code: str, message: str, said: str) -> None:
    hub.refuse("/api/models/Acme/Acme-8B", status, code, message)
    assert said in refused("Acme/Acme-8B")


@pytest.mark.parametrize(
    "repository",
    [
        "",
        "qwen",
        "a/b/c",
        "../etc",
        "a/..",
        "a/b..c",
        "a b/c",
        "a/b?x=1",
        "a/b#c",
        "a/b\n",
        "http://169.254.169.254/a/b",
        "a/b\0",
        "é/b",
        "a" * 200 + "/b",
    ],
)
def test_what_is_no_repositorys_id_is_not_asked_for(hub: Hub, repository: str) -> None:
    if repository == "a/b\n":
        hub.refuse("/api/models/a/b", 404, "RepoNotFound")  # spaces around an id are not part of it
        assert "no public repository" in refused(repository)
        return
    assert "is not the id of a repository" in refused(repository)
    assert hub.asked == []


@pytest.mark.parametrize(
    "body",
    [b"<html>Bad gateway</html>", b"\xff\xfe", b"[" * 100_000, b"[]", b"{}", b'{"id": 1}', b'{"id": "../x"}', b"null", b""],
)
def test_an_answer_that_describes_no_model_is_refused(hub: Hub, body: bytes) -> None:
    hub.path("/api/models/Acme/Acme-8B", body)
    assert re.search("not JSON|is not the description|nested too deeply", refused("Acme/Acme-8B"))


def test_values_of_the_wrong_kind_everywhere_state_nothing(hub: Hub) -> None:
    odd: Any
    for odd in (None, 1, "x", [], [1], {"a": []}, True):
        hub.repository(
            "Acme/Odd",
            {
                "config.json": {
                    "text_config": odd,
                    "thinker_config": odd,
                    "max_position_embeddings": odd if odd != 1 else "1",
                    "rope_scaling": odd,
                    "quantization_config": odd,
                    "torch_dtype": odd,
                },
                "tokenizer_config.json": json.dumps(odd),
                "README.md": json.dumps(odd),
            },
            **dict.fromkeys(
                ["pipeline_tag", "tags", "cardData", "config", "safetensors", "createdAt", "gguf", "sha", "disabled"], odd
            ),
        )
        hub.answers |= {
            path.replace(SHA, "main"): answer for path, answer in hub.answers.items() if path.startswith("/Acme/Odd/resolve")
        }
        found = read("Acme/Odd")
        assert set(values(found)) <= {"model_id", "name", "author", "hugging_face_id", "license", "has_open_weights"}
        assert found.revision == "main"


def test_a_broken_file_is_said_and_the_rest_is_read(hub: Hub) -> None:
    dense(hub, files={"config.json": '{"max_position_embeddings": 40960,'}, safetensors={})
    found = read("Acme/Acme-8B")
    assert "config.json was not read: The source is not JSON" in found.remarks[0]
    assert "context_length" in values(found)  # the tokenizer states one
    assert where(found)["context_length"] == "tokenizer_config.json: model_max_length"
    assert "quantization" in missing(found)


def test_a_file_without_an_entry_or_for_members_is_said(hub: Hub) -> None:
    dense(hub)
    hub.refuse(f"/Acme/Acme-8B/resolve/{SHA}/config.json", 404, "EntryNotFound", "Entry not found")
    hub.refuse(f"/Acme/Acme-8B/resolve/{SHA}/README.md", 401, "GatedRepo", "Access is restricted")
    found = read("Acme/Acme-8B")
    assert found.remarks[0] == "config.json was not read: config.json does not exist."
    assert found.remarks[1].startswith("README.md was not read: Acme/Acme-8B is gated")


def test_a_hub_that_fails_in_the_middle_gives_nothing_at_all(hub: Hub) -> None:
    dense(hub)
    hub.path(f"/Acme/Acme-8B/resolve/{SHA}/config.json", "", 503)
    assert "failed with an error (503)" in refused("Acme/Acme-8B")


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:1/api/models/Acme/Acme-8B",
        "//evil.example/api/models/Acme/Acme-8B",
        "https://127.0.0.1/x",
        "file:///etc/passwd",
        "http://[",
        "http://user@127.0.0.1/",
    ],
)
def test_no_other_address_is_asked(hub: Hub, location: str) -> None:
    hub.path("/api/models/Acme/Acme-8B", "", 307, Location=location)
    assert "redirects to" in refused("Acme/Acme-8B")
    dense(hub)
    hub.path(f"/Acme/Acme-8B/resolve/{SHA}/config.json", "", 302, Location=location)
    assert "config.json was not read: 127.0.0.1" in read("Acme/Acme-8B").remarks[0]


def test_redirects_end(hub: Hub) -> None:
    hub.path("/api/models/Acme/Acme-8B", "", 307, Location="/api/models/Acme/Acme-8B")
    assert "endlessly" in refused("Acme/Acme-8B")
    assert len(hub.asked) == fetching.MOST_REDIRECTS + 1


@pytest.mark.parametrize("status", [200, 307, 500])
def test_an_endless_answer_is_left(hub: Hub, status: int) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Location", "/elsewhere")
        handler.send_header("Connection", "close")
        handler.end_headers()
        while not hub.is_over.is_set():
            handler.wfile.write(b" " * 65536)

    hub.answers["/api/models/Acme/Acme-8B"] = endless
    said = {200: "larger than 4 MiB", 307: "no public repository", 500: "failed with an error"}
    assert said[status] in refused("Acme/Acme-8B")


def test_an_endless_file_is_left_and_said(hub: Hub) -> None:
    dense(hub, files={"README.md": b"A" * (hugging_face_hub.LARGEST + 1)})
    found = read("Acme/Acme-8B")
    assert found.remarks == ("README.md was not read: README.md is larger than 4 MiB.",)
    assert "description" in missing(found)


def test_a_silent_hub_is_given_up(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hugging_face_hub, "READ_TIMEOUT", 0.2)

    gave_up = threading.Event()

    def silent(handler: BaseHTTPRequestHandler) -> None:
        if not hub.is_over.wait(30):
            gave_up.set()

    hub.answers["/api/models/Acme/Acme-8B"] = silent
    assert "cannot be reached: it did not answer" in refused("Acme/Acme-8B")
    assert not gave_up.is_set()


@pytest.mark.parametrize(
    "begin", [b"", b"HTTP/1.1 200 OK\r\nX-Header: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"]
)
def test_a_hub_that_drips_is_given_up(hub: Hub, monkeypatch: pytest.MonkeyPatch, begin: bytes) -> None:
    monkeypatch.setattr(hugging_face_hub, "TOTAL_TIMEOUT", 0.5)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(begin)
        while not hub.is_over.wait(0.05):
            handler.wfile.write(b"x")

    hub.answers["/api/models/Acme/Acme-8B"] = drip
    assert "took more than 0.5 seconds" in refused("Acme/Acme-8B")


def test_an_answer_that_breaks_off_is_not_taken_for_whole(hub: Hub) -> None:
    def broken(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        handler.wfile.write(b"{}")
        handler.close_connection = True

    hub.answers["/api/models/Acme/Acme-8B"] = broken
    assert "closed the connection" in refused("Acme/Acme-8B")


def test_an_answer_in_pieces_is_read_whole(hub: Hub) -> None:
    hub.repository("Acme/Pieces", pipeline_tag="text-generation")

    def pieces(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in (b'{"id": "Acme', b'/Acme-8B", "gated": "auto"', b"}"):
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")

    hub.answers["/api/models/Acme/Acme-8B"] = pieces
    assert read("Acme/Acme-8B").repository == "Acme/Acme-8B"


def test_a_hub_that_is_not_there_is_a_sentence(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        settings.ALLOW_PRIVATE_ADDRESSES = True
        settings.HUGGING_FACE_URL = f"http://127.0.0.1:{taken.getsockname()[1]}"
        said = refused("Acme/Acme-8B")
    assert "cannot be reached: Connection refused" in said
    assert "HUGGING_FACE_URL" in said
