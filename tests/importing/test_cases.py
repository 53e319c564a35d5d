"""The inputs that went wrong elsewhere, each with its right value or a refusal that names what is wrong.

The files are beside the repository; ``TOLD`` lists all of them, so that none is left out in silence. Siblings of each kind are in
the other modules here.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from catalog.formats import openrouter, openrouter_v2
from catalog.importing.applying.importer import apply_reading
from catalog.importing.plan import Plan
from catalog.importing.registry import read_content
from catalog.importing.source import SourceError
from catalog.listing import Selection, listing
from catalog.models import AIModel
from catalog.openrouter.readiness.checklist import checklist
from tests.formats.common import written
from tests.importing.outcome import sold, take

pytestmark = pytest.mark.django_db

Case = dict[str, Any]

BASE = {
    "data": [
        {
            "id": "acme/chat-1",
            "name": "Chat 1",
            "created": 1780302734,
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "quantization": "fp8",
            "context_length": 32768,
            "max_output_length": 8192,
            "supported_sampling_parameters": ["temperature"],
            "supported_features": [],
            "pricing": {
                "prompt": "0.000001",
                "completion": "0.000002",
                "overrides": [{"min_prompt_tokens": 16000, "prompt": "0.000002", "completion": "0.000004"}],
            },
        }
    ]
}


def imported(case: Case, **options: Any) -> Plan:
    plan = take(case["input"], list_on_openrouter="--list-on-openrouter" in case["command"], **options)
    assert plan.problems == []
    return plan


def over_base(case: Case) -> Plan:
    take(BASE, list_on_openrouter="--list-on-openrouter" in case["command"])
    return take(case["input"])


def refused(case: Case, *words: str) -> None:
    """Refused with these words, as an import or as a source; nothing is there."""
    try:
        said = " ".join(f"{one.entry} {one.field} {one.sentence}" for one in take(case["input"]).problems)
    except SourceError as error:
        said = str(error)
    assert all(word in said for word in words), said
    assert not AIModel.objects.filter(is_public=True).exists()


def entries() -> dict[str, dict[str, Any]]:
    """The feed's entries of the only model, by tier, as written."""
    made = listing(Selection.EVERY)
    return {
        "free" if entry.is_free else entry.service_tier: orjson.loads(orjson.dumps(openrouter.entry_document(entry)))
        for entry in made.entries
    }


def codes() -> set[str]:
    return {one.code for one in checklist(Selection.EVERY)[1]}


def spread(field: str, own: Any, *, which: str = "flex", value: Any = None) -> Callable[[Case], None]:
    """The default entry is as it says, and so is the other one."""

    def check(case: Case) -> None:
        plan = imported(case)
        assert {name: entry.get(field) for name, entry in entries().items()} == {"default": value, which: own}
        assert (plan.problems, list(plan.warnings)) == ([], [])

    return check


def f02a(case: Case) -> None:
    imported(case)
    assert sold("acme/rank-1") == {"request request": "0.002"}


def f02c(case: Case) -> None:
    plan = imported(case)
    assert sold("acme/paint-1") == {}
    assert plan.warnings
    assert not AIModel.objects.get().is_public


def f02d(case: Case) -> None:
    imported(case)
    assert sold("acme/long-1") == {
        "prompt token": "0.000001", "completion token": "0.000005",
        "prompt token >32000": "0.000002", "completion token >32000": "0.000009",
    }  # fmt: skip


def f02e(case: Case) -> None:
    take(BASE)
    before = sold("acme/chat-1")
    imported(case)
    assert sold("acme/chat-1") == before


def f02f(case: Case) -> None:
    take(BASE, list_on_openrouter=True)
    before = sold("acme/chat-1")
    plan = take(case["input"])
    assert plan.problems or "0" not in sold("acme/chat-1").values()
    assert not plan.problems or sold("acme/chat-1") == before


def f02g(case: Case) -> None:
    take(BASE)
    before = sold("acme/chat-1")
    with pytest.raises(SourceError, match="input, output"):
        take(case["input"])
    assert sold("acme/chat-1") == before


def f02h(case: Case) -> None:
    imported(case)
    assert sold("acme/film-1") == {"video_output second": "0.1"}


def f02i(case: Case) -> None:
    imported(case)
    assert sold("acme/think-1")["input_cache_read token"] == "0.00000014"


def no_free_cache(case: Case) -> None:
    imported(case)
    assert set(sold(case["input"]["data"][0]["id"])) == {"prompt token", "completion token"}


def f04a(case: Case) -> None:
    refused(case, "2 of 4 token prices")
    plan = take(case["input"], per_million=True)
    assert [one.entry for one in plan.warnings] == ["entry 1 (acme/good-1)"] * 2
    assert not AIModel.objects.get(model_id="acme/good-1").is_public


def f04b(case: Case) -> None:
    imported(case)
    assert sold("acme/u-3") == {"prompt token": "0.0000005", "completion token": "0.0000015"}


def f04c(case: Case) -> None:
    imported(case)
    assert sold("acme/u-2") == {"prompt token": "0.000000008", "completion token": "0.00000001"}


def f04d(case: Case) -> None:
    refused(case, "CNY")


def f04e(case: Case) -> None:
    plan = imported(case)
    assert {one.entry for one in plan.warnings} == {"entry 1 (acme/per1k-1)"}
    assert not AIModel.objects.get().is_public


