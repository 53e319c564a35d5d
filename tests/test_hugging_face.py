"""A new model from a Hugging Face repository: what is read of it, what is refused, and that nothing is saved by itself."""

import json
import re
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import escape
from pytest_django.fixtures import Settings

from catalog import fetching
from catalog.importing.hugging_face import card
from catalog.importing.hugging_face import hub as hugging_face_hub
from catalog.importing.hugging_face.card import first_paragraph
from catalog.importing.hugging_face.quantization import declared_quantization
from catalog.importing.hugging_face.repository import Repository, read
from catalog.importing.source import SourceError
from catalog.models import AIModel
from catalog.uploads import queue
from tests.factories import make_model
from tests.hub import SHA, Hub, dense, running_hub
from tests.test_admin import ADD, LIST, errors, form_data, staff
from tests.uploading import work_off

PAGE = "/admin/catalog/aimodel/from-hugging-face/"


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    with running_hub() as hub:
        settings.HUGGING_FACE_URL = hub.url
        settings.ALLOW_PRIVATE_ADDRESSES = True
        yield hub


def values(read: Repository) -> dict[str, Any]:
    return {one.field: one.value for one in read.stated}


def where(read: Repository) -> dict[str, str]:
    return {one.field: one.where for one in read.stated}


def missing(read: Repository) -> dict[str, str]:
    return {one.field: one.why for one in read.missing}


def refused(repository: str) -> str:
    with pytest.raises(SourceError) as refusal:
        read(repository)
    return str(refusal.value)


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
        "notes": "Licence: apache-2.0 (Hugging Face)",
    }
    assert where(found)["context_length"] == "config.json: max_position_embeddings"
    assert where(found)["quantization"] == "config.json: torch_dtype"
    assert where(found)["notes"] == "metadata: cardData.license"
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
    assert values(found)["notes"] == "Licence: other, acme-community (Hugging Face)"
    assert missing(found)["description"] == "Not stated by the repository."
    assert [remark for remark in found.remarks if "video_token_id" in remark]
    assert not [remark for remark in found.remarks if "vision_config" in remark]


def test_a_quantized_model_is_of_its_quantization_not_of_its_dtype(hub: Hub) -> None:
    dense(
        hub,
        "Acme/Acme-8B-FP8",
        config={
            "quantization_config": {
                "activation_scheme": "dynamic",
                "fmt": "e4m3",
                "quant_method": "fp8",
                "weight_block_size": [128, 128],
            }
        },
        cardData={"license": ["mit", "apache-2.0"], "base_model": "Acme/Acme-8B"},
        safetensors={"parameters": {"BF16": 600_000_000, "F8_E4M3": 7_600_000_000}, "total": 8_200_000_000},
    )
    found = read("Acme/Acme-8B-FP8")
    assert values(found)["quantization"] == "fp8"
    assert where(found)["quantization"] == "config.json: quantization_config"
    assert values(found)["notes"] == "Licence: mit, apache-2.0 (Hugging Face)"
    assert [remark for remark in found.remarks if "F8_E4M3, BF16" in remark]
    assert [remark for remark in found.remarks if "made from Acme/Acme-8B" in remark]


def test_mxfp4_with_a_scaling_that_the_length_includes(hub: Hub) -> None:
    dense(
        hub,
        "acme-ai/acme-oss-120b",
        config={
            "max_position_embeddings": 131072,
            "initial_context_length": 4096,
            "rope_scaling": {
                "beta_fast": 32.0,
                "factor": 32.0,
                "original_max_position_embeddings": 4096,
                "rope_type": "yarn",
                "truncate": False,
            },
            "quantization_config": {"modules_to_not_convert": ["lm_head"], "quant_method": "mxfp4"},
        },
        safetensors={"parameters": {"BF16": 2167371072, "U8": 118244966400}, "total": 120412337472},
    )
    found = read("acme-ai/acme-oss-120b")
    assert values(found)["quantization"] == "mxfp4"
    assert values(found)["context_length"] == 131072
    assert where(found)["context_length"] == "config.json: max_position_embeddings"


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


