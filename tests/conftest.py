"""Fixtures that every test may need."""

from collections.abc import Iterator
from pathlib import Path

import pgtrigger
import pytest
from django.db import connections
from django.test import Client, TransactionTestCase
from pytest_django.fixtures import Settings

from catalog import checklist
from catalog.publication import publisher

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Tests have an embedded server of their own, unless ``DATABASE_URL`` names another."""
    settings = connections["default"].settings_dict
    settings["CONN_MAX_AGE"] = 0  # a live server's threads must not hold on to the database when it is dropped
    if "DATA_DIR" in settings:
        settings["DATA_DIR"] = tmp_path_factory.mktemp("data")


@pytest.fixture(autouse=True)
def _nothing_published_yet(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[None]:
    # The next test meets the same revision number with other rows; and no test waits for what it has just written.
    settings.DATA_DIR = tmp_path_factory.mktemp("copies")
    settings.FEED_MAX_STALENESS = 0
    publisher.clear()
    checklist.forget()
    yield
    publisher.clear()
    checklist.forget()


@pytest.fixture(scope="session", autouse=True)
def _truncation_between_tests() -> Iterator[None]:
    """Let Django empty the tables after a test that commits; the triggers refuse to while a model is listed."""
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def teardown(self: TransactionTestCase) -> None:
        with pgtrigger.ignore():
            flush(self)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = flush  # type: ignore[attr-defined]


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
