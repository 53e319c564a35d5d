"""What the site calls the values of the vocabularies. Names, ids and the wire's values stay as they are."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from catalog.listing import Status
from catalog.models import (
    Category,
    Feature,
    InputModality,
    OutputModality,
    ParameterType,
    PriceKind,
    PriceUnit,
    ServiceTier,
)
from catalog.public_history import ChangeKind

Labels = Mapping[str, object]

MODALITIES: Labels = {
    InputModality.TEXT: pgettext_lazy("modality", "Text"),
    InputModality.IMAGE: pgettext_lazy("modality", "Image"),
    InputModality.FILE: pgettext_lazy("modality", "File"),
    InputModality.AUDIO: pgettext_lazy("modality", "Audio"),
    InputModality.VIDEO: pgettext_lazy("modality", "Video"),
    OutputModality.EMBEDDINGS: pgettext_lazy("modality", "Embeddings"),
    OutputModality.RERANK: pgettext_lazy("modality", "Rerank"),
    OutputModality.SPEECH: pgettext_lazy("modality", "Speech"),
    OutputModality.TRANSCRIPTION: pgettext_lazy("modality", "Transcription"),
}
FEATURES: Labels = {
    Feature.TOOLS: _("Tools"),
    Feature.JSON_MODE: _("JSON mode"),
    Feature.STRUCTURED_OUTPUTS: _("Structured outputs"),
    Feature.LOGPROBS: _("Log probabilities"),
    Feature.WEB_SEARCH: _("Web search"),
    Feature.REASONING: _("Reasoning"),
}
CATEGORIES: Labels = {
    Category.TEXT: _("Text generation"),
    Category.IMAGE: _("Image generation"),
    Category.VIDEO: _("Video generation"),
    Category.AUDIO: pgettext_lazy("modality", "Audio"),
    Category.RESEARCH: _("Research"),
    Category.TRANSCRIPTION: pgettext_lazy("modality", "Transcription"),
    Category.EMBEDDING: pgettext_lazy("modality", "Embeddings"),
    Category.RERANKER: _("Reranking"),
    Category.THREE_D: _("3D"),
    Category.TOOLS: _("Tools"),
}
KINDS: Labels = {
    PriceKind.PROMPT: _("Input"),
    PriceKind.COMPLETION: _("Output"),
    PriceKind.INPUT_CACHE_READ: _("Cache read"),
    PriceKind.INPUT_CACHE_WRITE: _("Cache write"),
    PriceKind.INTERNAL_REASONING: _("Reasoning tokens"),
    PriceKind.IMAGE: _("Image input"),
    PriceKind.IMAGE_OUTPUT: _("Image output"),
    PriceKind.AUDIO: _("Audio input"),
    PriceKind.INPUT_AUDIO_CACHE: _("Audio cache read"),
    PriceKind.AUDIO_OUTPUT: _("Audio output"),
    PriceKind.VIDEO: _("Video input"),
    PriceKind.VIDEO_OUTPUT: _("Video output"),
    PriceKind.SPEECH_OUTPUT: _("Speech output"),
    PriceKind.REQUEST: _("Request"),
    PriceKind.WEB_SEARCH: _("Web search"),
}
UNITS: Labels = {
    PriceUnit.TOKEN: _("1M tokens"),
    PriceUnit.IMAGE: pgettext_lazy("unit", "image"),
    PriceUnit.MEGAPIXEL: pgettext_lazy("unit", "megapixel"),
    PriceUnit.SECOND: pgettext_lazy("unit", "second"),
    PriceUnit.CHARACTER: pgettext_lazy("unit", "character"),
    PriceUnit.REQUEST: pgettext_lazy("unit", "request"),
    PriceUnit.SEARCH: pgettext_lazy("unit", "search"),
}
"""The unit that a price is read in: what stands after "per"."""
TIERS: Labels = {
    ServiceTier.DEFAULT: pgettext_lazy("service tier", "Standard"),
    ServiceTier.FLEX: pgettext_lazy("service tier", "Flex"),
    ServiceTier.PRIORITY: pgettext_lazy("service tier", "Priority"),
    ServiceTier.ULTRAFAST: pgettext_lazy("service tier", "Ultrafast"),
    ServiceTier.BATCH: pgettext_lazy("service tier", "Batch"),
}
STATUSES: Labels = {
    Status.AVAILABLE: _("Available"),
    Status.NOT_READY: _("Not available now"),
    Status.DEPRECATED: _("Deprecated"),
    Status.RETIRED: _("Retired"),
}
CHANGES: Labels = {
    ChangeKind.ADDED: pgettext_lazy("change", "Added"),
    ChangeKind.REMOVED: pgettext_lazy("change", "Removed"),
    ChangeKind.DEPRECATED: pgettext_lazy("change", "Deprecated"),
    ChangeKind.UNDEPRECATED: pgettext_lazy("change", "No longer deprecated"),
    ChangeKind.REPRICED: pgettext_lazy("change", "New price"),
    ChangeKind.SCHEDULED: pgettext_lazy("change", "Price scheduled"),
    ChangeKind.OFFER_ADDED: pgettext_lazy("change", "Offer added"),
    ChangeKind.OFFER_REMOVED: pgettext_lazy("change", "Offer removed"),
    ChangeKind.OFFER_CHANGED: pgettext_lazy("change", "Offer changed"),
}
PARAMETER_TYPES: Labels = {
    ParameterType.RANGE: _("Number"),
    ParameterType.INTEGER: _("Whole number"),
    ParameterType.BOOLEAN: _("Yes or no"),
    ParameterType.ENUM: _("One of a list"),
    ParameterType.ARRAY: _("List"),
    ParameterType.OBJECT: _("Object"),
    ParameterType.UNKNOWN: _("Any type"),
}
FLAGS: Labels = {"true": _("Yes"), "false": _("No")}


def listed(words: Iterable[object]) -> str:
    """Words joined with the separator of the language."""
    return pgettext("between the words of a list", ", ").join(map(str, words))
