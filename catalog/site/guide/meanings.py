"""The meaning of each field: by the format and the field's place if that matters, else by its name alone."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from catalog.formats import pricing
from catalog.models import PriceUnit
from catalog.site import labels

UNDER_A_CONDITION = _lazy("The prices under this condition.")
UNIT_OF_PRICE: labels.Labels = labels.UNITS | {PriceUnit.TOKEN: pgettext_lazy("unit", "token")}  # type: ignore[operator]

_PRICES = _lazy(
    "Prices in US dollars, as strings with every digit. Per token, unless the field says otherwise. What is not sold has no price."
)
_MODALITY = _lazy("The modality.")
_SOLD = _lazy("What is sold.")
_UNIT = _lazy("The unit that is counted or sold.")
_AMOUNT = _lazy("The number.")
_MODEL = _lazy("The model’s id.")
_CREATED = _lazy("When the model was released, in seconds since 1970; 0 if this is not known.")
_MAKER = _lazy("The maker.")
_NEXT = _lazy("The address of the next page, or null.")
_COUNT = _lazy("The total number on all pages.")
_ACCEPTS = _lazy("What the model accepts.")
_PRODUCES = _lazy("What the model produces.")
_CONTEXT = _lazy("The maximum number of tokens in the prompt and the output together.")
_LONGEST = _lazy("The maximum number of tokens in one output.")
_PARAMETERS = _lazy("The request parameters that the model supports.")
_MODERATED = _lazy("Whether prompts are moderated.")
_TEMPLATE = _lazy("The chat template.")
_TIER = _lazy("The service tier.")
_CUTOFF = _lazy("The last day that the training data covers.")

MEANINGS: Mapping[str, object] = {
    # what most formats have
    "id": _lazy("The model’s id, which requests send as `model`."),
    "hugging_face_id": _lazy("The repository of the weights on Hugging Face; empty or null if there is none."),
    "name": _lazy("The display name."),
    "created": _lazy("When the model was released, in seconds since 1970."),
    "catalog:created": _CREATED,
    "openrouter-api:created": _CREATED,
    "app:created": _CREATED,
    "description": _lazy("The provider’s description of the model."),
    "input_modalities": _ACCEPTS,
    "output_modalities": _PRODUCES,
    "quantization": _lazy("The precision in which the weights are served."),
    "context_length": _CONTEXT,
    "max_output_length": _LONGEST,
    "supported_sampling_parameters": _lazy("The sampling parameters that the model supports."),
    "supported_features": _lazy("What the model can do beyond plain answers."),
    "is_ready": _lazy("`false`: the model is currently not available and should be hidden."),
    "is_free": _lazy("`true`: this is the free variant of the model with the same id."),
    "service_tier": _lazy("The service tier; left out for the standard one."),
    "discount_to_user": _lazy("The discount as a fraction of the price: `0.1` is 10%. A negative value is a markup."),
    "capacity_tpm": _lazy("Capacity, in input tokens per minute."),
    "deprecation_date": _lazy("When the model is retired: a day, which means 13:00 UTC, or a whole hour."),
    "openrouter": _lazy("Facts that only OpenRouter uses."),
    "openrouter.slug": _lazy("The model’s slug on OpenRouter."),
    "datacenters": _lazy("Where the model is served from."),
    "country_code": _lazy("The country (ISO 3166-1 alpha-2)."),
    "region": _lazy("The provider’s name for the region."),
    "tokenizer": _lazy("The tokenizer."),
    "instruct_type": _TEMPLATE,
    "is_moderated": _MODERATED,
    "knowledge_cutoff": _CUTOFF,
    "aliases": _lazy("Other ids of the model."),
    "supported_parameters": _PARAMETERS,
    # prices
    "pricing": _PRICES,
    "pricing.input_cache_read": _lazy("Per prompt token that is read from a cache. Left out if cached tokens have no price of their own."),
    "openrouter:pricing.image": _lazy("Per image; `0` if there is no such price."),
    "openrouter:pricing.request": _lazy("Per request; `0` if there is no such price."),
    "wandb:pricing.image": _lazy("Per image; `0` if there is no such price."),
    "wandb:pricing.request": _lazy("Per request; `0` if there is no such price."),
    "wandb:pricing.input_cache_read": _lazy(
        "Per prompt token that is read from a cache; the price of any prompt token if there is no separate "
        "price."
    ),
    "overrides": _lazy("Conditional prices. If several conditions are met, the last one is billed."),
    "min_prompt_tokens": _lazy("It applies to prompts of more tokens than this, and then to the whole request."),
    "utc_start": _lazy("The time of day at which it begins (UTC; `830` is 08:30)."),
    "utc_end": _lazy("The time of day at which it ends (UTC); this may be on the next day."),
    "utc_days": _lazy("Only on these days (UTC)."),
    "cache_ttl_seconds": _lazy("How long cached tokens are kept, in seconds."),
    # Model Document V2
    "schema_version": _lazy("The version of this format, by which OpenRouter recognizes it."),
    "openrouter-v2:input_modalities": _lazy("What the model accepts, each with its limits and prices."),
    "openrouter-v2:output_modalities": _lazy("What the model produces, each with its limits and prices."),
    "input_modalities.type": _MODALITY,
    "output_modalities.type": _MODALITY,
    "supported_inputs": _lazy("Limits of the input."),
    "max_context_length": _CONTEXT,
    "max_prompt_length": _lazy("The maximum number of tokens in a prompt."),
    "max_length": _LONGEST,
    "value": _AMOUNT,
    "unit": _UNIT,
    "openrouter-v2:pricing": _lazy("Prices in US dollars. Nothing is filled in: what is not sold is left out."),
    "pricing.type": _SOLD,
    "capacity.type": _lazy("What is counted."),
    "cost_usd": _lazy("US dollars per unit, with every digit."),
    "ttl_seconds": _lazy("How long cached tokens are kept, in seconds."),
    "when": _lazy("The condition."),
    "when.prompt_tokens": _lazy("By the length of the prompt, in tokens."),
    "gte": _lazy("It applies from this number on."),
    "overrides.cost_usd": _lazy("US dollars per unit under this condition."),
    "capacity": _lazy("How much input the provider can process."),
    "openrouter-v2:capacity.per": _lazy("The period in which it is counted."),
    "openrouter-v2:supported_parameters": _lazy("The request parameters, each with its type, range, default and values, if they are known."),
    "passthrough_parameters": _lazy("Parameters that are passed to the model unchanged."),
    # the standard catalog
    "object": _lazy("`list` for the list, `model` for a model."),
    "owned_by": _MAKER,
    "provider": _lazy("The maker’s slug."),
    "display_name": _lazy("The display name."),
    "category": _lazy("What the model is for."),
    "capabilities": _lazy("What the model can do: `true` or `false` for each."),
    "features": _lazy("The same features and more, as tags."),
    "structured_output": _lazy("The strictest form of structured output that it supports."),
    "status": _lazy("The stage of the model’s life cycle."),
    "endpoints": _lazy("The paths of the provider’s API that accept the model."),
    "has_free_variant": _lazy("`true`: there is a free variant, `{id}:free`."),
    "catalog:pricing": _lazy(
        "Prices in US dollars, as strings with every digit. A list if long prompts cost more: each tier applies from "
        "`min_context` tokens on."
    ),
    "catalog:offers": _lazy(
        "The values in which service tiers and the free variant differ from the model. If a key is missing, "
        "the model’s value applies; `null` means none."
    ),
    "min_context": _lazy("The prompt length from which the tier applies, in tokens."),
    "pricing_rows": _lazy("The whole price list, line by line, in readable form."),
    "charge": _SOLD,
    "spec": _lazy("The unit and the conditions, in words."),
    "rate": _lazy("The price in words."),
    "pricing_rows.usd": _lazy("US dollars per `per` units, with every digit."),
    "per": _lazy("How many units the price is for."),
    "max_prompt_tokens": _lazy("The maximum number of tokens in a prompt."),
    "max_output_tokens": _LONGEST,
    "supported_parameters.name": _lazy("The parameter’s name in a request."),
    "supported_parameters.type": _lazy("Its type."),
    "required": _lazy("Whether it is required in a request."),
    "default": _lazy("The value that is used if a request does not have it."),
    "min": _lazy("The minimum."),
    "max": _lazy("The maximum."),
    "options": _lazy("The allowed values."),
    "supported_parameters.unit": _lazy("The unit of its values."),
    "default_params": _lazy("The known defaults, by parameter."),
    "openrouter_slug": _lazy("The model’s slug on OpenRouter."),
    "datacenters.name": _lazy("The datacenter’s name."),
    "model_released_at": _lazy("The day of release."),
    "replacement": _lazy("The id of the model to move to."),
    "served_from": _lazy("Where the model is served from, in words."),
    "family": _lazy("The family that the model belongs to."),
    "license": _lazy("The license of the weights."),
    "open_weights": _lazy("Whether the weights can be downloaded."),
    "reasoning": _lazy("How the model reasons before it answers."),
    "reasoning.mandatory": _lazy("Whether it always reasons."),
    "reasoning.supported_efforts": _lazy("The efforts that a request can specify."),
    "reasoning.default_effort": _lazy("The effort that is used if a request does not specify one."),
    "reasoning.default_enabled": _lazy("Whether it reasons if a request does not specify this."),
    "reasoning.supports_max_tokens": _lazy("Whether a request can limit the tokens of reasoning."),
    # OpenRouter's Models API
    "canonical_slug": _lazy("The slug that does not change."),
    "architecture": _lazy("The input and output modalities, and the tokenizer."),
    "modality": _lazy("The input and output modalities, in one word."),
    "openrouter-api:pricing.prompt": _lazy("Per prompt token; `-1` if it is not sold."),
    "openrouter-api:pricing.completion": _lazy("Per completion token; `-1` if it is not sold."),
    "openrouter-api:pricing": _lazy("Prices in US dollars as users pay them, after the discount; strings with every digit."),
    "pricing.discount": _lazy("The discount that these prices already include; a negative value is a markup."),
    "top_provider": _lazy("The limits of this provider."),
    "topProvider": _lazy("The limits of this provider."),
    "max_completion_tokens": _LONGEST,
    "per_request_limits": _lazy("Limits of one request, if there are any."),
    "per_request_limits.prompt_tokens": _lazy("The maximum number of tokens in a prompt."),
    "per_request_limits.completion_tokens": _LONGEST,
    "default_parameters": _lazy("The known defaults, by parameter."),
    "supported_voices": _lazy("The available voices."),
    "expiration_date": _lazy("The day on which the model is retired."),
    "links": _lazy("Links."),
    "details": _lazy("The model’s endpoints."),
    "total_count": _COUNT,
    "next": _NEXT,
    # app back ends
    "text": _lazy("The models that generate text, by provider."),
    "image": _lazy("The models that generate images, by provider."),
    "app:provider": _lazy("The provider’s slug."),
    "configured": _lazy("Whether the provider can be called, that is, whether the address of its API is known."),
    "models": _lazy("The models; empty if the provider is not configured."),
    # prices over time, costs and changes
    "kind": _SOLD,
    "usd": _lazy("US dollars per one unit, with every digit."),
    "effective_from": _lazy("When it takes effect."),
    "effective_until": _lazy("When it ends; null: until further notice."),
    "is_scheduled": _lazy("`true`: it begins in the future."),
    "model": _MODEL,
    "at": _lazy("The time whose prices apply."),
    "cost:is_free": _lazy("`true`: it is the free variant, which costs nothing."),
    "lines": _lazy("The arithmetic, for one request."),
    "quantity": _lazy("What is counted."),
    "amount": _lazy("How much of it one request uses."),
    "unit_usd": _lazy("The price of one unit."),
    "lines.usd": _lazy("The amount times the price of one unit."),
    "why": _lazy("Why this price applies."),
    "billed_as": _lazy("What it is billed as, if it has no price of its own."),
    "not_sold": _lazy("What has no price. The totals do not include it."),
    "list_usd": _lazy("One request, before the discount."),
    "request_usd": _lazy("One request."),
    "requests": _lazy("How many requests there are."),
    "cost:usd": _lazy("All requests: what the user pays."),
    "cost:service_tier": _TIER,
    "prices:service_tier": _TIER,
    "changes:service_tier": _TIER,
    "changes:kind": _lazy("The kind of change."),
    "changes:prices.kind": _SOLD,
    "changes:at": _lazy("When it happened; for a scheduled change, when it was announced."),
    "prices": _lazy("The prices that changed."),
    "from": _lazy("US dollars per one unit before; null: it was not sold."),
    "to": _lazy("US dollars per one unit after; null: it is no longer sold."),
    "changes:is_free": _lazy("`true`: the change affects only the free variant."),
    "changes:data.from": _lazy("The offer’s own values before the change. If a key is missing, the model’s value applies; `null` means none."),
    "changes:data.to": _lazy("The values after the change, for the facts that changed."),
    "percent": _lazy("The change, to two decimals."),
    "deprecation_at": _lazy("When the model is retired."),
}  # fmt: skip


def meaning(name: str, path: str) -> object:
    """What the field at a path of that format means; empty for one that nobody has explained, which a test finds."""
    parts = path.replace("[]", "").split(".")
    whole, key = ".".join(parts[-2:]), parts[-1]
    if (found := MEANINGS.get(f"{name}:{whole}") or MEANINGS.get(whole)) is not None:
        return found
    if len(parts) > 1 and key in pricing.PUBLIC_KEYS:
        kind, unit, _life = pricing.PUBLIC_KEYS[key]
        return _("%(kind)s, per %(unit)s.") % {"kind": labels.KINDS[kind], "unit": UNIT_OF_PRICE[unit]}
    return MEANINGS.get(f"{name}:{key}") or MEANINGS.get(key, "")
