"""The initial values of a new model's form, by the type of model."""

from typing import Any, NamedTuple

from django.forms import model_to_dict
from django.http import HttpRequest
from django.utils import timezone

from catalog.admin.fields import is_key
from catalog.admin.prices.fields import usd_to_typed
from catalog.models import KINDS, AIModel, Category, InputModality, OutputModality, PriceKind

NAME, COPY = "preset", "copy"
"""The parameters of the form's address: a preset, or the key of a model to copy."""

NEEDED_TO_COPY = ("catalog.view_aimodel", "catalog.view_price")


class InitialValues(NamedTuple):
    """The initial values of a new model and of the lines of its price list."""

    initial: dict[str, Any]
    prices: list[dict[str, Any]]


class Preset(NamedTuple):
    """A common type of model: its category, modalities and kinds of prices."""

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
        return [{"kind": kind, "unit": KINDS[kind].units[0]} for kind in self.kinds]


_TEXT, _TEXTS = [InputModality.TEXT], [OutputModality.TEXT]

PRESETS = {
    "text": Preset("Text", Category.TEXT, _TEXT, _TEXTS, [PriceKind.PROMPT, PriceKind.COMPLETION]),
    "embedding": Preset("Embedding", Category.EMBEDDING, _TEXT, [OutputModality.EMBEDDINGS], [PriceKind.PROMPT]),
    "image": Preset("Image", Category.IMAGE, _TEXT, [OutputModality.IMAGE], [PriceKind.IMAGE_OUTPUT]),
    "speech": Preset("Speech", Category.AUDIO, _TEXT, [OutputModality.SPEECH], [PriceKind.SPEECH_OUTPUT]),
}
"""By their names in the address; the first is the default. Each has the price lines that a listed model needs; a line without an amount
is not saved."""


def preset_of(request: HttpRequest) -> Preset:
    """The preset in the form's address."""
    return PRESETS.get(request.GET.get(NAME, ""), next(iter(PRESETS.values())))


def initial_values(request: HttpRequest) -> InitialValues:
    """The initial values that the form's address asks for: a copy of a model, or a preset."""
    copied = request.GET.get(COPY, "")
    if is_key(copied) and request.user.has_perms(NEEDED_TO_COPY) and (model := AIModel.objects.filter(pk=copied).first()):
        return _copy_of(model)
    preset = preset_of(request)
    return InitialValues(preset.initial, preset.prices)


def _copy_of(model: AIModel) -> InitialValues:
    own = ("model_id", "aliases", "openrouter_slug", "is_listed_on_openrouter")
    prices = model.prices.in_force(timezone.now()).filter(usd__isnull=False)
    return InitialValues(
        model_to_dict(model, exclude=own),
        [{**one.line.columns, "amount": usd_to_typed(one.usd, one.unit)} for one in prices],
    )


def links(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """Each preset's query and label, and whether it is the one that is shown. None beside a copy."""
    if COPY in request.GET:
        return []
    return [(f"?{NAME}={name}", preset.label, preset is preset_of(request)) for name, preset in PRESETS.items()]
