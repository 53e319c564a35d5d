"""What the command says of an import, and what it wants confirmed."""

import http.server
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from catalog.importing.drafts import Remark
from catalog.importing.remark_groups import grouped
from catalog.models import AIModel
from catalog.openrouter.readiness.checklist import checklist
from tests.factories import let_deferred_rules_speak, make_listed
from tests.importing.outcome import sold
from tests.waiting import at_the_same_time

pytestmark = pytest.mark.django_db


def row(model_id: str = "acme/one", **keys: Any) -> dict[str, Any]:
    return {
        "id": model_id,
        "name": model_id,
        "context_length": 4096,
        "pricing": {"prompt": "0.000001", "completion": "0.000002"},
        **keys,
    }


def run(path: Path, *rows: Any, **options: Any) -> tuple[int, str]:
    (path / "feed.json").write_text(json.dumps({"data": rows}))
    out = io.StringIO()
    try:
        call_command("import_models", str(path / "feed.json"), stdout=out, stderr=out, **options)
    except SystemExit as exit_:
        return int(str(exit_.code)), out.getvalue()
    let_deferred_rules_speak()
    return 0, out.getvalue()


DEAR = {"pricing": {"prompt": "0.00005", "completion": "0.000002"}}


@pytest.mark.parametrize("change", [{"is_ready": False}, DEAR, {"pricing": {"prompt": "0", "completion": "0"}}])
def test_what_a_review_would_have_confirmed_by_typing_needs_its_id(tmp_path: Path, change: dict[str, Any]) -> None:
    make_listed(context_length=4096, max_output_length=4096, prices={"prompt": "0.000001", "completion": "0.000002"})
    before = sold("acme/one")
    code, said = run(tmp_path, row(**change), dry_run=True)
    assert (code, "add --confirm acme/one" in said) == (0, True)
    for wrong in (None, "acme/two", "1", "yes"):
        code, said = run(tmp_path, row(**change), confirm=wrong)
        assert (code, "Confirm with --confirm acme/one" in said) == (1, True)
        assert (sold("acme/one"), AIModel.objects.get().is_ready) == (before, True)
    code, said = run(tmp_path, row(**change), confirm="acme/one", json=True)
    told = json.loads(said)
    assert (code, told["confirm"], list(told["dangers"])) == (0, "acme/one", ["acme/one"])
    assert (sold("acme/one"), AIModel.objects.get().is_ready) != (before, True)


def test_several_models_are_confirmed_by_their_number(tmp_path: Path) -> None:
    for model_id in ("acme/one", "acme/two"):
        make_listed(model_id, context_length=4096, max_output_length=4096)
    rows = [row(model_id, is_ready=False) for model_id in ("acme/one", "acme/two")]
    assert run(tmp_path, *rows, confirm="acme/one")[0] == 1
    assert AIModel.objects.filter(is_ready=True).count() == 2
    assert run(tmp_path, *rows, confirm="2")[0] == 0
    assert not AIModel.objects.filter(is_ready=True).exists()


def test_what_is_not_dangerous_needs_no_confirmation(tmp_path: Path) -> None:
    make_listed(context_length=4096, max_output_length=4096, prices={"prompt": "0.000001", "completion": "0.000002"})
    code, said = run(tmp_path, row(pricing={"prompt": "0.0000011", "completion": "0.000002"}))
    assert (code, "onfirm" in said) == (0, False)


@pytest.mark.django_db(transaction=True)
def test_a_colleague_saves_while_an_import_is_compared_which_is_then_compared_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts: dict[str, Any] = {"context_length": 4096, "max_output_length": 4096}
    model = make_listed("acme/one", name="Before", prices={"prompt": "0.000001", "completion": "0.000002"}, **facts)
    names = ["First", "Second"]

    def save_and_find(*args: Any, **more: Any) -> Any:
        at_the_same_time(lambda: AIModel.objects.filter(pk=model.pk).update(description=names.pop(0)))
        return checklist(*args, **more)

    monkeypatch.setattr("catalog.management.commands.import_models.checklist", save_and_find)
    assert run(tmp_path, row(name="After", pricing={"prompt": "0.0000011", "completion": "0.000002"}))[0] == 0
    model.refresh_from_db()
    assert (model.name, model.description) == ("After", "First")


def test_a_new_model_that_takes_a_name_of_another_needs_its_id(tmp_path: Path) -> None:
    make_listed("acme/one", openrouter_slug="maker/one")
    code, said = run(tmp_path, row("maker/one"))
    assert (code, "Confirm with --confirm acme/one" in said) == (1, True)
    assert run(tmp_path, row("maker/one"), confirm="acme/one")[0] == 0
    assert AIModel.objects.count() == 2


