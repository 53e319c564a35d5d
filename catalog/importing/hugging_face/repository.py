"""The facts of a Hugging Face repository, as values for a new model. Public metadata only; no token is used.

The shapes are those of the hub's ``/api/models/{repository}`` ("Hub API Endpoints"; ``ModelInfo`` of ``huggingface_hub``)
and of the ``config.json`` that transformers writes. A value that is not stated stays empty: nothing is guessed from a name.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from catalog.importing.guesses import guesses
from catalog.importing.hugging_face.card import first_paragraph
from catalog.importing.hugging_face.hub import GATED, Hub, Withheld, host
from catalog.importing.hugging_face.lengths import stated_length, tokens
from catalog.importing.hugging_face.quantization import declared_quantization
from catalog.importing.hugging_face.stated import Missing, Repository, Stated, is_repository_id, repository_id
from catalog.importing.hugging_face.tasks import PIPELINES, SENSES
from catalog.importing.hugging_face.values import line_of, object_of
from catalog.importing.source import SourceError, parse
from catalog.importing.values import integer, printable, shown
from catalog.models import InputModality, OutputModality, Quantization

DATES_BEGIN = datetime(2022, 3, 2, 23, 29, 4, tzinfo=UTC)
"""When the hub began to record creation dates; older repositories have this date."""

DTYPES = {"bfloat16": Quantization.BF16, "float16": Quantization.FP16, "float32": Quantization.FP32}

STORED = {"BF16": Quantization.BF16, "F16": Quantization.FP16, "F32": Quantization.FP32}
"""The precisions of a model that is not quantized, as ``config.json`` and as the safetensors files name them."""

WEIGHTS = (".safetensors", ".gguf")
"""How the names of files of weights end. Other endings, such as .bin, are also those of other data."""
LONGEST_LICENSE = 80


def read(repository: str) -> Repository:
    """Read a repository's public metadata from the hub at ``HUGGING_FACE_URL``.

    ``repository`` is ``owner/name``, or the address of its page. Raises ``SourceError`` with a sentence for staff.
    """
    asked = repository_id(repository)
    hub = Hub(asked)
    info = parse(hub.get(f"/api/models/{asked}"))
    if not isinstance(info, dict) or not is_repository_id(info.get("id")):
        raise SourceError(f"The answer of {host()} for {asked} is not the description of a model.")
    return _Reader(asked, info, hub).read()


class _Reader:
    """Turns a repository's answers into values for our fields, and records where each value was read."""

    def __init__(self, asked: str, info: dict[str, Any], hub: Hub) -> None:
        self.info = info
        self.hub = hub
        self.repository: str = info["id"]
        self.stated: dict[str, Stated] = {}
        self.missing: list[Missing] = []
        self.remarks: list[str] = []
        sha = info.get("sha")
        self.revision = sha if isinstance(sha, str) and re.fullmatch("[0-9a-f]{40}", sha) else "main"
        self.card = object_of(info.get("cardData"))
        self.gated = info.get("gated") not in (None, False)
        if self.repository != asked:
            self.remarks.append(f"{asked} is now {self.repository}; the values come from there.")

    def read(self) -> Repository:
        """Ask for the files, and read every field."""
        if self.gated:
            self.remarks.append(GATED.format(self.repository) + " Values that only they state are missing below.")
        if self.info.get("disabled") is True:
            self.remarks.append(f"{self.repository} is disabled on {host()}.")
        self.config = self._json("config.json")
        self._names()
        self._description()
        self._released()
        self._modalities()
        self._context()
        self._quantization()
        self._licence()
        self._weights()
        self.missing.append(Missing("max_output_length", "No repository states it: it depends on your servers."))
        return Repository(
            self.repository, self.revision, tuple(self.stated.values()), tuple(self.missing), tuple(self.remarks)
        )

    def _state(self, field: str, value: str | int | datetime | tuple[str, ...], where: str) -> None:
        self.stated[field] = Stated(field, value, where)

    def _lacks(self, field: str, why: str = "Not stated by the repository.") -> None:
        self.missing.append(Missing(field, why))

    def _file(self, name: str) -> bytes | None:
        """A file of this revision, None if it cannot be read. Raises if the hub does not answer."""
        files = self.info.get("siblings")
        if self.gated or (isinstance(files, list) and not any(object_of(file).get("rfilename") == name for file in files)):
            return None
        try:
            return self.hub.get(f"/{self.repository}/resolve/{self.revision}/{name}")
        except Withheld as refusal:
            self.remarks.append(f"{name} was not read: {refusal}")
            return None

    def _json(self, name: str) -> dict[str, Any]:
        """A file's object, an empty one if there is none."""
        content = self._file(name)
        if content is None:
            return {}
        try:
            # transformers writes Infinity and NaN, which JSON does not have.
            found = parse(content, constant=lambda _: None)
        except SourceError as error:
            self.remarks.append(f"{name} was not read: {printable(str(error))}")
            return {}
        if not isinstance(found, dict):
            self.remarks.append(f"{name} was not read: it is not an object.")
        return object_of(found)

    def _names(self) -> None:
        owner, _, name = self.repository.partition("/")
        self._state("model_id", name.lower(), "suggested: the repository's name in lower case")
        self._state("name", name, "the repository's name")
        self._state("author", owner.lower()[:80], "the repository's owner, in lower case")
        self._state("hugging_face_id", self.repository, "metadata: id")
        bases = self.card.get("base_model")
        named = [str(base) for base in (bases if isinstance(bases, list) else [bases]) if is_repository_id(base)]
        if named:
            self.remarks.append(
                f"It is made from {', '.join(named[:3])} (metadata: cardData.base_model): its maker may not be {owner}."
            )

    def _description(self) -> None:
        content = self._file("README.md")
        prose = None if content is None else first_paragraph(content.decode("utf-8", "replace"))
        if prose:
            self._state("description", prose, "README.md: its first paragraph")
        else:
            self._lacks("description")

    def _released(self) -> None:
        created = self.info.get("createdAt")
        moment = None
        with suppress(ValueError, TypeError):
            moment = datetime.fromisoformat(created)  # type: ignore[arg-type]
        if moment is None or moment.tzinfo is None or not 1970 < moment.year < 9999:
            self._lacks("released_at")
        elif moment.replace(microsecond=0) <= DATES_BEGIN:
            self._lacks("released_at", "The repository is older than the dates that the hub records (March 2022).")
        else:
            when = moment.astimezone(UTC).replace(microsecond=0)
            self._state("released_at", when, "metadata: createdAt, when the repository was made")

    def _modalities(self) -> None:
        task = self.info.get("pipeline_tag")
        if not isinstance(task, str) or task not in PIPELINES:
            why = "Not stated by the repository."
            if task is not None:
                why = f"Not stated by the repository: its task, {shown(task)} (metadata: pipeline_tag), leaves it open."
            self._lacks("input_modalities", why)
            self._lacks("output_modalities", why)
            return
        inputs, output = PIPELINES[task]
        where = f"metadata: pipeline_tag, {task}"
        category = guesses(self.repository, {"output_modalities": [output.value]})["category"]
        self._state("category", category, where)
        self._state("input_modalities", tuple(word for word in InputModality.values if word in inputs), where)
        self._state("output_modalities", (output.value,), where)
        inside = self.config | object_of(self.config.get("thinker_config"))
        for key, sense in SENSES.items():
            if inside.get(key) is not None and sense not in inputs:
                self.remarks.append(
                    f"config.json has {key}, so it may also accept {sense.value}, which the task {task} does not include."
                )

    def _context(self) -> None:
        tokenizer = tokens(self._json("tokenizer_config.json").get("model_max_length"))
        found = stated_length(self.info, self.config)
        output = self.stated.get("output_modalities")
        if found is None:
            if tokenizer is not None:
                self._state("context_length", tokenizer, "tokenizer_config.json: model_max_length")
            else:
                self._lacks("context_length")
            return
        length, where, remark = found
        if remark:
            self.remarks.append(remark)
        if tokenizer is not None and tokenizer < length:
            self.remarks.append(
                f"{where} says {length} tokens, tokenizer_config.json: model_max_length only {tokenizer}. Check which is right."
            )
            if output is not None and output.value in ((OutputModality.EMBEDDINGS,), (OutputModality.RERANK,)):
                # Input of embedding and reranking models is cut at the tokenizer's length; some of their positions are not for
                # tokens.
                length, where = tokenizer, "tokenizer_config.json: model_max_length"
        self._state("context_length", length, where)

    def _quantization(self) -> None:
        parameters = object_of(object_of(self.info.get("safetensors")).get("parameters"))
        counts = {name: integer(count) or 0 for name, count in parameters.items()}
        stored = sorted(counts, key=lambda name: -counts[name])
        for declared, where in self._declared():
            if (found := declared_quantization(declared)) is not None:
                self._state("quantization", found.value, where)
            else:
                words = {key: declared[key] for key in ("quant_method", "quant_algo", "bits", "format") if key in declared}
                words_shown = ", ".join(f"{key} {shown(value)}" for key, value in words.items()) or "without a method"
                self._lacks(
                    "quantization", f"{where} has {words_shown}, which has no equivalent here. Choose a value yourself."
                )
            if len(stored) > 1:
                self.remarks.append(
                    f"Its weights are stored as {printable(', '.join(stored[:6]))}, the most frequent first."
                )
            return
        self._precision(stored)

    def _declared(self) -> Iterator[tuple[dict[str, Any], str]]:
        """Declarations of a quantization and where they were read, the preferred one first."""
        text = object_of(self.config.get("text_config"))
        if declared := object_of(self.config.get("quantization_config")):
            yield declared, "config.json: quantization_config"
        if declared := object_of(text.get("quantization_config")):
            yield declared, "config.json: text_config.quantization_config"
        if declared := object_of(object_of(self.info.get("config")).get("quantization_config")):
            yield declared, "metadata: config.quantization_config"
        if declared := object_of(self._json("hf_quant_config.json").get("quantization")):
            yield {"quant_method": "modelopt", **declared}, "hf_quant_config.json: quantization"

    def _precision(self, stored: list[str]) -> None:
        """The quantization of a model that declares none: the precision in config.json, unless the files differ."""
        text = object_of(self.config.get("text_config"))
        places = [
            (f"config.json: {prefix}{key}", holder.get(key))
            for prefix, holder in (("", self.config), ("text_config.", text))
            for key in ("dtype", "torch_dtype")
        ]
        where, dtype = next((place for place in places if place[1] is not None), ("", None))
        said = DTYPES.get(dtype.removeprefix("torch.")) if isinstance(dtype, str) else None
        kept = STORED.get(stored[0]) if stored else None
        if said is not None and (not stored or kept == said):
            self._state("quantization", said.value, where)
        elif dtype is None and kept is not None and len(stored) == 1:
            self._state("quantization", kept.value, "metadata: safetensors.parameters")
        elif dtype is None and not stored:
            self._lacks("quantization")
        else:
            files = f"weights stored as {printable(', '.join(stored[:6]))}" if stored else "nothing about its files"
            self._lacks("quantization", f"Not certain: {where or 'config.json'} says {shown(dtype)}, the metadata {files}.")

    def _licence(self) -> None:
        licences = self.card.get("license")
        words = [line_of(word) for word in (licences if isinstance(licences, list) else [licences])]
        where = "metadata: cardData.license"
        if not any(words):
            tags = self.info.get("tags")
            words = [
                line_of(tag.removeprefix("license:"))
                for tag in (tags if isinstance(tags, list) else [])
                if isinstance(tag, str) and tag.startswith("license:")
            ]
            where = "metadata: tags"
        if "other" in words:
            words.append(line_of(self.card.get("license_name")))
        if text := ", ".join(word for word in words[:5] if word):
            self._state("license", text[:LONGEST_LICENSE].rstrip(", "), where)
        else:
            self._lacks("license")

    def _weights(self) -> None:
        """Weights that the hub has, for everybody or for whoever accepts their terms, are open. A repository without any says nothing."""
        files = self.info.get("siblings")
        names = [str(object_of(file).get("rfilename")) for file in files] if isinstance(files, list) else []
        if found := next((name for name in names if name.endswith(WEIGHTS)), None):
            self._state("has_open_weights", True, f"metadata: siblings, {printable(found)}")
