"""What all commands do alike."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from catalog.management.commands.serve import Command

BASE_DIR = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("command", [["export_models", "--format=openrouter"], ["check_listing"], ["load_sample"]])
def test_on_a_database_without_tables_a_command_says_what_to_do(command: list[str], tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=BASE_DIR,
        env={**environment, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "The database is not migrated" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.django_db
def test_the_first_page_tells_where_the_password_of_admin_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "kept out of the test")  # the command makes a directory otherwise
    serve = Command()

    def told(password: str) -> str:
        monkeypatch.setenv("ADMIN_PASSWORD", password)
        return serve._ensure_admin().strip()

    assert told("one-of-mine") == "user admin, password from ADMIN_PASSWORD"
    assert told("one-of-mine") == "user admin, password from ADMIN_PASSWORD"
    assert told("another-one") == "user admin, password now from ADMIN_PASSWORD"
    assert told("") == "user admin, password as before (set ADMIN_PASSWORD to change it)"
