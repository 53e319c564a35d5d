"""Pipelines at a started server with two workers: the recipe of the docs, floods, repeated requests, and processes that are killed."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from bench.servers import ROOT
from catalog.uploads.queue import MOST_UNDER_WAY
from deploy.catalog_import import form
from tests.faults.machinery import Site, embedded_dsn, wait_until
from tests.pipeline.common import IMPORTS
from tests.started import site_with_sample

pytestmark = pytest.mark.slow

MODEL = "qwen3-5-9b"
KEYS = """
import json, sys
from tests.pipeline.common import make_key, make_owner
print(json.dumps({group: make_key(make_owner(group)) for group in ("Publisher", "Viewer", "Editor")}))
"""


class Started(Site):
    """A site with keys for imports, by the group of their owners."""

    keys: dict[str, str]

    def ask(self, method: str, path: str, key: str = "Publisher", body: bytes = b"", **headers: str) -> tuple[int, Any]:
        """The status, and the document with the answer's ``Location``."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body or None, {"Authorization": f"Bearer {self.keys.get(key, key)}", **sent})
        answer = connection.getresponse()
        document = json.loads(answer.read())
        connection.close()
        return answer.status, document | {"location": answer.headers["Location"]}

    def send(self, content: bytes, key: str = "Publisher", run: str = "", **fields: str) -> tuple[int, Any]:
        """The answer to POST."""
        content_type, body = form("models.csv", content, list(fields.items()))
        headers = {"Content_Type": content_type, **({"Idempotency_Key": run} if run else {})}
        return self.ask("POST", IMPORTS, key, body, **headers)

    def result(self, location: str) -> tuple[int, Any]:
        """The status and the document of a result, when there is one."""
        found: list[tuple[int, Any]] = []

        def has_ended() -> bool:
            found[:] = [self.ask("GET", location)]
            return found[0][0] != 202

        wait_until(has_ended, "the import has a result")
        return found[0]

    def names(self, begin: str = "run ") -> list[str]:
        """What the history says that models were called, of the names that begin so."""
        with psycopg.connect(embedded_dsn(self.data_dir)) as database:
            query = "SELECT name FROM catalog_aimodelevent WHERE starts_with(name, %s) ORDER BY pgh_id"
            return [name for (name,) in database.execute(query, [begin]).fetchall()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sample_cluster: Path) -> Iterator[Started]:
    made = site_with_sample(sample_cluster, tmp_path_factory.mktemp("site"))
    site = Started(made.data_dir)
    site.start()
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", KEYS]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **site.environment}, capture_output=True, text=True, check=True
    )
    site.keys = json.loads(done.stdout)
    yield site
    site.stop()


def renamed(name: str) -> bytes:
    return f"model_id,name\n{MODEL},{name}\n".encode()


def steps() -> dict[str, str]:
    """What the workflow in the docs runs, by its jobs."""
    (workflow,) = [part.partition("```")[0] for part in (ROOT / "docs/pipeline.md").read_text().split("```yaml\n")[1:]]
    jobs = yaml.safe_load(workflow)["jobs"]
    return {name: step["run"] for name, job in jobs.items() for step in job["steps"] if "run" in step}


def test_the_recipe_of_the_docs_plans_applies_and_leads_back(site: Started, tmp_path: Path) -> None:
    shutil.copy(ROOT / "deploy/catalog_import.py", tmp_path)
    catalog, outputs = tmp_path / "catalog.json", tmp_path / "outputs"
    environment = {
        **os.environ, **site.environment, "CATALOG_URL": f"http://127.0.0.1:{site.port}", "CATALOG_KEY": site.keys["Publisher"],
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "GITHUB_OUTPUT": str(outputs),
    }  # fmt: skip

    def run(command: str, code: int = 0, **more: str) -> str:
        outputs.write_text("")
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", command],
            cwd=tmp_path, env={**environment, **more}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def said() -> dict[str, str]:
        return dict(line.split("=", 1) for line in outputs.read_text().splitlines())

    back = 'curl -sS "$CATALOG_URL/v1/models?format=openrouter-v2" | python3 -m json.tool --no-ensure-ascii > catalog.json'
    assert back in (ROOT / "docs/pipeline.md").read_text()
    run(back)
    plan, apply = steps()["plan"], steps()["apply"]
    assert "unchanged" in run(plan)
    assert said()["state"] == "unchanged"

    text = catalog.read_text()
    document = json.loads(text)
    (entry,) = [one for one in document["data"] if one["id"] == MODEL and one.get("service_tier", "default") == "default"]
    (old,) = {line for line in json.dumps(entry).split('"') if line == entry["name"]}
    catalog.write_text(text.replace(f'"{old}"', '"step 1"'))
    planned = run(plan)
    assert f"| {MODEL} | name | {old} | step 1 |" in planned
    digest = said()["digest"]
    assert not site.names("step")
    run(apply, DIGEST=digest, CONFIRM="")
    assert site.names("step") == ["step 1"]
    run(back)
    assert "unchanged" in run(plan)
    # Somebody changes it meanwhile: the plan of before is not applied any more.
    catalog.write_text(text.replace(f'"{old}"', '"step 2"'))
    run(plan)
    digest = said()["digest"]
    _, other = site.result(site.send(renamed("step 3"))[1]["location"])
    site.result(site.send(renamed("step 3"), digest=other["digest"])[1]["location"])
    assert "The catalog has changed since that plan" in run(apply, code=1, DIGEST=digest, CONFIRM="")
    assert site.names("step") == ["step 1", "step 3"]
    assert "problem" in run("echo x > catalog.json; " + plan, code=1)
    assert (tmp_path / "summary").read_text()


