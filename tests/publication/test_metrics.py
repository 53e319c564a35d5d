"""The metrics of the lists."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from catalog.formats import FORMATS
from catalog.publication import publisher
from tests.factories import make_listed


@pytest.mark.django_db(transaction=True)
def test_metrics_count_rebuilds(client: Client) -> None:
    make_listed()
    publisher.clear()
    client.get("/v1/models?format=openrouter")
    text = client.get("/metrics").content.decode()
    assert 'catalog_rebuild_seconds_count{format="openrouter"}' in text
    assert client.post("/metrics").status_code == 405


@pytest.mark.slow
def test_metrics_are_there_for_every_format_before_anything_is_counted(tmp_path: Path) -> None:
    """Of one process, and of the server's that count together."""
    command = "import django; django.setup(); from catalog.publication import metrics; print(metrics.text().decode())"
    for shared in ({}, {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}):
        environment = {**os.environ, "DATA_DIR": str(tmp_path / "data"), **shared}
        text = subprocess.run(
            [sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True
        ).stdout.splitlines()
        assert "catalog_replica_failures_total 0.0" in text
        for name in FORMATS:
            assert f'catalog_stale_answers_total{{format="{name}"}} 0.0' in text
            assert f'catalog_failed_rebuilds_total{{format="{name}"}} 0.0' in text
            assert f'catalog_rebuild_seconds_count{{format="{name}"}} 0.0' in text
