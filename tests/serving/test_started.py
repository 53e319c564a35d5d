"""What a reader, a browser and an operator get from a started server with two workers."""

import asyncio
import http.server
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from bench.servers import ROOT
from tests.browser import needs_chromium
from tests.faults.floods import connect
from tests.faults.machinery import Site, python, wait_until
from tests.permissions.common import addresses
from tests.started import MODEL, got, site_with_sample, until_closed

pytestmark = pytest.mark.slow
PREFLIGHT = (
    b"OPTIONS /v1/models?format=openrouter HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://elsewhere.example\r\n"
    b"Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization\r\nConnection: close\r\n\r\n"
)
COUNTED = (("models-dev", 200), ("app", 401), ("litellm", 401), ("model", 404), ("none", 404))
PUBLIC = [
    "/v1/models?format=openrouter",
    "/inference/router/openrouter/models",
    "/api/v1/models?q=a",
    f"/api/v1/models/{MODEL}/prices",
    f"/api/v1/models/{MODEL}/cost?requests=1",
    "/api/v1/changes",
    "/api.json",
    "/pricing.csv",
    "/schema/",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sample_cluster: Path) -> Iterator[Site]:
    limits = {"CLIENT_TIMEOUT": "2", "HEADER_TIMEOUT": "2", "METRICS_TOKEN": "let-me-see", "FORMATS_BEHIND_KEY": "litellm"}
    site = site_with_sample(sample_cluster, tmp_path_factory.mktemp("site"), **limits)
    site.start()
    yield site
    site.stop()


def rebuilds(site: Site) -> float:
    status, text = got(site, "/metrics")
    assert status == 200
    found = re.search(r'catalog_rebuild_seconds_count\{format="openrouter"\} ([\d.]+)', text)
    assert found is not None
    return float(found[1])


def test_metrics_count_all_workers_also_after_one_was_killed(site: Site) -> None:
    opened = [Path(file.path) for worker in site.workers() for file in worker.open_files()]
    (directory,) = {path.parent for path in opened if path.suffix == ".lock"}

    def both_have_rendered() -> bool:
        site.get()
        return rebuilds(site) >= 2

    wait_until(both_have_rendered, "both workers have rendered the feed")
    before, files = rebuilds(site), len(list(directory.iterdir()))
    for number in range(1, 3):
        site.kill_worker()

        def rendered(wanted: float = before + number) -> bool:
            site.get()
            return rebuilds(site) >= wanted

        wait_until(rendered, "what the dead worker counted is there, and more")
    assert len(list(directory.iterdir())) <= files + 3  # and no more, however many die


def test_metrics_are_for_those_who_may(site: Site) -> None:
    assert got(site, "/metrics")[0] == 200
    assert got(site, "/metrics", X_Forwarded_For="198.51.100.1")[0] == 403
    assert got(site, "/metrics", X_Forwarded_Proto="https")[0] == 403
    assert got(site, "/metrics", X_Forwarded_For="198.51.100.1", Authorization="Bearer let-me-see")[0] == 200
    assert got(site, "/metrics", Authorization="Bearer guessed")[0] == 403


