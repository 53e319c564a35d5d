"""Pasted usages."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.costs import BadUsage, Usage, read_usage

CHAT = {
    "prompt_tokens": 5000,
    "completion_tokens": 800,
    "total_tokens": 5800,
    "prompt_tokens_details": {"cached_tokens": 4000, "cache_write_tokens": 500, "audio_tokens": 10},
    "completion_tokens_details": {"reasoning_tokens": 300, "audio_tokens": None, "accepted_prediction_tokens": 0},
    "cost": 0.95,
}
CHAT_USAGE = Usage.of(
    prompt_tokens=5000,
    completion_tokens=800,
    cached_tokens=4000,
    cache_write_tokens=500,
    audio_tokens=10,
    reasoning_tokens=300,
)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (CHAT, CHAT_USAGE),
        ({"id": "chatcmpl-1", "object": "chat.completion", "usage": CHAT}, CHAT_USAGE),
        (
            {
                "type": "response.completed",
                "response": {
                    "usage": {
                        "input_tokens": 36,
                        "input_tokens_details": {"cached_tokens": 6},
                        "output_tokens": 87,
                        "output_tokens_details": {"reasoning_tokens": 64},
                        "total_tokens": 123,
                    }
                },
            },
            Usage.of(prompt_tokens=36, cached_tokens=6, completion_tokens=87, reasoning_tokens=64),
        ),
        (  # realtime: what is cached of the audio is counted in both
            {
                "input_tokens": 100,
                "output_tokens": 20,
                "input_token_details": {
                    "cached_tokens": 50,
                    "text_tokens": 40,
                    "audio_tokens": 60,
                    "cached_tokens_details": {"text_tokens": 20, "audio_tokens": 30},
                },
                "output_token_details": {"text_tokens": 5, "audio_tokens": 15},
            },
            Usage.of(
                prompt_tokens=100,
                cached_tokens=20,
                cached_audio_tokens=30,
                audio_tokens=30,
                completion_tokens=20,
                output_audio_tokens=15,
            ),
        ),
        (  # Anthropic's input_tokens are without what is cached
            {
                "input_tokens": 10,
                "cache_creation_input_tokens": 300,
                "cache_read_input_tokens": 2000,
                "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
                "output_tokens": 5,
                "server_tool_use": {"web_search_requests": 2},
            },
            Usage.of(
                prompt_tokens=2310,
                cached_tokens=2000,
                cache_write_5m_tokens=100,
                cache_write_1h_tokens=200,
                completion_tokens=5,
                searches=2,
            ),
        ),
        (
            {"prompt_tokens": 100, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36},
            Usage.of(prompt_tokens=100, cached_tokens=64),
        ),
    ],
)
def test_usage_objects_of_the_apis_that_people_call(document: Any, expected: Usage) -> None:
    assert read_usage(json.dumps(document)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234 input, 567 output", {"prompt_tokens": 1234, "completion_tokens": 567}),
        ("1\u202f234\u202f567 entrée, 567 sortie", {"prompt_tokens": 1234567, "completion_tokens": 567}),
        ("12 345 input tokens and 1 000 output tokens", {"prompt_tokens": 12345, "completion_tokens": 1000}),
        ("1.234 in / 567 out", {"prompt_tokens": 1234, "completion_tokens": 567}),
        (
            "Input: 1,234\nOutput: 567\nCached: 1,000",
            {"prompt_tokens": 1234, "completion_tokens": 567, "cached_tokens": 1000},
        ),
        ("prompt_tokens=5000 cached_tokens=4000", {"prompt_tokens": 5000, "cached_tokens": 4000}),
        ("1.5k input, 2M cached", None),
        ("2M input, 1.5k output", {"prompt_tokens": 2000000, "completion_tokens": 1500}),
        ("5000 in, 800 out, 300 cache write", {"prompt_tokens": 5000, "completion_tokens": 800, "cache_write_tokens": 300}),
        ("4,000 cached input tokens, 800 output", {"prompt_tokens": 4000, "cached_tokens": 4000, "completion_tokens": 800}),
        ("١٬٢٣٤ إدخال، ٥٦٧ إخراج", {"prompt_tokens": 1234, "completion_tokens": 567}),
        ("입력 1만, 출력 567", {"prompt_tokens": 10000, "completion_tokens": 567}),
        ("输入1,234 输出567", {"prompt_tokens": 1234, "completion_tokens": 567}),
        ("3 requests, 100 input", {"prompt_tokens": 100, "requests": 3}),
    ],
)
def test_words(text: str, expected: dict[str, int] | None) -> None:
    if expected is None:
        with pytest.raises(BadUsage, match=r"prompt_tokens: It is a total, and 1500 is less"):
            read_usage(text)
    else:
        assert read_usage(text) == Usage.of(**expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no quantity"),
        ("hello", "names no quantity"),
        ("1,234", "does not say what 1234 is"),
        ("100 200000 input", "does not say what 100 is"),
        ("5 input, 6 input", "prompt_tokens: It appears more than once."),
        ("1.5 input", "prompt_tokens: 1.5 is not a whole number"),
        ("{", "not JSON"),
        ("[" * 19_000, "not JSON"),
        ("[1]", "not a usage object"),
        ('{"prompt_tokens": ' + "9" * 5000 + "}", "not JSON"),
        ("{}", "no token counts"),
        ('{"prompt_tokens": -1}', "prompt_tokens: '-1' is not a whole number"),
        ('{"prompt_tokens": true}', "prompt_tokens"),
        ('{"prompt_tokens": NaN}', "prompt_tokens: 'NaN'"),
        ('{"prompt_tokens": 1.5}', "prompt_tokens"),
        ('{"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 11}}', "prompt_tokens: It is a total"),
        (
            '{"input_tokens": 1, "input_token_details": {"cached_tokens": 1, "cached_tokens_details": {"audio_tokens": 2}}}',
            "cached_tokens",
        ),
        ("9" * 20_001, "longer than"),
        ("9" * 18 + " input", "prompt_tokens"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(text: str, message: str) -> None:
    with pytest.raises(BadUsage, match=message.replace("(", r"\(")):
        read_usage(text)


@given(
    st.text()
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.dictionaries(
            st.sampled_from(
                ["usage", "prompt_tokens", "input_tokens", "output_tokens", "prompt_tokens_details", "cached_tokens"]
            ),
            inner,
        ),
    ).map(json.dumps)
)
def test_whatever_is_pasted_is_a_usage_or_an_error(text: str) -> None:
    try:
        usage = read_usage(text)
    except BadUsage:
        return
    assert usage.requests <= 10**15
