"""What it costs to count an answer, to note its reader and to write its line, in CPU time: ``python -m bench.request_recorder``.

The variants take turns in one process, so that a busy machine slows all of them.
"""

import asyncio
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any

import django

ANSWERS, ROUNDS = 20_000, 15


def main() -> None:
    """Print microseconds per answer."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog_site.settings")
    django.setup()
    for name, took in asyncio.run(measured()).items():
        print(f"{name:<34} {took:5.2f} µs of CPU per answer")
    os._exit(0)  # without writing what was counted here


async def measured() -> dict[str, float]:
    """By variant."""
    from catalog.sending import SentList
    from catalog_site.serving import request_recorder
    from catalog_site.serving.answer_cache import Answer
    from catalog_site.serving.request import Request
    from tests.asgi import scope

    request_recorder.write = lambda *_: None  # the other thread's work, of at most 60 lines of a client in ten seconds
    request = Request(scope("GET", "/v1/models?format=openrouter", {"host": "localhost", "user-agent": "OpenRouter/1.0"}))
    answer = Answer(200, [], b"", sent=SentList("openrouter", 1, datetime.now(UTC), ""))
    recorder, count_reader = request_recorder.RequestRecorder(), request_recorder.RequestRecorder.count_reader
    variants: dict[str, Callable[..., Any]] = {
        "counted, and in the log": lambda *_: None,
        "and its reader noted": count_reader,
    }
    found: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, variant in variants.items():
            request_recorder.RequestRecorder.count_reader = variant  # type: ignore[method-assign]
            began = time.process_time()
            for _ in range(ANSWERS):
                recorder.note(request, answer, "openrouter", 16_000)
            found[name].append((time.process_time() - began) / ANSWERS * 1e6)
    return {name: median(values) for name, values in found.items()}


if __name__ == "__main__":
    main()
