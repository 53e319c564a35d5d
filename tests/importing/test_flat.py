"""Reading OpenRouter's flat listing as it occurs in the wild, and what becomes of the catalog."""

import io
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pghistory.models
import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog.importing.registry import reader_for
from catalog.importing.source import SourceError, parse
from catalog.listing import revision
from catalog.models import AIModel, Datacenter, Price
from catalog.publication import render
from tests.factories import let_deferred_rules_speak, make_datacenter, make_listed, make_model, make_price

pytestmark = pytest.mark.django_db
BASE_DIR = Path(__file__).resolve().parents[2]

ENTRY: dict[str, Any] = {
    "id": "acme/one",
    "hugging_face_id": "Acme/One",
    "name": "Acme One",
    "created": 1767225600,
    "input_modalities": ["text"],
    "output_modalities": ["text"],
    "quantization": "fp8",
    "context_length": 8192,
    "max_output_length": 4096,
    "pricing": {"prompt": "0.0000001", "completion": "0.0000002", "image": "0", "request": "0"},
    "supported_sampling_parameters": ["temperature"],
    "supported_features": ["tools"],
}


class Answer:
    """What the command printed, and its exit code."""

    def __init__(self, code: int, out: str) -> None:
        self.code, self.out = code, out

    @property
    def plan(self) -> dict[str, Any]:
        """The plan, where ``--json`` was asked for."""
        found: dict[str, Any] = json.loads(self.out)
        return found


Import = Callable[..., Answer]


@pytest.fixture
def run(tmp_path: Path) -> Import:
    def run(*entries: Any, document: Any = None, text: str | bytes | None = None, **options: Any) -> Answer:
        source = tmp_path / "feed.json"
        content = json.dumps({"data": entries} if document is None else document) if text is None else text
        source.write_bytes(content if isinstance(content, bytes) else content.encode())
        out = io.StringIO()
        try:
            call_command("import_models", str(source), stdout=out, stderr=out, json=options.pop("json", True), **options)
        except SystemExit as exit_:
            return Answer(int(str(exit_.code)), out.getvalue())
        let_deferred_rules_speak()
        return Answer(0, out.getvalue())

    return run


def entry(**overrides: Any) -> dict[str, Any]:
    return {key: value for key, value in {**ENTRY, **overrides}.items() if value is not ...}


def in_force(model_id: str = "acme/one") -> dict[str, Decimal | None]:
    rows = Price.objects.in_force(revision()[2]).filter(ai_model__model_id=model_id)
    return {row.kind: row.usd for row in rows if row.service_tier == "default" and row.min_prompt_tokens is None}


def test_a_new_model_is_imported_unlisted_with_all_its_facts(run: Import) -> None:
    answer = run(entry(openrouter={"slug": "acme/one-slug"}, datacenters=[{"country_code": "JP"}], capacity_tpm=5))
    assert (answer.code, answer.plan["created"]) == (0, ["acme/one"])
    model = AIModel.objects.get()
    assert not model.is_listed_on_openrouter
    assert (model.author, model.category, model.capacity_tpm) == ("acme", "text", 5)
    assert model.released_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert [place.country.code for place in model.datacenters.all()] == ["JP"]
    assert in_force() == {"prompt": Decimal("0.0000001"), "completion": Decimal("0.0000002")}


def test_listing_is_asked_for_and_only_of_complete_models(run: Import) -> None:
    answer = run(entry(), entry(id="bare", quantization=..., pricing=...), list_on_openrouter=True)
    assert answer.plan["listed"] == ["acme/one"]
    assert {said["field"] for said in answer.plan["missing"]} == {"quantization", "prices"}
    assert list(AIModel.objects.listed().values_list("model_id", flat=True)) == ["acme/one"]


def test_the_second_run_changes_nothing_at_all(run: Import) -> None:
    run(entry(datacenters=[{"country_code": "DE"}]), list_on_openrouter=True)
    before = revision()[0], pghistory.models.Events.objects.count()
    answer = run(entry(datacenters=[{"country_code": "DE"}]), list_on_openrouter=True)
    assert answer.plan["unchanged"] == ["acme/one"]
    assert (answer.plan["created"], answer.plan["changes"]) == ([], [])
    assert (revision()[0], pghistory.models.Events.objects.count()) == before


