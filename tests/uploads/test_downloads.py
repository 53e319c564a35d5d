"""Tables that staff download, edit and upload again."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.admin.exports import CONTENT_TYPES, TABLES
from catalog.history import Difference
from catalog.importing.tables.reading import read_table
from catalog.importing.tables.sheets import read_sheet
from catalog.models import AIModel, Offer
from catalog.uploads import outcome
from tests.admin.common import staff
from tests.factories import make_datacenter, make_listed, make_model
from tests.test_concurrency import in_thread, somebody_writes
from tests.uploads.common import UPLOAD, send

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("runner_in_threads"),
]


@pytest.mark.parametrize("group", ["Viewer", "Editor"])
def test_who_sees_the_catalog_takes_its_tables_away(client: Client, group: str) -> None:
    one, other = make_listed("acme/one"), make_model("acme/two")
    Offer.objects.bulk_create([Offer(ai_model=model, variant="flex", capacity_tpm=5) for model in (one, other)])
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


@pytest.mark.parametrize("table", ["models", "prices", "offers"])
def test_a_template_has_the_columns_alone_and_is_linked_from_the_page(publisher: Client, table: str) -> None:
    make_model()
    for file_format in ("csv", "xlsx"):
        address = f"/admin/catalog/aimodel/tables/{table}.{file_format}?template=1"
        assert address in publisher.get(UPLOAD).content.decode()
        sheet = read_sheet(publisher.get(address).content)
        assert sheet.header[0] == "model_id"
        assert not sheet.rows
