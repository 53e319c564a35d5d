"""Files that somebody damaged, by chance or on purpose: refused in words or applied as a whole, never a server error."""

import csv
import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from catalog.importing.tables.export import export_table
from catalog.models import AIModel, Upload, UploadState
from catalog.publication.rendering import render
from tests.admin.test_fuzz import NASTY
from tests.examples import examples
from tests.factories import make_datacenter, make_listed, make_model, make_price
from tests.permissions.common import content
from tests.uploads.common import UPLOAD

# fmt: off
VALUES: list[Any] = [
    *NASTY, None, True, False, 0, 1, -1, 0.1, 1e308, 10**400, 2**63, float("nan"), float("-inf"), [], {}, [[]], [None], {"": ""},
    {"a": {"b": {"c": []}}}, ["text", "text"], {"id": "acme/one"}, "0.0000001", "1e-7", "-0.1", "acme/two", "2027-01-01T00:00:00Z",
]
"""What stands where something else should."""
# fmt: on
ENDED = {state for state in UploadState if state not in (UploadState.WAITING, UploadState.WORKING)}


@pytest.fixture
def originals(publisher: Client) -> dict[str, bytes]:
    """Files that are right, of a catalog that has some of everything."""
    one = make_listed(
        datacenters=(make_datacenter(),), has_free_variant=True, description='One, with "quotes"; and = formulas'
    )
    for kind in ("prompt", "completion"):
        make_price(one, kind, "0.0000002", service_tier="flex")
    make_model("acme/two", prices={})
    feeds = {f"{name}.json": render(name).body for name in ("openrouter", "openrouter-v2", "litellm", "models-dev")}
    tables = {
        f"{table}.{kind}": export_table(table, kind, AIModel.objects.all())
        for table in ("models", "prices")
        for kind in ("csv", "xlsx")
    }
    return {**feeds, **tables}


def damaged(data: DataObject, name: str, original: bytes) -> bytes:
    """A file with some of it replaced: a value, a cell, or bytes."""
    way = data.draw(st.sampled_from(["values", "values", "values", "bytes"]))
    if way == "values" and name.endswith(".json"):
        document = json.loads(original)
        for _ in range(data.draw(st.integers(1, 3))):
            place = data.draw(st.sampled_from(list(places(document))))
            put(document, place, data.draw(st.sampled_from(VALUES)))
        return json.dumps(document).encode("utf-8", "surrogatepass")
    if way == "values" and name.endswith(".csv"):
        rows = list(csv.reader(io.StringIO(original.decode("utf-8-sig"))))
        for _ in range(data.draw(st.integers(1, 3))):
            row = rows[data.draw(st.integers(0, len(rows) - 1))]
            row[data.draw(st.integers(0, len(row) - 1))] = data.draw(st.sampled_from(NASTY))
        written = io.StringIO()
        csv.writer(written).writerows(rows)
        return written.getvalue().encode("utf-8", "surrogatepass")
    start, length = data.draw(st.integers(0, len(original))), data.draw(st.integers(0, 40))
    return original[:start] + data.draw(st.binary(max_size=20)) + original[start + length :]


def places(document: Any, way: tuple[Any, ...] = ()) -> Any:
    """The ways to each value of a document."""
    yield way
    items = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for key, value in items:
        yield from places(value, (*way, key))


def put(document: Any, way: tuple[Any, ...], value: Any) -> None:
    """Put a value where the way leads, if that is still there."""
    for key in way[:-1]:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return
    if way and isinstance(document, list if isinstance(way[-1], int) else dict):
        document[way[-1]] = value


def there() -> str:
    """Everything but the uploads."""
    return content(without=("catalog_upload", "catalog_uploadpage"))


def upload(publisher: Client, name: str, file: bytes) -> None:
    """Send it, agree to what its preview says, and look at its page."""
    before = there()
    sent = publisher.post(UPLOAD, {"file": SimpleUploadedFile(name, file)})
    assert sent.status_code in (200, 302)
    if sent.status_code == 200:
        assert there() == before
        return
    kept = Upload.objects.latest("pk")
    address = f"{UPLOAD}{kept.pk}/"
    assert publisher.get(address).status_code == 200
    assert there() == before
    if kept.state == UploadState.PREVIEW:
        form = {"_confirm": "1", "_agreed": kept.outcome["digest"], "_typed": kept.outcome["to_type"]}
        assert publisher.post(address, form).status_code == 302
        assert publisher.get(address).status_code == 200
        kept.refresh_from_db()
    assert kept.state in ENDED
    assert kept.state != UploadState.FAILED, kept.outcome
    assert kept.state == UploadState.APPLIED or there() == before


@pytest.mark.django_db
@settings(
    max_examples=examples(25, 1000),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_applied_whole(
    publisher: Client, originals: dict[str, bytes], runner_inline: None, data: DataObject
) -> None:
    name = data.draw(st.sampled_from(list(originals)))
    file = damaged(data, name, originals[name])
    note(f"{name}: {file[:3000]!r}")
    with transaction.atomic():
        upload(publisher, name, file)
        transaction.set_rollback(True)
