"""The alert rules and the dashboard: they can be read, and name only metrics that exist."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.test import Client
from django.utils import timezone

from bench.servers import ROOT
from catalog.models import AlarmKind, DriftCheck, Reader
from catalog.publication import metrics
from tests.factories import make_listed

RULES, DASHBOARD = ROOT / "monitoring/alerts.yml", ROOT / "monitoring/grafana-dashboard.json"
METRIC = re.compile(r"\bcatalog_[a-z_]+")
LABELS = re.compile(r"(catalog_[a-z_]+)\{([^}]*)\}")
PROMTOOL = shutil.which("promtool")


def expressions() -> Iterator[str]:
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["expr"]
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


@pytest.fixture
def exposed(client: Client, transactional_db: None) -> dict[str, set[str]]:
    """The labels of each series that ``/metrics`` has, where there is one of everything."""
    make_listed()
    Reader.objects.create(
        format_name="openrouter", is_watched=True, first_seen_at=timezone.now(), last_success_at=timezone.now()
    )
    DriftCheck.objects.create(side="market", state="same")
    client.get("/v1/models?format=openrouter")
    metrics.count_requests("openrouter", 200, 1, 0.1, [1] + [0] * len(metrics.BUCKETS))
    found: dict[str, set[str]] = {}
    for line in client.get("/metrics").content.decode().splitlines():
        if not line.startswith("#"):
            name, _, rest = line.partition("{" if "{" in line else " ")
            found.setdefault(name, set()).update(re.findall(r'(\w+)="', rest))
    return found


def test_every_metric_that_is_named_exists(exposed: dict[str, set[str]]) -> None:
    named = {name for expression in expressions() for name in METRIC.findall(expression)}
    assert len(named) > 15
    assert named <= exposed.keys()


def test_every_label_that_is_chosen_exists(exposed: dict[str, set[str]]) -> None:
    for expression in expressions():
        for name, chosen in LABELS.findall(expression):
            assert set(re.findall(r"(\w+)\s*[=!]", chosen)) <= exposed[name] | {"le"}, expression


def test_every_metric_is_described(exposed: dict[str, set[str]]) -> None:
    described = set(METRIC.findall((ROOT / "docs/monitoring.md").read_text()))
    own = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in exposed if name.startswith("catalog_")}
    assert own - {re.sub("_created$", "", name) for name in exposed if name.endswith("_created")} <= described


def test_every_alert_has_a_runbook() -> None:
    headings = {
        line.strip("# ").lower() for line in (ROOT / "docs/alarms.md").read_text().splitlines() if line.startswith("### ")
    }
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            file, _, anchor = rule["annotations"]["runbook"].partition("#")
            assert (ROOT / file).is_file()
            assert anchor in headings
            assert rule["labels"]["severity"] in {"critical", "warning", "info"}


def test_every_kind_of_alarm_has_a_runbook() -> None:
    text = (ROOT / "docs/alarms.md").read_text()
    assert all(f"\n### {kind}\n" in text for kind in AlarmKind.values)


def test_the_panels_have_names_and_places_of_their_own() -> None:
    panels: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["title"] for panel in panels}) == len({panel["id"] for panel in panels}) == len(panels)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not on this machine (package prometheus)")
def test_prometheus_itself_takes_the_rules() -> None:
    done = subprocess.run([str(PROMTOOL), "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
