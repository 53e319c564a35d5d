"""The context length that ``config.json`` states, or else the metadata of a GGUF file. ``repository`` compares it with the tokenizer's."""

from typing import Any, NamedTuple

from catalog import decimals
from catalog.importing.hugging_face.values import object_of
from catalog.importing.values import LARGEST_INTEGER, decimal, integer, shown

CONTEXT_KEYS = (
    "max_position_embeddings",
    "n_positions",
    "max_seq_len",
    "max_sequence_length",
    "seq_length",
    "model_max_length",
)

TEXT_CONFIGS = ("text_config", "thinker_config.text_config", "llm_config", "language_config", "")
"""Where a config describes the language part of a model: nested for models that also accept images or audio, else at the top."""

EXTENDED_ALREADY = {"None", "default", "llama3", "longrope", "su", "mrope"}
"""Kinds of RoPE for which ``max_position_embeddings`` is the usable length."""


class Length(NamedTuple):
    """A length in tokens and where it was read. ``remark``: what to check, empty if nothing."""

    tokens: int
    where: str
    remark: str = ""


def stated_length(info: dict[str, Any], config: dict[str, Any]) -> Length | None:
    """The length of a repository, given the hub's metadata and ``config.json``; None if neither states it."""
    for path in TEXT_CONFIGS:
        part = config
        for step in path.split(".") if path else ():
            part = object_of(part.get(step))
        for key in CONTEXT_KEYS:
            if (length := tokens(part.get(key))) is not None:
                return _scaled(length, f"{path}.{key}" if path else key, part)
    length = tokens(object_of(info.get("gguf")).get("context_length"))
    return None if length is None else Length(length, "metadata: gguf.context_length")


def _scaled(length: int, key: str, config: dict[str, Any]) -> Length:
    """The length after the scaling of positions that the config itself declares."""
    where = f"config.json: {key}"
    name = "rope_scaling" if config.get("rope_scaling") else "rope_parameters"
    rope = object_of(config.get(name))
    kind = rope.get("rope_type", rope.get("type"))
    factor, original = decimal(rope.get("factor")), tokens(rope.get("original_max_position_embeddings"))
    if kind == "yarn" and factor is not None and original is not None and 1 <= factor <= 10_000:
        reached = int(original * factor)
        how = f"{name}, {original} × {decimals.wire(factor)} (YaRN)"
        if reached > length:
            remark = f"Without that scaling it is {length} tokens ({where}). Check how you serve it."
            return Length(reached, f"config.json: {how}", remark)
        if reached < length:
            remark = f"{where} says {length} tokens, but its {how} reaches only {reached}, which is used here."
            return Length(reached, f"config.json: {how}", remark)
    elif factor is not None and factor > 1 and str(kind) not in EXTENDED_ALREADY:
        remark = f"config.json has a {name} of kind {shown(kind)} by {decimals.wire(factor)}, and does not say whether {key} includes it."
        return Length(length, where, remark)
    return Length(length, where)


def tokens(value: Any) -> int | None:
    """A length in tokens; tokenizers without a limit state 10**30."""
    number = integer(value)
    return number if number is not None and 1 <= number <= LARGEST_INTEGER else None
