"""The quantization of a repository."""

from typing import Any

import pytest

from catalog.importing.hugging_face.quantization import declared_quantization
from catalog.importing.hugging_face.repository import read
from tests.hugging_face.common import missing, values, where
from tests.hugging_face.hub import Hub, dense


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
    assert values(found)["license"] == "mit, apache-2.0"
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


def test_a_gated_repositorys_quantization_stands_in_the_public_metadata(hub: Hub) -> None:
    hub.repository("Acme/Gated", gated="auto", config={"quantization_config": {"quant_method": "fp8"}, "model_type": "acme"})
    assert where(read("Acme/Gated"))["quantization"] == "metadata: config.quantization_config"
