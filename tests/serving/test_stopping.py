"""What a started server does with its requests, and with what it has counted, when it is stopped."""

import json
import signal
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.faults.floods import connect
from tests.faults.machinery import FEED, python, wait_until
from tests.started import site_with_sample

pytestmark = pytest.mark.slow
KEPT = 'from catalog.models import Reader; assert Reader.objects.get(agent="the last").requests == 1'


def test_a_server_that_stops_answers_what_it_has_begun_to_read_and_keeps_what_it_has_counted(
    sample_cluster: Path, tmp_path: Path
) -> None:
    site = site_with_sample(sample_cluster, tmp_path, LOG_FORMAT="json")
    site.start()
    try:
        assert site.process is not None
        with connect(site.port) as client:
            client.sendall(
                b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n"
            )
            assert client.recv(100).startswith(b"HTTP/1.1 100")
            client.sendall(b"a=1")
            fetch = HTTPConnection("127.0.0.1", site.port, timeout=60)
            fetch.request("GET", FEED, headers={"User-Agent": "the last"})
            assert fetch.getresponse().read()
            fetch.close()
            site.process.send_signal(signal.SIGTERM)
            wait_until(lambda: site.get() is None, "nobody else is let in")
            client.sendall(b"&b=")
            assert client.recv(100).startswith(b"HTTP/1.1 403")  # which has no token, but an answer
        assert site.process.wait(60) == 0
    finally:
        site.stop()
    lines = [json.loads(line) for line in (tmp_path / "site.log").read_text().splitlines() if line.startswith("{")]
    assert [line["status"] for line in lines if line.get("path") == "/admin/login/" and "status" in line] == [403]
    python("manage.py", "shell", "--no-imports", "-c", KEPT, **site.environment)
