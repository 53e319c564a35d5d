"""The database of a started site: made once in a run of the tests, and copied for each."""

import fcntl
import subprocess
from pathlib import Path

import pytest

from tests import pristine
from tests.faults.machinery import Site, python, wait_until


@pytest.fixture(scope="session")
def sample_cluster(run_directory: Path) -> Path:
    """A stopped embedded server with the sample catalog in its database."""
    made = run_directory / "sample"
    with (run_directory / "sample.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            data_dir = run_directory / "sample.new"
            data_dir.mkdir()
            cluster = data_dir / "postgres"
            for command in ("migrate", "load_sample"):
                python("manage.py", command, "-v0", DATA_DIR=str(data_dir))
            wait_until(lambda: not (cluster / "postmaster.pid").exists(), "the server has ended with its last user")
            with (cluster / "postgresql.auto.conf").open("a") as settings:
                settings.writelines(f"{name} = off\n" for name in pristine.DURABILITY)
            cluster.rename(made)
    return made


def site_with_sample(sample_cluster: Path, data_dir: Path, **environment: str) -> Site:
    """A site with the sample catalog, not started yet."""
    subprocess.run(["cp", "-a", str(sample_cluster), str(data_dir / "postgres")], check=True)
    return Site(data_dir, **environment)
