"""The content codings in which a list is sent, and the choice of one."""

import gzip
import re
from collections.abc import Callable

import brotli
import zstandard

ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=5),
    "zstd": lambda body: zstandard.ZstdCompressor(level=9).compress(body),
    "gzip": lambda body: gzip.compress(body, mtime=0),  # without the time, so that equal lists have equal bytes
}
"""By their names in HTTP; the one with the smallest output comes first."""

WORTH_IT = 1000
"""Bytes; a shorter list fits one packet anyway."""

MOST_ACCEPTED = 20
"""Items of ``Accept-Encoding`` that are read; there are not that many codings."""
_ACCEPTED = re.compile(r"\s*([\w*-]+)\s*(?:;\s*q\s*=\s*([\d.]+)\s*)?", re.ASCII)


def chosen(accept_encoding: str) -> str | None:
    """The coding for a client that sends this ``Accept-Encoding`` (RFC 9110, 12.5.3); None for the plain bytes."""
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(",", MOST_ACCEPTED)[:MOST_ACCEPTED]:
        if match := _ACCEPTED.fullmatch(part):
            try:
                weights[match[1]] = float(match[2] or 1)
            except ValueError:
                continue
    best = max(ENCODERS, key=lambda name: _weight(name, weights))  # the first of those with the highest weight
    weight = _weight(best, weights)
    return best if weight > 0 and weight >= weights.get("identity", 0) else None


def _weight(name: str, weights: dict[str, float]) -> float:
    return weights.get(name, weights.get("*", 0))
