"""The sample catalog: what a small provider of open-weight models could sell, for a first look at the product.

Facts about the models (repositories, context lengths, modalities, releases) are their makers' public ones; the prices
and the datacenters are ours. Among them is everything the catalog can express, once.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pghistory
from django.db import transaction
from django.utils import timezone

from catalog import decimals
from catalog.models import (
    AIModel,
    Datacenter,
    ParameterDescriptor,
    Price,
    Provider,
    SamplingParameter,
    Weekday,
)

PROVIDER = {
    "slug": "acme",
    "name": "Acme Inference",
    "headquarters": "DE",
    "api_base_url": "https://api.acme.example/v1",
    "docs_url": "https://docs.acme.example/models",
    "privacy_policy_url": "https://acme.example/privacy",
    "terms_of_service_url": "https://acme.example/terms",
    "status_page_url": "https://status.acme.example",
}

DATACENTERS = [
    ("fra1", "Frankfurt", "DE", "eu-central-1"),
    ("hel1", "Helsinki", "FI", "eu-north-1"),
    ("iad1", "Ashburn", "US", "us-east-1"),
    ("nrt1", "Tokyo", "JP", "ap-northeast-1"),
]

VLLM = [parameter.value for parameter in SamplingParameter if parameter != SamplingParameter.TOP_A]
"""What an OpenAI-compatible vLLM server acts on."""
TOOLS = ["tools", "json_mode", "structured_outputs"]
REASONING = [*TOOLS, "reasoning"]
WORKDAYS = [Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY]


def _model(
    model_id: str, name: str, hugging_face_id: str, released: date, context: int | None, output: int | None, **facts: Any
) -> dict[str, Any]:
    """The fields of a model; what most of them share is filled in."""
    author = hugging_face_id.partition("/")[0].lower()
    return {
        "model_id": model_id,
        "name": name,
        "author": author,
        "hugging_face_id": hugging_face_id,
        "openrouter_slug": f"{author}/{model_id}",
        "released_at": datetime(released.year, released.month, released.day, tzinfo=UTC),
        "context_length": context,
        "max_output_length": output,
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "quantization": "fp8",
        "supported_sampling_parameters": VLLM,
        "supported_features": TOOLS,
        "tokenizer": "Other",
        **facts,
    }


def _price(model_id: str, kind: str, amount: str | None, **line: Any) -> dict[str, Any]:
    """A price as people write it: USD per million for tokens, per one unit for the rest."""
    unit = line.get("unit", "token")
    usd = None if amount is None else Decimal(amount)
    if usd is not None and unit == "token":
        usd = decimals.per_one(usd)
    return {"model_id": model_id, "kind": kind, "usd": usd, **line}


def _text(model_id: str, prompt: str, completion: str, cached: str | None = None, **line: Any) -> Iterable[dict[str, Any]]:
    """The usual lines of a text model."""
    yield _price(model_id, "prompt", prompt, **line)
    yield _price(model_id, "completion", completion, **line)
    if cached is not None:
        yield _price(model_id, "input_cache_read", cached, **line)


MODELS = [
    (
        _model(
            "qwen3-5-9b",
            "Qwen3.5 9B",
            "Qwen/Qwen3.5-9B",
            date(2026, 5, 17),
            262144,
            32768,
            aliases=["qwen3.5-9b"],
            openrouter_slug="qwen/qwen3.5-9b",
            input_modalities=["text", "image", "video"],
            supported_features=REASONING,
            tokenizer="Qwen3",
        ),
        ["nrt1"],
    ),
    (
        _model(
            "qwen3-32b",
            "Qwen3 32B",
            "Qwen/Qwen3-32B",
            date(2025, 4, 28),
            40960,
            40960,
            description="A dense model that thinks aloud or answers at once, as the request asks.",
            supported_features=REASONING,
            tokenizer="Qwen3",
        ),
        ["fra1", "hel1"],
    ),
    (
        _model(
            "qwen3-235b-a22b-2507",
            "Qwen3 235B A22B Instruct 2507",
            "Qwen/Qwen3-235B-A22B-Instruct-2507",
            date(2025, 7, 21),
            262144,
            32768,
            description="A mixture of experts, 22 billion parameters active, for long documents and many languages.",
            tokenizer="Qwen3",
        ),
        ["fra1", "iad1"],
    ),
    (
        _model(
            "qwen2-5-vl-72b-instruct",
            "Qwen2.5 VL 72B Instruct",
            "Qwen/Qwen2.5-VL-72B-Instruct",
            date(2025, 1, 26),
            32768,
            8192,
            description="Reads charts, documents and screenshots.",
            input_modalities=["text", "image"],
            supported_features=["json_mode", "structured_outputs"],
            tokenizer="Qwen",
        ),
        ["hel1"],
    ),
    (
        _model(
            "llama-3.3-70b-instruct",
            "Llama 3.3 70B Instruct",
            "meta-llama/Llama-3.3-70B-Instruct",
            date(2024, 12, 6),
            131072,
            16384,
            description="Meta's general text model of 70 billion parameters, in eight languages.",
            knowledge_cutoff=date(2023, 12, 1),
            tokenizer="Llama3",
            instruct_type="llama3",
            capacity_tpm=4_000_000,
        ),
        ["fra1", "iad1"],
    ),
    (
        _model(
            "llama-3.1-8b-instruct",
            "Llama 3.1 8B Instruct",
            "meta-llama/Llama-3.1-8B-Instruct",
            date(2024, 7, 23),
            131072,
            16384,
            description="A small and quick text model; also offered at no cost.",
            knowledge_cutoff=date(2023, 12, 1),
            tokenizer="Llama3",
            instruct_type="llama3",
            has_free_variant=True,
        ),
        ["hel1"],
    ),
    (
        _model(
            "llama-4-scout",
            "Llama 4 Scout 17B 16E Instruct",
            "meta-llama/Llama-4-Scout-17B-16E-Instruct",
            date(2025, 4, 5),
            1048576,
            16384,
            description="Text and pictures over very long contexts; dearer above 128,000 tokens.",
            input_modalities=["text", "image"],
            knowledge_cutoff=date(2024, 8, 1),
            tokenizer="Llama4",
        ),
        ["iad1"],
    ),
    (
        _model(
            "deepseek-v3.1",
            "DeepSeek V3.1",
            "deepseek-ai/DeepSeek-V3.1",
            date(2025, 8, 21),
            131072,
            32768,
            author="deepseek",
            openrouter_slug="deepseek/deepseek-chat-v3.1",
            description="A large mixture of experts that reasons when asked to; dearer in Europe's working hours.",
            supported_features=REASONING,
            tokenizer="DeepSeek",
        ),
        ["fra1"],
    ),
    (
        _model(
            "deepseek-r1-0528",
            "DeepSeek R1 0528",
            "deepseek-ai/DeepSeek-R1-0528",
            date(2025, 5, 28),
            163840,
            65536,
            author="deepseek",
            openrouter_slug="deepseek/deepseek-r1-0528",
            description="Reasons at length before it answers.",
            supported_features=REASONING,
            tokenizer="DeepSeek",
        ),
        ["fra1"],
    ),
    (
        _model(
            "mistral-small-3.2-24b-instruct",
            "Mistral Small 3.2 24B Instruct",
            "mistralai/Mistral-Small-3.2-24B-Instruct-2506",
            date(2025, 6, 20),
            131072,
            16384,
            description="A compact model for chat, tools and pictures.",
            input_modalities=["text", "image"],
            quantization="bf16",
            knowledge_cutoff=date(2023, 10, 1),
            tokenizer="Mistral",
        ),
        ["fra1"],
    ),
    (
        _model(
            "devstral-small-2507",
            "Devstral Small 1.1",
            "mistralai/Devstral-Small-2507",
            date(2025, 7, 10),
            131072,
            32768,
            openrouter_slug="mistralai/devstral-small",
            description="Works on code bases with tools; about to be switched on.",
            quantization="bf16",
            tokenizer="Mistral",
            is_ready=False,
        ),
        ["fra1"],
    ),
    (
        _model(
            "mixtral-8x7b-instruct-v0.1",
            "Mixtral 8x7B Instruct v0.1",
            "mistralai/Mixtral-8x7B-Instruct-v0.1",
            date(2023, 12, 11),
            32768,
            8192,
            openrouter_slug="mistralai/mixtral-8x7b-instruct",
            description="An early open mixture of experts, soon to be retired here.",
            tokenizer="Mistral",
            instruct_type="mistral",
        ),
        ["hel1"],
    ),
    (
        _model(
            "gpt-oss-120b",
            "gpt-oss-120b",
            "openai/gpt-oss-120b",
            date(2025, 8, 5),
            131072,
            65536,
            description="OpenAI's open-weight reasoning model; a flexible tier is cheaper and slower.",
            quantization="mxfp4",
            knowledge_cutoff=date(2024, 6, 1),
            supported_features=REASONING,
            tokenizer="GPT",
        ),
        ["iad1", "nrt1"],
    ),
    (
        _model(
            "gpt-oss-20b",
            "gpt-oss-20b",
            "openai/gpt-oss-20b",
            date(2025, 8, 5),
            131072,
            32768,
            description="The smaller of OpenAI's open-weight models, at a tenth off.",
            quantization="mxfp4",
            knowledge_cutoff=date(2024, 6, 1),
            supported_features=REASONING,
            tokenizer="GPT",
            discount_to_user=Decimal("0.1"),
        ),
        ["iad1"],
    ),
    (
        _model(
            "gemma-3-27b-it",
            "Gemma 3 27B",
            "google/gemma-3-27b-it",
            date(2025, 3, 12),
            131072,
            16384,
            description="Google's open model for text and pictures, in over 140 languages.",
            input_modalities=["text", "image"],
            quantization="bf16",
            supported_features=["json_mode", "structured_outputs"],
            knowledge_cutoff=date(2024, 8, 1),
            tokenizer="Gemma",
            instruct_type="gemma",
        ),
        ["hel1"],
    ),
    (
        _model(
            "phi-4",
            "Phi 4",
            "microsoft/phi-4",
            date(2024, 12, 12),
            16384,
            8192,
            description="Microsoft's small model for mathematics and reasoning in English.",
            quantization="bf16",
            supported_features=["json_mode", "structured_outputs"],
            knowledge_cutoff=date(2024, 6, 1),
        ),
        ["iad1"],
    ),
    (
        _model(
            "kimi-k2-instruct-0905",
            "Kimi K2 Instruct 0905",
            "moonshotai/Kimi-K2-Instruct-0905",
            date(2025, 9, 5),
            262144,
            32768,
            openrouter_slug="moonshotai/kimi-k2-0905",
            description="A very large mixture of experts made for tools and code.",
        ),
        ["nrt1"],
    ),
    (
        _model(
            "glm-4.5-air",
            "GLM 4.5 Air",
            "zai-org/GLM-4.5-Air",
            date(2025, 7, 28),
            131072,
            65536,
            author="z-ai",
            openrouter_slug="z-ai/glm-4.5-air",
            description="The lighter GLM 4.5, with a thinking mode.",
            supported_features=REASONING,
        ),
        ["nrt1"],
    ),
    (
        _model(
            "bge-m3",
            "BGE M3",
            "BAAI/bge-m3",
            date(2024, 1, 27),
            8192,
            None,
            description="Embeddings for search in over a hundred languages.",
            category="embedding",
            output_modalities=["embeddings"],
            quantization="fp16",
            supported_sampling_parameters=[],
            supported_features=[],
        ),
        ["hel1"],
    ),
    (
        _model(
            "flux.1-schnell",
            "FLUX.1 [schnell]",
            "black-forest-labs/FLUX.1-schnell",
            date(2024, 8, 1),
            None,
            None,
            description="Pictures from text in a few steps.",
            category="image",
            output_modalities=["image"],
            quantization="bf16",
            supported_sampling_parameters=["seed"],
            supported_features=[],
        ),
        ["iad1"],
    ),
]
NOT_LISTED = {"bge-m3", "flux.1-schnell"}
DEPRECATED = {"mixtral-8x7b-instruct-v0.1": "mistral-small-3.2-24b-instruct"}


def _prices(now: datetime) -> Iterable[dict[str, Any]]:
    """The price lists, with the moments that depend on when the sample is loaded."""
    yield from _text("qwen3-5-9b", "0.09", "0.13", "0.045")
    yield from _text("qwen3-32b", "0.12", "0.3")
    yield from _text("qwen3-235b-a22b-2507", "0.2", "0.6", "0.1")
    yield from _text("qwen2-5-vl-72b-instruct", "0.25", "0.75")
    yield _price("qwen2-5-vl-72b-instruct", "image", "0.0004", unit="image")
    # It was dearer, and became cheaper: the past stays.
    yield from _text("llama-3.3-70b-instruct", "0.2", "0.45", effective_from=now - timedelta(days=90))
    yield from _text("llama-3.3-70b-instruct", "0.13", "0.39", effective_from=now - timedelta(days=20))
    yield from _text("llama-3.1-8b-instruct", "0.02", "0.04")
    # A long-context tier: for prompts of more than 128,000 tokens.
    yield from _text("llama-4-scout", "0.1", "0.3", "0.03")
    yield from _text("llama-4-scout", "0.2", "0.6", "0.06", min_prompt_tokens=128_000)
    # A peak window: Europe's working hours.
    yield from _text("deepseek-v3.1", "0.27", "1", "0.07")
    yield from _text("deepseek-v3.1", "0.4", "1.5", "0.1", utc_start=700, utc_end=1700, utc_days=WORKDAYS)
    yield from _text("deepseek-r1-0528", "0.5", "2.15", "0.25")
    # Scheduled: cheaper in a month.
    yield from _text("mistral-small-3.2-24b-instruct", "0.1", "0.3")
    yield from _text("mistral-small-3.2-24b-instruct", "0.08", "0.25", effective_from=now + timedelta(days=30))
    yield from _text("devstral-small-2507", "0.07", "0.28")
    yield from _text("mixtral-8x7b-instruct-v0.1", "0.45", "0.45")
    yield from _text("gpt-oss-120b", "0.1", "0.5", "0.05")
    yield from _text("gpt-oss-120b", "0.05", "0.25", "0.025", service_tier="flex")
    yield from _text("gpt-oss-20b", "0.04", "0.15")
    yield from _text("gemma-3-27b-it", "0.1", "0.2")
    yield from _text("phi-4", "0.06", "0.14")
    yield from _text("kimi-k2-instruct-0905", "0.6", "2.5", "0.3")
    yield from _text("glm-4.5-air", "0.2", "1.1", "0.03")
    yield _price("bge-m3", "prompt", "0.01")
    yield _price("flux.1-schnell", "image_output", "0.003", unit="image")


def _descriptors() -> Iterable[dict[str, Any]]:
    """What is known of three models' parameters."""
    for model_id, top_k in (("qwen3-5-9b", 20), ("llama-3.3-70b-instruct", 40), ("gpt-oss-120b", 50)):
        yield {"model_id": model_id, "name": "temperature", "type": "range", "minimum": 0, "maximum": 2, "default": 1}
        yield {"model_id": model_id, "name": "top_p", "type": "range", "minimum": 0, "maximum": 1, "default": 1}
        yield {"model_id": model_id, "name": "top_k", "type": "integer", "minimum": 1, "default": top_k}
    effort = {"type": "enum", "values": ["low", "medium", "high"], "default": "medium"}
    yield {"model_id": "gpt-oss-120b", "name": "reasoning_effort", **effort}
    yield {"model_id": "gpt-oss-120b", "name": "safety_filter", "type": "boolean", "default": True, "is_passthrough": True}


