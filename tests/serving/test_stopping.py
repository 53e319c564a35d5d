"""What a started server does with its requests when it is stopped."""

import signal
from pathlib import Path

import pytest

from tests.faults.floods import connect
from tests.faults.machinery import wait_until
from tests.started import site_with_sample

pytestmark = pytest.mark.slow


def test_a_server_that_stops_answers_the_request_whose_body_it_is_reading(sample_cluster: Path, tmp_path: Path) -> None:
    site = site_with_sample(sample_cluster, tmp_path)
    site.start()
    try:
        assert site.process is not None
        with connect(site.port) as client:
            client.sendall(
                b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n"
            )
            assert client.recv(100).startswith(b"HTTP/1.1 100")
            client.sendall(b"a=1")
            site.process.send_signal(signal.SIGTERM)
            wait_until(lambda: site.get() is None, "nobody else is let in")
            client.sendall(b"&b=")
            assert client.recv(100).startswith(b"HTTP/1.1 403")  # which has no token, but an answer
        assert site.process.wait(60) == 0
    finally:
        site.stop()
