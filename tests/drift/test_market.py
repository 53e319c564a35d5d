"""What we publish against what OpenRouter shows."""

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from bench.servers import free_port
from catalog.drift import Difference, What, compare_market
from catalog.drift.market import Names, price
from catalog.formats import models_api
from catalog.listing import Selection, listing
from catalog.models import AIModel, DriftCheck, Provider
from tests.admin.common import staff
from tests.drift.conftest import Server
from tests.factories import make_listed, make_price

pytestmark = pytest.mark.django_db
MODELS = "/api/v1/models"


@pytest.fixture(autouse=True)
def _provider() -> None:
    Provider.objects.all().delete()
    Provider.objects.create(slug="acme", name="Acme", headquarters="DE", api_base_url="https://api.example.com/v1")


def model_of(model_id: str, **more: Any) -> dict[str, Any]:
    """As a model stands in OpenRouter's list, with what is compared."""
    return {
        "id": model_id,
        "canonical_slug": model_id,
        "hugging_face_id": "",
        "name": model_id,
        "pricing": {"prompt": "1"},
        **more,
    }


def endpoint(**more: Any) -> dict[str, Any]:
    """As an endpoint of ours stands there."""
    return {
        "name": "Acme | acme/one",
        "model_id": "acme/one",
        "context_length": 131072,
        "pricing": {"prompt": "0.0000001", "completion": "0.0000002", "image": "0", "request": "0", "discount": 0},
        "provider_name": "Acme",
        "tag": "acme/fp8",
        "quantization": "fp8",
        "service_tier": None,
        "status": 0,
        **more,
    }


def show(openrouter: Server, *endpoints: dict[str, Any], model_id: str = "acme/one", extra: tuple[str, ...] = ()) -> None:
    """Let OpenRouter show a model with these endpoints, beside another provider's."""
    others = endpoint(provider_name="Other", tag="other/fp8", pricing={"prompt": "9"})
    openrouter.documents[MODELS] = {"data": [model_of(model_id), model_of("else/where")]}
    openrouter.documents[f"{MODELS}?providers=acme"] = {"data": [model_of(one) for one in (model_id, *extra)]}
    openrouter.documents[f"{MODELS}/{model_id}/endpoints"] = {"data": {"id": model_id, "endpoints": [others, *endpoints]}}


def test_what_is_shown_as_it_is_published_is_no_difference(openrouter: Server) -> None:
    make_listed("acme/one")
    show(openrouter, endpoint())
    found = compare_market()
    assert (found.differences, found.unknown, found.state) == ([], [], "same")


@pytest.mark.parametrize(
    ("shown", "difference"),
    [
        ({"context_length": 8192}, Difference("acme/one", What.CONTEXT, "context_length", "131072", "8192")),
        ({"quantization": "int4"}, Difference("acme/one", What.QUANTIZATION, "quantization", "fp8", "int4")),
        ({"quantization": None}, Difference("acme/one", What.QUANTIZATION, "quantization", "fp8", "unknown")),
        (
            {"pricing": {"prompt": "0.00000011", "completion": "0.0000002"}},
            Difference("acme/one", What.PRICE, "prompt", "0.0000001", "0.00000011"),
        ),
        ({"pricing": {"prompt": "0.0000001"}}, Difference("acme/one", What.PRICE, "completion", "0.0000002", "")),
        (
            {"pricing": {"prompt": 1e-7, "completion": "2e-7", "web_search": "0.01"}},
            Difference("acme/one", What.PRICE, "web_search", "", "0.01"),
        ),
        (
            {"pricing": {"prompt": "free", "completion": "0.0000002"}},
            Difference("acme/one", What.PRICE, "prompt", "0.0000001", "free"),
        ),
    ],
)
def test_another_value_is_a_difference(openrouter: Server, shown: dict[str, Any], difference: Difference) -> None:
    make_listed("acme/one")
    show(openrouter, endpoint(**shown))
    assert compare_market().differences == [difference]


def test_a_model_without_our_endpoint_is_hidden_and_an_unknown_one_is_missing(openrouter: Server) -> None:
    make_listed("acme/one")
    make_listed("acme/two")
    show(openrouter)
    assert compare_market().differences == [Difference("acme/one", What.HIDDEN), Difference("acme/two", What.MISSING)]


def test_what_is_not_ready_is_expected_to_be_hidden(openrouter: Server) -> None:
    make_listed("acme/one", is_ready=False)
    show(openrouter)
    assert compare_market().differences == []
    show(openrouter, endpoint())
    assert compare_market().differences == [Difference("acme/one", What.EXTRA, "status", "not_ready", "shown")]


def test_service_tiers_and_free_variants_are_compared_each_with_its_own(openrouter: Server) -> None:
    model = make_listed("acme/one", has_free_variant=True)
    for kind, usd in (("prompt", "0.0000005"), ("completion", "0.0000006")):
        make_price(model, kind, usd, service_tier="priority")
    dearer = endpoint(service_tier="priority", pricing={"prompt": "0.0000005", "completion": "0.0000007"})
    show(openrouter, endpoint(), dearer, endpoint(service_tier="flex"))
    free = endpoint(model_id="acme/one:free", pricing={"prompt": "0", "completion": "0"})
    openrouter.documents[f"{MODELS}/acme/one:free/endpoints"] = {"data": {"endpoints": [free]}}
    openrouter.documents[MODELS]["data"].append(model_of("acme/one:free", canonical_slug="acme/one"))
    assert compare_market().differences == [
        Difference("acme/one (priority)", What.PRICE, "completion", "0.0000006", "0.0000007"),
        Difference("acme/one (flex)", What.EXTRA),
    ]


