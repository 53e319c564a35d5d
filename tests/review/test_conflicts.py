"""Two people change the same at once."""

import pytest
from django.test import Client
from django.utils import timezone

from catalog.history import version
from catalog.models import AIModel, Datacenter, Price
from tests.admin.common import agree, change, form_data
from tests.factories import make_datacenter, make_listed, make_model, make_price
from tests.review.common import FEED, effects, prices

pytestmark = pytest.mark.django_db


def test_saving_over_somebodys_newer_change_shows_both_and_loses_neither(publisher: Client) -> None:
    model = make_listed()
    mine = prices(form_data(publisher, change(model)), "prompt", "0.11") | {"name": "Mine"}
    mine["_version"] = version(model)
    AIModel.objects.filter(pk=model.pk).update(name="Theirs", context_length=65536)
    make_price(model, "completion", "0.00000021", effective_from=timezone.now())
    page = publisher.post(change(model), mine)
    assert [one.label for one in page.context["theirs"]] == ["Name", "Context length", "Completion price, $ per 1M tokens"]
    assert [(one.label, one.new) for one in page.context["yours"]] == [
        ("Name", "Mine"),
        ("Prompt price, $ per 1M tokens", "0.11"),
    ]
    assert page.context["both"] == ["Name"]
    model.refresh_from_db()
    assert model.name == "Theirs"
    assert Price.objects.count() == 3
    merged = mine | {"_merge": page.context["current"]}
    review = publisher.post(change(model), merged)
    assert effects(review.context["review"]) == [("prices", "applied"), ("name", "ignored")]
    assert agree(publisher, change(model), merged).status_code == 302
    (entry,) = publisher.get(FEED).json()["data"]
    assert (entry["name"], entry["context_length"]) == ("Mine", 65536)
    assert (entry["pricing"]["prompt"], entry["pricing"]["completion"]) == ("0.00000011", "0.00000021")


def test_a_conflict_on_a_model_that_another_one_replaces_is_merged_too(publisher: Client) -> None:
    model = make_model(replacement=make_model("acme/next"))
    mine = form_data(publisher, change(model)) | {"notes": "mine", "_version": version(model)}
    AIModel.objects.filter(pk=model.pk).update(name="Theirs")
    page = publisher.post(change(model), mine)
    assert [(one.label, one.new) for one in page.context["yours"]] == [("Notes", "mine")]
    assert agree(publisher, change(model), mine | {"_merge": page.context["current"]}).status_code == 302
    model.refresh_from_db()
    assert (model.name, model.notes, model.replacement) == ("Theirs", "mine", AIModel.objects.get(model_id="acme/next"))


def test_a_third_who_saves_meanwhile_is_shown_again(publisher: Client) -> None:
    model = make_listed()
    mine = form_data(publisher, change(model)) | {"name": "Mine", "_version": version(model)}
    AIModel.objects.update(context_length=65536)
    page = publisher.post(change(model), mine)
    AIModel.objects.update(max_output_length=4096)
    again = publisher.post(change(model), mine | {"_merge": page.context["current"]})
    assert [one.label for one in again.context["theirs"]] == ["Context length", "Max output length"]


def test_a_datacenter_that_somebody_has_saved_is_not_overwritten_unseen(publisher: Client) -> None:
    place = make_datacenter()
    address = f"/admin/catalog/datacenter/{place.pk}/change/"
    mine = {"code": "fra1", "name": "Mine", "country": "DE", "_version": version(place)}
    Datacenter.objects.update(name="Theirs")
    page = publisher.post(address, mine)
    assert "Somebody has saved this since you opened it" in page.content.decode()
    assert Datacenter.objects.get().name == "Theirs"
    assert publisher.post(address, mine | {"_version": page.context["version"]}).status_code == 302
    assert Datacenter.objects.get().name == "Mine"


def test_a_version_that_was_never_shown_is_a_clear_message(publisher: Client) -> None:
    model = make_model()
    answer = publisher.post(change(model), form_data(publisher, change(model)) | {"_version": "x.y"})
    assert (answer.status_code, answer.content) == (400, b"The form has an unknown version of the model.")


def test_a_popup_on_an_older_model_is_told_so_too(publisher: Client) -> None:
    model = make_model()
    mine = form_data(publisher, change(model)) | {"notes": "mine", "_version": version(model), "_popup": "1"}
    AIModel.objects.update(name="Theirs")
    assert [one.new for one in publisher.post(change(model), mine).context["yours"]] == ["mine"]