def test_a_dry_run_says_the_same_and_changes_nothing(run: Import) -> None:
    before = revision()[0]
    rehearsed = run(entry(), dry_run=True, list_on_openrouter=True).plan
    assert (AIModel.objects.count(), revision()[0]) == (0, before)
    assert [one["code"] for one in rehearsed.pop("openrouter")] == ["entry-new"]
    assert run(entry(), list_on_openrouter=True).plan == rehearsed


def test_what_differs_is_changed_and_said_and_the_flag_is_kept(run: Import) -> None:
    make_listed("acme/one", description="Ours", supported_features=["tools"], hugging_face_id="Acme/One")
    answer = run(entry(name="Acme Two", pricing={"prompt": "0.0000005", "completion": "0.0000002"}))
    changes = {(change["field"], change["old"], change["new"]) for change in answer.plan["changes"]}
    assert ("name", "Acme One", "Acme Two") in changes
    assert ("price of prompt per token", "0.0000001", "0.0000005") in changes
    model = AIModel.objects.get()
    assert model.is_listed_on_openrouter
    assert model.description == "Ours"
    assert model.prices.filter(kind="prompt").count() == 2


def test_what_is_not_stated_any_more_is_ended_if_the_format_could_state_it(run: Import) -> None:
    model = make_listed(prices={"prompt": "0.0000001", "completion": "0.0000002", "input_cache_read": "0.1", "audio": "1"})
    make_price(model, "prompt", "1", min_prompt_tokens=9)
    soon = make_price(model, "prompt", "2", effective_from=timezone.now() + timedelta(days=1))
    run(entry())
    assert in_force()["input_cache_read"] is None
    assert in_force()["audio"] == 1
    assert model.prices.filter(min_prompt_tokens=9, usd=None).exists()
    assert Price.objects.filter(pk=soon.pk).exists()


def test_a_zero_for_image_and_request_is_the_formats_filler(run: Import) -> None:
    run(entry(pricing={"prompt": "0", "completion": "0", "image": "0", "request": 0, "input_cache_read": "0"}))
    assert in_force() == {"prompt": 0, "completion": 0, "input_cache_read": 0}
    make_price(AIModel.objects.get(), "image", "0", unit="image")
    assert (
        run(entry(pricing={"prompt": "0", "completion": "0", "image": "0", "input_cache_read": "0"})).plan["changes"] == []
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("$0.00000055", "0.00000055"),
        ("5.5e-07", "0.00000055"),
        (" 0.00000055 ", "0.00000055"),
        (0.00000055, "0.00000055"),
        (0, "0"),
        ("0.00000000006920415225", "0.00000000006920415225"),
        ("0.000000000000000000000001", "0.000000000000000000000001"),
        (".5e-6", "0.0000005"),
    ],
)
def test_prices_are_read_as_they_are_meant(run: Import, written: Any, meant: str) -> None:
    assert run(entry(pricing={"prompt": written, "completion": "0"})).code == 0
    assert in_force()["prompt"] == Decimal(meant)


def test_numbers_in_json_are_decimals_from_the_first_digit(run: Import) -> None:
    prices = '{"prompt": 1.23456789012345678e-7, "completion": 0}'
    assert run(text=json.dumps({"data": [entry(pricing="X")]}).replace('"X"', prices)).code == 0
    assert in_force()["prompt"] == Decimal("0.000000123456789012345678")


@pytest.mark.parametrize(
    "written",
    ["-0.1", "free", "", True, [], {}, "NaN", "Infinity", "1e-30", "1e999", "0.00000055 USD", "$", "0,5", "1" * 70],
)
def test_what_is_no_price_is_refused(run: Import, written: Any) -> None:
    answer = run(entry(pricing={"prompt": written, "completion": "0"}))
    assert answer.code == 1
    assert answer.plan["problems"][0]["field"] == "pricing.prompt"
    assert "acme/one" in answer.plan["problems"][0]["entry"]
    assert not AIModel.objects.exists()


def test_prices_per_million_under_a_per_token_name_refuse_the_import_until_told(run: Import) -> None:
    feed = entry(pricing={"prompt": "0.55", "completion": "2.19", "request": "0.02"})
    refused = run(feed)
    assert refused.code == 1
    assert "--prices-per million" in refused.out
    assert not AIModel.objects.exists()
    assert run(feed, prices_per="million").code == 0
    assert in_force() == {"prompt": Decimal("0.00000055"), "completion": Decimal("0.00000219"), "request": Decimal("0.02")}


