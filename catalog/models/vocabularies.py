"""The closed vocabularies, in the order in which the API lists them.

The values are OpenRouter's ("Provider Integration", fields of the flat format and of Model Document V2); a new value is a
new member here and the migration that goes with it.
"""

from django.db.models import TextChoices


class InputModality(TextChoices):
    """What a model accepts."""

    TEXT = "text", "Text"
    IMAGE = "image", "Image"
    FILE = "file", "File"
    AUDIO = "audio", "Audio"
    VIDEO = "video", "Video"


class OutputModality(TextChoices):
    """What a model generates."""

    TEXT = "text", "Text"
    IMAGE = "image", "Image"
    EMBEDDINGS = "embeddings", "Embeddings"
    AUDIO = "audio", "Audio"
    VIDEO = "video", "Video"
    RERANK = "rerank", "Rerank"
    SPEECH = "speech", "Speech"
    TRANSCRIPTION = "transcription", "Transcription"


class Quantization(TextChoices):
    """The precision that the weights are served in."""

    INT4 = "int4", "int4"
    INT8 = "int8", "int8"
    FP4 = "fp4", "fp4"
    MXFP4 = "mxfp4", "mxfp4"
    NVFP4 = "nvfp4", "nvfp4"
    FP6 = "fp6", "fp6"
    FP8 = "fp8", "fp8"
    MXFP8 = "mxfp8", "mxfp8"
    FP16 = "fp16", "fp16"
    BF16 = "bf16", "bf16"
    FP32 = "fp32", "fp32"


class SamplingParameter(TextChoices):
    """The request parameters that steer sampling."""

    TEMPERATURE = "temperature", "temperature"
    TOP_P = "top_p", "top_p"
    TOP_K = "top_k", "top_k"
    MIN_P = "min_p", "min_p"
    TOP_A = "top_a", "top_a"
    FREQUENCY_PENALTY = "frequency_penalty", "frequency_penalty"
    PRESENCE_PENALTY = "presence_penalty", "presence_penalty"
    REPETITION_PENALTY = "repetition_penalty", "repetition_penalty"
    STOP = "stop", "stop"
    SEED = "seed", "seed"
    MAX_TOKENS = "max_tokens", "max_tokens"
    LOGIT_BIAS = "logit_bias", "logit_bias"


class Feature(TextChoices):
    """Capabilities beyond plain generation."""

    TOOLS = "tools", "Tools"
    JSON_MODE = "json_mode", "JSON mode"
    STRUCTURED_OUTPUTS = "structured_outputs", "Structured outputs"
    LOGPROBS = "logprobs", "Log probabilities"
    WEB_SEARCH = "web_search", "Web search"
    REASONING = "reasoning", "Reasoning"


class ReasoningEffort(TextChoices):
    """How much a model may think before it answers; the most first, as OpenRouter lists them."""

    MAX = "max", "max"
    XHIGH = "xhigh", "xhigh"
    HIGH = "high", "high"
    MEDIUM = "medium", "medium"
    LOW = "low", "low"
    MINIMAL = "minimal", "minimal"
    NONE = "none", "none"


class Category(TextChoices):
    """The categories of models."""

    TEXT = "text", "Text generation"
    IMAGE = "image", "Image generation"
    VIDEO = "video", "Video generation"
    AUDIO = "audio", "Audio"
    RESEARCH = "research", "Research"
    TRANSCRIPTION = "transcription", "Transcription"
    EMBEDDING = "embedding", "Embeddings"
    RERANKER = "reranker", "Reranking"
    THREE_D = "3d", "3D"
    TOOLS = "tools", "Tools"


class ServiceTier(TextChoices):
    """OpenRouter's service tiers, and batch, for requests that wait; each tier that has prices is an entry of its own."""

    DEFAULT = "default", "Default"
    FLEX = "flex", "Flex"
    PRIORITY = "priority", "Priority"
    ULTRAFAST = "ultrafast", "Ultrafast"
    BATCH = "batch", "Batch"


OPENROUTER_TIERS = (ServiceTier.DEFAULT, ServiceTier.FLEX, ServiceTier.PRIORITY, ServiceTier.ULTRAFAST)
"""The tiers that OpenRouter takes from a provider's feed: it drops an entry of any other."""
OTHER_TIERS = frozenset(ServiceTier) - frozenset(OPENROUTER_TIERS)
"""The tiers that are only in other lists: no change of them affects OpenRouter."""


class Variant(TextChoices):
    """The offers of a model besides its default tier."""

    FLEX = ServiceTier.FLEX.value, "Flex"
    PRIORITY = ServiceTier.PRIORITY.value, "Priority"
    ULTRAFAST = ServiceTier.ULTRAFAST.value, "Ultrafast"
    BATCH = ServiceTier.BATCH.value, "Batch"
    FREE = "free", "Free variant"


class Lack(TextChoices):
    """The columns of ``AIModel`` that an offer can lack although the model has a value."""

    MAX_PROMPT_LENGTH = "max_prompt_length", "Limit of the prompt"
    CAPACITY = "capacity_tpm", "Capacity"
    DISCOUNT = "discount_to_user", "Discount"
    DEPRECATION = "deprecation_at", "Deprecation"
    SAMPLING_PARAMETERS = "supported_sampling_parameters", "Sampling parameters"
    FEATURES = "supported_features", "Features"


class Weekday(TextChoices):
    """Days on which a price window applies, in UTC."""

    MONDAY = "monday", "Monday"
    TUESDAY = "tuesday", "Tuesday"
    WEDNESDAY = "wednesday", "Wednesday"
    THURSDAY = "thursday", "Thursday"
    FRIDAY = "friday", "Friday"
    SATURDAY = "saturday", "Saturday"
    SUNDAY = "sunday", "Sunday"


class ParameterType(TextChoices):
    """How a parameter's allowed values are described (the descriptor grammar of Model Document V2)."""

    RANGE = "range", "Number in a range"
    INTEGER = "integer", "Whole number"
    BOOLEAN = "boolean", "Yes or no"
    ENUM = "enum", "One of a list"
    ARRAY = "array", "List"
    OBJECT = "object", "Object"
    UNKNOWN = "unknown", "Not described"


class LimitUnit(TextChoices):
    """The units in which a descriptor's bounds can be given."""

    SECOND = "second", "seconds"
    PIXEL = "pixel", "pixels"
    BYTE = "byte", "bytes"
    TOKEN = "token", "tokens"
    CHARACTER = "character", "characters"


class Switch(TextChoices):
    """What can be scheduled for a model: two columns of ``AIModel``, and ``Offer.is_ready`` of each of its offers."""

    LISTED = "is_listed_on_openrouter", "Listed on OpenRouter"
    READY = "is_ready", "Ready"
    FLEX_READY = "flex.is_ready", "Flex: ready"
    PRIORITY_READY = "priority.is_ready", "Priority: ready"
    ULTRAFAST_READY = "ultrafast.is_ready", "Ultrafast: ready"
    BATCH_READY = "batch.is_ready", "Batch: ready"
    FREE_READY = "free.is_ready", "Free variant: ready"

    @classmethod
    def ready(cls, variant: Variant) -> "Switch":
        """The readiness of an offer."""
        return cls(f"{variant.value}.{cls.READY.value}")

    @property
    def variant(self) -> Variant | None:
        """The offer that it belongs to; None: the model itself."""
        name, dot, _ = self.value.partition(".")
        return Variant(name) if dot else None
