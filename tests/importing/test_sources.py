"""Where documents come from: files, addresses, standard input, and what is no document at all."""

import io
import json
import os
import socket
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from catalog.importing.registry import reader_for
from catalog.importing.source import SourceError, parse
from catalog.models import AIModel
from tests.factories import make_model
from tests.importing.flat import Import, entry

pytestmark = pytest.mark.django_db

BASE_DIR = Path(__file__).resolve().parents[2]


def test_a_source_with_nothing_is_nothing_to_do(run: Import) -> None:
    assert run(document={"data": []}).code == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"data": 1}',
        '{"models": []}',
        b"\xff\xfe",
        '{"data": [NaN]}',
        '{"data": [], "data": []}',
        '{"data": [{"id": "a", "id": "b"}]}',
        "[" * 100_000,
        '{"data": [' + "9" * 5000 + "]}",
    ],
)
def test_what_is_no_feed_is_unreadable(run: Import, text: Any) -> None:
    answer = run(text=text)
    assert answer.code == 2, answer.out
    assert "\n" not in answer.out.strip()


def test_a_missing_file_and_a_deaf_server_are_unreadable(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    for source in ("/nonexistent", "http://127.0.0.1:9/feed"):
        with pytest.raises(SystemExit, match="2"):
            call_command("import_models", source)
        assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("answer", [b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"])
def test_a_server_that_does_not_speak_http_is_unreadable(
    answer: bytes, capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            caller, _ = server.accept()
            with caller:
                caller.recv(1000)
                caller.sendall(answer)

        thread = threading.Thread(target=speak)
        thread.start()
        with pytest.raises(SystemExit, match="2"):
            call_command("import_models", f"http://127.0.0.1:{server.getsockname()[1]}/feed")
        thread.join()
    assert "cannot be read" in capsys.readouterr().err


def test_an_address_with_a_space_is_unreadable(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        call_command("import_models", "http://127.0.0.1:9/a b")
    assert "cannot be read" in capsys.readouterr().err


def test_a_key_that_stands_twice_among_thousands_is_found() -> None:
    keys = [*range(20_000), 19_999]
    with pytest.raises(SourceError, match="'19999' appears twice"):
        parse(("{" + ",".join(f'"{key}": 1' for key in keys) + "}").encode())


def test_no_text_of_a_source_reaches_the_terminal_raw(run: Import) -> None:
    answer = run(entry(id="a\x1b[2J\nDone: 0 new"), entry(id="b", passthrough={"\x1b[2J": 1}))
    assert "\x1b" not in answer.out
    make_model("acme/named", name="A")
    answer = run(entry(id="acme/named", name="\x1b[2JÄ\n😀"))
    assert answer.code == 0
    assert "\x1b" not in answer.out
    document = json.loads('{"\\ud800\\u001bx": {"litellm_provider": "x", "mode": "chat"}}')
    (note,) = reader_for(document).read(document).notes
    assert "\\ud800\\x1bx" in note.entry


def test_a_terminal_that_cannot_show_a_name_does_not_end_a_command() -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    said = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", r"print('\xc4\U0001f600')"],
        cwd=BASE_DIR,
        env={**os.environ, **plain},
        capture_output=True,
        check=True,
    )
    assert said.stdout.strip() == rb"\xc4\U0001f600"


def test_floats_never_appear_in_what_is_parsed() -> None:
    assert parse(b'{"a": 0.1}') == {"a": Decimal("0.1")}
    with pytest.raises(SourceError):
        parse(b'{"a": Infinity}')


def test_standard_input_is_a_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    content = io.BytesIO(json.dumps({"data": [entry()]}).encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(content))
    call_command("import_models", "-", stdout=io.StringIO())
    assert AIModel.objects.exists()
