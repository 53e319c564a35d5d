"""What the log of a started server says of requests, and what it never says."""

import json
import logging
import subprocess
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from bench.servers import ROOT, free_port
from catalog_site.logs import Flood, JsonFormatter, TextFormatter
from catalog_site.serving.error_answers import error_answer
from catalog_site.serving.request import Request
from catalog_site.serving.request_recorder import name_without_list
from tests.asgi import scope
from tests.faults.floods import connect
from tests.faults.machinery import FEED, Site, wait_until
from tests.packages import CADDY, needs_caddy
from tests.started import site_with_sample

SECRETS = {
    "Authorization": "Bearer s3cret-bearer.s3cret-bearer",
    "Cookie": "sessionid=s3cret-session",
    "X-Api-Key": "s3cret-header",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sample_cluster: Path) -> Iterator[Site]:
    site = site_with_sample(
        sample_cluster,
        tmp_path_factory.mktemp("site"),
        LOG_FORMAT="json",
        TRUSTED_PROXIES="127.0.0.1",
        MAX_REQUESTS_PER_ADDRESS="1",
    )
    site.start()
    yield site
    site.stop()


def text(site: Site) -> str:
    return (site.data_dir / "site.log").read_text()


def lines(site: Site, **wanted: Any) -> list[dict[str, Any]]:
    """The lines of the log that have those values; each is JSON after the first words for people."""
    whole, _, _ = text(site).rpartition("\n")  # the last one may still be being written
    found = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
    return [line for line in found if all(line.get(name) == value for name, value in wanted.items())]


def send(site: Site, method: str, path: str, body: str = "", **headers: str) -> tuple[int, dict[str, str]]:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}


def line_of(site: Site, **wanted: Any) -> dict[str, Any]:
    wait_until(lambda: lines(site, **wanted), f"a line with {wanted}")
    return lines(site, **wanted)[-1]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/models?q=x", "api-models"),
        ("/pricing", "site:pricing"),
        ("/admin/catalog/aimodel/", "admin"),
        ("/admin/login/", "admin"),
        ("/api/ai/models", "app"),
        ("/v1/models/acme/one", "none"),
        ("/v1/nothing", "none"),
    ],
)
def test_a_request_that_is_refused_counts_as_its_address_where_that_has_no_parameters(path: str, kind: str) -> None:
    assert name_without_list(Request(scope("GET", path, {})), error_answer(429, path)) == kind


def test_a_fetch_has_one_line(site: Site) -> None:
    send(site, "GET", FEED, User_Agent="OpenRouter/1.0", X_Forwarded_For="198.51.100.1")
    line = line_of(site, agent="OpenRouter/1.0")
    assert (line["client"], line["format"], line["status"], line["method"]) == ("198.51.100.1", "openrouter", 200, "GET")
    assert line["path"] == "/v1/models"
    assert line["revision"] > 0
    assert 0 < line["ms"] < 60_000
    assert line["bytes"] > 1000
    assert line["level"] == "info"
    send(site, "GET", FEED, User_Agent="OpenRouter/1.0", X_Forwarded_For="198.51.100.1")  # from memory
    wait_until(lambda: len(lines(site, agent="OpenRouter/1.0")) == 2, "another line")
    assert len({one["request_id"] for one in lines(site, agent="OpenRouter/1.0")}) == 2


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("198.51.100.11:4711", "198.51.100.11"),
        ("203.0.113.1, [2001:db8::1]:443", "2001:db8::1"),
        ("2001:db8::2", "2001:db8::2"),
    ],
)
def test_the_port_that_a_load_balancer_writes_after_an_address_does_not_matter(
    site: Site, forwarded: str, client: str
) -> None:
    send(site, "GET", FEED, X_Forwarded_For=forwarded)
    assert line_of(site, client=client)


