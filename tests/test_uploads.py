"""Uploads: tried out and carried out away from who serves, shown by a page, and all or nothing."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pghistory.models
import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog.admin.tables import CONTENT_TYPES, TABLES
from catalog.history import Difference
from catalog.importing.tables.export import export_table
from catalog.importing.tables.reading import read_table
from catalog.models import AIModel, Price, Proposal, Upload, UploadState
from catalog.review import Agreement
from catalog.uploads import outcome, queue
from tests.factories import make_datacenter, make_listed, make_model
from tests.test_admin import staff
from tests.test_concurrency import in_thread, somebody_writes
from tests.uploading import running, wait_for_runners

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("runner_in_threads"),
]
UPLOAD = "/admin/catalog/aimodel/upload/"
NEW = "model_id,name,description\nacme/new,Acme New,\nacme/other,Acme Other,Another\n"


def finished(upload: Upload) -> Upload:
    """Wait for whoever works at it."""
    wait_for_runners()
    upload.refresh_from_db()
    return upload


def send(client: Client, content: str | bytes, name: str = "models.csv", **options: Any) -> Upload:
    """Upload a file, and wait until it has been tried out."""
    data = content.encode() if isinstance(content, str) else content
    answer = client.post(UPLOAD, {"file": SimpleUploadedFile(name, data), **options})
    assert answer.status_code == 302, answer.context["form"].errors
    upload = Upload.objects.get(pk=int(answer["Location"].rstrip("/").rsplit("/", 1)[1]))
    return finished(upload)


def page(client: Client, upload: Upload, **parameters: Any) -> str:
    answer = client.get(f"{UPLOAD}{upload.pk}/", parameters)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def confirm(client: Client, upload: Upload, typed: str = "") -> Upload:
    data = {"_confirm": "1", "_agreed": upload.outcome["digest"], "_typed": typed}
    assert client.post(f"{UPLOAD}{upload.pk}/", data).status_code == 302
    return finished(upload)


def price_table(usd: str, model_id: str = "acme/one") -> str:
    return f"model_id,kind,unit,usd_per_million_tokens\n{model_id},prompt,token,{usd}\n"


@pytest.fixture
def publisher(client: Client) -> Client:
    return staff(client, "Publisher")


def test_an_upload_is_tried_out_shown_and_applied(publisher: Client) -> None:
    upload = send(publisher, NEW)
    assert upload.state == UploadState.PREVIEW
    assert not AIModel.objects.exists()
    shown = page(publisher, upload)
    assert "The file would add 2 models, change 0 and leave 0 as they are." in shown
    assert "acme/new" in shown
    assert "Acme Other" in shown
    assert "The OpenRouter feeds do not show any of this." in shown
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
    assert context.metadata == {"user": user.pk, "source": "upload", "origin": "autumn prices.csv"}


def test_a_bad_row_is_named_and_nothing_is_applied(publisher: Client) -> None:
    upload = send(publisher, "model_id,name,context_length\nacme/new,Acme New,4096\nacme/bad,Acme Bad,many\n")
    assert upload.state == UploadState.REFUSED
    assert not AIModel.objects.exists()
    shown = page(publisher, upload)
    assert "row 3 (acme/bad)" in shown
    assert "context_length" in shown
    assert "1 problem." in shown
    assert "Apply it" not in shown
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
    answer = publisher.post(
        f"{UPLOAD}{upload.pk}/", {"_confirm": "1", "_agreed": upload.outcome["digest"], "_typed": "acme"}
    )
    assert "has to be typed just so" in answer.content.decode()
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


def test_what_the_catalog_says_already_is_nothing_to_do(publisher: Client) -> None:
    make_model()
    upload = send(publisher, export_table("models", "xlsx", AIModel.objects.all()), name="models.xlsx")
    assert upload.state == UploadState.APPLIED
    assert "There was nothing to do: 0 new, 0 changed, 1 as they were." in page(publisher, upload)


def test_listing_is_asked_for_and_shown_first(publisher: Client) -> None:
    make_model()
    upload = send(publisher, price_table("0.2"), list_on_openrouter="on")
    assert "1 would be listed on OpenRouter." in page(publisher, upload)
    assert "New on OpenRouter" in page(publisher, upload)
    assert not AIModel.objects.listed().exists()
    assert confirm(publisher, upload, typed=upload.outcome["to_type"]).state == UploadState.APPLIED
    assert AIModel.objects.listed().count() == 1


def test_a_viewer_may_not_upload(client: Client) -> None:
    upload = send(staff(client, "Publisher"), NEW)
    viewer = staff(Client(headers={"host": "localhost"}), "Viewer")
    for path in ("", f"{upload.pk}/", f"{upload.pk}/progress/"):
        assert viewer.get(f"{UPLOAD}{path}").status_code == 403
        assert viewer.post(f"{UPLOAD}{path}", {"_confirm": "1"}).status_code == 403
    assert finished(upload).state == UploadState.PREVIEW
    assert "Upload" not in viewer.get("/admin/").content.decode()
    assert Client(headers={"host": "localhost"}).get(f"{UPLOAD}{upload.pk}/").status_code == 302


def test_what_another_has_uploaded_is_not_there(client: Client) -> None:
    upload = send(staff(client, "Publisher"), NEW)
    editor = staff(Client(headers={"host": "localhost"}), "Editor")
    assert editor.get(f"{UPLOAD}{upload.pk}/").status_code == 404
    assert editor.get(f"{UPLOAD}{upload.pk}/progress/").status_code == 404
    assert editor.post(f"{UPLOAD}{upload.pk}/", {"_confirm": "1", "_agreed": upload.outcome["digest"]}).status_code == 404


def test_an_editor_uploads_what_the_feed_does_not_show(client: Client) -> None:
    editor = staff(client, "Editor")
    assert "list_on_openrouter" not in editor.get(UPLOAD).context["form"].fields
    assert confirm(editor, send(editor, NEW, list_on_openrouter="on")).state == UploadState.APPLIED
    assert AIModel.objects.count() == 2


@pytest.mark.parametrize("may_propose", [True, False])
def test_an_editor_may_not_change_the_feed_and_can_propose_where_that_is_set(
    client: Client, settings: Settings, may_propose: bool
) -> None:
    settings.EDITORS_PROPOSE = may_propose
    model = make_listed()
    editor = staff(client, "Editor")
    upload = send(editor, price_table("0.2"))
    assert upload.state == UploadState.NOT_ALLOWED
    shown = page(editor, upload)
    assert "only a publisher may change that" in shown
    assert ("Propose it" in shown) == may_propose
    address = f"{UPLOAD}{upload.pk}/"
    editor.post(address, {"_confirm": "1", "_agreed": upload.outcome["digest"]})
    for _ in range(2):
        editor.post(address, {"_propose": "1", "_reason": "Autumn."})
    assert finished(upload).state == (UploadState.PROPOSED if may_propose else UploadState.NOT_ALLOWED)
    assert model.prices.count() == 2
    assert Proposal.objects.count() == may_propose
    if may_propose:
        proposal = Proposal.objects.get()
        assert (proposal.reason, str(proposal)) == ("Autumn.", "acme/one")
        (one,) = proposal.changes[0]["differences"]
        assert one[1:] == ["0.0000001", "0.0000002"]
        assert page(editor, upload)


def test_an_upload_that_makes_a_datacenter_is_not_proposed(client: Client, settings: Settings) -> None:
    settings.EDITORS_PROPOSE = True
    make_listed()
    editor = staff(client, "Editor")
    upload = send(editor, '{"data": [{"id": "acme/one", "datacenters": [{"country_code": "FR"}]}]}', name="feed.json")
    assert upload.state == UploadState.NOT_ALLOWED
    assert "Propose it" not in page(editor, upload)
    editor.post(f"{UPLOAD}{upload.pk}/", {"_propose": "1", "_reason": "Paris."})
    assert finished(upload).state == UploadState.NOT_ALLOWED
    assert not Proposal.objects.exists()


def test_rights_that_are_gone_by_then_count(publisher: Client) -> None:
    upload = send(publisher, price_table("0.2", make_listed().model_id))
    user = User.objects.get(username="publisher")
    user.groups.set([Group.objects.get(name="Editor")])
    queue.begin(upload, Agreement(upload.outcome["digest"]))
    assert finished(upload).state == UploadState.NOT_ALLOWED
    user.groups.set([Group.objects.get(name="Viewer")])
    again = queue.take([NEW.encode()], uploaded_by=user, name="again.csv")
    assert finished(again).state == UploadState.REFUSED
    assert AIModel.objects.count() == 1


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether something comes true within a minute."""
    deadline = time.monotonic() + 60
    while not (is_true := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_true


def progress(client: Client, upload: Upload) -> Any:
    return client.get(f"{UPLOAD}{upload.pk}/progress/").json()


def test_how_far_it_is_can_be_seen_while_it_works_and_two_take_turns(publisher: Client) -> None:
    make_model()
    first, second = send(publisher, NEW, name="first.csv"), send(publisher, price_table("0.2"), name="second.csv")
    with somebody_writes():
        for upload in (first, second):
            word = {"_confirm": "1", "_agreed": upload.outcome["digest"]}
            assert publisher.post(f"{UPLOAD}{upload.pk}/", word).status_code == 302
            # Pressed twice, it is done once.
            assert publisher.post(f"{UPLOAD}{upload.pk}/", word).status_code == 302
        assert eventually(lambda: progress(publisher, first)["phase"] == "Waiting until nobody else writes")
        assert progress(publisher, second) == {"is_at_work": True, "phase": "Waiting for its turn", "done": 0, "total": 0}
        shown = page(publisher, first)
        assert "Applying first.csv" in shown
        assert "upload.js" in shown
        assert 'http-equiv="refresh"' in shown
        # What is at work is neither dropped nor begun again.
        publisher.post(f"{UPLOAD}{first.pk}/", {"_drop": "1"})
        publisher.post(f"{UPLOAD}{first.pk}/", {"_again": "1"})
        assert not AIModel.objects.filter(model_id="acme/new").exists()
    assert finished(first).state == UploadState.APPLIED
    assert finished(second).state == UploadState.APPLIED
    assert AIModel.objects.count() == 3
    assert Price.objects.filter(kind="prompt").count() == 2


def test_a_killed_process_leaves_nothing_and_it_can_be_tried_again(
    publisher: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model()
    upload = send(publisher, NEW)
    with somebody_writes(), monkeypatch.context() as nobody_else:
        nobody_else.setattr(queue, "start_runner", lambda: None)
        Upload.objects.filter(pk=upload.pk).update(state=UploadState.WAITING, agreed=upload.outcome["digest"])
        with running(f"from catalog.uploads import work; work.work_on({upload.pk})"):
            assert eventually(lambda: progress(publisher, upload)["phase"] == "Waiting until nobody else writes")
            assert progress(publisher, upload)["is_at_work"]
        # The database finds out by itself, though what it was asked still waits.
        assert eventually(lambda: not progress(publisher, upload)["is_at_work"])
    assert AIModel.objects.count() == 1
    shown = page(publisher, upload)
    assert "The work was interrupted" in shown
    assert "Try again" in shown
    assert publisher.post(f"{UPLOAD}{upload.pk}/", {"_again": "1"}).status_code == 302
    assert finished(upload).state == UploadState.APPLIED  # the word was given before
    assert AIModel.objects.count() == 3


def test_a_lost_connection_leaves_nothing_and_it_can_be_tried_again(
    publisher: Client, caplog: pytest.LogCaptureFixture
) -> None:
    make_model()
    upload = send(publisher, NEW)
    with somebody_writes():
        publisher.post(f"{UPLOAD}{upload.pk}/", {"_confirm": "1", "_agreed": upload.outcome["digest"]})
        assert eventually(lambda: progress(publisher, upload)["phase"] == "Waiting until nobody else writes")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s",
                [queue.LOCK, upload.pk],
            )
    assert finished(upload).state == UploadState.FAILED
    assert "has failed; nothing of it is there" in caplog.text
    assert AIModel.objects.count() == 1
    assert "Try again" in page(publisher, upload)
    publisher.post(f"{UPLOAD}{upload.pk}/", {"_again": "1"})
    assert finished(upload).state == UploadState.APPLIED


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
    monkeypatch.setattr("catalog.admin.uploads.LARGEST", 10)
    for content, sentence in ((NEW.encode(), "It is larger than"), (b"", "The submitted file is empty.")):
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
    assert "Page 3 of 3" in page(publisher, long, page=3)
    assert f"acme/m{outcome.PAGE * 2:03}<" in page(publisher, long, page=3)
    for wrong in ("0", "4", "-1", "x", "9" * 40, "²"):
        assert publisher.get(f"{UPLOAD}{long.pk}/", {"page": wrong}).status_code == 404


@pytest.mark.parametrize("group", ["Viewer", "Editor"])
def test_who_sees_the_catalog_takes_its_tables_away(client: Client, group: str) -> None:
    one, other = make_listed("acme/one"), make_model("acme/two")
    reader = staff(client, group)
    for table, file_format in TABLES:
        answer = reader.get(f"/admin/catalog/aimodel/tables/{table}.{file_format}")
        assert answer["Content-Type"] == CONTENT_TYPES[file_format]
        assert re.fullmatch(rf'attachment; filename="{table}-[\d-]+\.{file_format}"', answer["Content-Disposition"])
        assert read_table(answer.content).models.keys() == {"acme/one", "acme/two"}
        chosen = {"action": f"export_{table}_{file_format}", "_selected_action": [other.pk]}
        assert read_table(reader.post("/admin/catalog/aimodel/", chosen).content).models.keys() == {"acme/two"}
    assert one.model_id in reader.get("/admin/catalog/aimodel/tables/models.csv").content.decode()
    assert reader.get("/admin/catalog/aimodel/tables/users.csv").status_code == 404


def test_who_does_not_see_the_catalog_takes_no_tables_away(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get("/admin/catalog/aimodel/tables/models.csv").status_code == 403


def test_chosen_models_are_taken_away_while_somebody_writes(client: Client) -> None:
    reader, model = staff(client, "Viewer"), make_model()
    chosen = {"action": "export_models_csv", "_selected_action": [model.pk]}
    answers: list[Any] = []
    with somebody_writes():
        thread, raised = in_thread(lambda: answers.append(reader.post("/admin/catalog/aimodel/", chosen)))
        thread.join(20)
        assert not thread.is_alive()
    assert not raised
    assert read_table(answers[0].content).models.keys() == {"acme/one"}


def test_what_xlsx_cannot_keep_is_said(publisher: Client) -> None:
    make_model(description="x" * 40_000)
    answer = publisher.get("/admin/catalog/aimodel/tables/models.xlsx", follow=True)
    assert "longer than a cell of XLSX" in answer.content.decode()
    chosen = {"action": "export_models_xlsx", "_selected_action": [AIModel.objects.get().pk]}
    assert "longer than a cell of XLSX" in publisher.post("/admin/catalog/aimodel/", chosen, follow=True).content.decode()


def test_what_is_taken_away_edited_and_uploaded_changes_just_that(publisher: Client) -> None:
    make_datacenter()
    make_listed()
    table = publisher.get("/admin/catalog/aimodel/tables/models.csv").content.decode("utf-8-sig")
    upload = send(publisher, table.replace("Acme One", "Acme Uno"))
    assert upload.count("changes") == 1
    (change,) = outcome.review_of(upload.pages.get().content).changes
    assert change.differences == (Difference(("field", "name"), "Acme One", "Acme Uno"),)
