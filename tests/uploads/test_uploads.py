"""An upload is tried out, shown and applied."""

import json
import re
from datetime import timedelta

import pghistory.models
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.importing.tables.export import export_table
from catalog.models import AIModel, Price, Upload, UploadState
from catalog.uploads import outcome, queue
from tests.admin.common import agree
from tests.factories import make_listed, make_model
from tests.uploads.common import NEW, UPLOAD, confirm, finished, page, price_table, send

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("runner_in_threads"),
]


def test_an_upload_is_tried_out_shown_and_applied(publisher: Client) -> None:
    upload = send(publisher, NEW)
    assert upload.state == UploadState.PREVIEW
    assert not AIModel.objects.exists()
    shown = page(publisher, upload)
    assert "This file would add 2 models, change 0 and leave 0 as they are." in shown
    assert "acme/new" in shown
    assert "Acme Other" in shown
    assert "Nothing changes in the OpenRouter feeds." in shown
    assert "It needs a completion price" in shown  # what is missing before they can be listed
    upload = confirm(publisher, upload)
    assert upload.state == UploadState.APPLIED
    assert upload.content is None
    assert list(AIModel.objects.values_list("model_id", "description")) == [("acme/new", ""), ("acme/other", "Another")]
    assert "Done: 2 new" in page(publisher, upload)


def test_the_history_says_who_uploaded_what(publisher: Client) -> None:
    confirm(publisher, send(publisher, NEW, name="autumn prices.csv"))
    (context,) = pghistory.models.Context.objects.filter(metadata__source="upload")
    user = User.objects.get(username="publisher")
    assert context.metadata == {"user": user.pk, "user_name": "publisher", "source": "upload", "origin": "autumn prices.csv"}


def test_a_bad_row_is_named_and_nothing_is_applied(publisher: Client) -> None:
    upload = send(publisher, "model_id,name,context_length\nacme/new,Acme New,4096\nacme/bad,Acme Bad,many\n")
    assert upload.state == UploadState.REFUSED
    assert not AIModel.objects.exists()
    shown = page(publisher, upload)
    assert "row 3 (acme/bad)" in shown
    assert "context_length" in shown
    assert "1 problem." in shown
    assert ">Apply<" not in shown
    assert not publisher.post(f"{UPLOAD}{upload.pk}/", {"_confirm": "1", "_agreed": ""}).context
    assert finished(upload).state == UploadState.REFUSED


def test_what_the_database_refuses_is_named(publisher: Client) -> None:
    upload = send(publisher, "model_id,name,context_length,max_output_length\nacme/bad,Acme Bad,10,20\n")
    assert upload.state == UploadState.REFUSED
    assert "row 2 (acme/bad)" in page(publisher, upload)
    assert not AIModel.objects.exists()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"{", b"[]", b"PK\x03\x04nothing", b"a,b\n1,2\n"])
def test_a_file_that_cannot_be_read_is_refused_in_words(publisher: Client, content: bytes) -> None:
    upload = send(publisher, content, name="what.bin")
    assert upload.state == UploadState.REFUSED
    assert upload.count("problems") == 1
    assert "the file" in page(publisher, upload)


def test_a_change_of_the_feed_is_shown_with_its_consequences_and_the_slip_must_be_typed(publisher: Client) -> None:
    model = make_listed()
    upload = send(publisher, price_table("100000"), name="prices.csv")
    shown = page(publisher, upload)
    assert "Below is what OpenRouter will see" in shown
    assert "To confirm, type <strong" in shown
    assert "1 model to confirm</a>" in shown
    answer = publisher.post(
        f"{UPLOAD}{upload.pk}/", {"_confirm": "1", "_agreed": upload.outcome["digest"], "_typed": "acme"}
    )
    assert "That does not match" in answer.content.decode()
    assert finished(upload).state == UploadState.PREVIEW
    assert model.prices.count() == 2
    assert confirm(publisher, upload, typed="acme/one").state == UploadState.APPLIED
    assert model.prices.count() == 3