def test_failed_logins_are_counted_by_all_workers_together(site: Site) -> None:
    def status() -> int:
        connection = HTTPConnection("127.0.0.1", site.port, timeout=60)  # a new one, which either worker may take
        form = f"login=guessed&password=wrong&csrfmiddlewaretoken={'c' * 32}"
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={'c' * 32}"}
        connection.request("POST", "/admin/login/", form, headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    assert [status() for _ in range(8)] == [200] * 5 + [429] * 3
    assert got(site, "/v1/models")[0] == 200


def test_a_preflight_as_bytes(site: Site) -> None:
    with connect(site.port) as connection:
        connection.sendall(PREFLIGHT)
        received = until_closed(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert (lines[0], body) == (b"http/1.1 204 no content", b"")
    assert {
        b"access-control-allow-origin: *",
        b"access-control-allow-methods: get, head",
        b"access-control-allow-headers: *, authorization",
        b"access-control-max-age: 86400",
    } <= set(lines)


@pytest.mark.browser
@needs_chromium
def test_a_page_of_another_origin_lists_models(site: Site, chromium: Any, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!DOCTYPE html><title>Elsewhere</title>")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(tmp_path))

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    elsewhere = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
    browser, loop = chromium

    asyncio._set_running_loop(loop)
    page = browser.new_page()
    try:
        page.goto(f"http://127.0.0.1:{elsewhere.server_address[1]}/index.html")
        read = page.evaluate(
            """async ([base, more]) => {
                const fetched = async (path, headers) => {
                    const answer = await fetch(base + path, {headers});
                    return [answer.status, answer.headers.get("ETag"), (await answer.text()).length];
                };
                const first = await fetched("/v1/models", {Authorization: "Bearer none"});
                return [
                    first,
                    await fetched("/v1/models", {"If-None-Match": first[1], "X-Title": "A page"}),
                    await fetched("/api/ai/models", {Authorization: "Bearer none"}),
                    await fetched("/admin/login/", {}).catch(error => "refused"),
                    await Promise.all(more.map(path => fetched(path, {Authorization: "Bearer none", "If-None-Match": '"x"'}))),
                ];
            }""",
            [f"http://127.0.0.1:{site.port}", PUBLIC],
        )
    finally:
        page.close()
        asyncio._set_running_loop(None)
        elsewhere.shutdown()
        elsewhere.server_close()
    assert read[0][0] == 200
    assert read[0][1].startswith('"')
    assert read[0][2] > 1000
    assert read[1] == [304, read[0][1], 0]
    assert read[2][0] == 401
    assert read[3] == "refused"
    assert dict(zip(PUBLIC, (status for status, *_ in read[4]), strict=True)) == dict.fromkeys(PUBLIC, 200)
    assert json.loads(got(site, "/v1/models")[1])["data"]


def test_requests_are_counted_by_format_and_status_for_all_workers(site: Site) -> None:
    def counted(name: str, status: int) -> float:
        found = re.search(
            rf'catalog_requests_total\{{format="{name}",status="{status}"\}} ([\d.]+)', got(site, "/metrics")[1]
        )
        return float(found[1]) if found else 0

    for _ in range(20):
        got(site, "/api/v1/models/no-such-model/cost")  # no other test asks it, and a worker adds all its counts at once
    wait_until(lambda: counted("api-cost", 404) == 20, "what other tests have asked is counted")
    before = {key: counted(*key) for key in COUNTED}
    for _ in range(20):
        got(site, "/api.json")
        got(site, "/api/ai/models", Authorization="Bearer none")
        got(site, "/v1/models?format=litellm")  # which needs a key
        got(site, "/v1/models/no-such-model")
        got(site, "/v1/nothing")
    wanted = {key: number + 20 for key, number in before.items()}
    wait_until(lambda: {key: counted(*key) for key in wanted} == wanted, "both workers' requests are there")
    text = got(site, "/metrics")[1]
    assert 'catalog_request_seconds_bucket{format="models-dev",le="+Inf"}' in text
    for gauge in (
        "catalog_revision ",
        "catalog_database_up 1.0",
        'catalog_list_entries{format="',
        'catalog_build_info{version="',
    ):
        assert gauge in text


def test_a_feed_behind_a_key_is_sent_to_keys_alone(site: Site, tmp_path: Path) -> None:
    made = "from pathlib import Path; from catalog.models import ApiKey; "
    made += f"Path({str(tmp_path / 'key')!r}).write_text(ApiKey.objects.create_key(name='reader')[1])"
    python("manage.py", "shell", "--no-imports", "-c", made, **site.environment)
    path, key = "/v1/models?format=litellm", (tmp_path / "key").read_text()
    for _ in range(8):  # each worker, before and after it has sent the list
        assert got(site, path)[0] == got(site, path, Authorization="Bearer none")[0] == 401
        assert json.loads(got(site, path, Authorization=f"Bearer {key}")[1])
    assert got(site, "/v1/models?format=openrouter")[0] == 200


def test_health_is_answered_by_a_started_server_while_requests_wait(site: Site) -> None:
    assert got(site, "/health/live") == (200, '{"status":"live"}')
    assert json.loads(got(site, "/health/ready", Host="10.1.2.3")[1])["status"] == "ready"


def test_no_two_workers_give_the_same_id(site: Site) -> None:
    ids = []
    for _ in range(40):
        connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
        connection.request("GET", "/nothing-is-here")
        ids.append(str(connection.getresponse().getheader("X-Request-ID")))
        connection.close()
    assert len(set(ids)) == 40
    assert len({one[:-6] for one in ids}) == 2  # the workers; one that answers nothing is as likely as 40 heads in a row


SIGN_IN = """
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.create_superuser("root"))
print(client.cookies["sessionid"].value)
"""


def test_no_shared_cache_may_keep_an_answer_of_the_admin(site: Site) -> None:
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", SIGN_IN]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **site.environment}, capture_output=True, text=True, check=True
    )
    paths = [re.sub(r"<[^>]*>", "1", f"/{address}") for address in addresses() if address.startswith("admin/")]
    assert len(paths) > 80
    kept, statuses = [], set()
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    for cookie in (f"sessionid={done.stdout.strip()}", ""):
        for path in paths:
            if "logout" in path:
                continue
            for method in ("GET", "POST"):
                connection.request(method, path, headers={"Host": "localhost", "Cookie": cookie})
                answer = connection.getresponse()
                answer.read()
                statuses.add(answer.status)
                if not {"private", "no-store"} & set(re.split(r",\s*", answer.getheader("Cache-Control", ""))):
                    kept.append((method, path, answer.status))
    connection.close()
    assert kept == []
    assert {200, 302, 403, 404} <= statuses
