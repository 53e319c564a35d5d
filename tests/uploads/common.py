"""Uploads as staff send and confirm them."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Upload
from tests.uploading import wait_for_runners

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