def test_one_price_too_many_refuses_all_entries(run: Import) -> None:
    assert run(entry(id="fine"), entry(pricing={"prompt": "0.02", "completion": "0"})).code == 1
    assert not AIModel.objects.exists()


@pytest.mark.parametrize(
    ("keys", "field", "value"),
    [
        ({"hugging_face_id": ..., "hf_slug": "Acme/Two"}, "hugging_face_id", "Acme/Two"),
        ({"hugging_face_id": "", "hf_slug": "Acme/Two"}, "hugging_face_id", "Acme/Two"),
        ({"context_window": 1}, "context_length", 8192),
        ({"context_length": ..., "context_window": 9000}, "context_length", 9000),
        ({"context_length": ..., "max_context_length": 9000, "max_model_len": 1}, "context_length", 9000),
        ({"context_length": ..., "max_context_tokens": 9000}, "context_length", 9000),
        ({"context_length": ..., "max_model_len": 9000}, "context_length", 9000),
        ({"max_completion_tokens": 100, "max_output_tokens": 50}, "max_output_length", 100),
        ({"max_output_tokens": 50}, "max_output_length", 50),
        ({"max_completion_tokens": 0}, "max_output_length", None),
        ({"supported_parameters": ["seed"]}, "supported_sampling_parameters", ["temperature"]),
        (
            {"supported_sampling_parameters": ..., "supported_parameters": ["seed"]},
            "supported_sampling_parameters",
            ["seed"],
        ),
        ({"quantization": ""}, "quantization", None),
        ({"quantization": "unknown"}, "quantization", None),
        ({"quantization": None}, "quantization", None),
        ({"capacity_tpm": None}, "capacity_tpm", None),
        ({"context_length": 8192.0}, "context_length", 8192),
        ({"deprecation_date": "2027-03-01"}, "deprecation_at", datetime(2027, 3, 1, 13, tzinfo=UTC)),
        ({"deprecation_date": "2027-03-01T00:00:00Z"}, "deprecation_at", datetime(2027, 3, 1, tzinfo=UTC)),
        ({"discount_to_user": -0.25}, "discount_to_user", Decimal("-0.25")),
        ({"is_ready": False}, "is_ready", False),
        ({"output_modalities": ["embeddings"]}, "category", "embedding"),
        ({"hugging_face_id": ...}, "author", "acme"),
        ({"input_modalities": ["image", "text", "text"]}, "input_modalities", ["text", "image"]),
    ],
)
def test_aliases_and_variants_are_read(run: Import, keys: dict[str, Any], field: str, value: Any) -> None:
    answer = run(entry(**keys))
    assert answer.code == 0, answer.out
    assert getattr(AIModel.objects.get(), field) == value


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ({"id": ...}, "id"),
        ({"id": 7}, "id"),
        ({"id": "spa ce"}, "id"),
        ({"name": 7}, "name"),
        ({"name": "nul\0"}, "name"),
        ({"name": "half \ud800"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"hugging_face_id": "none"}, "hugging_face_id"),
        ({"openrouter": {"slug": "a"}}, "openrouter_slug"),
        ({"openrouter": "a/b"}, "openrouter"),
        ({"quantization": "q4_k_m"}, "quantization"),
        ({"input_modalities": ["smell"]}, "input_modalities"),
        ({"output_modalities": "text"}, "output_modalities"),
        ({"supported_features": ["magic"]}, "supported_features"),
        ({"supported_sampling_parameters": ["magic"]}, "supported_sampling_parameters"),
        ({"context_length": "8192"}, "context_length"),
        ({"context_length": -1}, "context_length"),
        ({"context_length": 8192.5}, "context_length"),
        ({"context_length": True}, "context_length"),
        ({"context_length": 2**31}, "context_length"),
        ({"max_output_length": 9000}, "max_output_length"),
        ({"created": "yesterday"}, "created"),
        ({"created": 10**12}, "created"),
        ({"capacity_tpm": 0}, "capacity_tpm"),
        ({"capacity_tpm": 2**63}, "capacity_tpm"),
        ({"discount_to_user": 1}, "discount_to_user"),
        ({"discount_to_user": 0.12345678901}, "discount_to_user"),
        ({"deprecation_date": "2027-03-01T13:30:00Z"}, "deprecation_date"),
        ({"deprecation_date": "2027-03-01T13:00:00+02:00"}, "deprecation_date"),
        ({"deprecation_date": "2027-02-30"}, "deprecation_date"),
        ({"is_ready": "yes"}, "is_ready"),
        ({"is_free": 1}, "is_free"),
        ({"service_tier": "turbo"}, "service_tier"),
        ({"is_free": True, "service_tier": "flex"}, "service_tier"),
        ({"datacenters": [{"country_code": "ZZ"}]}, "datacenters"),
        ({"datacenters": [{"country_code": "jp"}]}, "datacenters"),
        ({"datacenters": [{"country_code": "JPN"}]}, "datacenters"),
        ({"datacenters": "JP"}, "datacenters"),
        ({"pricing": "free"}, "pricing"),
        ({"pricing": []}, "pricing"),
        ({"pricing": {"prompt": "0", "input_cache_read": "0", "input_cache_reads": "1e-9"}}, "pricing.input_cache_reads"),
        ({"pricing": {"prompt": "0", "overrides": [{"prompt": "0"}]}}, "pricing.overrides[0]"),
        ({"pricing": {"prompt": "0", "overrides": [{"utc_start": 800, "prompt": "0"}]}}, "pricing.overrides[0]"),
        ({"pricing": {"overrides": [{"utc_start": 860, "utc_end": 900, "prompt": "0"}]}}, "pricing.overrides[0]"),
        (
            {"pricing": {"overrides": [{"min_prompt_tokens": 1, "utc_days": ["monday"], "prompt": "0"}]}},
            "pricing.overrides[0]",
        ),
        ({"pricing": {"overrides": [{"utc_days": ["Monday"], "prompt": "0"}]}}, "pricing.overrides[0]"),
        ({"pricing": [{"prompt": "0"}, {"prompt": "0"}]}, "pricing[1].min_context"),
    ],
)
def test_what_is_wrong_refuses_the_entry_by_name_and_field_and_nothing_is_imported(
    run: Import, keys: dict[str, Any], field: str
) -> None:
    answer = run(entry(id="fine"), entry(**keys))
    assert answer.code == 1
    assert field in {problem["field"] for problem in answer.plan["problems"]}
    assert all(problem["entry"].startswith("entry 2") for problem in answer.plan["problems"])
    assert not AIModel.objects.exists()


