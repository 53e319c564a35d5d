"""What the form of a new model starts with, by what the model is for."""

from typing import Any, NamedTuple

from django.http import HttpRequest

from catalog.models import Category, InputModality, OutputModality, PriceKind

NAME = "preset"
"""The parameter of the form's address."""


class Preset(NamedTuple):
    """A common sort of model: its category, its modalities and the prices that it is sold at."""

    label: str
    category: Category
    inputs: list[InputModality]
    outputs: list[OutputModality]
    kinds: list[PriceKind]

    @property
    def initial(self) -> dict[str, Any]:
        """For the model's boxes."""
        return {"category": self.category, "input_modalities": self.inputs, "output_modalities": self.outputs}

    @property
    def prices(self) -> list[dict[str, Any]]:
        """For the lines of the price list."""
        return [{"kind": kind} for kind in self.kinds]


_TEXT, _TEXTS = [InputModality.TEXT], [OutputModality.TEXT]

PRESETS = {
    "text": Preset("Text", Category.TEXT, _TEXT, _TEXTS, [PriceKind.PROMPT, PriceKind.COMPLETION]),
    "embedding": Preset("Embedding", Category.EMBEDDING, _TEXT, [OutputModality.EMBEDDINGS], [PriceKind.PROMPT]),
    "image": Preset("Image", Category.IMAGE, _TEXT, [OutputModality.IMAGE], [PriceKind.IMAGE_OUTPUT]),
    "speech": Preset("Speech", Category.AUDIO, _TEXT, [OutputModality.SPEECH], [PriceKind.SPEECH_OUTPUT]),
}
"""By their names in the address; the first one is taken where none is named."""


def preset_of(request: HttpRequest) -> Preset:
    """The one that the form's address names."""
    return PRESETS.get(request.GET.get(NAME, ""), next(iter(PRESETS.values())))


def links(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """Each preset's query and label, and whether it is the one that is shown."""
    return [(f"?{NAME}={name}", preset.label, preset is preset_of(request)) for name, preset in PRESETS.items()]