def group(kind: str, bits: int, form: str | None = None) -> dict[str, Any]:
    return {"targets": ["Linear"], "weights": {"type": kind, "num_bits": bits, "symmetric": True}, "format": form}


@pytest.mark.parametrize(
    ("declared", "word"),
    [
        ({"quant_method": "fp8"}, "fp8"),
        ({"quant_method": "fbgemm_fp8"}, "fp8"),
        ({"quant_method": "mxfp4"}, "mxfp4"),
        ({"quant_method": "gptq", "bits": 4, "group_size": 128, "desc_act": True}, "int4"),
        ({"quant_method": "gptq", "bits": 8}, "int8"),
        ({"quant_method": "gptq", "bits": 3}, None),
        ({"quant_method": "awq", "bits": 4, "version": "gemm"}, "int4"),
        ({"quant_method": "auto-round", "bits": 4, "data_type": "int"}, "int4"),
        ({"quant_method": "auto-round", "bits": 4, "data_type": "mx_fp"}, None),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "int8"),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}, None),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "fp4"}, "fp4"),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, "nvfp4"),
        ({"quant_method": "modelopt", "quant_algo": "FP8"}, "fp8"),
        ({"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION"}, None),
        ({"quant_method": "hqq", "nbits": 4}, None),
        (
            {"quant_method": "compressed-tensors", "format": "float-quantized", "config_groups": {"g": group("float", 8)}},
            "fp8",
        ),
        ({"quant_method": "compressed-tensors", "format": "int-quantized", "config_groups": {"g": group("int", 8)}}, "int8"),
        (
            {"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {"g": group("int", 4)}},
            "int4",
        ),
        (
            {
                "quant_method": "compressed-tensors",
                "format": "nvfp4-pack-quantized",
                "config_groups": {"group_0": group("float", 4, "nvfp4-pack-quantized")},
            },
            "nvfp4",
        ),
        (
            {
                "quant_method": "compressed-tensors",
                "format": "mixed-precision",
                "config_groups": {"a": group("float", 4, "nvfp4-pack-quantized"), "b": group("float", 8, "float-quantized")},
            },
            None,
        ),
        (
            {
                "quant_method": "compressed-tensors",
                "format": "nvfp4-pack-quantized",
                "config_groups": {"a": group("float", 8), "b": group("float", 4)},
            },
            None,
        ),
        ({"quant_method": "compressed-tensors", "config_groups": ["odd"]}, None),
        ({"quant_method": "compressed-tensors", "config_groups": {"g": {"weights": {"type": [], "num_bits": 4}}}}, None),
        ({"quant_method": None}, None),
    ],
)
def test_a_declared_quantization_in_our_words(declared: dict[str, Any], word: str | None) -> None:
    assert declared_quantization(declared) == word


def test_a_quantization_without_a_word_is_left_to_staff_and_named(hub: Hub) -> None:
    dense(hub, config={"quantization_config": {"quant_method": "hqq", "bits": 3}})
    found = read("Acme/Acme-8B")
    assert "quantization" not in values(found)
    assert "quant_method 'hqq', bits 3" in missing(found)["quantization"]


