"""The sample's models, each with the codes of its datacenters.

The facts about them (repositories, context lengths, modalities, releases) are those that their makers publish.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from catalog.models import SamplingParameter

VLLM = [parameter.value for parameter in SamplingParameter if parameter != SamplingParameter.TOP_A]
"""What an OpenAI-compatible vLLM server acts on."""

TOOLS = ["tools", "json_mode", "structured_outputs"]

REASONING = [*TOOLS, "reasoning"]


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
            description="The smaller of OpenAI's open-weight models, at a discount of 10 %.",
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
