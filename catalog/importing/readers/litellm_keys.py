"""The keys of costs in LiteLLM's map: which price, service tier and prompt length each of them means."""

import re

from catalog.formats import litellm
from catalog.formats.pricing import Key
from catalog.models import PriceKind, PriceUnit, ServiceTier

MONEY_KEY = re.compile("cost|pric")
"""Words in keys of costs."""

OTHER_PRICES = re.compile(
    r"balanced$|decisions$|dbu|grounding|code_interpreter|citation|guardrail|^cache_creation_input_audio|"
    r"^cache_read_input_image|uplift|_\d+(\.\d+)?[kK]$|_\d{3,4}p?$"
)
"""Keys of additional prices: for another way of serving, another currency, a tool, or a size of pictures. The catalog cannot store
them; if there is an ordinary price, it is complete without them."""

MORE_COSTS: dict[str, Key] = {
    "input_cost_per_query": (PriceKind.REQUEST, PriceUnit.REQUEST, None),
    "input_cost_per_request": (PriceKind.REQUEST, PriceUnit.REQUEST, None),
    "input_cost_per_token_cache_hit": (PriceKind.INPUT_CACHE_READ, PriceUnit.TOKEN, None),
    "input_cost_per_audio_per_second": (PriceKind.AUDIO, PriceUnit.SECOND, None),
    "output_cost_per_video_per_second": (PriceKind.VIDEO_OUTPUT, PriceUnit.SECOND, None),
    "output_cost_per_video_token": (PriceKind.VIDEO_OUTPUT, PriceUnit.TOKEN, None),
}
"""Keys of the map that our own map does not have."""

COSTS = litellm.COSTS | MORE_COSTS
TIER_OF = {end: tier for tier, end in litellm.TIERS.items()} | {ServiceTier.ULTRAFAST.value: ServiceTier.ULTRAFAST.value}
"""The service tiers, by how the keys of their costs end."""

IMAGE_KEY = "input_cost_per_image"
"""The price of an image that a model is given, or, if it is the only one of a model that makes images, of one that it makes."""

REPEATED = {"input_cost_per_token_cache_hit": "cache_read_input_token_cost"}
"""Keys that repeat the price of another key; if the two differ, somebody must check."""

ALTERNATIVES = {
    (IMAGE_KEY, PriceKind.IMAGE_OUTPUT): PriceKind.IMAGE,
    (litellm.SPEECH_KEY, PriceKind.PROMPT): PriceKind.SPEECH_OUTPUT,
    (litellm.SPEECH_KEY, PriceKind.SPEECH_OUTPUT): PriceKind.PROMPT,
}
"""The other kind of price that a key can be for, by the kind that it is read as."""

COST_KEY = re.compile(rf"^(.+?)(?:_above_(\d+)k_tokens)?(?:_({'|'.join(TIER_OF)}))?$")
