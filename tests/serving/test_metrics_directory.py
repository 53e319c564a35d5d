"""The directories in which servers count: those of killed servers are removed, those in use stay."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.servers import ROOT
from catalog_site import metrics_directory

SERVER = (
    "import os, sys; from catalog_site import metrics_directory; from pathlib import Path;"
    "metrics_directory.MEMORY = Path(sys.argv[1]);"
    "metrics_directory.create(); print(os.environ[metrics_directory.SHARED], flush=True); sys.stdin.read()"
)


def test_what_a_killed_server_left_is_removed_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(metrics_directory.SHARED, raising=False)
    servers = []
    try:
        for _ in range(2):
            command = [sys.executable, "-c", SERVER, str(tmp_path)]
            servers.append(subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        killed, running = (Path(server.stdout.readline().strip()) for server in servers if server.stdout)
        servers[0].kill()
        servers[0].wait()
        (killed / "counter_0.db").write_bytes(b"x")
        of_a_worker = tmp_path / f"{metrics_directory.PREFIX}whose-worker-lives"
        of_a_worker.mkdir()
        (of_a_worker / "0.lock").touch()
        worker = metrics_directory.lock(of_a_worker / "0.lock")
        assert worker is not None
        metrics_directory.remove_abandoned(tmp_path)
        assert set(tmp_path.iterdir()) == {running, of_a_worker}
        os.close(worker)
        servers[1].communicate("")
        metrics_directory.remove_abandoned(tmp_path)
        assert not list(tmp_path.iterdir())
    finally:
        for server in servers:
            server.kill()
            server.communicate()


def test_a_directory_that_was_removed_before_it_was_locked_is_not_used(tmp_path: Path) -> None:
    assert metrics_directory.lock(tmp_path / "gone") is None
    first = metrics_directory.lock(tmp_path)
    assert first is not None
    assert metrics_directory.lock(tmp_path) is None
    os.close(first)