def test_refusals_say_who_and_from_where_and_why(site: Site) -> None:
    status, headers = send(site, "GET", "/api/ai/models", User_Agent="guess", X_Forwarded_For="198.51.100.2", **SECRETS)
    line = line_of(site, agent="guess")
    assert (status, line["status"], line["level"], line["client"]) == (401, 401, "warning", "198.51.100.2")
    assert headers["x-request-id"] == line["request_id"]
    assert (line["format"], line["reason"]) == ("app", "The Authorization header must be Bearer, followed by an API key.")
    send(site, "GET", "/metrics", X_Forwarded_For="198.51.100.3")
    line = line_of(site, client="198.51.100.3")
    assert (line["status"], line["format"], line["reason"]) == (403, "metrics", "PermissionDenied")
    send(site, "GET", "/nothing", X_Request_ID="given-by-the-proxy", X_Forwarded_For="198.51.100.4")
    assert line_of(site, client="198.51.100.4")["request_id"] == "given-by-the-proxy"
    send(site, "GET", "/nothing", X_Request_ID='a"b c', X_Forwarded_For="198.51.100.5")
    assert line_of(site, client="198.51.100.5")["request_id"].isalnum()


@pytest.fixture
def caddy(site: Site, tmp_path: Path) -> Iterator[int]:
    """The port of Caddy with the project's file, in front of that site."""
    port = free_port()
    environment = {
        "SITE_ADDRESS": f"http://localhost:{port}",
        "UPSTREAMS": f"127.0.0.1:{site.port}",
        "CADDY_ADMIN": "off",
        "HOME": str(tmp_path),
    }
    command = [CADDY, "run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy" / "Caddyfile")]
    with (tmp_path / "caddy.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(60)


@needs_caddy
def test_behind_caddy_clients_choose_neither_their_address_nor_the_id_of_a_request(
    site: Site, caddy: int, tmp_path: Path
) -> None:
    def ask(path: str) -> int:
        connection = HTTPConnection("localhost", caddy, timeout=60)
        headers = {"X-Request-ID": "chosen", "X-Forwarded-For": "198.51.100.10", "User-Agent": "through Caddy"}
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except ConnectionError:
            return 0  # it does not listen yet
        finally:
            connection.close()

    wait_until(lambda: ask("/nothing") == 404, "the site answers through Caddy")
    line = line_of(site, agent="through Caddy", path="/nothing")
    assert line["request_id"] != "chosen"
    assert line["client"] == "127.0.0.1"
    assert [ask(path) for path in ("/metrics", "/health/ready")] == [404, 404]
    ask("/admin/auth/user/set-password/MQ/diq2uh-s3cret-token/")
    assert line_of(site, agent="through Caddy", path="/admin/auth/user/set-password/MQ/…/")
    wait_until(lambda: "/set-password/MQ/.../" in (tmp_path / "caddy.log").read_text(), "Caddy's line")
    assert "s3cret" not in (tmp_path / "caddy.log").read_text()


def test_a_bad_host_is_a_short_line(site: Site) -> None:
    before = len(text(site))
    with connect(site.port) as connection:
        connection.sendall(
            b"GET / HTTP/1.1\r\nHost: " + b"evil" * 900 + b".example\r\nX-Forwarded-For: 198.51.100.6\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
    line = line_of(site, client="198.51.100.6")
    assert (line["status"], line["level"]) == (400, "warning")
    assert "Traceback" not in text(site)[before:]
    assert len(text(site)) - before < 2500
    assert {line["level"] for line in lines(site, logger="django.security.DisallowedHost")} == {"warning"}


def test_a_refused_click_has_no_traceback(site: Site) -> None:
    before = len(text(site))
    form = "login=s3cret-user&password=s3cret-password"
    headers = {"Content_Type": "application/x-www-form-urlencoded", "X_Forwarded_For": "198.51.100.7", **SECRETS}
    assert send(site, "POST", "/admin/login/?next=s3cret-query", form, **headers)[0] == 403
    assert line_of(site, client="198.51.100.7")["path"] == "/admin/login/"
    assert "traceback" not in text(site)[before:].lower()


def test_nothing_secret_is_in_it(site: Site) -> None:
    for path in ("/v1/models?key=s3cret-query", "/api/readiness", "/admin/?token=s3cret-query", "/metrics"):
        send(site, "GET", path, X_Forwarded_For="198.51.100.8", **SECRETS)
    link = "/admin/auth/user/set-password/MQ/diq2uh-s3cret-token/"
    for method in ("GET", "POST"):
        send(site, method, link, X_Forwarded_For="198.51.100.8")
    wait_until(lambda: len(lines(site, client="198.51.100.8")) == 6, "a line each")
    assert lines(site, path="/admin/auth/user/set-password/MQ/…/", status=403)
    assert "s3cret" not in text(site)


def test_one_client_does_not_fill_it_and_what_is_not_written_is_counted(site: Site) -> None:
    before = len(text(site))
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    for number in range(1000):
        connection.request(
            "GET", f"/{number}/{'a' * 3000}", headers={"X-Forwarded-For": "198.51.100.9", "User-Agent": "b" * 3000}
        )
        connection.getresponse().read()
    connection.close()
    wait_until(lambda: send(site, "GET", "/health/live")[0] and lines(site, client="198.51.100.9"), "lines")
    assert len(lines(site, client="198.51.100.9")) <= 2 * 60 * 6  # two workers, and a minute at most
    assert len(text(site)) - before < 400_000

    def left_out() -> int:
        send(site, "GET", FEED)
        return sum(line["requests"] for line in lines(site) if "requests" in line)

    wait_until(lambda: left_out() > 0, "the next window tells how many", pause=1)


def test_it_says_that_a_worker_has_died(site: Site) -> None:
    site.kill_worker()
    line = line_of(site, logger="_granian")
    assert (line["level"], line["message"].startswith("Unexpected exit from worker")) == ("error", True)


def test_a_statement_that_is_reached_too_often_is_heard_thirty_times(monkeypatch: pytest.MonkeyPatch) -> None:
    now, written = [0.0], []
    monkeypatch.setattr("catalog_site.logs.time.monotonic", lambda: now[0])

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(json.loads(JsonFormatter().format(record)))

    logger, handler = logging.getLogger("tests.flood"), Kept()
    handler.addFilter(Flood())
    logger.addHandler(handler)
    try:
        for now[0] in (0.0, 11.0):
            for number in range(1000):
                logger.warning("%s", number)
            logger.warning("another one")
    finally:
        logger.removeHandler(handler)
    assert Counter(line["message"] == "another one" for line in written) == {False: 60, True: 2}
    assert written[31]["left_out"] == 970


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_a_record_is_one_line_of_bounded_length(formatter: logging.Formatter) -> None:
    record = logging.makeLogRecord({"name": "a", "levelname": "INFO", "msg": "x\n\x1b[31m\u2028\ud800" + "z" * 10_000})
    line = formatter.format(record)
    assert len(line) < 1200
    assert line.isprintable()
    assert "10009 characters" in line


def test_a_traceback_is_kept_unless_it_tells_of_a_refusal(tmp_path: Path) -> None:
    try:
        raise ValueError("bad")
    except ValueError as error:
        facts = {"levelname": "ERROR", "msg": "m", "exc_info": (ValueError, error, error.__traceback__)}
    own = json.loads(JsonFormatter().format(logging.makeLogRecord({"name": "catalog", **facts})))
    assert "ValueError: bad" in own["traceback"]
    refused = json.loads(JsonFormatter().format(logging.makeLogRecord({"name": "django.security.DisallowedHost", **facts})))
    assert "traceback" not in refused
    assert "ValueError: bad" in TextFormatter().format(logging.makeLogRecord({"name": "catalog", **facts}))