def test_modelopts_own_file_is_read_where_the_config_is_silent(hub: Hub) -> None:
    dense(
        hub,
        files={"hf_quant_config.json": {"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "NVFP4"}}},
        safetensors={"parameters": {"BF16": 2, "F8_E4M3": 5, "U8": 40}},
    )
    found = read("Acme/Acme-8B")
    assert values(found)["quantization"] == "nvfp4"
    assert where(found)["quantization"] == "hf_quant_config.json: quantization"


@pytest.mark.parametrize(
    ("dtype", "parameters", "word"),
    [
        ("bfloat16", {"BF16": 9, "F32": 1}, "bf16"),
        ("torch.float16", {"F16": 9}, "fp16"),
        ("bfloat16", {"F32": 9}, None),
        ("bfloat16", {"F8_E4M3": 9, "BF16": 1}, None),
        ("bfloat16", {"U8": 9, "BF16": 1}, None),
        (None, {"BF16": 9}, "bf16"),
        (None, {"BF16": 9, "F32": 1}, None),
        (None, {}, None),
        ("float64", {}, None),
        (["bfloat16"], {"BF16": 9}, None),
    ],
)
def test_the_precision_is_taken_only_where_config_and_files_agree(
    hub: Hub, dtype: Any, parameters: dict[str, int], word: str | None
) -> None:
    dense(hub, config={"torch_dtype": dtype}, safetensors={"parameters": parameters})
    found = read("Acme/Acme-8B")
    assert values(found).get("quantization") == word
    assert ("quantization" in missing(found)) == (word is None)


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
    assert where(read("Acme/Acme-8B"))["notes"] == "metadata: tags"
    dense(hub, cardData={}, tags=[])
    assert missing(read("Acme/Acme-8B"))["notes"] == "The licence is not stated by the repository."


@pytest.mark.parametrize("created", ["2022-03-02T23:29:04.000Z", "yesterday", "2026-01-01T00:00:00", 1767225600, None])
def test_a_date_that_the_hub_does_not_know_is_none(hub: Hub, created: Any) -> None:
    dense(hub, createdAt=created)
    assert "released_at" in missing(read("Acme/Acme-8B"))


def test_a_gated_repository_is_read_as_far_as_it_is_public(hub: Hub) -> None:
    dense(hub, gated="manual")
    found = read("Acme/Acme-8B")
    assert hub.asked == ["/api/models/Acme/Acme-8B"]
    assert "is gated" in found.remarks[0]
    assert values(found)["notes"] == "Licence: apache-2.0 (Hugging Face)"
    assert where(found)["quantization"] == "metadata: safetensors.parameters"
    assert {"context_length", "description"} <= set(missing(found))


def test_a_gated_repositorys_quantization_stands_in_the_public_metadata(hub: Hub) -> None:
    hub.repository("Acme/Gated", gated="auto", config={"quantization_config": {"quant_method": "fp8"}, "model_type": "acme"})
    assert where(read("Acme/Gated"))["quantization"] == "metadata: config.quantization_config"


def test_a_renamed_repository_is_followed_and_said(hub: Hub) -> None:
    dense(hub)
    hub.path("/api/models/Old/Acme", "", 307, Location="/api/models/Acme/Acme-8B")
    found = read("Old/Acme")
    assert values(found)["hugging_face_id"] == "Acme/Acme-8B"
    assert found.remarks == ("Old/Acme is Acme/Acme-8B now; this was read there.",)


@pytest.mark.parametrize(
    ("status", "code", "message", "said"),
    [
        (401, "RepoNotFound", "Repository not found", "There is no public repository Acme/Acme-8B on 127.0.0.1"),
        (404, "RepoNotFound", "Repository not found", "does not exist, or is private"),
        (401, "", "Invalid username or password.", "does not exist, or is private"),
        (401, "GatedRepo", "Access is restricted", "is gated"),
        (403, "GatedRepo", "Access is restricted", "is gated"),
        (403, "", "Access to this resource is disabled.", "has closed the access"),
        (429, "", "", "asked too often"),
        (500, "", "", "fault of its own (500)"),
        (503, "", "", "fault of its own (503)"),
        (400, "", "", "refuses to answer (400)"),
    ],
)
def test_a_refusal_is_a_sentence(hub: Hub, status: int, code: str, message: str, said: str) -> None:
    hub.refuse("/api/models/Acme/Acme-8B", status, code, message)
    assert said in refused("Acme/Acme-8B")


@pytest.mark.parametrize(
    "repository",
    [
        "",
        "qwen",
        "a/b/c",
        "../etc",
        "a/..",
        "a/b..c",
        "a b/c",
        "a/b?x=1",
        "a/b#c",
        "a/b\n",
        "http://169.254.169.254/a/b",
        "a/b\0",
        "é/b",
        "a" * 200 + "/b",
    ],
)
def test_what_is_no_repositorys_id_is_not_asked_for(hub: Hub, repository: str) -> None:
    if repository == "a/b\n":
        hub.refuse("/api/models/a/b", 404, "RepoNotFound")  # spaces around an id are not part of it
        assert "no public repository" in refused(repository)
        return
    assert "is not the id of a repository" in refused(repository)
    assert hub.asked == []


@pytest.mark.parametrize(
    "body",
    [b"<html>Bad gateway</html>", b"\xff\xfe", b"[" * 100_000, b"[]", b"{}", b'{"id": 1}', b'{"id": "../x"}', b"null", b""],
)
def test_an_answer_that_describes_no_model_is_refused(hub: Hub, body: bytes) -> None:
    hub.path("/api/models/Acme/Acme-8B", body)
    assert re.search("not JSON|does not describe|nested too deeply", refused("Acme/Acme-8B"))


def test_values_of_the_wrong_kind_everywhere_state_nothing(hub: Hub) -> None:
    odd: Any
    for odd in (None, 1, "x", [], [1], {"a": []}, True):
        hub.repository(
            "Acme/Odd",
            {
                "config.json": {
                    "text_config": odd,
                    "thinker_config": odd,
                    "max_position_embeddings": odd if odd != 1 else "1",
                    "rope_scaling": odd,
                    "quantization_config": odd,
                    "torch_dtype": odd,
                },
                "tokenizer_config.json": json.dumps(odd),
                "README.md": json.dumps(odd),
            },
            **dict.fromkeys(
                ["pipeline_tag", "tags", "cardData", "config", "safetensors", "createdAt", "gguf", "sha", "disabled"], odd
            ),
        )
        hub.answers |= {
            path.replace(SHA, "main"): answer for path, answer in hub.answers.items() if path.startswith("/Acme/Odd/resolve")
        }
        found = read("Acme/Odd")
        assert set(values(found)) <= {"model_id", "name", "author", "hugging_face_id", "notes"}
        assert found.revision == "main"


def test_a_broken_file_is_said_and_the_rest_is_read(hub: Hub) -> None:
    dense(hub, files={"config.json": '{"max_position_embeddings": 40960,'}, safetensors={})
    found = read("Acme/Acme-8B")
    assert "config.json was not read: The source is not JSON" in found.remarks[0]
    assert "context_length" in values(found)  # the tokenizer states one
    assert where(found)["context_length"] == "tokenizer_config.json: model_max_length"
    assert "quantization" in missing(found)


def test_a_file_without_an_entry_or_for_members_is_said(hub: Hub) -> None:
    dense(hub)
    hub.refuse(f"/Acme/Acme-8B/resolve/{SHA}/config.json", 404, "EntryNotFound", "Entry not found")
    hub.refuse(f"/Acme/Acme-8B/resolve/{SHA}/README.md", 401, "GatedRepo", "Access is restricted")
    found = read("Acme/Acme-8B")
    assert found.remarks[0] == "config.json was not read: config.json is not there."
    assert found.remarks[1].startswith("README.md was not read: Acme/Acme-8B is gated")


def test_a_hub_that_fails_in_the_middle_gives_nothing_at_all(hub: Hub) -> None:
    dense(hub)
    hub.path(f"/Acme/Acme-8B/resolve/{SHA}/config.json", "", 503)
    assert "fault of its own (503)" in refused("Acme/Acme-8B")


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:1/api/models/Acme/Acme-8B",
        "//evil.example/api/models/Acme/Acme-8B",
        "https://127.0.0.1/x",
        "file:///etc/passwd",
        "http://[",
        "http://user@127.0.0.1/",
    ],
)
def test_no_other_address_is_asked(hub: Hub, location: str) -> None:
    hub.path("/api/models/Acme/Acme-8B", "", 307, Location=location)
    assert "redirects to" in refused("Acme/Acme-8B")
    dense(hub)
    hub.path(f"/Acme/Acme-8B/resolve/{SHA}/config.json", "", 302, Location=location)
    assert "config.json was not read: 127.0.0.1" in read("Acme/Acme-8B").remarks[0]


