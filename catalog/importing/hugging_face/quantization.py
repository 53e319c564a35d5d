"""A declared quantization as a value of the catalog."""

from typing import Any

from catalog.importing.hugging_face.values import object_of
from catalog.importing.values import integer
from catalog.models import Quantization

METHODS = {
    "fp8": Quantization.FP8,
    "fbgemm_fp8": Quantization.FP8,
    "mxfp8": Quantization.MXFP8,
    "mxfp4": Quantization.MXFP4,
    "nvfp4": Quantization.NVFP4,
}
INTEGER_METHODS = {"gptq", "awq", "gptq_marlin", "awq_marlin", "auto-round", "intel/auto-round"}
INTEGERS = {4: Quantization.INT4, 8: Quantization.INT8}

ALGORITHMS = {
    "FP8": Quantization.FP8,
    "FP8_PB_WO": Quantization.FP8,
    "FP8_PER_CHANNEL_PER_TOKEN": Quantization.FP8,
    "MXFP8": Quantization.MXFP8,
    "NVFP4": Quantization.NVFP4,
    "W4A16_NVFP4": Quantization.NVFP4,
    "W4A16_AWQ": Quantization.INT4,
    "W4A8_AWQ": Quantization.INT4,
    "INT4_AWQ": Quantization.INT4,
}
"""NVIDIA ModelOpt's names (``quant_algo``)."""

PACKED = {
    "nvfp4-pack-quantized": Quantization.NVFP4,
    "mxfp4-pack-quantized": Quantization.MXFP4,
    "mxfp8-quantized": Quantization.MXFP8,
}

WEIGHTS = {
    ("float", 8): Quantization.FP8,
    ("float", 6): Quantization.FP6,
    ("float", 4): Quantization.FP4,
    ("int", 8): Quantization.INT8,
    ("int", 4): Quantization.INT4,
}
"""compressed-tensors: a group's ``format``, else the type and bits of its weights."""


def declared_quantization(declared: dict[str, Any]) -> Quantization | None:
    """Our value for a ``quantization_config``; None if there is none, or if it has several kinds."""
    method = str(declared.get("quant_method", "")).lower()
    bits = integer(declared.get("bits"))
    groups = [object_of(group) for group in object_of(declared.get("config_groups")).values()]
    if method in METHODS:
        return METHODS[method]
    if method in INTEGER_METHODS and str(declared.get("data_type", "int")).lower() == "int" and bits is not None:
        return INTEGERS.get(bits)
    if method == "bitsandbytes":
        if declared.get("load_in_8bit") is True:
            return Quantization.INT8
        return Quantization.FP4 if declared.get("bnb_4bit_quant_type") == "fp4" else None
    if method.startswith("modelopt"):
        return ALGORITHMS.get(str(declared.get("quant_algo")))
    if method == "compressed-tensors":
        kinds = {_group_quantization(group, declared.get("format")) for group in groups}
        return kinds.pop() if len(kinds) == 1 else None
    return None


def _group_quantization(group: dict[str, Any], form: Any) -> Quantization | None:
    weights = object_of(group.get("weights"))
    # A group's own format counts; the whole's may be "mixed-precision".
    packed = PACKED.get(str(group.get("format") or form))
    kind, bits = weights.get("type"), integer(weights.get("num_bits"))
    plain = WEIGHTS.get((kind, bits)) if isinstance(kind, str) and bits is not None else None
    # One format for several groups may not be right for each: 8-bit weights are not nvfp4.
    return packed if packed is not None and bits in (None, 8 if packed == Quantization.MXFP8 else 4) else plain
