"""Nobody takes the name by which a listed or public model is found without a publisher who has read so."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from catalog.models import AIModel, ScheduledSwitch
from catalog.review import Agreement, NotAllowed, reviewed
from tests.admin.common import agree, change, form_data, staff
from tests.factories import make_listed, make_model
from tests.review.common import LATER, NOT_YOURS, asked

pytestmark = pytest.mark.django_db


def found(client: Client, name: str) -> str | None:
    """The id of the model that the Models API finds by a name."""
    answer = client.get(f"/api/v1/model/{name}")
    return answer.json()["data"]["id"] if answer.status_code == 200 else None


def update(model_id: str, /, **values: Any) -> Callable[[], Any]:
    return lambda: AIModel.objects.filter(model_id=model_id).update(**values)


TAKEN = [
    ({"openrouter_slug": "lab/one"}, "lab/one"),
    ({"model_id": "lab/one"}, "lab/one"),
    ({"model_id": "lab/one", "has_free_variant": True}, "lab/one:free"),
]


@pytest.mark.parametrize(("values", "name"), TAKEN, ids=["its slug", "its slug as an id", "its slug's free variant"])
@pytest.mark.parametrize("is_listed", [True, False], ids=["listed", "public"])
def test_a_name_is_not_taken_without_a_publisher_who_confirms_it(
    client: Client, values: dict[str, Any], name: str, is_listed: bool
) -> None:
    make_model("acme/one", openrouter_slug="lab/one", has_free_variant=True, is_listed_on_openrouter=is_listed)
    make_model("acme/two")
    before = found(client, name)
    assert before in ("acme/one", "acme/one:free")
    with pytest.raises(NotAllowed), reviewed(Agreement(), may_publish=False):
        update("acme/two", **values)()
    assert found(client, name) == before
    review = asked(update("acme/two", **values))
    assert f"In the API, the name {name} " in " ".join(review.dangers["acme/one"])
    is_given_away = "has_free_variant" in values
    assert review.to_type == ("2 models" if is_given_away else "acme/one")
    with reviewed(Agreement(review.digest, review.to_type), may_publish=True):
        update("acme/two", **values)()
    assert found(client, name) != before


def test_a_new_model_takes_no_name_either() -> None:
    make_listed("acme/one", openrouter_slug="lab/one")
    with pytest.raises(NotAllowed), reviewed(Agreement(), may_publish=False):
        make_model("lab/one")
    review = asked(lambda: make_model("acme/two", openrouter_slug="lab/one"))
    assert review.dangers == {"acme/one": ("In the API, the name lab/one no longer finds a model.",)}


def test_a_model_that_becomes_public_takes_what_was_planted_before() -> None:
    make_listed("acme/one", openrouter_slug="lab/one")
    with reviewed(Agreement(), may_publish=False):
        make_model("lab/one", is_public=False)
    with pytest.raises(NotAllowed), reviewed(Agreement(), may_publish=False):
        update("lab/one", is_public=True)()


@pytest.mark.parametrize("values", [{"aliases": []}, {"is_public": False}, {"aliases": ["eins"]}])
@pytest.mark.parametrize("is_ahead", [True, False])
def test_a_listed_model_keeps_its_names_unless_a_publisher_takes_them(values: dict[str, Any], is_ahead: bool) -> None:
    if is_ahead:
        model = make_model("acme/one", aliases=["uno"])
        row = {"switch": "is_listed_on_openrouter", "value": True, "effective_from": LATER}
        ScheduledSwitch.objects.create(ai_model=model, **row)
    else:
        make_listed("acme/one", aliases=["uno"])
    with pytest.raises(NotAllowed), reviewed(Agreement(), may_publish=False):
        update("acme/one", **values)()
    review = asked(update("acme/one", **values))
    assert review.dangers == {}
    assert "uno" in {one.name for one in review.names}


PLANTED: list[dict[str, Any]] = [{"aliases": ["acme/one:free"]}, {"model_id": "lab/one:free"}, {"aliases": ["uno:free"]}]


@pytest.mark.parametrize("values", PLANTED, ids=["of its id", "of its slug", "of its alias"])
@pytest.mark.parametrize("is_listed", [True, False], ids=["listed", "public"])
def test_nobody_else_takes_the_name_of_a_free_variant(client: Client, values: dict[str, Any], is_listed: bool) -> None:
    """Also where there is none: whoever adds ``:free`` to a model's name means that model."""
    make_model("acme/one", aliases=["uno"], openrouter_slug="lab/one", is_listed_on_openrouter=is_listed)
    make_model("acme/two")
    hidden: dict[str, Any] = {"model_id": "acme/three", "is_public": False, **values}
    with pytest.raises(NotAllowed), reviewed(Agreement(), may_publish=False):
        update("acme/two", **values)()
    with reviewed(Agreement(), may_publish=False):
        make_model(**hidden)
    with pytest.raises(NotAllowed), reviewed(Agreement(), may_publish=False):
        AIModel.objects.filter(is_public=False).update(is_public=True)
    AIModel.objects.filter(is_public=False).delete()
    review = asked(update("acme/two", **values))
    assert "instead of acme/one" in " ".join(review.dangers["acme/one"])
    with reviewed(Agreement(review.digest, review.to_type), may_publish=True):
        update("acme/two", **values)()


def test_a_listed_model_that_gives_up_its_free_variant_still_says_so() -> None:
    make_listed("acme/one", has_free_variant=True)
    review = asked(update("acme/one", has_free_variant=False))
    assert "acme/one:free" in {one.name for one in review.names}


def test_what_takes_no_name_is_saved_at_once() -> None:
    make_listed("acme/one", openrouter_slug="lab/one")
    make_model("acme/two", aliases=["zwei"])
    with reviewed(Agreement(), may_publish=False):
        update("acme/two", aliases=["deux"], openrouter_slug="lab/two", instruct_type="chatml")()
    with reviewed(Agreement(), may_publish=False):
        update("acme/two", model_id="acme/zwei")()
    with reviewed(Agreement(), may_publish=False):
        update("acme/one", aliases=["uno"])()


def test_an_editors_form_says_whose_name_it_would_take(client: Client) -> None:
    make_listed("acme/one", openrouter_slug="lab/one", name="Acme One")
    mine = make_model("acme/two")
    staff(client, "Editor")
    data = form_data(client, change(mine)) | {"openrouter_slug": "lab/one"}
    page = client.post(change(mine), data)
    assert NOT_YOURS in page.content.decode()
    assert "the name lab/one no longer finds a model" in page.content.decode()
    staff(client, "Publisher")
    assert agree(client, change(mine), data).status_code == 302
    data = form_data(client, change(mine)) | {"aliases": "acme/one"}
    assert "would find both" in client.post(change(mine), data).content.decode()
