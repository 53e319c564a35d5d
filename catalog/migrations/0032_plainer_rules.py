"""Messages of rules and help texts in plainer words. Only the state changes; no SQL runs."""

from django.db import migrations

from catalog.migrations._reword import Reword

ID = "An id can have letters, digits and symbols of any script, but no spaces, invisible characters, commas or backslashes; no part between slashes can be empty, “.” or “..”."
DISCOUNT = "A discount must be greater than -100 and less than 1. For example, 0.1 lowers the price by 10 percent, and -0.1 raises it."
DECIMALS = "A discount can have at most 10 decimal places."
DEPRECATION = "A deprecation must be between 1970 and 9999."
VALUE_OR_WITHOUT = "Enter a value or select the field under “Without”, not both."

HELP_TEXTS = {
    "aimodel": {
        "max_prompt_length": "The longest prompt in tokens, if it is shorter than the context.",
        "discount_to_user": "0.1 lowers what users pay by 10 %; a negative number raises it. Empty: no discount.",
    },
    "offer": {
        "is_ready": "If No, OpenRouter hides this offer only.",
        "deprecation_at": "When this offer ends, on a whole hour (UTC).",
        "without": "What the model has and this offer does not.",
    },
}

MESSAGES = {
    "aimodel": {
        "model_id_has_no_odd_characters": ID,
        "model_aliases_are_ids": f"An alias must follow the rules for ids. {ID}",
        "model_author_is_a_slug": "An author can contain only letters, digits, dots, hyphens and underscores.",
        "model_hugging_face_id_is_a_repository": "Enter a Hugging Face id such as Qwen/Qwen3.5-9B.",
        "model_openrouter_slug_is_author_and_slug": "Enter an OpenRouter slug such as qwen/qwen3.5-9b.",
        "model_released_at_is_a_plausible_moment": "The release date must be between 1970 and 9999.",
        "model_context_length_is_positive": "The context length must be at least 1 token. Leave it empty if it is unknown.",
        "model_max_prompt_length_is_positive": "The max prompt length must be at least 1 token. Leave it empty if only the context length limits it.",
        "model_max_output_length_is_positive": "The max output length must be at least 1 token. Leave it empty if it is unknown.",
        "model_capacity_is_positive": "The capacity must be at least 1 token per minute. Leave it empty if you do not declare one.",
        "model_capacity_is_exact_in_json": "The capacity can be at most 9,007,199,254,740,991: JSON readers may round larger numbers.",
        "model_discount_is_below_one": DISCOUNT,
        "model_discount_has_ten_decimals_at_most": DECIMALS,
        "model_deprecation_is_a_plausible_moment": DEPRECATION,
        "model_family_is_one_line": "A family must be one line of text, without leading or trailing spaces.",
        "model_license_is_one_line": "A license must be one line of text, without leading or trailing spaces.",
    },
    "apikey": {"api_key_scopes_are_known": "A scope is not in the list."},
    "offer": {
        "offer_one_per_variant": "There is already a row for this offer.",
        "offer_variant_is_known": "The offer is not in the list.",
        "offer_lengths_are_positive": "A length must be at least 1 token. Leave it empty to use the model's value.",
        "offer_capacity_is_positive_and_exact": "A capacity must be between 1 and 9,007,199,254,740,991 tokens per minute.",
        "offer_discount_is_below_one": DISCOUNT,
        "offer_discount_has_ten_decimals_at_most": DECIMALS,
        "offer_deprecation_is_a_plausible_moment": DEPRECATION,
        "offer_deprecation_is_a_whole_hour": "A deprecation must be on a whole hour in UTC, such as 13:00.",
        "offer_sampling_parameters_are_known": "A sampling parameter is not in the list.",
        "offer_features_are_known": "A feature is not in the list.",
        "offer_lacks_are_known": "A value of “Without” is not in the list.",
        "offer_max_prompt_length_is_set_or_lacking": VALUE_OR_WITHOUT,
        "offer_capacity_tpm_is_set_or_lacking": VALUE_OR_WITHOUT,
        "offer_discount_to_user_is_set_or_lacking": VALUE_OR_WITHOUT,
        "offer_deprecation_at_is_set_or_lacking": VALUE_OR_WITHOUT,
        "offer_supported_sampling_parameters_is_set_or_lacking": VALUE_OR_WITHOUT,
        "offer_supported_features_is_set_or_lacking": VALUE_OR_WITHOUT,
    },
    "parameterdescriptor": {"descriptor_one_per_parameter": "There is already a row for this parameter."},
}


class Migration(migrations.Migration):
    dependencies = [("catalog", "0031_scheduled_readiness_of_offers")]

    operations = [Reword(HELP_TEXTS, MESSAGES)]
