"""Databases that fail."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError

from catalog.publication import source
from catalog.publication.probe import Probe
from tests.publication.common import Outage


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outage]:
    state = Outage()

    def asked(probe: Probe, patience: float) -> Any:
        state.questions += 1
        if state.is_on:
            raise OperationalError("server closed the connection unexpectedly")
        return probe_ask(probe, patience)

    probe_ask = Probe.ask
    monkeypatch.setattr(Probe, "ask", asked)
    monkeypatch.setattr(source, "RETRY", 0.05)
    yield state
    state.is_on = False
