"""``manage.py watch`` as it runs: two of them, on the database of a started site."""

import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg

from bench.servers import ROOT
from tests.faults.machinery import embedded_dsn, wait_until
from tests.started import site_with_sample

RECIPIENT = (
    "INSERT INTO catalog_alarmrecipient (name, email, url, secret, kinds, is_active) VALUES ('hook', '', %s, %s, '{}', true)"
)
PROBLEM = "INSERT INTO catalog_listproblem (format_name, is_loss, text, seen_at) VALUES (%s, true, 'gone', now())"


def test_two_that_run_send_each_alarm_once_and_end_when_they_are_told(tmp_path: Path, sample_cluster: Path) -> None:
    got: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    site = site_with_sample(sample_cluster, tmp_path)
    environment = {**os.environ, **site.environment, "ALLOW_PRIVATE_ADDRESSES": "true"}
    watches: list[subprocess.Popen[bytes]] = []
    try:
        site.start()
        for number in range(2):
            with (tmp_path / f"watch{number}.log").open("wb") as log:
                command = [sys.executable, "manage.py", "watch"]
                watches.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
        with psycopg.connect(embedded_dsn(tmp_path), autocommit=True) as database:
            database.execute(
                RECIPIENT, [f"http://127.0.0.1:{http.server_address[1]}/hook", "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ="]
            )
            for name in ("openrouter", "catalog"):
                database.execute(PROBLEM, [name])
            unsent = "SELECT count(*) FROM catalog_alarmdelivery WHERE sent_at IS NULL"
            sent = "SELECT count(*) FROM catalog_alarmdelivery WHERE sent_at IS NOT NULL"

            def count(query: str) -> int:
                found = database.execute(query).fetchone()
                assert found is not None
                return int(found[0])

            wait_until(lambda: count(sent) == 2, "both alarms are sent", seconds=90, pause=0.5)
            assert count(unsent) == 0
        for watch in watches:
            watch.send_signal(signal.SIGTERM)
        assert [watch.wait(60) for watch in watches] == [0, 0]
    finally:
        for watch in watches:
            if watch.poll() is None:
                watch.kill()
                watch.wait(30)
        site.stop()
        http.shutdown()
        http.server_close()
    assert len(got) == 2
    assert "Traceback" not in "".join((tmp_path / f"watch{number}.log").read_text() for number in range(2))
