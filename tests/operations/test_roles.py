"""The role of the site, which owns no table, may do all that staff do, and raise alarms."""

import subprocess
from pathlib import Path

import psycopg
import pytest

from bench.servers import ROOT
from catalog_site.postgresql_programs import installed
from tests.operations.common import NEWEST, cluster, place, run

ACT = """
from django.test.utils import setup_test_environment
from catalog.uploads import queue
from tests.permissions.common import SUPERUSER, Asking, There, actions, addresses, form_for
setup_test_environment()
queue.start_runner = lambda: None
there = There()
asking, failed = Asking(there, SUPERUSER), []
for address in (one for one in addresses() if one.startswith("admin/catalog/aimodel/")):  # the others read and write rows
    path = there.path(address)
    page = asking.get(path)
    answers = [page, asking.post(path, form_for(there, address, page))[0]]
    failed += [(path, answer.status_code) for answer in answers if answer.status_code >= 500]
for name, form in actions(there):
    answer, has_changed = asking.post(there.path(name.partition(" ")[0]), form)
    if answer.status_code >= 500:
        failed.append((name, answer.status_code))
print(failed)
"""


@pytest.mark.slow
def test_no_action_of_staff_and_no_alarm_needs_more_than_the_sites_role(tmp_path: Path) -> None:
    with cluster(place() / "cluster") as server:
        url = server.url.rsplit("/", 1)[0]
        with psycopg.connect(server.url, autocommit=True) as database:
            database.execute("CREATE DATABASE catalog")
        psql, roles = installed()[NEWEST] / "psql", ["--set=owner_password=o", "--set=site_password=s"]
        subprocess.run(
            [psql, "--no-psqlrc", "--quiet", f"--dbname={url}/catalog", *roles, f"--file={ROOT}/deploy/roles.sql"],
            check=True,
        )
        settings = {
            "SECRET_KEY": "0123456789" * 6, "ALLOWED_HOSTS": "localhost", "BEHIND_TLS": "false", "REQUIRE_SECOND_FACTOR": "nobody",
            "LOGIN_ATTEMPTS": "10000", "DATA_DIR": str(tmp_path),
            "OPENROUTER_URL": "http://127.0.0.1:9",
        }  # fmt: skip

        def done_as(role: str, *command: str) -> "subprocess.CompletedProcess[str]":
            return run(*command, **settings, DATABASE_URL=url.replace("postgres@", f"catalog_{role}@") + "/catalog")

        refused = done_as("site:s", "migrate", "-v0")
        assert (refused.returncode, refused.stderr.splitlines()) == (
            1,
            [
                "CommandError: catalog_site may not change tables. Migrate as catalog_owner, with its DATABASE_URL: docs/deployment.md."
            ],
        )
        told = []
        for role, *command in (
            ("owner:o", "migrate", "-v0"),
            ("site:s", "watch", "--once"),
            ("site:s", "shell", "--no-imports", "-c", ACT),
        ):
            done = done_as(role, *command)
            assert done.returncode == 0, done.stderr
            told.append(done.stderr)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    assert "permission denied" not in "".join(told)
