"""Waiting for what happens by itself, in another thread or process."""

import time
from collections.abc import Callable


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether something comes true within a minute."""
    deadline = time.monotonic() + 60
    while not (is_true := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_true
