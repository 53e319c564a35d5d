"""The processes of docker-compose.yml, run by hand in the same order with the same settings, under load over TLS.

PostgreSQL with the two roles of deploy/roles.sql; migrations by the owner; the site as the other role, with secrets from files;
Caddy with deploy/Caddyfile in front. Nothing that is done to them loses an answer.
"""

import io
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.servers import ROOT, free_port
from catalog_site.postgresql_programs import installed
from tests.faults.common import FILL
from tests.faults.machinery import FEED, PREVIOUS, Editor, Readers, Site, of_last_release, wait_until
from tests.operations.common import NEWEST, cluster, place
from tests.packages import CADDY

pytestmark = pytest.mark.faults
OPENSSL = shutil.which("openssl")
PASSWORDS = {"owner": "owner-of-the-tables", "site": "reads-and-writes-rows"}


class Deployed:
    """What runs on a host, without a site."""

    def __init__(self, directory: Path, database_port: int) -> None:
        self.directory, self.database_port = directory, database_port
        self.port, self.admin, self.plain = free_port(), free_port(), free_port()
        self.caddy: subprocess.Popen[bytes] | None = None
        (directory / "secret_key").write_text("0123456789" * 6)
        for role in PASSWORDS:
            (directory / f"{role}_database_url").write_text(f"{self.url(role)}\n")
        superuser = f"postgres://postgres@127.0.0.1:{database_port}/catalog"
        (directory / "superuser_database_url").write_text(superuser)

    def url(self, role: str) -> str:
        return f"postgres://catalog_{role}:{PASSWORDS[role]}@127.0.0.1:{self.database_port}/catalog"

    def environment(self, role: str = "site") -> dict[str, str]:
        """As docker-compose.yml has it."""
        return {
            "DATABASE_URL_FILE": str(self.directory / f"{role}_database_url"),
            "SECRET_KEY_FILE": str(self.directory / "secret_key"),
            "ALLOWED_HOSTS": "localhost",
            "BEHIND_TLS": "true",
            "TRUSTED_PROXIES": "127.0.0.0/8",
        }

    def manage(self, *arguments: str, role: str = "site", root: Path = ROOT) -> None:
        data = self.directory / "commands"
        data.mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=root, capture_output=True, text=True, check=False,
            env={**os.environ, **self.environment(role), "DATA_DIR": str(data)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def site(self, name: str, root: Path = ROOT) -> Site:
        data = self.directory / name
        data.mkdir()
        site = Site(data, **self.environment())
        site.root = root
        return site

    def make_certificate(self) -> str:
        """A new one, in place of the one before. Returns its serial number."""
        assert OPENSSL is not None
        certificate = self.directory / "certificate.pem"
        subprocess.run(
            [OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost", "-out", str(certificate), "-keyout", str(self.directory / "key.pem")],
            check=True, capture_output=True,
        )  # fmt: skip
        return ssl.PEM_cert_to_DER_cert(certificate.read_text()).hex()

    def start_caddy(self, *sites: Site) -> None:
        self.make_certificate()
        assert CADDY is not None
        with (self.directory / "caddy.log").open("wb") as log:
            self.caddy = subprocess.Popen(
                [CADDY, "run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy" / "Caddyfile")],
                env=self.caddys_environment(*sites), stdout=log, stderr=log,
            )  # fmt: skip
        wait_until(lambda: self.presented() is not None, "Caddy answers")

    def caddys_environment(self, *sites: Site) -> dict[str, str]:
        return {
            "SITE_ADDRESS": f"https://localhost:{self.port}",
            "TLS": f"tls {self.directory}/certificate.pem {self.directory}/key.pem",
            "UPSTREAMS": " ".join(f"127.0.0.1:{site.port}" for site in sites),
            "CADDY_ADMIN": f"127.0.0.1:{self.admin}",
            "HTTP_PORT": str(self.plain),
            "HOME": str(self.directory),
        }

    def presented(self) -> str | None:
        """The certificate that Caddy shows."""
        try:
            return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("localhost", self.port))).hex()
        except OSError:
            return None

    def reload_caddy(self, *sites: Site) -> None:
        assert CADDY is not None
        command = [CADDY, "reload", "--force", "--adapter", "caddyfile", "--config", str(ROOT / "deploy" / "Caddyfile")]
        command += ["--address", f"127.0.0.1:{self.admin}"]
        subprocess.run(command, env=self.caddys_environment(*sites), check=True, capture_output=True)

    def connect(self) -> HTTPConnection:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it changes while it is asked
        return HTTPSConnection("localhost", self.port, timeout=60, context=context)

    def readers(self) -> Readers:
        readers = Readers(self.port, 6)
        readers.connect = self.connect
        return readers

    def stop(self) -> None:
        if self.caddy is not None:
            self.caddy.terminate()
            self.caddy.wait(30)


def feed_of(deployed: Deployed, root: Path = ROOT) -> list[dict[str, Any]]:
    """The feed as that version writes it; without the names, which are edited meanwhile."""
    written = deployed.directory / "feed.json"
    deployed.manage("export_models", "--format=openrouter", f"--output={written}", root=root)
    return [entry | {"name": ""} for entry in json.loads(written.read_bytes())["data"]]