def test_every_problem_is_named_and_not_only_the_first(run: Import) -> None:
    answer = run("nonsense", entry(quantization="q4", context_length=-1), entry(id="b", is_ready=3), json=False)
    assert answer.code == 1
    for said in (
        "entry 1: It is not an object",
        "entry 2 (acme/one): quantization",
        "context_length",
        "entry 3 (b): is_ready",
    ):
        assert said in answer.out


def test_unknown_keys_are_noted_and_not_fatal(run: Import) -> None:
    answer = run(entry(base_url="https://x", object="model", pricing={"prompt": "0", "completion": "0", "surprise": "1"}))
    assert answer.code == 0
    assert "'base_url', 'object'" in answer.out
    assert "'surprise'" in answer.out


def test_tiers_and_the_free_variant_are_one_model(run: Import) -> None:
    flex = {"prompt": "0.00000005", "completion": "0.0000001"}
    answer = run(
        entry(), entry(service_tier="flex", pricing=flex), entry(service_tier="fast", pricing=flex), entry(is_free=True)
    )
    assert answer.code == 0
    model = AIModel.objects.get()
    assert model.has_free_variant
    assert set(model.prices.values_list("service_tier", flat=True)) == {"default", "flex", "priority"}


def test_entries_of_one_model_must_agree_and_not_repeat(run: Import) -> None:
    assert "differs" in run(entry(), entry(service_tier="flex", name="Other")).out
    assert "already" in run(entry(), entry()).out


def test_the_old_array_of_tiers_counts_from_and_ours_counts_above(run: Import) -> None:
    tiers = [{"prompt": "1e-7", "completion": "2e-7"}, {"prompt": "3e-7", "min_context": 200001}]
    assert run(entry(pricing=tiers)).code == 0
    assert Price.objects.get(min_prompt_tokens=200_000).usd == Decimal("3E-7")


