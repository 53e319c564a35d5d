"""The limits of one address, and of all addresses, in a process."""

import time
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

MOST_ADDRESSES = 10_000
"""How many addresses are remembered; the least recent ones are forgotten."""


class Refused(Exception):
    """A request is over a limit. ``status``: 429 for a limit of its address, 503 for a limit of the site or of a queue."""

    def __init__(self, status: int, retry_after: int = 1, limit: str = "") -> None:
        self.status = status
        self.limit = limit or ("address" if status == 429 else "site")
        self.retry_after = retry_after


class Limits:
    """Counts requests. Used only by one event loop; each process counts for itself."""

    def __init__(self) -> None:
        self.at_once: Counter[str] = Counter()
        self.total = 0
        self.rates: OrderedDict[str, tuple[float, float]] = OrderedDict()

    @contextmanager
    def request(self, address: str | None) -> Iterator[None]:
        """Count a request while it is read, waits, runs and is written. Raises ``Refused``."""
        if self.total >= settings.MAX_REQUESTS:
            raise Refused(503)
        if address is not None and self.at_once[address] >= settings.MAX_REQUESTS_PER_ADDRESS:
            raise Refused(429)
        self.total += 1
        if address is not None:
            self.at_once[address] += 1
        try:
            yield
        finally:
            self.total -= 1
            if address is not None:
                self.at_once[address] -= 1
                if not self.at_once[address]:
                    del self.at_once[address]

    def spend(self, address: str | None) -> None:
        """Take one request from an address's allowance per minute, which refills evenly. Raises ``Refused``."""
        if address is None:
            return
        now, most = time.monotonic(), float(settings.REQUESTS_PER_MINUTE)
        left, at = self.rates.pop(address, (most, now))
        left = min(most, left + (now - at) * most / 60)
        self.rates[address] = (max(left - 1, 0.0) if left >= 1 else left, now)
        if len(self.rates) > MOST_ADDRESSES:
            self.rates.popitem(last=False)
        if left < 1:
            raise Refused(429, retry_after=max(1, round((1 - left) * 60 / most)))