def test_two_equal_requests_at_once_are_one_import(site: Started) -> None:
    content = renamed("run 10")
    _, plan = site.result(site.send(content)[1]["location"])
    with ThreadPoolExecutor(8) as threads:
        jobs = [threads.submit(site.send, content, run="deploy-10", digest=plan["digest"]) for _ in range(8)]
        answers = [job.result() for job in jobs]
    assert {status for status, _ in answers} == {202}
    (location,) = {document["location"] for _, document in answers}
    assert site.result(location)[1]["state"] == "applied"
    assert site.names().count("run 10") == 1


def test_one_that_is_killed_half_way_has_changed_nothing_and_is_applied_when_it_is_sent_again(site: Started) -> None:
    content = renamed("run 20")
    _, plan = site.result(site.send(content)[1]["location"])
    with psycopg.connect(embedded_dsn(site.data_dir)) as other:
        other.execute("SELECT * FROM catalog_catalogrevision FOR UPDATE")
        _, taken = site.send(content, run="deploy-20", digest=plan["digest"])

        def waits_for_the_lock() -> bool:
            return site.ask("GET", taken["location"])[1].get("phase") == "Waiting for another writer"

        wait_until(waits_for_the_lock, "it is about to be written")
        site.kill()
    site.start()
    wait_until(lambda: site.ask("GET", taken["location"])[0] == 503, "it is found to be interrupted")
    assert "run 20" not in site.names()
    assert site.send(content, run="deploy-20", digest=plan["digest"])[1]["location"] == taken["location"]
    assert site.result(taken["location"])[1]["state"] == "applied"
    assert site.names().count("run 20") == 1


def test_a_flood_is_refused_in_part_and_no_reader_notices(site: Started) -> None:
    content = renamed("run 30")
    with ThreadPoolExecutor(24) as threads:
        jobs = [threads.submit(site.send, content) for _ in range(120)]
        feeds = [site.get() for _ in range(40)]
        answers = [job.result() for job in jobs]
    assert {feed and feed.status for feed in feeds} == {200}
    statuses = Counter(status for status, _ in answers)
    assert set(statuses) <= {202, 429, 503}
    assert statuses[429] > 0
    assert statuses[202] >= MOST_UNDER_WAY
    for status, document in answers:
        if status == 202:
            assert site.result(document["location"])[0] == 200
    assert "run 30" not in site.names()


def test_keys_that_do_not_work_or_whose_owner_may_not_change_nothing(site: Started) -> None:
    content = renamed("run 40")
    assert site.send(content, key="Viewer")[0] == 403
    assert site.send(content, key="guessed.key")[0] == 401
    large = b"x" * 2_000_000  # more than anybody may send who is not staff
    status, document = site.send(large)
    assert (status, site.result(document["location"])[0]) == (202, 422)
    location = site.send(content, key="Editor")[1]["location"]
    # Both workers have seen the key before.
    assert {site.ask("GET", location, key="Editor")[0] for _ in range(8)} <= {200, 202}
    with psycopg.connect(embedded_dsn(site.data_dir)) as database:
        prefix = site.keys["Editor"].partition(".")[0]
        database.execute("UPDATE catalog_apikey SET revoked = true WHERE prefix = %s", [prefix])
    assert {site.send(content, key="Editor")[0] for _ in range(8)} == {401}
    content_type, body = form("models.csv", large, [])
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.putrequest("POST", IMPORTS)
    for name, value in {"Content-Type": content_type, "Content-Length": str(len(body))}.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, answer.headers.get("Access-Control-Allow-Origin")) == (413, None)
    connection.close()
    assert "run 40" not in site.names()
