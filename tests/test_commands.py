"""What all commands do alike."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command, load_command_class
from django.db import OperationalError

from catalog.management.commands.serve import Command, _take_admin_password
from tests.factories import make_listed
from tests.operations.common import run

BASE_DIR = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def unmigrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The place of an embedded database without tables."""
    return tmp_path_factory.mktemp("data")


@pytest.mark.slow
@pytest.mark.parametrize("command", [["export_models", "--format=openrouter"], ["check_listing"], ["load_sample"]])
def test_on_a_database_without_tables_a_command_says_what_to_do(command: list[str], unmigrated: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=BASE_DIR,
        env={**environment, "DATA_DIR": str(unmigrated)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "The database is not migrated" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [["check_listing"], ["migrate"], ["restore", "backup.zip"]])
def test_without_a_database_a_command_says_so(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: Any, **__: Any) -> None:
        raise OperationalError("connection failed") from psycopg.OperationalError()

    loaded = load_command_class("catalog", command[0])
    monkeypatch.setattr(loaded, "handle", lost)
    with pytest.raises(CommandError, match=r"cannot be reached: connection failed\. Start it") as refused:
        loaded.execute(force_color=False, no_color=True, skip_checks=True)
    assert refused.value.returncode == 2


@pytest.mark.django_db
def test_the_first_page_tells_where_the_password_of_admin_comes_from() -> None:
    serve = Command()

    def told(password: str) -> str:
        return serve._ensure_admin(password).strip()

    assert told("one-of-mine") == "user admin, password from ADMIN_PASSWORD"
    assert told("one-of-mine") == "user admin, password from ADMIN_PASSWORD"
    assert told("another-one") == "user admin, password now from ADMIN_PASSWORD"
    assert told("") == "user admin, password as before (set ADMIN_PASSWORD to change it)"


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["admin", "12345678", "password1"])
def test_a_password_of_admin_that_is_easy_to_guess_is_refused(password: str) -> None:
    with pytest.raises(CommandError, match=r"ADMIN_PASSWORD is refused: .*too (short|common)"):
        Command()._ensure_admin(password)
    assert not get_user_model().objects.exists()


def test_the_password_of_admin_is_read_once_and_taken_out_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "one-of-mine")
    assert _take_admin_password() == "one-of-mine"
    assert "ADMIN_PASSWORD" not in os.environ
    (tmp_path / "password").write_text("one-of-a-file\n")
    monkeypatch.setenv("ADMIN_PASSWORD_FILE", str(tmp_path / "password"))
    assert _take_admin_password() == "one-of-a-file"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this system shows no environments")
def test_workers_are_not_started_with_the_password_of_admin() -> None:
    code = "from catalog.management.commands.serve import _take_admin_password as take; print(take(), open('/proc/self/environ').read())"
    shown = run("shell", "--no-imports", "-c", code, ADMIN_PASSWORD="vault-keeps-it").stdout  # noqa: S106
    assert shown.count("vault-keeps-it") == 1
    assert "ADMIN_PASSWORD=" in shown


@pytest.mark.slow
def test_memory_is_collected_again_once_a_command_is_loaded() -> None:
    assert run("shell", "--no-imports", "-c", "import gc; print(gc.isenabled())").stdout == "True\n"


@pytest.mark.django_db
def test_a_dry_run_says_what_openrouter_would_do_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = make_listed()
    entry = {"id": "acme/one", "name": "Acme One", "context_length": 65536, "is_ready": False}
    source = tmp_path / "feed.json"
    source.write_text(json.dumps({"data": [entry]}))
    call_command("import_models", str(source), dry_run=True)
    said = capsys.readouterr().out
    assert "hidden: OpenRouter hides it on the next poll." in said
    assert "    acme/one: Context length, tokens: 131,072 -> 65,536" in said
    call_command("import_models", str(source), dry_run=True, json=True)
    (hidden, applied) = json.loads(capsys.readouterr().out)["openrouter"]
    assert (hidden["field"], hidden["effect"], hidden["key"]["model_id"]) == ("is_ready", "hidden", "acme/one")
    assert (applied["old"], applied["new"], applied["from"]) == ("131,072", "65,536", None)
    model.refresh_from_db()
    assert (model.is_ready, model.context_length) == (True, 131072)
