"""Help texts, labels and messages in plainer words. Only the state changes; no SQL runs."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from catalog.migrations._reword import Reword

HELP_TEXTS = {
    "aimodel": {
        "model_id": "Clients and OpenRouter send it as `model`. If you change it, OpenRouter sees a removed and a new model.",
        "name": "The display name, such as Qwen3.5 9B.",
        "aliases": "Other ids that find this model, separated by commas.",
        "hugging_face_id": "The repository of the weights, such as Qwen/Qwen3.5-9B. OpenRouter matches a new model by it; leave it empty only if the weights are not on Hugging Face.",
        "openrouter_slug": "author/slug on OpenRouter, if you know it.",
        "released_at": "The release date (UTC), sent as `created`.",
        "context_length": "Tokens of prompt and output together. Empty: unknown.",
        "max_prompt_length": "Tokens of prompt, only if fewer than the context.",
        "max_output_length": "Tokens of one output. Empty: unknown.",
        "has_open_weights": "Whether the weights can be downloaded. Unknown counts as yes if the model has a Hugging Face id.",
        "supported_sampling_parameters": "Only parameters that your servers support; OpenRouter routes requests by them.",
        "reasoning_efforts": "The efforts that a request can ask for. Empty: any, or unknown.",
        "reasoning_default_effort": "The effort if a request asks for reasoning without one.",
        "reasoning_is_mandatory": "The model always reasons; a request cannot turn it off.",
        "reasoning_is_default": "The model reasons unless a request turns it off.",
        "reasoning_takes_max_tokens": "A request can limit the tokens of reasoning.",
        "supported_features": "Features beyond plain text generation, as you serve the model.",
        "deprecation_at": "A whole hour, UTC. OpenRouter warns users before this time and may hide the model after it.",
        "replacement": "The model that users should move to.",
        "is_public": "In every list except those that OpenRouter fetches: the standard catalog, the Models API …",
        "is_mentioned_after_removal": "When the model is no longer public, or deleted, the list of changes says that it was removed, and past catalogs and price histories keep it. Off: it is not mentioned at all. Set it before you delete the model.",
        "is_listed_on_openrouter": "In the feeds that OpenRouter fetches. If you take a live model out, OpenRouter hides it, and it does not come back automatically.",
        "notes": "For colleagues; shown only in the admin.",
        "datacenters": "The datacenters that serve it.",
    },
    "alarmrecipient": {
        "kinds": "The alarms that it gets. Empty: all of them.",
    },
    "datacenter": {
        "name": "The display name, such as Frankfurt.",
        "country": "The datacenter's country. OpenRouter gets the two-letter code.",
    },
    "parameterdescriptor": {
        "values": "The allowed values, as a JSON list. Only for “one of a list”.",
        "is_passthrough": "Your own parameter, outside the common API: OpenRouter forwards it unchanged from provider.options.",
    },
    "price": {
        "usd": "USD per unit. 0: free. Empty: the line ends here and is no longer sold.",
        "utc_days": "Only on these days (UTC). Empty: every day.",
        "cache_ttl_seconds": "Cache prices only: the lifetime of the cache.",
        "effective_from": "From this time (UTC) on. In the future: scheduled.",
    },
    "proposal": {
        "reason": "The reason, for the publisher.",
        "answer": "A comment for the person who proposed it.",
    },
    "provider": {
        "name": "Your display name.",
        "deprecation_policy": "How long before its end you announce that a model is retired. Shown above the list of deprecations.",
        "api_base_url": "The address of your API, such as https://api.example.com/v1. Without it, app back ends read that you are not configured.",
        "docs_url": "The address of your documentation.",
        "sign_up_url": "The page where people get an account. The site's header links to it.",
    },
    "reader": {
        "name": "A display name, such as OpenRouter.",
        "is_watched": "Raise an alarm when it goes quiet, and show it on the dashboard.",
    },
    "scheduledswitch": {
        "effective_from": "From this time (UTC) on.",
    },
}

LABELS = {
    "alarm": {
        "kind": {
            "reader_quiet": "A reader went quiet",
            "stale": "A reader was sent a stale list",
            "losses": "A list that would lose entries was refused",
            "readiness": "A listed model has an error",
            "deprecation": "A deprecation is near",
            "scheduled": "A scheduled change came into force",
            "drift": "OpenRouter or a server differs from what we publish",
        },
    },
    "driftcheck": {
        "state": {
            "same": "No difference",
            "different": "Different",
            "unknown": "Could not be reached",
        },
    },
    "upload": {
        "state": {
            "waiting": "Waiting",
            "working": "Running",
            "preview": "Waiting for confirmation",
            "not_allowed": "Needs a publisher",
            "proposed": "Proposed",
            "refused": "Refused",
            "applied": "Applied",
            "failed": "Failed",
            "read": "Read",
        },
    },
}

MESSAGES = {
    "aimodel": {
        "model_id_has_no_odd_characters": "An id has letters, digits and signs of any script, without spaces, invisible characters, commas and backslashes; no part between slashes is empty, “.” or “..”.",
        "model_id_is_composed": "An id must be in Unicode's composed form (NFC), so that ids that look the same are the same.",
        "model_aliases_are_ids": "An alias is written as an id is. An id has letters, digits and signs of any script, without spaces, invisible characters, commas and backslashes; no part between slashes is empty, “.” or “..”.",
        "model_aliases_are_composed": "An id must be in Unicode's composed form (NFC), so that ids that look the same are the same.",
        "model_category_is_known": "The category is not in the list.",
        "model_released_at_is_a_plausible_moment": "The release must be between 1970 and 9999.",
        "model_knowledge_cutoff_is_a_plausible_day": "The knowledge cutoff must be between 1970 and 9999.",
        "model_input_modalities_are_known": "An input modality is not in the list.",
        "model_output_modalities_are_known": "An output modality is not in the list.",
        "model_quantization_is_known": "The quantization is not in the list.",
        "model_sampling_parameters_are_known": "A sampling parameter is not in the list.",
        "model_features_are_known": "A feature is not in the list.",
        "model_max_prompt_length_is_positive": "The longest prompt is at least one token; leave it empty if only the context limits it.",
        "model_max_output_length_is_positive": "The max output length is at least one token; leave it empty if it is unknown.",
        "model_capacity_is_positive": "The capacity is at least one token per minute; leave it empty if you declare none.",
        "model_capacity_is_exact_in_json": "The capacity is too large to be written exactly.",
        "model_discount_is_below_one": "A discount is a fraction of the price, below 1: 0.1 takes a tenth off. OpenRouter ignores 1 and more.",
        "model_discount_has_ten_decimals_at_most": "A discount has at most ten decimals.",
        "model_deprecation_is_a_plausible_moment": "The deprecation must be between 1970 and 9999.",
        "model_deprecation_is_a_whole_hour": "A deprecation must be on a whole hour in UTC, such as 13:00.",
        "model_reasoning_efforts_are_known": "A reasoning effort is not in the list.",
        "model_reasoning_default_effort_is_known": "The default effort is not in the list.",
    },
    "alarm": {
        "alarm_once_while_it_lasts": "This alarm already exists.",
        "alarm_event_once": "This alarm already existed.",
    },
    "alarmdelivery": {
        "alarm_delivery_once": "This recipient already gets this alarm.",
    },
    "alarmrecipient": {
        "alarm_recipient_has_one_address": "Enter either an e-mail address or a webhook address.",
    },
    "datacenter": {
        "datacenter_code_is_a_slug": "A code has only letters, digits, dots, hyphens and underscores.",
    },
    "parameterdescriptor": {
        "descriptor_name_is_a_key": "A parameter's name has only letters, digits, underscores, dots and hyphens.",
        "descriptor_type_is_known": "The type is not in the list.",
        "descriptor_whole_numbers_have_whole_bounds": "The bounds of a whole number must be whole numbers.",
        "descriptor_unit_is_known": "The unit is not in the list.",
        "descriptor_values_belong_to_enums": "“One of a list” needs a list of values; other types must not have one.",
        "descriptor_values_are_texts_or_numbers": "The values must be texts or numbers.",
        "descriptor_default_is_plain": "A default must be a text, a number, true or false, or a list of these.",
    },
    "price": {
        "price_one_per_line_and_moment": "This line already has a price that begins at that time.",
        "price_kind_is_known": "The kind of price is not in the list.",
        "price_has_24_decimals_at_most": "A price has at most 24 decimals per unit; it is never rounded.",
        "price_service_tier_is_known": "The service tier is not in the list.",
        "price_long_context_starts_above_zero": "A long-context price must start above at least one token.",
        "price_window_has_both_ends": "A window needs both a start and an end, or neither.",
        "price_window_is_not_empty": "A window cannot end at the time it starts.",
        "price_days_are_known": "A day is not in the list.",
        "price_has_one_kind_of_condition": "A price can depend on the prompt's length or on the time, not on both: OpenRouter would bill neither.",
        "price_ttl_belongs_to_caches": "Only cache prices have a cache lifetime, of at least one second.",
        "price_effective_from_is_a_plausible_moment": "The time must be between 1970 and 9999.",
    },
    "proposal": {
        "proposal_status_is_known": "The status is not in the list.",
        "proposal_is_decided_by_somebody": "A decision needs a person and a time.",
    },
    "provider": {
        "provider_is_one_row": "There is only one provider; change the existing one.",
        "provider_slug_is_lower_case": "A slug has only lowercase letters, digits and hyphens.",
        "provider_logo_is_a_picture": "A logo must be an SVG, PNG, JPEG or WebP picture.",
        "provider_api_base_url_is_an_address": "An address must start with https:// or http://.",
        "provider_docs_url_is_an_address": "An address must start with https:// or http://.",
        "provider_privacy_policy_url_is_an_address": "An address must start with https:// or http://.",
        "provider_terms_of_service_url_is_an_address": "An address must start with https:// or http://.",
        "provider_status_page_url_is_an_address": "An address must start with https:// or http://.",
        "provider_sign_up_url_is_an_address": "An address must start with https:// or http://.",
    },
    "reader": {
        "reader_once": "This reader already exists.",
        "reader_quiet_after_is_a_time": "Enter 1 to 100,000 minutes, or leave it empty.",
    },
    "scheduledswitch": {
        "switch_once_at_a_moment": "This is already scheduled for that time.",
        "switch_is_known": "The switch is not in the list.",
        "switch_effective_from_is_a_plausible_moment": "The time must be between 1970 and 9999.",
    },
    "upload": {
        "upload_state_is_known": "The state is not in the list.",
        "upload_under_way_has_its_file": "An unfinished upload needs its file.",
    },
    "uploadpage": {
        "upload_page_once": "This page already exists.",
    },
}


class Migration(migrations.Migration):
    dependencies = [("catalog", "0022_staff_sessions")]

    operations = [
        Reword(HELP_TEXTS, MESSAGES, LABELS),
        migrations.AlterField(
            model_name="alarmrecipient",
            name="kinds",
            field=ArrayField(
                base_field=models.CharField(choices=list(LABELS["alarm"]["kind"].items()), max_length=20),
                blank=True,
                default=list,
                help_text=HELP_TEXTS["alarmrecipient"]["kinds"],
                verbose_name="alarms",
            ),
        ),
    ]
