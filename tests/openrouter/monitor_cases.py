"""Changes of a listed model, one for each thing that OpenRouter's monitor does."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from catalog.models import AIModel
from tests.factories import (
    PAST,
    make_listed,
    make_price,
)
from tests.openrouter.common import EVENING, LONG, LONGER, MORNING, NIGHT

AHEAD = datetime(2099, 3, 1, 13, tzinfo=UTC)

Change = Callable[[AIModel], Any]
Prices = tuple[tuple[str, str, dict[str, Any]], ...]


class Case(NamedTuple):
    """A change to a listed model with these facts and further prices."""

    change: Change
    prices: Prices = ()
    facts: dict[str, Any] = {}


def sets(**facts: Any) -> Change:
    return lambda model: AIModel.objects.filter(pk=model.pk).update(**facts)


def sells(*prices: tuple[str, str | None, dict[str, Any]]) -> Change:
    """Lines begin, change or (without an amount) end."""

    def change(model: AIModel) -> None:
        for kind, usd, conditions in prices:
            make_price(model, kind, usd, effective_from=PAST + timedelta(days=1), **conditions)

    return change


def describes(name: str, **facts: Any) -> Change:
    return lambda model: model.parameter_descriptors.update_or_create(name=name, defaults={"type": "range", **facts})


def swaps_id(model: AIModel) -> None:
    AIModel.objects.filter(pk=model.pk).update(model_id="acme/renamed")


def lists_another(**facts: Any) -> Change:
    return lambda model: make_listed(**{"model_id": "acme/two", "hugging_face_id": "acme/Two", **facts})


def moves_country(model: AIModel) -> None:
    model.datacenters.update(country="JP")


def moves_region(model: AIModel) -> None:
    model.datacenters.update(region="eu-2")


TOKEN: dict[str, Any] = {}
REQUEST, IMAGE, SEARCH = ({"unit": unit} for unit in ("request", "image", "search"))
FLEX: Any = {"service_tier": "flex"}
DEAR, DEARER = "0.0000009", "0.0000011"
EMBEDS = {"output_modalities": ["embeddings"]}

CASES = {
    "unlisted": Case(sets(is_listed_on_openrouter=False)),
    "an embedder unlisted": Case(sets(is_listed_on_openrouter=False), facts=EMBEDS),
    "another id": Case(swaps_id),
    "another id of an embedder": Case(swaps_id, facts=EMBEDS),
    "another id and another name": Case(sets(model_id="acme/renamed", name="Renamed")),
    "another model": Case(lists_another()),
    "another model, not ready": Case(lists_another(is_ready=False)),
    "another model, past its end": Case(lists_another(deprecation_at=PAST)),
    "another model for nothing": Case(lists_another(prices={"prompt": "0", "completion": "0"})),
    "another model that draws": Case(lists_another(output_modalities=["text", "image"])),
    "another model with a bare id": Case(lists_another(model_id="two", hugging_face_id="")),
    "another model of a closed author": Case(lists_another(model_id="openai/two", hugging_face_id="")),
    "another model known by its id": Case(lists_another(hugging_face_id="")),
    "a free variant": Case(sets(has_free_variant=True)),
    "no free variant": Case(sets(has_free_variant=False), facts={"has_free_variant": True}),
    "a tier": Case(sells(("prompt", DEAR, FLEX), ("completion", DEAR, FLEX))),
    "no tier": Case(
        sells(("prompt", None, FLEX), ("completion", None, FLEX)), (("prompt", DEAR, FLEX), ("completion", DEAR, FLEX))
    ),
    "not ready": Case(sets(is_ready=False)),
    "ready": Case(sets(is_ready=True), facts={"is_ready": False}),
    "deprecated": Case(sets(deprecation_at=AHEAD)),
    "deprecated in the past": Case(sets(deprecation_at=PAST)),
    "not deprecated": Case(sets(deprecation_at=None), facts={"deprecation_at": AHEAD}),
    "quantization": Case(sets(quantization="fp4")),
    "context": Case(sets(context_length=262144)),
    "longest output": Case(sets(max_output_length=5)),
    "longest prompt": Case(sets(max_prompt_length=5)),
    "no longest prompt": Case(sets(max_prompt_length=None), facts={"max_prompt_length": 5}),
    "discount": Case(sets(discount_to_user=Decimal("0.1"))),
    "no discount": Case(sets(discount_to_user=None), facts={"discount_to_user": Decimal("0.1")}),
    "capacity": Case(sets(capacity_tpm=5)),
    "no capacity": Case(sets(capacity_tpm=None), facts={"capacity_tpm": 5}),
    "name": Case(sets(name="Two")),
    "created": Case(sets(released_at=AHEAD)),
    "tokenizer": Case(sets(tokenizer="GPT")),
    "slug": Case(sets(openrouter_slug="acme/two")),
    "description": Case(sets(description="Two.")),
    "Hugging Face id": Case(sets(hugging_face_id="acme/Two")),
    "input modalities": Case(sets(input_modalities=["text", "image"])),
    "output modalities": Case(sets(output_modalities=["text", "image"])),
    "embeddings, on top, keep their tiers": Case(sets(output_modalities=["text", "embeddings"]), (("prompt", DEAR, LONG),)),
    "a long context of one that embeds no more": Case(
        lambda model: [change(model) for change in (sets(output_modalities=["text"]), sells(("prompt", DEAR, LONG)))],
        facts={**EMBEDS, "supported_sampling_parameters": []},
    ),
    "text input goes": Case(
        sets(input_modalities=["audio"]),
        (("prompt", DEAR, LONG),),
        {"input_modalities": ["text", "audio"], "capacity_tpm": 5},
    ),
    "datacenters": Case(moves_country),
    "a datacenter's region": Case(moves_region),
    "features": Case(sets(supported_features=["tools", "json_mode"])),
    "sampling parameters": Case(sets(supported_sampling_parameters=["temperature", "seed"])),
    "sampling parameters of an embedder": Case(sets(supported_sampling_parameters=["seed"]), facts=EMBEDS),
    "bounds": Case(describes("temperature", maximum=2), facts={"supported_sampling_parameters": ["temperature"]}),
    "bounds of what is not supported": Case(describes("temperature", maximum=2)),
    "an own parameter": Case(describes("voice")),
    "an own parameter of an embedder": Case(describes("dimensions"), facts=EMBEDS),
    "a feature's description": Case(describes("tools"), facts={"supported_features": ["tools"]}),
    "a parameter passed through": Case(describes("filter", is_passthrough=True)),
    "what no feed carries": Case(
        sets(aliases=["uno"], category="image", instruct_type="chatml", notes="!", is_public=False)
    ),
    "a price": Case(sells(("prompt", DEAR, TOKEN))),
    "both prices, very far": Case(sells(("prompt", "0.5", TOKEN), ("completion", "0", TOKEN))),
    "cache reads": Case(sells(("input_cache_read", DEAR, TOKEN))),
    "no cache reads": Case(sells(("input_cache_read", None, TOKEN)), (("input_cache_read", DEAR, TOKEN),)),
    "cache reads with a tier": Case(sells(("input_cache_read", DEAR, TOKEN), ("input_cache_read", DEARER, LONG))),
    "cache writes": Case(sells(("input_cache_write", DEAR, TOKEN))),
    "cache writes by life": Case(sells(("input_cache_write", DEAR, {"cache_ttl_seconds": 300}))),
    "requests": Case(sells(("request", DEAR, REQUEST))),
    "requests dearer": Case(sells(("request", DEARER, REQUEST)), (("request", DEAR, REQUEST),)),
    "requests for nothing": Case(sells(("request", "0", REQUEST))),
    "requests for nothing cost": Case(sells(("request", DEAR, REQUEST)), (("request", "0", REQUEST),)),
    "no requests": Case(sells(("request", None, REQUEST)), (("request", DEAR, REQUEST),)),
    "a request's tier": Case(sells(("request", DEARER, {**REQUEST, **LONG})), (("request", DEAR, REQUEST),)),
    "reasoning": Case(sells(("internal_reasoning", DEAR, TOKEN))),
    "web search": Case(sells(("web_search", DEAR, SEARCH))),
    "no web search": Case(sells(("web_search", None, SEARCH)), (("web_search", DEAR, SEARCH),)),
    "pictures": Case(sells(("image", DEAR, IMAGE)), facts={"input_modalities": ["text", "image"]}),
    "pictures without the modality": Case(sells(("image", DEAR, IMAGE))),
    "pictures dearer": Case(
        sells(("image", DEARER, IMAGE)), (("image", DEAR, IMAGE),), {"input_modalities": ["text", "image"]}
    ),
    "pictures by the token": Case(sells(("image", DEAR, TOKEN)), facts={"input_modalities": ["text", "image"]}),
    "sound that no feed shows": Case(sells(("audio", DEAR, TOKEN))),
    "sound": Case(sells(("audio", DEAR, TOKEN)), facts={"input_modalities": ["text", "audio"]}),
    "cached sound": Case(sells(("input_audio_cache", DEAR, TOKEN)), facts={"input_modalities": ["text", "audio"]}),
    "a long context": Case(sells(("prompt", DEAR, LONG))),
    "a longer context": Case(sells(("prompt", DEARER, LONGER)), (("prompt", DEAR, LONG),)),
    "a long context dearer": Case(sells(("prompt", DEARER, LONG)), (("prompt", DEAR, LONG),)),
    "no long context": Case(sells(("prompt", None, LONG)), (("prompt", DEAR, LONG),)),
    "a third long context": Case(
        sells(("prompt", DEARER, {"min_prompt_tokens": 5})), (("prompt", DEAR, LONG), ("prompt", DEAR, LONGER))
    ),
    "two of three long contexts": Case(
        sells(("prompt", None, {"min_prompt_tokens": 5})),
        (("prompt", DEAR, {"min_prompt_tokens": 5}), ("prompt", DEAR, LONG), ("prompt", DEAR, LONGER)),
    ),
    "a long context of an embedder": Case(sells(("prompt", DEAR, LONG)), facts=EMBEDS),
    "a long context of audio": Case(sells(("prompt", DEAR, LONG)), facts={"input_modalities": ["audio"]}),
    "a long context without a base": Case(sells(("input_cache_read", DEAR, LONG))),
    "a window": Case(sells(("prompt", DEAR, MORNING))),
    "a window dearer": Case(sells(("prompt", DEARER, MORNING)), (("prompt", DEAR, MORNING),)),
    "a window of cache reads": Case(sells(("input_cache_read", DEARER, MORNING)), (("input_cache_read", DEAR, TOKEN),)),
    "no window": Case(sells(("prompt", None, MORNING)), (("prompt", DEAR, MORNING),)),
    "a second window": Case(sells(("prompt", DEAR, EVENING)), (("prompt", DEAR, MORNING),)),
    "a second window at another price": Case(sells(("prompt", DEARER, EVENING)), (("prompt", DEAR, MORNING),)),
    "a second window on other days": Case(
        sells(("prompt", DEAR, {**EVENING, "utc_days": ["monday"]})), (("prompt", DEAR, MORNING),)
    ),
    "a third window": Case(sells(("prompt", DEAR, NIGHT)), (("prompt", DEAR, MORNING), ("prompt", DEAR, EVENING))),
    "windows become one set": Case(
        sells(("prompt", DEAR, EVENING)), (("prompt", DEAR, MORNING), ("prompt", DEARER, EVENING))
    ),
    "days alone": Case(sells(("prompt", DEAR, {"utc_days": ["monday"]}))),
    "a mix": Case(sells(("completion", DEAR, MORNING)), (("prompt", DEAR, LONG),)),
    "a mix ends": Case(sells(("completion", None, MORNING)), (("completion", DEAR, MORNING), ("prompt", DEAR, LONG))),
    "a tier's price": Case(sells(("prompt", DEARER, FLEX)), (("prompt", DEAR, FLEX), ("completion", DEAR, FLEX))),
    "many at once": Case(
        lambda model: [
            change(model)
            for change in (
                sets(name="Two", is_ready=False, context_length=65536),
                sells(("prompt", DEAR, TOKEN)),
                moves_country,
            )
        ]
    ),
}
