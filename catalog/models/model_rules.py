"""The rules of models."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Mod
from django.db.models.lookups import Exact

from catalog.models.conditions import (
    DEPRECATION_TIME_SENTENCE,
    DISCOUNT_DECIMALS_SENTENCE,
    DISCOUNT_SENTENCE,
    EARLIEST,
    ID_SENTENCE,
    LARGEST_EXACT_INTEGER,
    LATEST,
    LINE,
    MODEL_ID,
    NFC_SENTENCE,
    REPOSITORY,
    SLUG,
    WHOLE_HOUR_SENTENCE,
    Epoch,
    all_composed,
    between,
    composed,
    ids_in,
)
from catalog.models.fields import decimals_at_most, values_are_in
from catalog.models.rules import Rule
from catalog.models.vocabularies import (
    Category,
    Feature,
    InputModality,
    OutputModality,
    Quantization,
    ReasoningEffort,
    SamplingParameter,
)

RULES: list[models.BaseConstraint] = [
    Rule(
        name="model_id_has_no_odd_characters",
        field="model_id",
        condition=Q(model_id__regex=MODEL_ID),
        violation_error_message=ID_SENTENCE,
    ),
    Rule(
        name="model_id_is_composed",
        field="model_id",
        condition=composed("model_id"),
        violation_error_message=NFC_SENTENCE,
    ),
    Rule(
        name="model_aliases_are_ids",
        field="aliases",
        condition=ids_in("aliases"),
        violation_error_message=f"An alias must follow the rules for ids. {ID_SENTENCE}",
    ),
    Rule(
        name="model_aliases_are_composed",
        field="aliases",
        condition=all_composed("aliases"),
        violation_error_message=NFC_SENTENCE,
    ),
    Rule(
        name="model_has_a_name",
        field="name",
        condition=Q(name__regex=r"\S"),
        violation_error_message="A model needs a name.",
    ),
    Rule(
        name="model_author_is_a_slug",
        field="author",
        condition=Q(author="") | Q(author__regex=SLUG),
        violation_error_message="An author can contain only letters, digits, dots, hyphens and underscores.",
    ),
    Rule(
        name="model_hugging_face_id_is_a_repository",
        field="hugging_face_id",
        condition=Q(hugging_face_id="") | Q(hugging_face_id__regex=REPOSITORY),
        violation_error_message="Enter a Hugging Face id such as Qwen/Qwen3.5-9B.",
    ),
    Rule(
        name="model_openrouter_slug_is_author_and_slug",
        field="openrouter_slug",
        condition=Q(openrouter_slug="") | Q(openrouter_slug__regex=REPOSITORY),
        violation_error_message="Enter an OpenRouter slug such as qwen/qwen3.5-9b.",
    ),
    Rule(
        name="model_category_is_known",
        field="category",
        condition=Q(category__in=Category.values),
        violation_error_message="The category is not in the list.",
    ),
    Rule(
        name="model_released_at_is_a_plausible_moment",
        field="released_at",
        condition=between("released_at"),
        violation_error_message="The release date must be between 1970 and 9999.",
    ),
    Rule(
        name="model_knowledge_cutoff_is_a_plausible_day",
        field="knowledge_cutoff",
        condition=Q(knowledge_cutoff__gte=EARLIEST.date(), knowledge_cutoff__lte=LATEST.date()),
        violation_error_message="The knowledge cutoff must be between 1970 and 9999.",
    ),
    Rule(
        name="model_input_modalities_are_known",
        field="input_modalities",
        condition=values_are_in("input_modalities", InputModality),
        violation_error_message="An input modality is not in the list.",
    ),
    Rule(
        name="model_output_modalities_are_known",
        field="output_modalities",
        condition=values_are_in("output_modalities", OutputModality),
        violation_error_message="An output modality is not in the list.",
    ),
    Rule(
        name="model_quantization_is_known",
        field="quantization",
        condition=Q(quantization__in=Quantization.values),
        violation_error_message="The quantization is not in the list.",
    ),
    Rule(
        name="model_sampling_parameters_are_known",
        field="supported_sampling_parameters",
        condition=values_are_in("supported_sampling_parameters", SamplingParameter),
        violation_error_message="A sampling parameter is not in the list.",
    ),
    Rule(
        name="model_features_are_known",
        field="supported_features",
        condition=values_are_in("supported_features", Feature),
        violation_error_message="A feature is not in the list.",
    ),
    Rule(
        name="model_context_length_is_positive",
        field="context_length",
        condition=Q(context_length__gte=1),
        violation_error_message="The context length must be at least 1 token. Leave it empty if it is unknown.",
    ),
    Rule(
        name="model_max_prompt_length_is_positive",
        field="max_prompt_length",
        condition=Q(max_prompt_length__gte=1),
        violation_error_message="The max prompt length must be at least 1 token. Leave it empty if only the context length limits it.",
    ),
    Rule(
        name="model_max_output_length_is_positive",
        field="max_output_length",
        condition=Q(max_output_length__gte=1),
        violation_error_message="The max output length must be at least 1 token. Leave it empty if it is unknown.",
    ),
    Rule(
        name="model_output_fits_context",
        field="max_output_length",
        condition=Q(max_output_length__lte=F("context_length")),
        violation_error_message="The output cannot be longer than the context.",
    ),
    Rule(
        name="model_prompt_fits_context",
        field="max_prompt_length",
        condition=Q(max_prompt_length__lte=F("context_length")),
        violation_error_message="The prompt cannot be longer than the context.",
    ),
    Rule(
        name="model_capacity_is_positive",
        field="capacity_tpm",
        condition=Q(capacity_tpm__gte=1),
        violation_error_message="The capacity must be at least 1 token per minute. Leave it empty if you do not declare one.",
    ),
    Rule(
        name="model_capacity_is_exact_in_json",
        field="capacity_tpm",
        condition=Q(capacity_tpm__lte=LARGEST_EXACT_INTEGER),
        violation_error_message=f"The capacity can be at most {LARGEST_EXACT_INTEGER:,}: JSON readers may round larger numbers.",
    ),
    Rule(
        name="model_discount_is_below_one",
        field="discount_to_user",
        condition=Q(discount_to_user__gt=-100, discount_to_user__lt=1),
        violation_error_message=DISCOUNT_SENTENCE,
    ),
    Rule(
        name="model_discount_has_ten_decimals_at_most",
        field="discount_to_user",
        condition=decimals_at_most("discount_to_user", 10),
        violation_error_message=DISCOUNT_DECIMALS_SENTENCE,
    ),
    Rule(
        name="model_deprecation_is_a_plausible_moment",
        field="deprecation_at",
        condition=between("deprecation_at"),
        violation_error_message=DEPRECATION_TIME_SENTENCE,
    ),
    Rule(
        name="model_deprecation_is_a_whole_hour",
        field="deprecation_at",
        condition=Q(Exact(Mod(Epoch(F("deprecation_at")), Value(3600)), Value(0))),
        violation_error_message=WHOLE_HOUR_SENTENCE,
    ),
    Rule(
        name="model_does_not_replace_itself",
        field="replacement",
        condition=~Q(replacement=F("id")),
        violation_error_message="A model cannot be replaced by itself.",
    ),
    Rule(
        name="model_family_is_one_line",
        field="family",
        condition=Q(family="") | Q(family__regex=LINE),
        violation_error_message="A family must be one line of text, without leading or trailing spaces.",
    ),
    Rule(
        name="model_license_is_one_line",
        field="license",
        condition=Q(license="") | Q(license__regex=LINE),
        violation_error_message="A license must be one line of text, without leading or trailing spaces.",
    ),
    Rule(
        name="model_reasoning_efforts_are_known",
        field="reasoning_efforts",
        condition=values_are_in("reasoning_efforts", ReasoningEffort) | Q(reasoning_efforts=[]),
        violation_error_message="A reasoning effort is not in the list.",
    ),
    Rule(
        name="model_reasoning_default_effort_is_known",
        field="reasoning_default_effort",
        condition=Q(reasoning_default_effort__in=["", *ReasoningEffort.values]),
        violation_error_message="The default effort is not in the list.",
    ),
]