def test_what_has_changed_since_comes_back_as_a_new_preview(publisher: Client) -> None:
    make_listed()
    upload = send(publisher, price_table("0.2"))
    AIModel.objects.update(name="Somebody else's")
    Price.objects.create(ai_model=AIModel.objects.get(), kind="prompt", usd="0.00000015")
    before = upload.outcome["digest"]
    upload = confirm(publisher, upload)
    assert upload.state == UploadState.PREVIEW
    assert upload.outcome["digest"] != before
    assert "The catalog has changed since you saw this" in page(publisher, upload)
    assert confirm(publisher, upload).state == UploadState.APPLIED


def test_past_prices_alone_are_asked_about_too(publisher: Client) -> None:
    model = make_listed()
    points = (
        '{"as_of": "2026-08-22", "models": {"acme/one": {"points": [["2025-01-01", 0.3, 0.4], ["2025-02-01", 0.2, 0.4]]}}}'
    )
    upload = send(publisher, points, name="history.json")
    assert (upload.state, model.prices.count()) == (UploadState.PREVIEW, 2)
    shown = page(publisher, upload)
    assert "Past prices (4)" in shown
    assert "2025-02-01" in shown
    assert "4 past prices are added to its price history." in shown
    assert upload.outcome["to_type"] == "acme/one"
    assert confirm(publisher, upload, typed="acme/one").state == UploadState.APPLIED
    assert model.prices.count() == 6
    assert send(publisher, points, name="history.json").state == UploadState.APPLIED  # nothing to do


def test_what_the_catalog_says_already_is_nothing_to_do(publisher: Client) -> None:
    make_model()
    upload = send(publisher, export_table("models", "xlsx", AIModel.objects.all()), name="models.xlsx")
    assert upload.state == UploadState.APPLIED
    assert "Nothing to do: 0 new, 0 changed, 1 unchanged." in page(publisher, upload)


def test_listing_is_asked_for_and_shown_first(publisher: Client) -> None:
    make_model()
    upload = send(publisher, price_table("0.2"), list_on_openrouter="on")
    assert "1 would be listed on OpenRouter." in page(publisher, upload)
    assert "Added to OpenRouter, hidden at first" in page(publisher, upload)
    assert not AIModel.objects.listed().exists()
    assert confirm(publisher, upload, typed=upload.outcome["to_type"]).state == UploadState.APPLIED
    assert AIModel.objects.listed().count() == 1


def test_a_preview_can_be_dropped(publisher: Client) -> None:
    upload = send(publisher, NEW)
    assert publisher.post(f"{UPLOAD}{upload.pk}/", {"_drop": "1"})["Location"] == UPLOAD
    assert not Upload.objects.exists()
    assert publisher.get(f"{UPLOAD}{upload.pk}/").status_code == 404


def test_old_uploads_go_when_the_next_one_comes(publisher: Client) -> None:
    old = send(publisher, NEW)
    Upload.objects.update(uploaded_at=timezone.now() - queue.KEPT_FOR - timedelta(minutes=1))
    new = send(publisher, NEW)
    assert list(Upload.objects.all()) == [new]
    assert not old.pages.exists()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("<script>alert(1)</script>.csv", "script&gt;.csv"),
        ("Preise „Herbst“ 2026 — (1).csv", "Preise „Herbst“ 2026 — (1).csv"),
        ("价格表\u202egpj.csv", "价格表gpj.csv"),
        ("m" * 300 + ".csv", "m" * 200),
        ("noname", "noname"),
    ],
)
def test_an_odd_file_name_is_shown_as_text(publisher: Client, name: str, shown: str) -> None:
    upload = send(publisher, NEW, name=name)
    assert upload.state == UploadState.PREVIEW
    assert shown in page(publisher, upload)
    assert "<script>alert" not in page(publisher, upload)
    confirm(publisher, upload)
    assert pghistory.models.Context.objects.get(metadata__source="upload").metadata["origin"] == upload.name


