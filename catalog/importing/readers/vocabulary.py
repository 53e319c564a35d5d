"""Words of a source that this catalog knows: values of vocabularies and countries, in any case, and request parameters."""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from django_countries import countries

from catalog.models import Feature, SamplingParameter

FEATURE_PARAMETERS = {
    "tools": Feature.TOOLS,
    "tool_choice": Feature.TOOLS,
    "parallel_tool_calls": Feature.TOOLS,
    "response_format": Feature.JSON_MODE,
    "structured_outputs": Feature.STRUCTURED_OUTPUTS,
    "logprobs": Feature.LOGPROBS,
    "top_logprobs": Feature.LOGPROBS,
    "reasoning": Feature.REASONING,
    "include_reasoning": Feature.REASONING,
    "web_search_options": Feature.WEB_SEARCH,
}
"""Request parameters that mean a feature, and are often listed among the sampling parameters."""


@cache
def known_values(vocabulary: Any) -> Mapping[str, None]:
    """A vocabulary's values in their order, as keys. ``values`` computes them each time, which takes half of the time of reading."""
    return dict.fromkeys(vocabulary.values)


def known_value(value: Any, vocabulary: Any) -> str | None:
    """The value of a vocabulary that a source states; None if it is none."""
    if not isinstance(value, str):
        return None
    known = known_values(vocabulary)
    word = value if value in known else value.strip().lower()
    return word if word in known else None


def country_of(code: Any) -> str | None:
    """The ISO 3166-1 alpha-2 code of a country, from any of its codes; None if there is none."""
    return _alpha2(code.strip()) or None if isinstance(code, str) and len(code) < 10 else None


@lru_cache(maxsize=1024)
def _alpha2(code: str) -> str:
    return countries.alpha2(code)


def sampling_and_features(names: list[str]) -> tuple[list[str], set[str], list[str]]:
    """Request parameters by what they are here: sampling parameters, features, and the rest."""
    known = known_values(SamplingParameter)
    sampling = [name for name in names if name in known]
    features = {FEATURE_PARAMETERS[name].value for name in names if name in FEATURE_PARAMETERS}
    return sampling, features, [name for name in names if name not in sampling and name not in FEATURE_PARAMETERS]
