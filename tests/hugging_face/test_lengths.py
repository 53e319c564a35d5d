"""The context length of a repository."""

from typing import Any

import pytest

from catalog.importing.hugging_face.repository import read
from tests.hugging_face.common import missing, values, where
from tests.hugging_face.hub import Hub, dense


@pytest.mark.parametrize(
    ("config", "length", "said"),
    [
        (
            {"rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}},
            131072,
            "Without that",
        ),
        (
            {
                "rope_parameters": {
                    "rope_type": "yarn",
                    "factor": 4,
                    "original_max_position_embeddings": 32768,
                    "rope_theta": 1,
                }
            },
            131072,
            "Without that",
        ),
        (
            {"rope_scaling": {"type": "yarn", "factor": 2, "original_max_position_embeddings": 4096}},
            8192,
            "reaches only 8192",
        ),
        ({"rope_scaling": {"rope_type": "linear", "factor": 8.0}}, 40960, "does not say whether"),
        ({"rope_scaling": {"type": "yarn", "factor": 4.0}}, 40960, "does not say whether"),
        ({"rope_scaling": {"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 8192}}, 40960, None),
        ({"rope_scaling": {"type": "longrope", "long_factor": [1.0]}}, 40960, None),
        ({"rope_scaling": {"type": "video_rope", "factor": None}}, 40960, None),
        ({"rope_scaling": {"type": "yarn", "factor": "many", "original_max_position_embeddings": 4096}}, 40960, None),
        ({"rope_scaling": ["yarn"], "time_step_limit": [0.0, float("inf")]}, 40960, None),
        ({"max_position_embeddings": None, "n_positions": 2048}, 2048, None),
        (
            {"max_position_embeddings": None, "thinker_config": {"text_config": {"max_position_embeddings": 32768}}},
            32768,
            None,
        ),
    ],
)
def test_the_context_is_what_the_config_reaches(hub: Hub, config: dict[str, Any], length: int, said: str | None) -> None:
    dense(hub, config=config)
    found = read("Acme/Acme-8B")
    assert values(found)["context_length"] == length
    if said is None:
        assert found.remarks == ()
    else:
        assert said in " ".join(found.remarks)


@pytest.mark.parametrize("stated", [True, 0, -1, "40960", 10**30, 2**40, [1], {"a": 1}])
def test_what_is_no_length_states_none(hub: Hub, stated: Any) -> None:
    dense(hub, config={"max_position_embeddings": stated}, tokenizer={"model_max_length": 10**30})
    assert "context_length" in missing(read("Acme/Acme-8B"))


def test_a_chat_model_keeps_its_own_length_and_the_tokenizers_is_said(hub: Hub) -> None:
    dense(hub, tokenizer={"model_max_length": 16384})
    found = read("Acme/Acme-8B")
    assert values(found)["context_length"] == 40960
    assert "only 16384" in " ".join(found.remarks)


def test_a_gguf_repository_states_its_length_in_the_metadata(hub: Hub) -> None:
    hub.repository("acme/acme-gguf", pipeline_tag="text-generation", gguf={"context_length": 32768, "architecture": "llama"})
    found = read("acme/acme-gguf")
    assert where(found)["context_length"] == "metadata: gguf.context_length"
    assert "quantization" in missing(found)
