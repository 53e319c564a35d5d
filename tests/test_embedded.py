"""The embedded PostgreSQL: found or started, shared, outliving crashes, and gone with its last user. Real processes."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from catalog_site.embedded import access
from catalog_site.embedded.server import ready_socket

pytestmark = pytest.mark.slow  # each starts servers
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
def start_at() -> Iterator[Callable[[Path], User]]:
    users: list[tuple[Path, User]] = []

    def start(data_dir: Path) -> User:
        users.append((data_dir, User(data_dir)))
        return users[-1][1]

    yield start
    for _, user in users:
        if user.process.poll() is None:
            user.end(signal.SIGKILL)
    for data_dir, _ in users:
        wait_until(partial(is_down, data_dir))


@pytest.fixture
def start(data_dir: Path, start_at: Callable[[Path], User]) -> Callable[[], User]:
    return lambda: start_at(data_dir)


def is_down(data_dir: Path) -> bool:
    return not servers(data_dir) and not keepers(data_dir)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(name: str, argument: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["name", "cmdline", "status", "ppid"]):
        arguments = process.info["cmdline"] or []
        if (
            argument in arguments
            and any(name in part for part in arguments)
            and process.info["status"] != psutil.STATUS_ZOMBIE
        ):
            found.append(process)
    return found


def parents(found: list[psutil.Process]) -> list[psutil.Process]:
    """Without the children of others among them: what has just been forked still has the arguments of its parent."""
    numbers = {process.pid for process in found}
    return [process for process in found if process.info["ppid"] not in numbers]


def servers(data_dir: Path) -> list[psutil.Process]:
    # pg_ctl, which starts the server and waits for it, has its directory among its arguments too.
    found = alive("postgres", str(data_dir / "postgres"))
    return parents([process for process in found if process.info["name"] == "postgres"])


def keepers(data_dir: Path) -> list[psutil.Process]:
    return parents(alive("catalog_site.embedded.keeper", str(data_dir)))


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
    assert log.read_text().count("PostgreSQL ended unexpectedly; starting it again") == 1


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


LONG = Path("d" * 60) / ("e" * 60)


def test_a_path_too_long_for_a_socket_is_served_by_a_short_link(tmp_path: Path, start_at: Callable[[Path], User]) -> None:
    long = tmp_path / LONG
    assert start_at(long).ask("SELECT 5") == "5"
    directory = Path(ready_socket(long) or "")
    assert len(str(directory)) < 90
    assert directory.resolve() == long / "postgres"
    assert stat.S_IMODE(directory.parent.lstat().st_mode) & 0o022 == 0  # nobody else can put a socket in its place


@pytest.mark.parametrize("path", [Path("data"), LONG], ids=["short", "long"])
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try to connect as somebody else")
def test_another_account_of_the_machine_cannot_connect(
    tmp_path_factory: pytest.TempPathFactory, start_at: Callable[[Path], User], path: Path
) -> None:
    data_dir = tmp_path_factory.mktemp("site") / path
    start_at(data_dir).ask("SELECT 1")
    assert connect_as("nobody", ready_socket(data_dir)) != "1"
    (data_dir / "postgres").chmod(0o755)  # even where the directory is open, the server asks who it is
    try:
        for directory in (data_dir, *data_dir.parents[:-2]):
            directory.chmod(0o755)
        assert "Peer authentication failed" in connect_as("nobody", ready_socket(data_dir))
    finally:
        (data_dir / "postgres").chmod(0o700)


def test_a_cluster_that_let_everybody_in_does_not_any_more(data_dir: Path, start: Callable[[], User]) -> None:
    user = start()
    user.ask("CREATE TABLE kept AS SELECT 7 AS n")
    user.end()
    wait_until(lambda: not servers(data_dir) and not keepers(data_dir))
    (data_dir / "postgres" / "pg_hba.conf").write_text("local all all trust\n")
    user = start()
    assert user.ask("SELECT n FROM kept") == "7"
    assert user.ask("SELECT string_agg(auth_method, ' ') FROM pg_hba_file_rules") == "peer"


def test_a_directory_of_links_that_somebody_else_planted_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cluster = tmp_path / LONG / "postgres"
    cluster.mkdir(parents=True)
    planted = tmp_path / f"model-catalog-{os.geteuid()}"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    planted.symlink_to(elsewhere)
    with pytest.raises(PermissionError, match="belongs to another user"):
        access.socket_dir(cluster)
    planted.unlink()
    planted.mkdir(0o777)
    planted.chmod(0o777)  # our own, of an earlier version
    link = access.socket_dir(cluster)
    assert stat.S_IMODE(planted.stat().st_mode) & 0o022 == 0
    link.unlink()
    link.symlink_to(elsewhere)
    assert access.socket_dir(cluster).resolve() == cluster


CONNECT = """
import os, pwd, sys, psycopg
os.setgroups([]); os.setgid(pwd.getpwnam(sys.argv[1]).pw_gid); os.setuid(pwd.getpwnam(sys.argv[1]).pw_uid)
try:
    print(psycopg.connect(host=sys.argv[2], user="postgres", dbname="postgres").execute("SELECT 1").fetchone()[0])
except psycopg.Error as error:
    print(error)
"""


def connect_as(account: str, directory: str | None) -> str:
    """What somebody else of the machine gets who asks the server for 1."""
    assert directory is not None
    done = subprocess.run([sys.executable, "-c", CONNECT, account, directory], capture_output=True, text=True, check=True)
    return done.stdout.strip()
