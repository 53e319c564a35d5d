"""A new model from Hugging Face in the admin."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import escape

from catalog.models import AIModel
from catalog.uploads import queue
from tests.admin.common import ADD, LIST, errors, form_data, staff
from tests.factories import make_model
from tests.hugging_face.hub import Hub, dense
from tests.uploading import work_off

PAGE = "/admin/catalog/aimodel/from-hugging-face/"


@pytest.fixture
def editor(client: Client, runner_inline: None) -> Client:
    return staff(client, "Editor")


def read_in_admin(client: Client, repository: str = "Acme/Acme-8B") -> str:
    """Type an id into the box; the address of the form that comes of it."""
    answer = client.post(PAGE, {"repository": repository})
    assert answer.status_code == 302, answer.content.decode()
    answer = client.get(answer["Location"])  # where it waits until the queue has read it
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


@pytest.mark.django_db
def test_the_form_is_prefilled_shown_with_its_sources_and_not_saved(hub: Hub, editor: Client) -> None:
    dense(hub)
    page = editor.get(read_in_admin(editor))
    shown = page.content.decode()
    initial = page.context["adminform"].form.initial
    assert initial["model_id"] == "acme-8b"
    assert initial["license"] == "apache-2.0"
    assert "Read from Hugging Face: Acme/Acme-8B" in shown
    assert "config.json: max_position_embeddings" in shown
    assert "metadata: pipeline_tag, text-generation" in shown
    assert "No repository states it" in shown
    assert not AIModel.objects.exists()


@pytest.mark.django_db
def test_saving_the_prefilled_form_saves_what_was_read(hub: Hub, editor: Client) -> None:
    dense(hub)
    url = read_in_admin(editor)
    answer = editor.post(url, form_data(editor, url))
    assert answer.status_code == 302, errors(answer)
    model = AIModel.objects.get()
    assert (model.model_id, model.name, model.author) == ("acme-8b", "Acme-8B", "acme")
    assert (model.hugging_face_id, model.category) == ("Acme/Acme-8B", "text")
    assert (model.context_length, model.quantization, model.max_output_length) == (40960, "bf16", None)
    assert (model.input_modalities, model.output_modalities) == (["text"], ["text"])
    assert model.released_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert model.description.startswith("Acme 8B is the newest")
    assert model.license == "apache-2.0"
    assert not model.is_listed_on_openrouter


@pytest.mark.django_db
def test_a_form_that_is_refused_keeps_what_was_typed_and_the_panel(hub: Hub, editor: Client) -> None:
    dense(hub)
    url = read_in_admin(editor)
    answer = editor.post(url, form_data(editor, url) | {"name": " ", "context_length": "8192", "max_output_length": "9000"})
    assert "The output cannot be longer than the context." in errors(answer)
    assert "Read from Hugging Face: Acme/Acme-8B" in answer.content.decode()
    assert answer.context["adminform"].form["context_length"].value() == "8192"
    assert not AIModel.objects.exists()


@pytest.mark.django_db
def test_windows_do_not_mix_and_a_reload_asks_nobody(hub: Hub, editor: Client) -> None:
    dense(hub)
    dense(hub, "Acme/Other", config={"max_position_embeddings": 1024})
    first, second = read_in_admin(editor), read_in_admin(editor, "Acme/Other")
    asked = len(hub.asked)
    for url, model_id, length in ((first, "acme-8b", 40960), (second, "other", 1024), (first, "acme-8b", 40960)):
        initial = editor.get(url).context["adminform"].form.initial
        assert (initial["model_id"], initial["context_length"]) == (model_id, length)
    assert len(hub.asked) == asked


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "0", "x" * 32, "../../etc", "9" * 18, "9" * 5000, "²"])
def test_a_reading_that_is_not_kept_leads_back_to_the_box(editor: Client, key: str) -> None:
    answer = editor.get(f"{ADD}?hugging_face={key}", follow=True)
    assert answer.redirect_chain[-1][0] == PAGE
    assert "has been removed; fetch it again" in answer.content.decode()


@pytest.mark.django_db
def test_what_another_has_read_and_what_is_no_reading_is_not_there(hub: Hub, editor: Client) -> None:
    dense(hub)
    url = read_in_admin(editor)
    other = staff(Client(headers={"host": "localhost"}), "Publisher")
    assert other.get(url).status_code == 302
    assert other.get(f"{PAGE}{url.rpartition('=')[2]}/").status_code == 404
    file = queue.add_file([b"{}"], uploaded_by=User.objects.get(username="publisher"), name="models.json")
    assert other.get(f"{PAGE}{file.pk}/").status_code == 404
    assert other.get(f"{ADD}?hugging_face={file.pk}").status_code == 302


@pytest.mark.django_db
def test_a_failure_is_said_at_the_box_and_keeps_the_id(hub: Hub, editor: Client) -> None:
    answer = editor.post(PAGE, {"repository": "acme/none"}, follow=True)
    assert answer.status_code == 200
    (said,) = answer.context["form"].errors["repository"]
    assert "There is no public repository acme/none" in said
    assert escape(said) in answer.content.decode()
    assert 'value="acme/none"' in answer.content.decode()
    for empty in ("", " ", "a\0b/c", "x" * 301, "no-owner"):
        assert editor.post(PAGE, {"repository": empty}).context["form"].errors["repository"]


@pytest.mark.django_db
def test_while_the_hub_is_asked_a_page_says_so_and_no_request_waits(
    hub: Hub, editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "start_runner", lambda: None)
    dense(hub)
    address = editor.post(PAGE, {"repository": "Acme/Acme-8B"})["Location"]
    shown = editor.get(address).content.decode()
    assert "Reading Acme/Acme-8B" in shown
    assert "upload.js" in shown
    assert editor.get(f"{address}progress/").json()["is_at_work"] is True
    assert hub.asked == []
    for _ in range(queue.MOST_UNDER_WAY - 1):
        assert editor.post(PAGE, {"repository": "Acme/Acme-8B"}).status_code == 302
    assert "waiting or running" in editor.post(PAGE, {"repository": "Acme/Acme-8B"}).content.decode()
    work_off()
    assert editor.get(address).status_code == 302


@pytest.mark.django_db
def test_what_a_repository_says_is_shown_as_text(hub: Hub, editor: Client) -> None:
    card = "Welcome to <script>alert(1)</script> &lt;img src=x onerror=alert(2)&gt; the models that we made for you."
    dense(
        hub,
        files={"README.md": card},
        cardData={"license": "<b>mit</b>"},
        config={"quantization_config": {"quant_method": "<i>"}},
    )
    shown = editor.get(read_in_admin(editor)).content.decode()
    assert "&lt;img src=x" in shown
    assert "&lt;b&gt;mit" in shown
    assert not [tag for tag in ("<img src=x", "<b>mit", "<i>", "alert(1)</script>") if tag in shown]


@pytest.mark.django_db
def test_a_repository_that_the_catalog_has_is_said(hub: Hub, editor: Client) -> None:
    make_model("acme/there", hugging_face_id="acme/acme-8b")
    dense(hub)
    assert (
        "The catalog already has models of this repository: acme/there."
        in editor.get(read_in_admin(editor)).content.decode()
    )


@pytest.mark.django_db
def test_only_those_who_may_add_see_the_button_and_the_page(hub: Hub, client: Client) -> None:
    assert client.get(PAGE).status_code == 302
    assert PAGE in staff(client, "Editor").get(LIST).content.decode()
    viewer = staff(client, "Viewer")
    assert PAGE not in viewer.get(LIST).content.decode()
    assert viewer.get(PAGE).status_code == 403
    assert viewer.post(PAGE, {"repository": "Acme/Acme-8B"}).status_code == 403
    assert viewer.get(f"{ADD}?hugging_face={'x' * 32}").status_code == 403
    assert hub.asked == []
