"""Who fetched what, of a started server with two workers."""

from http.client import HTTPConnection
from pathlib import Path

import psycopg
import pytest

from tests.faults.machinery import FEED, embedded_dsn, wait_until
from tests.started import site_with_sample


@pytest.mark.slow
def test_what_both_workers_were_asked_is_kept_of_each_reader(tmp_path: Path, sample_cluster: Path) -> None:
    site = site_with_sample(sample_cluster, tmp_path, TRUSTED_PROXIES="127.0.0.1")
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
    finally:
        site.stop()
