"""What must be true of the files themselves."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[1]


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout, or git is not on this machine")
    names = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("guide", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_the_files_that_a_guide_names_are_there(guide: str) -> None:
    named = set(re.findall(r"`((?:catalog|catalog_site|docs|templates|tests)/[^`<> ]*)`", (ROOT / guide).read_text()))
    assert len(named) > 10
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.django_db
def test_the_models_and_the_migrations_agree() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_no_package_index_and_no_path_of_a_machine_is_named() -> None:
    index = re.compile(r"https?://[^ \"']*/(simple|packages)\b|//registry\.|//files\.python|--index-url")
    for path in tracked():
        text = path.read_text(errors="replace")
        assert f"{ROOT}/" not in text, path
        if path != Path(__file__):
            assert not index.search(text), path


def test_requirements_are_exact_and_hashed() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-audit.txt", "requirements-litellm.txt"):
        lines = (ROOT / name).read_text().replace("\\\n", " ").splitlines()
        assert lines
        for line in lines:
            assert re.match(r"\S+==\S+ .*--hash=sha256:", line), line


def test_every_direct_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"]
    locked = (ROOT / "requirements.txt").read_text()
    for requirement in wanted:
        name = re.split(r"[\[><=]", requirement)[0]
        assert f"\n{name}==" in f"\n{locked}"
