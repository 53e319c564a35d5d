"""What a repository on Hugging Face says of a model, and where it says so."""

from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.importing.hugging_face.repository import read
from tests.hugging_face.common import missing, values, where
from tests.hugging_face.hub import SHA, Hub, dense


def test_a_dense_text_model_is_read_with_the_place_of_each_value(hub: Hub) -> None:
    dense(hub)
    found = read("Acme/Acme-8B")
    assert values(found) == {
        "model_id": "acme-8b",
        "name": "Acme-8B",
        "author": "acme",
        "hugging_face_id": "Acme/Acme-8B",
        "description": "Acme 8B is the newest of the Acme models, a dense model & a small one, made for agents that call tools.",
        "released_at": datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
        "category": "text",
        "input_modalities": ("text",),
        "output_modalities": ("text",),
        "context_length": 40960,
        "quantization": "bf16",
        "license": "apache-2.0",
        "has_open_weights": True,
    }
    assert where(found)["context_length"] == "config.json: max_position_embeddings"
    assert where(found)["quantization"] == "config.json: torch_dtype"
    assert where(found)["license"] == "metadata: cardData.license"
    assert where(found)["input_modalities"] == "metadata: pipeline_tag, text-generation"
    assert list(missing(found)) == ["max_output_length"]
    assert found.remarks == ()
    assert found.revision == SHA
    assert all(SHA in path for path in hub.asked[1:])
    assert not any("Authorization" in headers or "Cookie" in headers for headers in hub.headers)


def test_the_address_of_a_repositorys_page_is_taken_too(hub: Hub) -> None:
    dense(hub)
    assert read(f" {hub.url}/Acme/Acme-8B/ ").repository == "Acme/Acme-8B"


def test_a_model_that_sees_is_read_inside_its_text_config(hub: Hub) -> None:
    hub.repository(
        "Acme/Acme-VL-30B",
        {
            "config.json": {
                "architectures": ["AcmeVLForConditionalGeneration"],
                "dtype": "bfloat16",
                "text_config": {"max_position_embeddings": 262144, "rope_scaling": {"rope_type": "default", "mrope": True}},
                "vision_config": {"depth": 27, "max_position_embeddings": 1024},
                "video_token_id": 151656,
            }
        },
        pipeline_tag="image-text-to-text",
        tags=["license:other"],
        cardData={"license": "other", "license_name": "acme-community", "license_link": "LICENSE"},
        safetensors={"parameters": {"BF16": 31070754032, "F32": 2048}, "total": 31070756080},
    )
    found = read("Acme/Acme-VL-30B")
    assert values(found)["context_length"] == 262144
    assert where(found)["context_length"] == "config.json: text_config.max_position_embeddings"
    assert values(found)["input_modalities"] == ("text", "image")
    assert values(found)["quantization"] == "bf16"
    assert values(found)["license"] == "other, acme-community"
    assert missing(found)["description"] == "Not stated by the repository."
    assert [remark for remark in found.remarks if "video_token_id" in remark]
    assert not [remark for remark in found.remarks if "vision_config" in remark]


def test_an_embedding_model_takes_what_its_tokenizer_takes(hub: Hub) -> None:
    dense(
        hub,
        "acme/acme-embed-m3",
        config={"model_type": "xlm-roberta", "max_position_embeddings": 8194, "torch_dtype": "float32"},
        tokenizer={"model_max_length": 8192},
        pipeline_tag="sentence-similarity",
        safetensors={},
    )
    found = read("acme/acme-embed-m3")
    assert values(found)["output_modalities"] == ("embeddings",)
    assert values(found)["category"] == "embedding"
    assert values(found)["context_length"] == 8192
    assert where(found)["context_length"] == "tokenizer_config.json: model_max_length"
    assert values(found)["quantization"] == "fp32"


@pytest.mark.parametrize(
    ("task", "taken", "given"),
    [
        ("text-ranking", ("text",), ("rerank",)),
        ("text-to-image", ("text",), ("image",)),
        ("automatic-speech-recognition", ("audio",), ("transcription",)),
        ("text-to-speech", ("text",), ("speech",)),
        ("any-to-any", None, None),
        ("robotics", None, None),
        (None, None, None),
        (["text-generation"], None, None),
    ],
)
def test_the_task_tells_the_modalities_or_they_stay_empty(hub: Hub, task: Any, taken: Any, given: Any) -> None:
    dense(hub, pipeline_tag=task)
    found = read("Acme/Acme-8B")
    assert values(found).get("input_modalities") == taken
    assert values(found).get("output_modalities") == given
    assert ("category" in values(found)) == (given is not None)
    assert ("output_modalities" in missing(found)) == (given is None)


def test_the_licence_stands_in_the_tags_too_or_is_said_to_be_missing(hub: Hub) -> None:
    dense(hub, cardData=None, tags=["license:gemma"])
    assert where(read("Acme/Acme-8B"))["license"] == "metadata: tags"
    dense(hub, cardData={}, tags=[])
    assert missing(read("Acme/Acme-8B"))["license"] == "Not stated by the repository."


@pytest.mark.parametrize("created", ["2022-03-02T23:29:04.000Z", "yesterday", "2026-01-01T00:00:00", 1767225600, None])
def test_a_date_that_the_hub_does_not_know_is_none(hub: Hub, created: Any) -> None:
    dense(hub, createdAt=created)
    assert "released_at" in missing(read("Acme/Acme-8B"))


def test_a_gated_repository_is_read_as_far_as_it_is_public(hub: Hub) -> None:
    dense(hub, gated="manual")
    found = read("Acme/Acme-8B")
    assert hub.asked == ["/api/models/Acme/Acme-8B"]
    assert "is gated" in found.remarks[0]
    assert values(found)["license"] == "apache-2.0"
    assert where(found)["quantization"] == "metadata: safetensors.parameters"
    assert {"context_length", "description"} <= set(missing(found))


def test_a_renamed_repository_is_followed_and_said(hub: Hub) -> None:
    dense(hub)
    hub.path("/api/models/Old/Acme", "", 307, Location="/api/models/Acme/Acme-8B")
    found = read("Old/Acme")
    assert values(found)["hugging_face_id"] == "Acme/Acme-8B"
    assert found.remarks == ("Old/Acme is now Acme/Acme-8B; the values come from there.",)
