"""The embedded PostgreSQL: found or started, shared, outliving crashes, and gone with its last user. Real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0

USER = """
import sys
from pathlib import Path
import psycopg
from catalog_site.embedded.server import ensure_running
def connect():
    return psycopg.connect(host=ensure_running(Path(sys.argv[1])), user="postgres", dbname="postgres", autocommit=True)
for line in sys.stdin:
    with connect() as connection:
        answer = connection.execute(line)
        print(answer.fetchone()[0] if answer.description else "done", flush=True)
"""


class User:
    """A process that uses the server."""

    def __init__(self, data_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(data_dir)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, query: str) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(query + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self, number: int = 0) -> None:
        if number:
            self.process.send_signal(number)
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def start(data_dir: Path) -> Iterator[Callable[[], User]]:
    users: list[User] = []

    def start() -> User:
        users.append(User(data_dir))
        return users[-1]

    yield start
    for user in users:
        if user.process.poll() is None:
            user.end(signal.SIGKILL)
    wait_until(lambda: not servers(data_dir) and not keepers(data_dir))


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(name: str, argument: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["name", "cmdline", "status"]):
        arguments = process.info["cmdline"] or []
        if (
            argument in arguments
            and any(name in part for part in arguments)
            and process.info["status"] != psutil.STATUS_ZOMBIE
        ):
            found.append(process)
    return found


def servers(data_dir: Path) -> list[psutil.Process]:
    # pg_ctl, which starts the server and waits for it, has its directory among its arguments too.
    found = alive("postgres", str(data_dir / "postgres"))
    return [process for process in found if process.info["name"] == "postgres"]


def keepers(data_dir: Path) -> list[psutil.Process]:
    return alive("catalog_site.embedded.keeper", str(data_dir))


def test_several_that_start_at_once_share_one_server_which_ends_with_the_last(
    data_dir: Path, start: Callable[[], User]
) -> None:
    users = [start() for _ in range(4)]
    assert {user.ask("SELECT 40 + 2") for user in users} == {"42"}
    assert len(servers(data_dir)) == 1
    for user in users[:3]:
        user.end()
    assert users[3].ask("SELECT 1") == "1"
    users[3].end(signal.SIGKILL)  # a killed user counts no more than one that ended
    wait_until(lambda: not servers(data_dir))


def test_what_was_written_is_there_the_next_time(data_dir: Path, start: Callable[[], User]) -> None:
    first = start()
    assert first.ask("CREATE TABLE kept AS SELECT 7 AS n") == "done"
    first.end()
    wait_until(lambda: not servers(data_dir))
    assert start().ask("SELECT n FROM kept") == "7"


def test_a_killed_server_comes_back_by_itself_and_the_log_tells(data_dir: Path, start: Callable[[], User]) -> None:
    user = start()
    user.ask("SELECT 1")
    log = data_dir / "postgres.keeper"
    assert "is gone" not in log.read_text()
    server = servers(data_dir)[0]
    server.kill()
    wait_until(lambda: server not in servers(data_dir))  # it takes a moment to die, and is found in the meantime
    assert user.ask("SELECT 2") == "2"
    wait_until(lambda: log.read_text().count("PostgreSQL is up") == 2)
    assert log.read_text().count("PostgreSQL is gone, and nobody stopped it; starting it again") == 1


def test_a_killed_keeper_is_replaced_and_the_server_still_ends_with_its_last_user(
    data_dir: Path, start: Callable[[], User]
) -> None:
    user = start()
    user.ask("SELECT 1")
    keepers(data_dir)[0].kill()
    wait_until(lambda: not keepers(data_dir))
    assert user.ask("SELECT 2") == "2"
    assert len(servers(data_dir)) == len(keepers(data_dir)) == 1
    user.end()
    wait_until(lambda: not servers(data_dir))


def test_everything_killed_at_once_is_recovered_from(data_dir: Path, start: Callable[[], User]) -> None:
    user = start()
    user.ask("SELECT 1")
    for process in (*keepers(data_dir), *servers(data_dir)):
        process.kill()
    user.end(signal.SIGKILL)
    wait_until(lambda: not servers(data_dir))
    assert start().ask("SELECT 3") == "3"


def test_a_pid_file_of_another_program_and_a_half_made_cluster_are_no_hindrance(
    data_dir: Path, start: Callable[[], User]
) -> None:
    user = start()
    user.ask("SELECT 1")
    user.end()
    wait_until(lambda: not servers(data_dir))
    (data_dir / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{data_dir}\n1\n5432\n/tmp\n\n1 1\nready\n")
    (data_dir / "postgres.new").mkdir()
    (data_dir / "postgres.new" / "PG_VERSION").write_text("18")
    assert start().ask("SELECT 4") == "4"


def test_a_path_too_long_for_a_socket_is_served_from_a_short_one(tmp_path: Path) -> None:
    long = tmp_path / ("d" * 60) / ("e" * 60)
    user = User(long)
    assert user.ask("SELECT 5") == "5"
    user.end()
    wait_until(lambda: not servers(long))
