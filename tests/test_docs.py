"""Links, commands and code blocks of the documentation are right, and nothing is left out of it."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), *(ROOT / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md"))]
FOLDERS = "bench|catalog|catalog_site|deploy|docs|templates|tests"
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
OURS = {path.stem for path in (ROOT / "catalog/management/commands").glob("*.py")} - {"__init__"}


def anchors(path: Path) -> set[str]:
    """What GitHub makes of the headings."""
    text = BLOCK.sub("", path.read_text())
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = BLOCK.sub("", page.read_text())
    for target in [*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r'\b(?:src|srcset)="([^"]+)"', text)]:
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), target
        if anchor and path.suffix == ".md":
            assert anchor in anchors(path), target


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    for name in re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", page.read_text()):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_code_blocks_can_be_read(page: Path) -> None:
    for language, block in BLOCK.findall(page.read_text()):
        if language == "sh":
            done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr + block
        if language == "json" and "…" not in block:
            json.loads(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_commands_that_are_named_exist_with_their_options(page: Path) -> None:
    text, known = page.read_text(), get_commands()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name, rest in re.findall(r"manage\.py ([a-z_]+)((?: [^`\n|&;)]*)?)", text):
        assert name in known, name
        parser = load_command_class(known[name], name).create_parser("manage.py", name)
        options = {option for action in parser._actions for option in action.option_strings}
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest)) <= options, (name, rest)
    for name in re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", text, re.MULTILINE):
        assert set(name) - {""} <= targets


def test_every_command_and_every_page_is_described() -> None:
    described = (ROOT / "docs/commands.md").read_text()
    headings = " ".join(re.findall(r"^## (.+)$", described, re.MULTILINE)).replace(",", " ").split()
    assert OURS - set(headings) == set()
    linked = {Path(target).name for page in PAGES for target in re.findall(r"\]\((?:docs/)?([a-z-]+\.md)", page.read_text())}
    assert {page.name for page in PAGES if page.parent.name == "docs"} <= linked