def test_a_model_is_found_by_its_name_there_or_its_repository(openrouter: Server) -> None:
    make_listed("mine", openrouter_slug="maker/theirs")
    show(openrouter, endpoint(), model_id="maker/theirs")
    assert compare_market().differences == []
    AIModel.objects.update(openrouter_slug="", hugging_face_id="Maker/Theirs-7B")
    openrouter.documents[MODELS] = {"data": [model_of("maker/theirs", hugging_face_id="maker/theirs-7b")]}
    assert compare_market().differences == []


def test_what_is_shown_as_ours_and_not_listed_is_extra(openrouter: Server) -> None:
    make_listed("acme/one")
    show(openrouter, endpoint(), extra=("acme/old", "else/where"))
    openrouter.documents[f"{MODELS}/acme/old/endpoints"] = {"data": {"endpoints": [endpoint()]}}
    openrouter.documents[f"{MODELS}/else/where/endpoints"] = {"data": {"endpoints": [endpoint(provider_name="B", tag="b")]}}
    assert compare_market().differences == [Difference("acme/old (default)", What.EXTRA)]


@pytest.mark.parametrize(
    "answer", [500, 429, b"<html>", b"[]", {"data": {"id": 1}}, {"data": [{"name": "no id"}]}, {"data": None}]
)
def test_what_cannot_be_asked_is_unknown_and_never_gone(openrouter: Server, answer: Any) -> None:
    make_listed("acme/one")
    openrouter.documents[MODELS] = answer
    found = compare_market()
    assert (found.differences, found.state) == ([], "unknown")
    show(openrouter, endpoint())
    openrouter.documents[f"{MODELS}/acme/one/endpoints"] = (
        answer if answer != {"data": None} else {"data": {"endpoints": None}}
    )
    found = compare_market()
    assert (found.differences, found.state) == ([], "unknown")
    assert found.unknown[0].startswith("acme/one: ")


def test_one_that_answers_no_more_is_left_alone(openrouter: Server) -> None:
    for number in range(20):
        make_listed(f"acme/{number}")
    show(openrouter)
    openrouter.documents |= {f"{MODELS}/acme/{number}/endpoints": 503 for number in range(20)}
    assert compare_market().state == "unknown"
    assert len(openrouter.asked) == 6


def test_a_private_address_is_refused_unless_it_is_allowed(openrouter: Server, settings: Settings) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = False
    make_listed("acme/one")
    found = compare_market()
    assert "ALLOW_PRIVATE_ADDRESSES" in found.unknown[0]
    assert openrouter.asked == []


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("check_market", *arguments, stdout=out)
    except SystemExit as exit_:
        return int(str(exit_.code)), out.getvalue()
    return 0, out.getvalue()


def test_the_command_exits_by_what_it_found_and_the_page_shows_it(
    openrouter: Server, settings: Settings, client: Client
) -> None:
    make_listed("acme/one")
    show(openrouter, endpoint())
    assert run() == (0, "0 differences.\n")
    show(openrouter, endpoint(quantization="<b>int4</b>"))
    code, text = run()
    assert (code, text.splitlines()[0]) == (
        1, "acme/one: OpenRouter shows a different quantization. quantization: ours fp8, theirs <b>int4</b>.",
    )  # fmt: skip
    code, text = run("--json")
    (difference,) = json.loads(text)["differences"]
    assert (code, json.loads(text)["state"], difference["theirs"]) == (1, "different", "<b>int4</b>")
    staff(client, "Viewer")
    latest = DriftCheck.objects.first()
    assert latest is not None
    assert client.get("/admin/catalog/driftcheck/").status_code == 200
    page = client.get(f"/admin/catalog/driftcheck/{latest.pk}/change/").content.decode()
    assert "&lt;b&gt;int4&lt;/b&gt;" in page
    settings.OPENROUTER_URL = f"http://127.0.0.1:{free_port()}"
    code, text = run()
    assert (code, "cannot be reached" in text) == (2, True)


def test_real_lists_are_read(shared: Path) -> None:
    for file in sorted((shared / "data").glob("openrouter_api_v1_models_*.json")):
        known = json.loads(file.read_text(), parse_float=Decimal)["data"]
        names = Names(known)
        assert names.ids == {item["id"] for item in known}
        assert all(price(value) is None or isinstance(price(value), Decimal) for value in known[0]["pricing"].values())


def test_our_own_answer_is_the_shape_that_is_compared(openrouter: Server) -> None:
    make_listed("acme/one")
    content = listing(Selection.LISTED)
    document = models_api.endpoints_document("acme/one", content.entries, content.provider)
    show(openrouter, *json.loads(json.dumps(document))["data"]["endpoints"])
    assert compare_market().differences == []