def test_a_file_that_is_too_large_or_empty_is_not_taken(publisher: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.admin.imports.uploads.LARGEST", 10)
    for content, sentence in ((NEW.encode(), "The file is larger than"), (b"", "The submitted file is empty.")):
        answer = publisher.post(UPLOAD, {"file": SimpleUploadedFile("models.csv", content)})
        assert sentence in answer.content.decode()
    assert "This field is required." in publisher.post(UPLOAD, {}).content.decode()
    assert not Upload.objects.exists()


def test_the_format_and_the_unit_of_prices_are_taken_as_said(publisher: Client) -> None:
    feed = b'{"data": [{"id": "acme/one", "name": "One", "pricing": {"prompt": "0.1", "completion": "0.2"}}]}'
    assert "looks like a price per million" in page(publisher, send(publisher, feed, name="feed.json"))
    assert send(publisher, feed, name="feed.json", prices_per="million").state == UploadState.PREVIEW
    assert send(publisher, feed, name="feed.json", format="litellm").state == UploadState.REFUSED


def test_a_long_preview_has_pages_of_the_same_cost(publisher: Client) -> None:
    short = send(publisher, NEW)
    rows = "".join(f"acme/m{number:03},M {number}\n" for number in range(outcome.PAGE * 2 + 1))
    long = send(publisher, f"model_id,name\n{rows}")
    assert (short.count("pages"), long.count("pages")) == (1, 3)
    queries = []
    for upload in (short, long):
        with CaptureQueriesContext(connection) as captured:
            page(publisher, upload)
        queries.append(len(captured))
    assert queries[0] == queries[1]
    assert '<strong aria-current="page">3</strong>' in page(publisher, long, page=3)
    assert f"acme/m{outcome.PAGE * 2:03}<" in page(publisher, long, page=3)
    assert f"{outcome.PAGE * 2 + 1} models become public immediately" in page(publisher, long)
    for wrong in ("0", "4", "-1", "x", "9" * 40, "²"):
        assert publisher.get(f"{UPLOAD}{long.pk}/", {"page": wrong}).status_code == 404


def test_an_applied_upload_is_undone_from_its_page_and_its_reason_is_kept(publisher: Client) -> None:
    upload = send(publisher, NEW)
    data = {"_confirm": "1", "_agreed": upload.outcome["digest"], "_typed": upload.outcome["to_type"], "_why": "new models"}
    publisher.post(f"{UPLOAD}{upload.pk}/", data)
    finished(upload)
    assert AIModel.objects.count() == 2
    address = f"/admin/catalog/aimodel/activity/{upload.outcome['change']}/"
    assert address in page(publisher, upload)
    assert "new models" in publisher.get(address).content.decode()
    agree(publisher, address, {})
    assert not AIModel.objects.exists()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 x", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
        (b"this is a list of our models\n", "plain text"),
        (b"Pr\xe9cis des prix", "text in an encoding other than UTF-8"),
        (b" \n", "empty"),
    ],
)
def test_a_file_of_another_kind_is_named_in_words(publisher: Client, content: bytes, kind: str) -> None:
    upload = send(publisher, content, "models.json")
    assert f"The source is {kind}, not JSON or a table in CSV or XLSX." in page(publisher, upload)


def test_named_models_and_entries_are_left_out(publisher: Client) -> None:
    feed = (
        '{"data": [{"id": "acme/a", "pricing": {"prompt": "0.000001"}}, {"id": "a b", "pricing": {"prompt": "0.000001"}}]}'
    )
    refused = send(publisher, feed, name="feed.json")
    assert refused.state == UploadState.REFUSED
    assert "or leave out the models that have" in page(publisher, refused)
    upload = send(publisher, feed, name="feed.json", skip=" entry 2 \r\n\r\nacme/other\r\n")
    assert (upload.state, upload.count("new")) == (UploadState.PREVIEW, 1)
    assert "Left out, as requested." in page(publisher, upload)


def test_the_preview_of_many_models_shows_what_needs_a_decision_and_folds_the_rest(publisher: Client) -> None:
    pricing = {"prompt": "0.000001", "completion": "0.000002"}
    rows = [
        {
            "id": f"acme/m{number}",
            "name": "M",
            "quantization": f"q{number}",
            "pricing": {**pricing, "per_page": "0.5"} if number % 7 == 0 else pricing,
        }
        for number in range(150)
    ]
    upload = send(publisher, json.dumps({"data": rows}), name="feed.json")
    assert (upload.count("new"), upload.count("warnings"), upload.count("pages")) == (150, 22, 2)
    shown = re.sub(r"<details class=\"mc-panel\">.*?</details>", "", page(publisher, upload))
    assert "To check (22)" in shown
    assert "22 entries (acme/m0, acme/m7, acme/m14 …)" in shown
    assert shown.count("<tr>") <= 12