def ready(site: Site) -> bool:
    """Whether a process says that it may get requests."""
    connection = HTTPConnection("127.0.0.1", site.port, timeout=10)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def stop_gently(site: Site) -> None:
    """As compose, systemd and Kubernetes do: the signal goes to the server, which lets its workers finish."""
    assert site.process is not None
    site.process.send_signal(signal.SIGTERM)
    site.process.wait(60)


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployed]:
    if not CADDY or OPENSSL is None:
        pytest.skip("caddy and openssl are needed: apt-get install caddy openssl")
    with cluster(place() / "cluster") as server:
        with psycopg.connect(server.url, autocommit=True) as database:
            database.execute("CREATE DATABASE catalog")
        roles = [str(installed()[NEWEST] / "psql"), "--no-psqlrc", f"--dbname={server.url.rsplit('/', 1)[0]}/catalog"]
        roles += [f"--set={role}_password={password}" for role, password in PASSWORDS.items()]
        for _ in range(2):  # it can be run again
            done = subprocess.run([*roles, f"--file={ROOT}/deploy/roles.sql"], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        made = Deployed(tmp_path, server.port)
        made.server = server  # type: ignore[attr-defined]
        yield made
        made.stop()


def test_restarts_of_postgresql_and_reloads_of_the_certificate_lose_nothing(deployed: Deployed) -> None:
    deployed.manage("migrate", "--noinput", role="owner")
    deployed.manage("shell", "--no-imports", "-c", FILL, role="superuser")  # fills without triggers
    with psycopg.connect(deployed.url("site")) as database:
        row = database.execute("SELECT usesuper FROM pg_user WHERE usename = current_user").fetchone()
        assert row == (False,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.execute("ALTER TABLE catalog_aimodel ADD COLUMN x integer")
    site = deployed.site("web")
    site.start()
    try:
        wait_until(lambda: ready(site), "the site is ready")
        deployed.start_caddy(site)
        with deployed.readers() as readers, Editor(deployed.url("site"), 0.5) as editor:
            wait_until(lambda: readers.answers > 100, "it is read")
            before = deployed.presented()
            new = deployed.make_certificate()
            readers.sends_again = True  # Caddy closes idle connections when it is reloaded: docs/deployment.md
            deployed.reload_caddy(site)
            wait_until(lambda: deployed.presented() == new, "the new certificate is shown")
            assert new != before
            server = deployed.server  # type: ignore[attr-defined]
            server.stop()
            answers = readers.answers
            wait_until(lambda: readers.answers > answers + 200, "copies are sent while the database is away")
            server.start()
            edits = len(editor.committed)
            wait_until(lambda: len(editor.committed) > edits + 1, "somebody can edit again")
            newest = editor.committed[-1][1]
            wait_until(lambda: bool(readers.seen) and readers.seen[-1][1] >= newest, "the edit is read")
        assert (readers.faults, readers.lost) == ([], 0)
        assert readers.sent_again <= len(readers.threads)  # once on each connection that the reload has closed
        assert readers.stale > 0
        for inside in ("/metrics", "/health/ready"):
            connection = deployed.connect()
            connection.request("GET", inside)
            assert connection.getresponse().status == 404
            connection.close()
    finally:
        site.stop()


def test_a_rolling_update_from_the_last_release_loses_nothing(deployed: Deployed, tmp_path: Path) -> None:
    old = tmp_path / "previous"
    with tarfile.open(fileobj=io.BytesIO(of_last_release("archive", PREVIOUS))) as archive:
        archive.extractall(old, filter="data")
    deployed.manage("migrate", "--noinput", role="owner", root=old)
    deployed.manage("shell", "--no-imports", "-c", FILL, role="superuser", root=old)
    before, after = deployed.site("before", old), deployed.site("after")
    feed = feed_of(deployed, old)
    before.start()
    try:
        wait_until(lambda: ready(before), "the old version is ready")
        deployed.start_caddy(before, after)
        with deployed.readers() as readers, Editor(deployed.url("site"), 0.5) as editor:
            wait_until(lambda: readers.answers > 100, "it is read")
            deployed.manage("migrate", "--noinput", role="owner")  # while the old version serves
            wait_until(lambda: ready(before), "the old version goes on with the new tables")
            after.start()
            wait_until(lambda: ready(after), "the new version is ready")
            edits, answers = len(editor.committed), readers.answers
            wait_until(lambda: len(editor.committed) > edits + 1 and readers.answers > answers + 100, "both are at work")
            stop_gently(before)
            answers = readers.answers
            wait_until(lambda: readers.answers > answers + 200, "the new version answers")
            newest = editor.committed[-1][1]
            wait_until(lambda: bool(readers.seen) and readers.seen[-1][1] >= newest, "the edit is read")
        assert (readers.faults, readers.lost) == ([], 0)
        assert feed_of(deployed) == feed
    finally:
        before.stop()
        after.stop()


def test_with_one_server_requests_wait_while_it_restarts(deployed: Deployed) -> None:
    deployed.manage("migrate", "--noinput", role="owner")
    deployed.manage("shell", "--no-imports", "-c", FILL, role="superuser")  # fills without triggers
    site = deployed.site("web")
    site.start()
    try:
        wait_until(lambda: ready(site), "the site is ready")
        deployed.start_caddy(site)
        with deployed.readers() as readers:
            wait_until(lambda: readers.answers > 100, f"{FEED} is read")
            stop_gently(site)
            site.start()
            answers = readers.answers
            wait_until(lambda: readers.answers > answers + 100, "it is read again")
        assert (readers.faults, readers.lost) == ([], 0)
    finally:
        site.stop()
