"""How lists are sent: content codings and conditional requests."""

import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

import brotli
import pytest
import zstandard
from django.core.management import call_command
from django.test import Client

from catalog.models import AIModel, CatalogRevision
from catalog.publication import encodings
from tests.factories import make_listed

FEED = "/v1/models?format=openrouter"
committed = pytest.mark.django_db(transaction=True)
DECODERS: dict[str, Any] = {
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
}


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("zstd, gzip", "zstd"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("gzip;q=0.5, identity", None),
        ("gzip;q=0.5, identity;q=0.1", "gzip"),
        ("*", "br"),
        ("*;q=0", None),
        ("br;q=0, *", "zstd"),
        ("GZIP", "gzip"),
        (" gzip ; q=1.0 ", "gzip"),
        ("gzip;q=x", None),
        ("deflate, compress", None),
        (",,;,q=1", None),
    ],
)
def test_the_coding_is_the_best_that_the_client_takes(accepted: str, coding: str | None) -> None:
    assert encodings.chosen(accepted) == coding


@pytest.mark.django_db
@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
@pytest.mark.parametrize("path", [FEED, "/v1/models", "/api/v1/models?output_modalities=all", "/api/v1/models"])
def test_a_list_in_a_coding_is_the_same_list_under_a_tag_of_its_own(client: Client, coding: str, path: str) -> None:
    call_command("load_sample", verbosity=0)
    plain = client.get(path)
    coded = client.get(path, headers={"accept-encoding": coding})
    assert "Accept-Encoding" in plain.headers["Vary"]
    if path == "/api/v1/models":  # made for one question, and sent as it is
        assert coded.content == plain.content
        return
    assert coded.headers["Content-Encoding"] == coding
    assert DECODERS[coding](coded.content) == plain.content
    assert coded.headers["etag"] == f'{plain.headers["etag"][:-1]}-{coding}"'
    assert len(coded.content) < len(plain.content) / 3
    for tag, status in ((coded.headers["etag"], 304), (plain.headers["etag"], 200)):
        assert client.get(path, headers={"accept-encoding": coding, "if-none-match": tag}).status_code == status


@pytest.mark.django_db
def test_a_short_list_is_not_coded(client: Client) -> None:
    answer = client.get(FEED, headers={"accept-encoding": "br"})
    assert "Content-Encoding" not in answer.headers
    assert answer.content == b'{"data":[]}'


@pytest.mark.django_db
def test_a_shared_cache_may_keep_it_ask_each_time_and_send_it_when_we_are_away(client: Client) -> None:
    assert client.get(FEED).headers["Cache-Control"] == "public, max-age=0, stale-if-error=86400"


@pytest.mark.django_db
def test_last_modified_is_the_last_change_and_is_not_said_while_that_second_may_have_another(client: Client) -> None:
    make_listed()
    assert "Last-Modified" not in client.get(FEED).headers
    moment = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    AIModel.objects.update(name="Later")
    CatalogRevision.objects.update(changed_at=moment + timedelta(milliseconds=600))
    answer = client.get(FEED)
    said = answer.headers["Last-Modified"]
    assert said == moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert client.get(FEED, headers={"if-modified-since": said}).status_code == 304
    earlier = (moment - timedelta(seconds=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert client.get(FEED, headers={"if-modified-since": earlier}).status_code == 200