def load() -> int:
    """Write the sample into an empty catalog, in one transaction, and return the number of models."""
    now = timezone.now()
    deprecation = now.replace(hour=13, minute=0, second=0, microsecond=0) + timedelta(days=60)
    begun = now - timedelta(days=90)
    with transaction.atomic(), pghistory.context(source="sample"):
        Provider.objects.get_or_create(defaults=PROVIDER)
        places = {place.code: place for place in Datacenter.objects.bulk_create(_datacenter(*row) for row in DATACENTERS)}
        models = {model.model_id: model for model in AIModel.objects.bulk_create(AIModel(**facts) for facts, _ in MODELS)}
        for facts, codes in MODELS:
            models[facts["model_id"]].datacenters.set([places[code] for code in codes])
        Price.objects.bulk_create(
            Price(ai_model=models[row.pop("model_id")], **{"effective_from": begun, **row}) for row in _prices(now)
        )
        ParameterDescriptor.objects.bulk_create(
            ParameterDescriptor(ai_model=models[row.pop("model_id")], **row) for row in _descriptors()
        )
        for model_id, replacement in DEPRECATED.items():
            AIModel.objects.filter(model_id=model_id).update(deprecation_at=deprecation, replacement=models[replacement])
        # Last, for what has begun of a listed model's prices is history and stays.
        AIModel.objects.exclude(model_id__in=NOT_LISTED).update(is_listed_on_openrouter=True)
    return len(models)


def _datacenter(code: str, name: str, country: str, region: str) -> Datacenter:
    return Datacenter(code=code, name=name, country=country, region=region)
