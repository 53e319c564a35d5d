"""Who may upload what."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django.fixtures import Settings

from catalog.models import AIModel, Proposal, UploadState
from catalog.review import Agreement
from catalog.uploads import queue
from tests.admin.common import staff
from tests.factories import make_listed
from tests.uploads.common import NEW, UPLOAD, confirm, finished, page, price_table, send

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("runner_in_threads"),
]


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
    assert (">Propose<" in shown) == may_propose
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
    assert ">Propose<" not in page(editor, upload)
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
    again = queue.add_file([NEW.encode()], uploaded_by=user, name="again.csv")
    assert finished(again).state == UploadState.REFUSED
    assert AIModel.objects.count() == 1
