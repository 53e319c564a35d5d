"""What an answer takes is given back with the answer, and not only once Python looks for reference cycles."""

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from catalog.listing import without_garbage_collection
from catalog.models import ApiKey
from tests.factories import make_listed


@pytest.fixture
def no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize(
    "address",
    [
        "/v1/models",
        "/v1/models?format=openrouter",
        "/v1/models/acme/one",
        "/inference/router/openrouter/models",
        "/api/v1/models?output_modalities=all&max_price=0.31",
        "/api/v1/models?output_modalities=all&use_rss=true",
        "/api/v1/models/count?q=one",
        "/api/v1/model/acme/one",
        "/api/v1/models/acme/one/endpoints",
        "/api/v1/providers",
        "/api/ai/models",
        "/api/readiness",
    ],
)
def test_an_answer_is_freed_with_the_last_who_holds_it(address: str, no_collection: None, settings: Settings) -> None:
    make_listed("acme/one")
    settings.ALLOWED_HOSTS = ["testserver"]
    _, key = ApiKey.objects.create_key(name="app")
    application: Any = WSGIHandler()
    environ = RequestFactory(headers={"authorization": f"Bearer {key}"}).get(address).environ
    answer = application(environ, lambda status, headers: lambda body: None)
    assert answer.status_code == 200
    assert answer.content
    answer.close()
    freed = weakref.ref(answer)
    del answer, environ
    assert freed() is None


def test_builds_that_overlap_without_a_pause_do_not_stop_collection() -> None:
    assert gc.isenabled()
    first, second = without_garbage_collection(), without_garbage_collection()
    first.__enter__()
    assert not gc.isenabled()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()
    with without_garbage_collection(), without_garbage_collection():
        assert not gc.isenabled()
    assert gc.isenabled()
