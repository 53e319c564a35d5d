"""Room for answers that are being sent, in bytes. Clients that take theirs slowly keep neither memory nor places from others."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings

from catalog_site.serving.limits import Refused

SHARE = 4
"""One address may have the room's bytes divided by this."""


class Place:
    """The room of one answer. ``patience`` is the time limit of what its client is about to take."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.patience: asyncio.Timeout | None = None
        self.is_given_up = False

    def give_up(self) -> None:
        """Let the time limit be over."""
        self.is_given_up = True
        if self.patience is not None:
            with suppress(RuntimeError):  # it is over
                self.patience.reschedule(asyncio.get_running_loop().time())


class Room:
    """``MAX_SENDING`` bytes. Where all are taken, the address that has the most of them loses its oldest answer to an address that has
    less. Used by one event loop alone."""

    def __init__(self) -> None:
        self.bytes = 0
        self.held: Counter[str] = Counter()
        self.places: dict[str, dict[Place, None]] = {}
        """By address, the oldest first; clients that cannot be told apart are at an empty one."""

    @contextmanager
    def place(self, address: str | None, size: int) -> Iterator[Place]:
        """Room for an answer of so many bytes, while it is sent. Raises ``Refused``."""
        share = settings.MAX_SENDING // SHARE
        name, place = address or "", Place(min(size, share))
        wanted = place.size + (self.held[name] if name else 0)
        if wanted > share:
            raise Refused(429)
        while self.bytes + place.size > settings.MAX_SENDING:
            self._free_some(wanted)
        self.places.setdefault(name, {})[place] = None
        self.held[name] += place.size
        self.bytes += place.size
        try:
            yield place
        finally:
            self._leave(name, place)

    def _free_some(self, wanted: int) -> None:
        largest = max(filter(None, self.places), key=self.held.__getitem__, default="")
        if self.held[largest] <= wanted or not largest:
            raise Refused(503)
        place = next(iter(self.places[largest]))
        self._leave(largest, place)
        place.give_up()

    def _leave(self, name: str, place: Place) -> None:
        if place not in self.places.get(name, ()):
            return  # it was given up
        del self.places[name][place]
        self.held[name] -= place.size
        self.bytes -= place.size
        if not self.places[name]:
            del self.places[name], self.held[name]
