"""A model that was public and is not any more: its page says so, unless it may not be mentioned."""

import pytest
from django.test import Client

from catalog.models import AIModel
from catalog.publication import Unavailable
from tests.factories import make_model
from tests.site.common import page

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_its_page_says_that_it_was_removed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_model("gone")
    make_model("hidden")
    make_model("never", is_public=False)
    make_model("stays")
    AIModel.objects.filter(model_id="gone").update(is_public=False)
    AIModel.objects.filter(model_id="hidden").update(is_public=False, is_mentioned_after_removal=False)
    document = page(client, "/models/gone", "fr", status=410)
    assert document.one("h1").text == "Ce modèle a été supprimé"
    assert document.one("meta", name="robots").attributes["content"] == "noindex"
    assert document.all("a", href="/fr/changes")
    for model_id in ("hidden", "never", "nothing"):
        assert client.get(f"/models/{model_id}").status_code == 404
    assert client.get("/models/stays").status_code == 200

    def unavailable(*args: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr("catalog.site.model.public_model_of", unavailable)
    assert client.get("/models/gone").status_code == 404