def test_an_import_of_thousands_of_models_fits_a_screen(tmp_path: Path) -> None:
    kinds: list[dict[str, Any]] = [
        {"supported_features": ["magic"]},
        {"quantization": "q4"},
        {"base_url": "https://x"},
        {"pricing": {"prompt": "0.000001", "completion": "0.000002", "per_page": "0.5"}},
        {"pricing": {"prompt": "0.5", "completion": "0.000002"}, "is_ready": False},
        {"pricing": {"prompt": "0.002", "completion": "0.000002"}},
        {"pricing": {}},
    ]
    rows = [row(f"acme/m{number}", **kinds[number % len(kinds)]) for number in range(600)]
    rows = [one for one in rows if one["pricing"].get("prompt") != "0.5"]
    code, said = run(tmp_path, *rows, list_on_openrouter=True)
    lines = said.splitlines()
    assert code == 0
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 400
    assert lines[0].startswith("To check.")
    assert "entries (acme/m3, acme/m10, acme/m17 …)" in said
    assert f"Done: {len(rows)} new" in said
    code, said = run(tmp_path, *[{**one, "name": "Another", "context_length": 8192} for one in rows], json=True)
    told = json.loads(said)
    assert len(told["changes"]) == 2 * len(rows)
    assert len(told["notes"]) == sum(1 for number in range(600) if number % 7 < 3)
    assert told["more_notes"] == 0


def test_equal_remarks_are_one_line_and_money_comes_first() -> None:
    notes = [Remark(f"entry {number} (m{number})", "quantization", f"'q{number}' was ignored") for number in range(9)]
    warning = Remark("entry 1 (m1)", "pricing.prompt", "$5,000 per 1M tokens")
    first, second = grouped([*notes, warning])
    assert (first.who, first.field) == ("entry 1 (m1)", "pricing.prompt")
    assert (second.who, second.differs) == ("9 entries (m0, m1, m2 …)", True)
    assert grouped([]) == []


def test_named_models_and_entries_are_left_out(tmp_path: Path) -> None:
    rows = [row("acme/good"), row("acme/bad", context_length=-1), "nonsense"]
    code, said = run(tmp_path, *rows)
    assert (code, "--skip ID" in said) == (1, True)
    assert run(tmp_path, *rows, skip=["acme/bad"])[0] == 1
    code, said = run(tmp_path, *rows, skip=["acme/bad", "entry 3", "acme/gone"])
    assert code == 0
    assert said.count("Left out, as requested.") == 1  # folded
    assert "no such model or entry" in said
    assert list(AIModel.objects.values_list("model_id", flat=True)) == ["acme/good"]


@pytest.fixture
def pages() -> Iterator[tuple[str, dict[str, Any]]]:
    """A server that sends documents by their paths."""
    documents: dict[str, Any] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(documents[self.path]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Not to the error stream."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", documents
    server.shutdown()
    server.server_close()
    thread.join()


def fetched(address: str, **options: Any) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("import_models", address, stdout=out, stderr=out, **options)
    except SystemExit as exit_:
        return int(str(exit_.code)), out.getvalue()
    return 0, out.getvalue()


def test_further_pages_of_a_url_are_fetched(pages: tuple[str, dict[str, Any]], settings: Any) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    address, documents = pages
    documents["/models"] = {"data": [row("a/1")], "total_count": 3, "links": {"next": "/models?page=2"}}
    documents["/models?page=2"] = {"data": [row("a/2")], "links": {"next": f"{address}/models?page=3"}}
    documents["/models?page=3"] = {"data": [row("a/3")], "links": {"next": None}}
    assert fetched(f"{address}/models")[0] == 0
    assert AIModel.objects.count() == 3
    documents["/models?page=3"]["links"]["next"] = "/models"
    assert fetched(f"{address}/models") == (2, f"{address}/models has more than 200 pages, or leads to one of them again.\n")
    documents["/models?page=3"]["links"]["next"] = "http://elsewhere.example/models"
    assert "on another host" in fetched(f"{address}/models")[1]


def test_a_page_in_a_file_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "page.json").write_text(
        json.dumps({"data": [row()], "total_count": 523, "links": {"next": "/models?offset=1"}})
    )
    assert "It has 1 of 523 models" in fetched(str(tmp_path / "page.json"))[1]
