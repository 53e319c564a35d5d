"""Fixtures that every test may need."""

import fcntl
import gc
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO

import hypothesis
import pytest
from django.db import connections
from django.test import Client, TransactionTestCase, override_settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from catalog import checklist, public_history
from catalog.publication import publisher, source
from tests import pristine
from tests.browser import base, chromium, page  # noqa: F401
from tests.clock import move_clock  # noqa: F401
from tests.started import sample_cluster  # noqa: F401
from tests.uploading import runner_in_threads, runner_inline  # noqa: F401

TEMPORARY = "catalog-tests-"
TESTS = Path(__file__).resolve().parent
SHARED = TESTS.parents[1] / "shared"

# The same examples in every run: a change is judged by what it does, not by luck. `make fuzz` looks for new ones.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("fuzz", derandomize=False, deadline=None, print_blob=True)
hypothesis.settings.load_profile("ci")
NO_CONSTANTS = Constants()
gc.disable()  # until the tests are collected: what is imported stays


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process more than there are cores, for many tests wait for a server or a browser. Each further one costs its start."""
    return (os.cpu_count() or 1) + 1


IN_USE = pytest.StashKey[IO[str]]()


def lock_of(directory: Path) -> Path:
    """The file that a run locks while it uses the directory; beside it, for pytest empties the directory."""
    return directory.with_name(f".{directory.name}.lock")


def locked(directory: Path) -> IO[str]:
    """The file, locked until it is closed. Raises ``OSError`` if another run has it."""
    lock = lock_of(directory).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise
    return lock


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give each run a directory for temporary files of its own.

    As root, the embedded server runs as another user, and pytest closes the directory that all its runs share to other users
    whenever a run starts: the server of a run beside it would lose its data. Kept for an hour, to look at, and while the run lasts.
    """
    if hasattr(config, "workerinput") or config.option.basetemp:
        return
    for left in Path(tempfile.gettempdir()).glob(f"{TEMPORARY}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > 3600:
                locked(left).close()
                shutil.rmtree(left)
                lock_of(left).unlink()
    config.option.basetemp = tempfile.mkdtemp(prefix=TEMPORARY)
    config.stash[IN_USE] = locked(Path(config.option.basetemp))


def pytest_collection(session: pytest.Session) -> None:
    """Import a share of the tests first, where several processes are about to import all of them: pytest compiles a module with its
    assertions, which takes longer than to read what another process has compiled."""
    config = session.config
    if hasattr(config, "workerinput") and config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        modules = sorted(TESTS.rglob("test_*.py"))
        for module in modules[int(config.workerinput["workerid"].removeprefix("gw")) :: config.workerinput["workercount"]]:
            with suppress(Exception):  # pytest says what is wrong, when it imports it again
                import_module(".".join(module.relative_to(TESTS.parent).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A property test is slow: it runs many examples. So is one on a started site.

    Keep property tests from drawing the constants of our modules, except in ``make fuzz``: the examples would depend on which
    modules are imported by then, and on each edit.
    """
    if hypothesis.settings.get_current_profile_name() == "ci":
        providers._get_local_constants = lambda: NO_CONSTANTS  # there is no setting for it
    for item in items:
        is_property_test = hasattr(getattr(item, "obj", None), "hypothesis") or item.get_closest_marker("hypothesis")
        if is_property_test or "sample_cluster" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
    items.sort(key=_order)


def _order(item: pytest.Item) -> tuple[bool, int]:
    """Those that commit come last, as pytest-django has them, and of both the slow first.

    So no process is still busy with a slow test when the others have nothing left to take over from it.
    """
    database, slow = item.get_closest_marker("django_db"), item.get_closest_marker("slow")
    seconds = slow.kwargs.get("seconds", 2) if slow else 2 if item.get_closest_marker("browser") else 0
    return bool(database and database.kwargs.get("transaction")), -seconds


def pytest_collection_finish() -> None:
    """From here on, look for garbage, but less often, and not among what stays to the end: Django, and thousands of tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session")
def run_directory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that all processes of this run share."""
    temporary = tmp_path_factory.getbasetemp()
    return temporary.parent if hasattr(request.config, "workerinput") else temporary


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    run_directory: Path,
) -> Iterator[None]:
    """A database for this process, copied from one that the first process of the run migrates.

    All processes of a run share an embedded server of their own, unless ``DATABASE_URL`` names another.
    """
    worker: str = getattr(request.config, "workerinput", {}).get("workerid", "")
    database = connections["default"]
    creation, configured = database.creation, database.settings_dict
    configured["CONN_MAX_AGE"] = 0  # a live server's threads must not hold on to the database when it is dropped
    if is_embedded := "DATA_DIR" in configured:
        configured["DATA_DIR"] = run_directory / "data"
    suffix = worker or "alone"
    with django_db_blocker.unblock():
        with (run_directory / "migrated").open("a+") as migrated:
            fcntl.flock(migrated, fcntl.LOCK_EX)
            migrated.seek(0)  # only now, for another process may have written since this one opened the file
            if name := migrated.read():
                configured["NAME"] = name
            else:
                creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
                with database.cursor() as cursor:
                    if is_embedded:
                        pristine.forgo_durability(cursor)
                    pristine.remember(cursor)
                migrated.write(configured["NAME"])
            creation.clone_test_db(suffix, verbosity=0, autoclobber=True)
        template = configured["NAME"]
        configured["NAME"] = creation.get_test_db_clone_settings(suffix)["NAME"]
    yield
    configured["NAME"] = template
    with django_db_blocker.unblock():
        creation.destroy_test_db(suffix=suffix, verbosity=0)


@pytest.fixture(scope="session", autouse=True)
def _settings_of_tests() -> Iterator[None]:
    """Set once: to set a setting for a test asks all that may keep something of it, as often as there are tests."""
    with (
        override_settings(
            FEED_MAX_STALENESS=0,  # no test waits for what it has just written
            REQUIRE_SECOND_FACTOR="nobody",  # also where DATABASE_URL is set
            WHITENOISE_AUTOREFRESH=True,  # or each test client looks through all static files before its first request
            PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # the others are slow on purpose
        ),
        pytest.MonkeyPatch.context() as patch,
    ):
        for name in ("REQUEST_TIMEOUT", "QUERY_TIMEOUT"):  # however busy the machine is, the database answers in time
            patch.setattr(source, name, 60.0)
        yield


@pytest.fixture(autouse=True)
def _nothing_published_yet(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[None]:
    # The next test meets the same revision number with other rows.
    copies = tmp_path_factory.getbasetemp() / "copies"  # which pytest need not look through to number the next directory
    copies.mkdir(exist_ok=True)
    settings.DATA_DIR = Path(tempfile.mkdtemp(dir=copies))
    publisher.clear()
    checklist.clear_cache()
    public_history.clear_cache()
    yield
    publisher.clear()
    checklist.clear_cache()
    public_history.clear_cache()


@pytest.fixture(scope="session", autouse=True)
def _rows_as_migrated_after_a_commit() -> Iterator[None]:
    """After a test that commits, the tables hold again what the migrations put into them.

    Django would empty them all, which takes longer than most tests, and the triggers refuse to while a model is listed.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: pristine.restore())
        yield


@pytest.fixture(autouse=True)
def _rules_can_be_checked(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    # Django skips a constraint whose check fails to run, with a warning that nobody would see.
    yield
    assert not [record for record in caplog.get_records("call") if record.name == "django.db.models"]


@pytest.fixture
def client() -> Client:
    """A client that calls the site by a name it answers to."""
    return Client(headers={"host": "localhost"})


@pytest.fixture(scope="session")
def shared() -> Path:
    """The specifications and real payloads beside the repository; skips where they are not."""
    if not SHARED.is_dir():
        pytest.skip("the payloads in ../shared are not on this machine")
    return SHARED
