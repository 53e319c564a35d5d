"""Uploads: tried out and carried out by a thread, shown by a page, and all or nothing."""

import threading
from typing import Any

import pghistory.models
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import AIModel, Upload, UploadState
from tests.test_admin import staff

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
UPLOAD = "/admin/catalog/aimodel/upload/"
NEW = "model_id,name,description\nacme/new,Acme New,\nacme/other,Acme Other,Another\n"


def finished(upload: Upload) -> Upload:
    """Wait for whoever works at it."""
    for thread in threading.enumerate():
        if thread.name == f"upload-{upload.pk}":
            thread.join(60)
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
    assert "It would be 2 new, 0 changed, 0 as they were." in shown
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