def test_redirects_end(hub: Hub) -> None:
    hub.path("/api/models/Acme/Acme-8B", "", 307, Location="/api/models/Acme/Acme-8B")
    assert "without an end" in refused("Acme/Acme-8B")
    assert len(hub.asked) == fetching.MOST_REDIRECTS + 1


@pytest.mark.parametrize("status", [200, 307, 500])
def test_an_endless_answer_is_left(hub: Hub, status: int) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Location", "/elsewhere")
        handler.send_header("Connection", "close")
        handler.end_headers()
        while not hub.is_over.is_set():
            handler.wfile.write(b" " * 65536)

    hub.answers["/api/models/Acme/Acme-8B"] = endless
    said = {200: "larger than 4 MiB", 307: "no public repository", 500: "fault of its own"}
    assert said[status] in refused("Acme/Acme-8B")


def test_an_endless_file_is_left_and_said(hub: Hub) -> None:
    dense(hub, files={"README.md": b"A" * (hugging_face_hub.LARGEST + 1)})
    found = read("Acme/Acme-8B")
    assert found.remarks == ("README.md was not read: README.md is larger than 4 MiB.",)
    assert "description" in missing(found)


def test_a_silent_hub_is_given_up(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hugging_face_hub, "SILENCE", 0.2)

    def silent(handler: BaseHTTPRequestHandler) -> None:
        hub.is_over.wait(30)

    hub.answers["/api/models/Acme/Acme-8B"] = silent
    started = time.monotonic()
    assert "cannot be reached: it was silent" in refused("Acme/Acme-8B")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "begin", [b"", b"HTTP/1.1 200 OK\r\nX-Header: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"]
)
def test_a_hub_that_drips_is_given_up(hub: Hub, monkeypatch: pytest.MonkeyPatch, begin: bytes) -> None:
    monkeypatch.setattr(hugging_face_hub, "PATIENCE", 0.5)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(begin)
        while not hub.is_over.wait(0.05):
            handler.wfile.write(b"x")

    hub.answers["/api/models/Acme/Acme-8B"] = drip
    started = time.monotonic()
    assert "took more than 0.5 seconds" in refused("Acme/Acme-8B")
    assert time.monotonic() - started < 5


