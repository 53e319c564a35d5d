"""A limit on the bytes of answers that are being sent, so that clients that read slowly cannot use up the memory."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings

from catalog_site.serving.limits import Refused

SHARE = 4
"""One address may use the budget divided by this."""


class Reservation:
    """The bytes of one answer. ``timeout`` is the time limit for the chunk that its client is receiving."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.timeout: asyncio.Timeout | None = None
        self.is_given_up = False

    def give_up(self) -> None:
        """Stop sending the answer: its time limit ends now."""
        self.is_given_up = True
        if self.timeout is not None:
            with suppress(RuntimeError):  # it is over
                self.timeout.reschedule(asyncio.get_running_loop().time())


class SendBudget:
    """``MAX_SENDING`` bytes. If all are in use, the address that uses the most loses its oldest answer to an address that uses less.
    For one event loop."""

    def __init__(self) -> None:
        self.bytes = 0
        self.held: Counter[str] = Counter()
        self.reservations: dict[str, dict[Reservation, None]] = {}
        """By address, the oldest first; clients that cannot be told apart are at an empty one."""

    @contextmanager
    def reserve(self, address: str | None, size: int) -> Iterator[Reservation]:
        """Reserve an answer's bytes while it is sent. Raises ``Refused`` if the address uses its share, or nobody can make room."""
        share = settings.MAX_SENDING // SHARE
        name, reservation = address or "", Reservation(min(size, share))
        wanted = reservation.size + (self.held[name] if name else 0)
        if wanted > share:
            raise Refused(429)
        while self.bytes + reservation.size > settings.MAX_SENDING:
            self._free_some(wanted)
        self.reservations.setdefault(name, {})[reservation] = None
        self.held[name] += reservation.size
        self.bytes += reservation.size
        try:
            yield reservation
        finally:
            self._release(name, reservation)

    def _free_some(self, wanted: int) -> None:
        largest = max(filter(None, self.reservations), key=self.held.__getitem__, default="")
        if self.held[largest] <= wanted or not largest:
            raise Refused(503)
        reservation = next(iter(self.reservations[largest]))
        self._release(largest, reservation)
        reservation.give_up()

    def _release(self, name: str, reservation: Reservation) -> None:
        if reservation not in self.reservations.get(name, ()):
            return  # it was given up
        del self.reservations[name][reservation]
        self.held[name] -= reservation.size
        self.bytes -= reservation.size
        if not self.reservations[name]:
            del self.reservations[name], self.held[name]
