"""Who fetched what, of a started server with two workers."""

from http.client import HTTPConnection
from pathlib import Path

import psycopg
import pytest

from tests.faults.floods import connect
from tests.faults.machinery import FEED, embedded_dsn, wait_until
from tests.started import got, site_with_sample


@pytest.mark.slow
def test_what_both_workers_were_asked_is_kept_of_each_reader(tmp_path: Path, sample_cluster: Path) -> None:
    site = site_with_sample(sample_cluster, tmp_path, TRUSTED_PROXIES="127.0.0.1", CLIENT_TIMEOUT="5")
    site.start()
    try:
        for agent, times in (("OpenRouter/1.0", 40), ("somebody", 7)):
            for _ in range(times):  # each on a connection of its own, which either worker may take
                connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
                connection.request("GET", FEED, headers={"User-Agent": agent, "X-Forwarded-For": "2001:db8::1"})
                assert connection.getresponse().read()
                connection.close()
        query = """
            SELECT requests, failures, revision > 0, bytes > 1000, last_success_at > now() - interval '1 hour' FROM catalog_reader
            WHERE agent = %s AND network = '2001:db8::/64' AND format_name = 'openrouter'
        """
        with psycopg.connect(embedded_dsn(tmp_path), autocommit=True) as database:

            def kept(agent: str) -> object:
                return database.execute(query, [agent]).fetchone()

            wait_until(lambda: kept("OpenRouter/1.0") == (40, 0, True, True, True), "all of it is kept", pause=0.5)
            wait_until(lambda: kept("somebody") == (7, 0, True, True, True), "also of the other", pause=0.5)

            # Two that do not get all of a list that is larger than the buffers of the system. Whoever reads it must not be cut off, too.
            database.execute("UPDATE catalog_aimodel SET description = repeat('a', 600000)")
            wait_until(lambda: len(got(site, FEED)[1]) > 10_000_000, "the list is large")
            leaves, stays = connect(site.port, 4096), connect(site.port, 4096)
            for client, agent in ((leaves, "leaves"), (stays, "stays")):
                client.sendall(f"GET {FEED} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {agent}\r\n\r\n".encode())
                assert client.recv(1000)
            leaves.close()
            query = "SELECT requests, failures, last_failure_status, last_success_at FROM catalog_reader WHERE agent = %s"
            wait_until(lambda: kept("leaves") == kept("stays") == (1, 1, 499, None), "both have failed", pause=0.5)
            stays.close()
            wait_until(
                lambda: 'catalog_requests_total{format="openrouter",status="499"} 2.0' in got(site, "/metrics")[1],
                "both count",
            )
    finally:
        site.stop()