def test_an_answer_that_breaks_off_is_not_taken_for_whole(hub: Hub) -> None:
    def broken(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        handler.wfile.write(b"{}")
        handler.close_connection = True

    hub.answers["/api/models/Acme/Acme-8B"] = broken
    assert "broke off" in refused("Acme/Acme-8B")


def test_an_answer_in_pieces_is_read_whole(hub: Hub) -> None:
    hub.repository("Acme/Pieces", pipeline_tag="text-generation")

    def pieces(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in (b'{"id": "Acme', b'/Acme-8B", "gated": "auto"', b"}"):
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")

    hub.answers["/api/models/Acme/Acme-8B"] = pieces
    assert read("Acme/Acme-8B").repository == "Acme/Acme-8B"


def test_a_hub_that_is_not_there_is_a_sentence(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        settings.ALLOW_PRIVATE_ADDRESSES = True
        settings.HUGGING_FACE_URL = f"http://127.0.0.1:{taken.getsockname()[1]}"
        said = refused("Acme/Acme-8B")
    assert "cannot be reached: Connection refused" in said
    assert "HUGGING_FACE_URL" in said


@pytest.mark.parametrize(
    ("card", "prose"),
    [
        ("", ""),
        ("# Only a heading that is quite long, and ends with a full stop.", ""),
        ("Too short.", ""),
        ("A line that goes on for long enough to be prose but does not end as a sentence does", ""),
        ("<p align='center'><img src='x'></p>\n\nWelcome to the [models](https://x.example) that we made for you.", None),
        ("```\nThis is code that is long enough to be taken for a sentence of prose.\n```\n", ""),
        ("| a | b that is long enough to be taken for a sentence of prose here. |", ""),
        ("<!-- A comment that is long enough to be taken for a sentence of prose. -->", ""),
        ("\ufeff---\r\ntags: [a]\r\n---\r\nWelcome to the models that we made for you.", None),
        ("---\nthe front matter never ends, and so there is no card at all, only data.", ""),
        ("Welcome to\x00 the\x1b models\u202e that we \x07made for you.", None),
    ],
)
def test_the_description_is_the_first_paragraph_of_prose(card: str, prose: str | None) -> None:
    assert first_paragraph(card) == ("Welcome to the models that we made for you." if prose is None else prose)


def test_a_description_is_bounded_and_ends_with_a_sentence() -> None:
    cut = first_paragraph("A sentence that says something of a model. " * 100)
    assert 500 < len(cut) <= card.LONGEST_DESCRIPTION
    assert cut.endswith("of a model.")
    cut = first_paragraph("word " * 1000 + ".")
    assert len(cut) <= card.LONGEST_DESCRIPTION
    assert cut.endswith("word…")


@pytest.mark.parametrize("piece", ["<", "[", "![", "<!--", "](", "*", "[a](", "&"])
def test_a_hostile_card_is_read_at_once(piece: str) -> None:
    started = time.monotonic()
    first_paragraph(piece * (hugging_face_hub.LARGEST // len(piece)))
    assert time.monotonic() - started < 2


@pytest.fixture
def editor(client: Client, runner_inline: None) -> Client:
    return staff(client, "Editor")


def read_in_admin(client: Client, repository: str = "Acme/Acme-8B") -> str:
    """Type an id into the box; the address of the form that comes of it."""
    answer = client.post(PAGE, {"repository": repository})
    assert answer.status_code == 302, answer.content.decode()
    answer = client.get(answer["Location"])  # where it waits until the queue has read it
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


@pytest.mark.django_db
def test_the_form_is_prefilled_shown_with_its_sources_and_not_saved(hub: Hub, editor: Client) -> None:
    dense(hub)
    page = editor.get(read_in_admin(editor))
    shown = page.content.decode()
    initial = page.context["adminform"].form.initial
    assert initial["model_id"] == "acme-8b"
    assert initial["notes"] == "Licence: apache-2.0 (Hugging Face)"
    assert "Read from Hugging Face: Acme/Acme-8B" in shown
    assert "config.json: max_position_embeddings" in shown
    assert "metadata: pipeline_tag, text-generation" in shown
    assert "No repository states it" in shown
    assert not AIModel.objects.exists()


@pytest.mark.django_db
def test_saving_the_prefilled_form_saves_what_was_read(hub: Hub, editor: Client) -> None:
    dense(hub)
    url = read_in_admin(editor)
    answer = editor.post(url, form_data(editor, url))
    assert answer.status_code == 302, errors(answer)
    model = AIModel.objects.get()
    assert (model.model_id, model.name, model.author) == ("acme-8b", "Acme-8B", "acme")
    assert (model.hugging_face_id, model.category) == ("Acme/Acme-8B", "text")
    assert (model.context_length, model.quantization, model.max_output_length) == (40960, "bf16", None)
    assert (model.input_modalities, model.output_modalities) == (["text"], ["text"])
    assert model.released_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert model.description.startswith("Acme 8B is the newest")
    assert model.notes == "Licence: apache-2.0 (Hugging Face)"
    assert not model.is_listed_on_openrouter


@pytest.mark.django_db
def test_a_form_that_is_refused_keeps_what_was_typed_and_the_panel(hub: Hub, editor: Client) -> None:
    dense(hub)
    url = read_in_admin(editor)
    answer = editor.post(url, form_data(editor, url) | {"name": " ", "context_length": "8192", "max_output_length": "9000"})
    assert "The output cannot be longer than the context." in errors(answer)
    assert "Read from Hugging Face: Acme/Acme-8B" in answer.content.decode()
    assert answer.context["adminform"].form["context_length"].value() == "8192"
    assert not AIModel.objects.exists()


@pytest.mark.django_db
def test_windows_do_not_mix_and_a_reload_asks_nobody(hub: Hub, editor: Client) -> None:
    dense(hub)
    dense(hub, "Acme/Other", config={"max_position_embeddings": 1024})
    first, second = read_in_admin(editor), read_in_admin(editor, "Acme/Other")
    asked = len(hub.asked)
    for url, model_id, length in ((first, "acme-8b", 40960), (second, "other", 1024), (first, "acme-8b", 40960)):
        initial = editor.get(url).context["adminform"].form.initial
        assert (initial["model_id"], initial["context_length"]) == (model_id, length)
    assert len(hub.asked) == asked


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "0", "x" * 32, "../../etc", "9" * 18, "9" * 5000, "²"])
def test_a_reading_that_is_not_kept_leads_back_to_the_box(editor: Client, key: str) -> None:
    answer = editor.get(f"{ADD}?hugging_face={key}", follow=True)
    assert answer.redirect_chain[-1][0] == PAGE
    assert "is not kept any more" in answer.content.decode()


@pytest.mark.django_db
def test_what_another_has_read_and_what_is_no_reading_is_not_there(hub: Hub, editor: Client) -> None:
    dense(hub)
    url = read_in_admin(editor)
    other = staff(Client(headers={"host": "localhost"}), "Publisher")
    assert other.get(url).status_code == 302
    assert other.get(f"{PAGE}{url.rpartition('=')[2]}/").status_code == 404
    file = queue.take([b"{}"], uploaded_by=User.objects.get(username="publisher"), name="models.json")
    assert other.get(f"{PAGE}{file.pk}/").status_code == 404
    assert other.get(f"{ADD}?hugging_face={file.pk}").status_code == 302


@pytest.mark.django_db
def test_a_failure_is_said_at_the_box_and_keeps_the_id(hub: Hub, editor: Client) -> None:
    answer = editor.post(PAGE, {"repository": "acme/none"}, follow=True)
    assert answer.status_code == 200
    (said,) = answer.context["form"].errors["repository"]
    assert "There is no public repository acme/none" in said
    assert escape(said) in answer.content.decode()
    assert 'value="acme/none"' in answer.content.decode()
    for empty in ("", " ", "a\0b/c", "x" * 301, "no-owner"):
        assert editor.post(PAGE, {"repository": empty}).context["form"].errors["repository"]


@pytest.mark.django_db
def test_while_the_hub_is_asked_a_page_says_so_and_no_request_waits(
    hub: Hub, editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "start_runner", lambda: None)
    dense(hub)
    address = editor.post(PAGE, {"repository": "Acme/Acme-8B"})["Location"]
    shown = editor.get(address).content.decode()
    assert "Reading Acme/Acme-8B" in shown
    assert "upload.js" in shown
    assert editor.get(f"{address}progress/").json()["is_at_work"] is True
    assert hub.asked == []
    for _ in range(queue.MOST_UNDER_WAY - 1):
        assert editor.post(PAGE, {"repository": "Acme/Acme-8B"}).status_code == 302
    assert "waiting or at work" in editor.post(PAGE, {"repository": "Acme/Acme-8B"}).content.decode()
    work_off()
    assert editor.get(address).status_code == 302


@pytest.mark.django_db
def test_what_a_repository_says_is_shown_as_text(hub: Hub, editor: Client) -> None:
    card = "Welcome to <script>alert(1)</script> &lt;img src=x onerror=alert(2)&gt; the models that we made for you."
    dense(
        hub,
        files={"README.md": card},
        cardData={"license": "<b>mit</b>"},
        config={"quantization_config": {"quant_method": "<i>"}},
    )
    shown = editor.get(read_in_admin(editor)).content.decode()
    assert "&lt;img src=x" in shown
    assert "&lt;b&gt;mit" in shown
    assert not [tag for tag in ("<img src=x", "<b>mit", "<i>", "alert(1)</script>") if tag in shown]


@pytest.mark.django_db
def test_a_repository_that_the_catalog_has_is_said(hub: Hub, editor: Client) -> None:
    make_model("acme/there", hugging_face_id="acme/acme-8b")
    dense(hub)
    assert "The catalog has this repository already: acme/there." in editor.get(read_in_admin(editor)).content.decode()


@pytest.mark.django_db
def test_only_those_who_may_add_see_the_button_and_the_page(hub: Hub, client: Client) -> None:
    assert client.get(PAGE).status_code == 302
    assert PAGE in staff(client, "Editor").get(LIST).content.decode()
    viewer = staff(client, "Viewer")
    assert PAGE not in viewer.get(LIST).content.decode()
    assert viewer.get(PAGE).status_code == 403
    assert viewer.post(PAGE, {"repository": "Acme/Acme-8B"}).status_code == 403
    assert viewer.get(f"{ADD}?hugging_face={'x' * 32}").status_code == 403
    assert hub.asked == []