def test_conditions_are_read(run: Import) -> None:
    overrides = [
        {"min_prompt_tokens": 1000, "prompt": "3e-7", "completion": "4e-7"},
        {"utc_start": 2200, "utc_end": 0, "utc_days": ["sunday", "monday"], "prompt": "5e-7"},
    ]
    assert run(entry(pricing={"prompt": "1e-7", "completion": "2e-7", "overrides": overrides})).code == 0
    window = Price.objects.get(utc_start=2200)
    assert (window.utc_end, window.utc_days, window.usd) == (0, ["monday", "sunday"], Decimal("5E-7"))
    assert Price.objects.filter(min_prompt_tokens=1000).count() == 2


def test_a_model_stays_in_the_datacenters_of_a_stated_country_and_leaves_the_others(run: Import) -> None:
    here, gone = make_datacenter("fra1"), make_datacenter("nyc1", country="US")
    make_datacenter("fra2")
    model = make_model("acme/one", datacenters=(here, gone))
    run(entry(datacenters=[{"country_code": "DE"}, {"country_code": "FI"}]))
    assert set(model.datacenters.values_list("code", flat=True)) == {"fra1", "fi"}
    assert Datacenter.objects.get(code="fi").name == "Finland"


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
    with pytest.raises(SourceError, match="'19999' stands twice"):
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


def test_what_a_free_variant_says_of_prices_is_said_to_be_left_aside(run: Import) -> None:
    answer = run(entry(is_free=True, pricing={"prompt": "5", "completion": "junk"}))
    assert answer.code == 0
    assert "A free variant costs nothing" in answer.out


def test_huge_numbers_do_not_fill_the_memory(run: Import) -> None:
    text = json.dumps({"data": [entry(pricing="X", discount_to_user="Y")]})
    text = text.replace('"X"', '{"prompt": 1e999999999, "completion": 0e-999999999}').replace('"Y"', "1e-999999999")
    answer = run(text=text)
    assert answer.code == 1
    assert {problem["field"] for problem in answer.plan["problems"]} >= {"pricing.prompt", "discount_to_user"}


def test_floats_never_appear_in_what_is_parsed() -> None:
    assert parse(b'{"a": 0.1}') == {"a": Decimal("0.1")}
    with pytest.raises(SourceError):
        parse(b'{"a": Infinity}')


def test_standard_input_is_a_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    content = io.BytesIO(json.dumps({"data": [entry()]}).encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(content))
    call_command("import_models", "-", stdout=io.StringIO())
    assert AIModel.objects.exists()


def test_an_import_cannot_break_a_listed_model(run: Import) -> None:
    make_listed("acme/one")
    before = render("openrouter").body
    answer = run(entry(context_length=100, max_output_length=...))
    assert answer.code == 1
    assert answer.plan["problems"][0]["field"] == "max_output_length"
    assert "acme/one" in answer.plan["problems"][0]["entry"]
    assert render("openrouter").body == before


def test_taking_a_base_price_from_a_listed_model_is_refused_in_words(run: Import) -> None:
    make_listed("acme/one")
    answer = run(entry(pricing={"prompt": "0.0000001"}))
    assert answer.code == 1
    assert "completion price" in answer.out
    assert in_force()["completion"] == Decimal("0.0000002")


def test_ubiclouds_hand_kept_feed_is_imported_with_what_is_missing(run: Import, shared: Path) -> None:
    answer = run(text=(shared / "data/ubicloud_openrouter_2025-02.json").read_bytes())
    assert answer.code == 0, answer.out
    assert {said["field"] for said in answer.plan["missing"]} >= {"input_modalities", "max_output_length"}
    model = AIModel.objects.get()
    assert set(model.supported_features) == {"tools", "json_mode"}
    assert "base_url" in answer.out
    assert in_force("mistral-small-3") == {"prompt": Decimal("0.0000003"), "completion": Decimal("0.0000003")}


def test_an_import_is_in_the_history_as_one(run: Import) -> None:
    run(entry())
    contexts = {event.pgh_context.get("source") for event in pghistory.models.Events.objects.all() if event.pgh_context}
    assert contexts == {"import"}