def f05(case: Case) -> None:
    imported(case)
    assert sold("acme/promo-1") == {"prompt token": "0.000001", "completion token": "0.000002"}
    assert str(AIModel.objects.get().discount_to_user).rstrip("0") == "0.5"
    pricing = written("openrouter-api")["data"][0]["pricing"]
    assert pricing == {"prompt": "0.0000005", "completion": "0.000001", "discount": "0.5"}


TILED = {
    "prompt token": "0.00000022",
    "completion token": "0.00000066",
    "input_cache_read token": "0.000000007",
    **{
        f"{kind} token {hours}": usd
        for hours in ("0100-0400", "0600-1000")
        for kind, usd in (("prompt", "0.00000044"), ("completion", "0.00000132"), ("input_cache_read", "0.000000014"))
    },
}


def f06(case: Case) -> None:
    plan = imported(case)
    assert sold("acme/v4-tiled") == TILED
    assert plan.warnings == []
    other = json.loads(json.dumps(case["input"]))
    pricing = other["data"][0]["pricing"]
    pricing.update({key: pricing["overrides"][0][key] for key in ("prompt", "completion", "input_cache_read")})
    assert take(other).changes == []
    assert not codes() & {"too-many-windows", "windows-differ", "base-not-cheapest"}


def f07(case: Case) -> None:
    imported(case)
    made = orjson.dumps({"data": [openrouter_v2.entry_document(one) for one in listing(Selection.EVERY).entries]})
    plan = apply_reading(read_content(made, name="openrouter-v2"), source="test")
    assert (plan.problems, plan.changes, plan.unchanged) == ([], [], ["acme/rt-1"])


def f08(case: Case) -> None:
    with pytest.raises(SourceError, match=r"flat listing.* input, output"):
        take(case["input"])


def f10(case: Case) -> None:
    assert take(case["input"]["result"]).created == ["@cf/acme/chat-7b"]


def f11(case: Case) -> None:
    imported(case)
    assert not any(line.startswith("video") for line in sold("acme/hear-1"))


def f12(case: Case) -> None:
    imported(case)
    assert sold("acme/paint-2") == {"image_output image": "0.04"}


def f13(case: Case) -> None:
    plan = imported(case)
    assert plan.created == ["acme/good-1"]
    assert any("last_updated" in one.entry for one in plan.notes)


def f14(case: Case) -> None:
    plan = imported(case)
    said = [f"{one.field} {one.sentence}" for one in plan.notes]
    assert all(any(word in one for one in said) for word in ("city", "name", "extra"))


def f15(case: Case) -> None:
    plan = imported(case)
    assert AIModel.objects.get().supported_features == ["tools"]
    assert any("streaming" in one.sentence for one in plan.notes)


def f16(case: Case) -> None:
    imported(case)
    assert sold("acme/op-1") == {
        "prompt token": "0.00000022", "completion token": "0.00000066",
        "prompt token 0030-1630": "0.00000044", "completion token 0030-1630": "0.00000132",
    }  # fmt: skip


def f17(case: Case) -> None:
    imported(case)
    assert "cache-dearer-than-prompt" in codes()


TOLD: dict[str, Callable[[Case], None]] = {
    "F01a_flex_not_ready_hides_default": spread("is_ready", own=False, value=True),
    "F01b_free_deprecation_spreads_to_paid": spread("deprecation_date", own="2026-12-31", which="free"),
    "F01d_flex_capacity_spreads": spread("capacity_tpm", own=1000),
    "F01e_v2_flex_not_ready": spread("is_ready", own=False, value=True),
    "F02a_rerank_per_query_becomes_free": f02a,
    "F02c_pixel_becomes_free": f02c,
    "F02d_tiered_pricing_lost": f02d,
    "F02e_tiered_pricing_ends_prices": f02e,
    "F02f_per_query_sets_listed_model_to_zero": f02f,
    "F02g_other_names_end_prices": f02g,
    "F02h_video_per_second_lost": f02h,
    "F02i_cache_hit_lost": f02i,
    "F03a_cached_prompt_for_nothing": no_free_cache,
    "F03b_old_plural_keys": no_free_cache,
    "F04a_mixed_units_hint": f04a,
    "F04b_unit_per_1k_ignored": f04b,
    "F04c_unit_per_1m_ignored": f04c,
    "F04d_currency_ignored": f04d,
    "F04e_per_1k_price_passes": f04e,
    "F05_discount_twice": f05,
    "F06_tiled_windows": f06,
    "F07_v2_round_trip": f07,
    "F08_any_openai_list": f08,
    "F10_cf_ids": f10,
    "F11_transcription_video_price": f11,
    "F12_image_generation_price": f12,
    "F13_extra_key": f13,
    "F14_nested_silent": f14,
    "F15_vocabulary_refuses_all": f15,
    "F16_off_peak_litellm": f16,
    "F17_cache_dearer": f17,
}


@pytest.mark.parametrize("name", TOLD)
def test_a_case_gives_its_right_value_or_a_named_refusal(name: str, shared: Path) -> None:
    TOLD[name](json.loads((shared / "cases" / f"{name}.json").read_text()))


def test_no_case_is_left_out(shared: Path) -> None:
    assert {path.stem for path in (shared / "cases").glob("*.json")} == TOLD.keys()
