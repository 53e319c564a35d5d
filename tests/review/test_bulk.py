"""Actions on many models go through the review."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pghistory.models import Events

from catalog.admin.exports import EXPORTS
from catalog.models import AIModel, ParameterDescriptor, Price, ScheduledSwitch
from tests.admin.common import LIST, agree, change, staff
from tests.factories import make_datacenter, make_listed, make_model, make_price
from tests.review.common import FEED, LATER, NOT_YOURS, bulk

pytestmark = pytest.mark.django_db


def test_an_action_asks_then_shows_and_then_does(publisher: Client) -> None:
    one, two = make_listed("one"), make_listed("two")
    chosen = {"action": "change_prices_by_percent", "_selected_action": [one.pk, two.pk]}
    form = publisher.post(LIST, chosen)
    assert (form.context["keys"], form.context["ids"]) == ([one.pk, two.pk], ["one", "two"])
    said = chosen | {"_described": "1", "percent": "10", "kinds": ["prompt"]}
    page = publisher.post(LIST, said)
    assert len(page.context["review"].changes) == 2
    assert Price.objects.count() == 4
    assert agree(publisher, LIST, said).status_code == 302
    entries = publisher.get(FEED).json()["data"]
    assert [(entry["pricing"]["prompt"], entry["pricing"]["completion"]) for entry in entries] == [
        ("0.00000011", "0.0000002")
    ] * 2


def test_the_preview_of_many_models_takes_as_many_queries_as_of_few(publisher: Client) -> None:
    numbers = []
    for count in (1, 2, 12):  # the first also fills caches of the process
        models = [make_listed(f"acme/{count}-{number}") for number in range(count)]
        chosen = {
            "action": "change_prices_by_percent",
            "_selected_action": [model.pk for model in models],
            "_described": "1",
        }
        with CaptureQueriesContext(connection) as queries:
            page = publisher.post(LIST, chosen | {"percent": "10", "kinds": ["prompt", "completion"]})
        assert len(page.context["review"].changes) == count
        numbers.append(len(queries))
    assert numbers[1] == numbers[2]


def test_the_review_of_many_models_has_one_row_for_each_with_the_rest_folded(publisher: Client) -> None:
    models = [make_listed(name) for name in ("a", "b", "c", "d", "e")]
    for above in (1000, 2000):
        make_price(models[0], "prompt", "0.0000004", min_prompt_tokens=above)
    chosen = {"action": "change_prices_by_percent", "_selected_action": [model.pk for model in models], "_described": "1"}
    page = publisher.post(LIST, chosen | {"percent": "10", "kinds": ["prompt", "completion"]})
    (moment,) = page.context["moments"]
    assert moment["summary"] == "5 models, 12 prices, +10%"
    table = moment["overview"]
    assert table.columns == ["Prompt price, $ per 1M tokens", "Completion price, $ per 1M tokens"]
    assert [(row.model_id, [cell.new for cell in row.cells], len(row.more)) for row in table.models] == [
        (model.model_id, ["0.11", "0.22"], 2 * (model is models[0])) for model in models
    ]
    assert not table.has_percents
    assert page.content.count(b'<details class="mc-fold">') == len(moment["groups"])


def test_prices_move_exactly_or_are_rounded_as_asked(publisher: Client) -> None:
    model = make_model(prices={"prompt": "0.000000000000000000000001"})
    said = {"percent": "-12.5", "kinds": ["prompt"]}
    page = bulk(publisher, "change_prices_by_percent", model, **said)
    assert "acme/one: Prompt price, $ per 1M tokens would have more than 24 decimals" in page.content.decode()
    make_price(model, "completion", "0.00000123")
    bulk(publisher, "change_prices_by_percent", model, percent="-12.5", kinds=["completion"], places="2")
    assert Price.objects.latest("pk").usd == Decimal("0.00000108")  # 1.07625 a million


def test_prices_are_set_to_an_amount_where_there_is_one(publisher: Client) -> None:
    one, two = make_model("one"), make_model("two", prices={})
    make_price(one, "prompt", "0.5", min_prompt_tokens=1000)
    said = {"price": "prompt.token", "tier": "default", "amount": "0.3"}
    bulk(publisher, "change_prices_to_an_amount", one, two, **said)
    (made,) = Price.objects.filter(effective_from__gt=timezone.now() - timedelta(minutes=5))
    assert (made.ai_model, made.usd, made.min_prompt_tokens) == (one, Decimal("0.0000003"), None)


def test_prices_and_switches_are_scheduled_for_many(publisher: Client) -> None:
    one, two = make_listed("one"), make_listed("two")
    moment = LATER.strftime("%Y-%m-%dT%H:%M:%S")
    for _ in range(2):  # saying it again for the same moment changes nothing
        bulk(publisher, "change_prices_by_percent", one, two, percent="10", kinds=["prompt"], moment=moment)
        bulk(publisher, "set_not_ready", one, two, moment=moment)
    assert [row.usd for row in Price.objects.filter(effective_from=LATER)] == [Decimal("0.00000011")] * 2
    assert ScheduledSwitch.objects.filter(value=False, effective_from=LATER).count() == 2
    page = bulk(publisher, "set_ready", one, moment="2020-01-01T00:00")
    assert "This time is in the past" in page.content.decode()


@pytest.mark.parametrize(
    ("action", "field", "value"),
    [
        ("take_off_openrouter", "is_listed_on_openrouter", False),
        ("set_not_ready", "is_ready", False),
    ],
)
def test_many_are_switched_once_their_number_is_typed(publisher: Client, action: str, field: str, value: bool) -> None:
    one, two = make_listed("one"), make_listed("two")
    chosen = {"action": action, "_selected_action": [one.pk, two.pk], "_described": "1"}
    page = publisher.post(LIST, chosen)
    assert page.context["review"].to_type == "2 models"
    publisher.post(LIST, chosen | {"_agreed": page.context["review"].digest})
    assert not AIModel.objects.filter(**{field: value}).exists()
    publisher.post(LIST, chosen | {"_agreed": page.context["review"].digest, "_typed": "2 models"})
    assert AIModel.objects.filter(**{field: value}).count() == 2


def test_an_incomplete_model_among_many_refuses_all(publisher: Client) -> None:
    good, bad = make_model("good"), make_model("bad", quantization=None)
    page = publisher.post(LIST, {"action": "list_on_openrouter", "_selected_action": [good.pk, bad.pk], "_described": "1"})
    refused = "Nothing was changed. bad cannot be listed on OpenRouter: It needs its quantization."
    assert page.context["form"].non_field_errors() == [refused]
    assert not page.context["messages"]
    assert not AIModel.objects.listed().exists()


def test_a_bulk_action_says_how_many_it_changed(publisher: Client) -> None:
    one, two, place = make_model("one"), make_model("two"), make_datacenter()
    place.models.add(one)

    def said(*models: AIModel) -> list[str]:
        bulk(publisher, "add_datacenter", *models, datacenter=str(place.pk))
        return [str(message) for message in publisher.get(LIST).context["messages"]]

    (done,) = said(one, two)
    assert done.startswith("Add a datacenter: 1 model changed. <a")
    assert "Undo this change" in done
    assert said(one, two) == ["Add a datacenter: nothing to change."]


def test_the_review_of_new_prices_names_the_models_that_have_no_such_price(publisher: Client) -> None:
    one, two, bare = make_model("one"), make_model("two"), make_model("bare", prices={})
    make_price(one, "input_cache_read", "0.00000001")
    chosen = {"_selected_action": [one.pk, two.pk, bare.pk], "_described": "1"}
    percent = {"action": "change_prices_by_percent", "percent": "10", "kinds": ["prompt", "input_cache_read"]}
    page = publisher.post(LIST, chosen | percent)
    assert page.context["lacking"] == [
        ("1 of 3 models has no prompt price", ["bare"]),
        ("2 of 3 models have no cache read price", ["bare", "two"]),
    ]
    assert "2 of 3 models have no cache read price" in page.content.decode()
    amount = {"action": "change_prices_to_an_amount", "price": "prompt.token", "tier": "default", "amount": "1"}
    page = publisher.post(LIST, chosen | amount)
    assert page.context["lacking"] == [("1 of 3 models has no prompt price per 1M tokens", ["bare"])]


def test_all_that_a_filter_finds_is_sent_as_that_however_many_they_are(publisher: Client) -> None:
    make_model("one", author="acme"), make_model("two", author="acme")
    other = make_model("three", author="other")
    filtered = f"{LIST}?author=acme"
    chosen = {"action": "set_not_ready", "select_across": "1", "_selected_action": [AIModel.objects.get(model_id="one").pk]}
    form = publisher.post(filtered, chosen)
    assert form.content.decode().count('name="_selected_action"') == 1
    page = publisher.post(filtered, chosen | {"_described": "1"})
    publisher.post(filtered, chosen | {"_described": "1", "_agreed": page.context["review"].digest})
    assert list(AIModel.objects.filter(is_ready=True)) == [other]


@pytest.mark.parametrize(
    ("action", "said", "missing"),
    [
        ("change_prices_by_percent", {"percent": "10", "kinds": ["prompt"]}, "add_price"),
        ("change_prices_by_percent", {"percent": "10", "kinds": ["prompt"], "moment": "2999-01-01T00:00"}, "add_price"),
        ("set_not_ready", {"moment": "2999-01-01T00:00"}, "add_scheduledswitch"),
        ("set_not_ready", {}, "change_aimodel"),
        ("clone", {"model_id": "acme/new", "name": "New"}, "add_parameterdescriptor"),
    ],
)
def test_what_a_bulk_action_writes_takes_the_permission_for_it(
    client: Client, action: str, said: dict[str, Any], missing: str
) -> None:
    user = User.objects.create_user("half", is_staff=True)
    given = Permission.objects.filter(content_type__app_label="catalog").exclude(codename=missing)
    user.user_permissions.set(given)
    client.force_login(user)
    model = make_model()
    ParameterDescriptor.objects.create(ai_model=model, name="top_k", type="integer")
    before = Events.objects.count()
    assert bulk(client, action, model, **said).status_code in (302 if missing == "change_aimodel" else 403, 403)
    assert Events.objects.count() == before
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="catalog"))
    bulk(client, action, model, **said)
    assert Events.objects.count() > before


def test_prices_are_exported_to_who_may_see_them(client: Client) -> None:
    user = User.objects.create_user("half", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_aimodel", "change_aimodel"]))
    client.force_login(user)
    model = make_model()
    assert client.get(f"{LIST}tables/models.csv").status_code == 200
    assert client.get(f"{LIST}tables/prices.csv").status_code == 403
    answer = client.post(LIST, {"action": "export_prices_csv", "_selected_action": [model.pk]})
    assert "text/csv" not in answer.headers["Content-Type"]


def test_cancelling_a_price_takes_the_permission_to_delete_one(client: Client) -> None:
    user = User.objects.create_user("half", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_aimodel", "change_aimodel", "view_price"]))
    client.force_login(user)
    price = make_price(make_model(), "prompt", "0.5", effective_from=LATER)
    assert client.post(f"{LIST}timeline/", {"cancel": f"price:{price.pk}:{LATER.isoformat()}"}).status_code == 403
    assert Price.objects.filter(pk=price.pk).exists()


def test_datacenters_and_deprecations_for_many(publisher: Client) -> None:
    one, two, place = make_model("one"), make_model("two"), make_datacenter()
    bulk(publisher, "add_datacenter", one, two, datacenter=str(place.pk))
    assert place.models.count() == 2
    bulk(publisher, "remove_datacenter", one, datacenter=str(place.pk))
    assert [model.model_id for model in place.models.all()] == ["two"]
    hour = LATER.replace(minute=0, second=0)
    bulk(publisher, "deprecate", one, deprecation=hour.strftime("%Y-%m-%dT%H:%M"), replacement=str(two.pk))
    one.refresh_from_db()
    assert (one.deprecation_at, one.replacement) == (hour, two)
    for said in ({"deprecation": "2030-01-01T10:30"}, {"deprecation": "2030-01-01T10:00", "replacement": "none"}):
        assert bulk(publisher, "deprecate", two, **said).status_code == 200
    bulk(publisher, "take_back_deprecation", one)
    one.refresh_from_db()
    assert (one.deprecation_at, one.replacement) == (None, None)


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-23:59", "9999-12-31T00:00:00-23:00", "0001-01-01T00:00:00+23:00"])
@pytest.mark.parametrize(("action", "field"), [("set_not_ready", "moment"), ("deprecate", "deprecation")])
def test_an_action_is_not_for_a_moment_that_no_year_has(publisher: Client, action: str, field: str, moment: str) -> None:
    page = bulk(publisher, action, make_model("one"), **{field: moment})
    assert "must be between 1970 and 9999" in page.content.decode()


def test_a_clone_has_the_same_facts_and_is_not_listed(publisher: Client) -> None:
    model = make_listed("acme/one", datacenters=(make_datacenter(),), aliases=["uno"], discount_to_user=Decimal("0.1"))
    make_price(model, "completion", "0.5", utc_start=800, utc_end=1700, utc_days=["monday"])
    make_price(model, "prompt", "0.7", effective_from=LATER)
    answer = bulk(publisher, "clone", model, model_id="acme/two:x", name="Acme Two")
    public = [entry["id"] for entry in publisher.get("/v1/models").json()["data"]]
    assert public == ["acme/one"]
    clone = AIModel.objects.get(model_id="acme/two:x")
    assert answer.url == change(clone)
    assert (clone.is_listed_on_openrouter, clone.aliases, clone.discount_to_user) == (False, [], Decimal("0.1"))
    assert clone.prices.count() == 4
    assert [place.code for place in clone.datacenters.all()] == ["fra1"]
    assert "already" in bulk(publisher, "clone", model, model_id="acme/one", name="x").content.decode()
    assert "Choose one" in bulk(publisher, "clone", model, clone, model_id="acme/3", name="x").content.decode()


def test_the_review_says_that_a_clone_becomes_public(publisher: Client) -> None:
    model = make_model()
    said = {"_selected_action": [model.pk], "_described": "1", "name": "Two", "model_id": "acme/two"}
    notice = "It becomes public immediately: /v1/models, the site and the changes feeds show it."
    private = publisher.post(LIST, {"action": "clone", **said})
    public = publisher.post(LIST, {"action": "clone", **said, "is_public": "on"})
    assert [notice in page.content.decode() for page in (private, public)] == [False, True]
    bulk(publisher, "clone", model, is_public="on", name="Two", model_id="acme/two")
    assert AIModel.objects.get(model_id="acme/two").is_public


def test_the_review_of_a_deprecation_says_that_its_replacement_is_private(publisher: Client) -> None:
    model = make_model("one")
    two = make_model("two", is_public=False)
    said = {"_selected_action": [model.pk], "_described": "1", "deprecation": "2099-01-01T00:00", "replacement": two.pk}
    page = publisher.post(LIST, {"action": "deprecate", **said})
    assert "Its replacement, two, is not public" in page.content.decode()
    AIModel.objects.filter(model_id="two").update(is_public=True)
    page = publisher.post(LIST, {"action": "deprecate", **said})
    assert "Its replacement, two, is not public" not in page.content.decode()


@pytest.mark.parametrize(
    ("model_id", "sentence"),
    [("acme two", "An id can have letters"), ("acme/one", "already")],
    ids=["badly written", "taken"],
)
def test_what_is_wrong_with_a_clones_id_is_said_at_its_field(publisher: Client, model_id: str, sentence: str) -> None:
    page = bulk(publisher, "clone", make_model("acme/one"), model_id=model_id, name="Acme Two")
    assert list(page.context["form"].errors) == ["model_id"]
    assert sentence in page.context["form"].errors["model_id"][0]
    assert AIModel.objects.count() == 1


def test_an_action_is_not_for_a_viewer_even_one_who_has_seen_the_review(client: Client) -> None:
    model = make_listed()
    chosen = {"action": "set_not_ready", "_selected_action": [model.pk], "_described": "1"}
    review = staff(client, "Publisher").post(LIST, chosen).context["review"]
    staff(client, "Viewer")
    offered = client.get(LIST).context["action_form"].fields["action"].choices
    assert {name for name, _ in offered} == {"", *EXPORTS}
    answer = client.post(LIST, chosen | {"_agreed": review.digest, "_typed": review.to_type}, follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["No action selected."]
    model.refresh_from_db()
    assert model.is_ready


def test_an_action_on_the_live_feed_is_not_for_an_editor(client: Client) -> None:
    model = make_listed()
    staff(client, "Editor")
    chosen = {"action": "set_not_ready", "_selected_action": [model.pk], "_described": "1"}
    page = client.post(LIST, chosen)
    assert NOT_YOURS in page.content.decode()
    again = client.post(LIST, chosen | {"_agreed": page.context["review"].digest, "_typed": "acme/one"})
    assert NOT_YOURS in again.content.decode()
    model.refresh_from_db()
    assert model.is_ready


def back(client: Client, address: str, page: Any) -> Any:
    """Press *Back to the form* on the review's page."""
    fields: dict[str, list[str]] = {}
    for name, value in page.context["posted"]:
        fields.setdefault(name, []).append(value)
    said = {"_agreed": page.context["review"].digest, "_typed": page.context["review"].to_type, "_back": "1"}
    return client.post(address, fields | said, follow=True)


def test_back_to_the_form_shows_it_as_it_was_left(publisher: Client) -> None:
    one, two = make_listed("one"), make_listed("two")
    chosen = {"action": "change_prices_by_percent", "_selected_action": [one.pk, two.pk], "_described": "1"}
    page = publisher.post(f"{LIST}?q=o", chosen | {"percent": "10", "kinds": ["prompt"], "places": "3"})
    form = back(publisher, f"{LIST}?q=o", page)
    assert form.context["keys"] == [one.pk, two.pk]
    bound = form.context["form"]
    assert [bound[name].value() for name in ("percent", "kinds", "places")] == ["10", ["prompt"], "3"]
    assert "Nothing has been saved yet" in form.content.decode()
    assert Price.objects.count() == 4


def test_a_deletion_that_is_cancelled_on_its_review_deletes_nothing(publisher: Client) -> None:
    model, other = make_model("one"), make_model("two")
    rows = {"action": "delete_selected", "_selected_action": [model.pk, other.pk], "post": "yes"}
    assert publisher.post(LIST, rows).context["back"] == "Cancel"
    answer = publisher.post(LIST, rows | {"_back": "1"}, follow=True)
    assert "Nothing has been changed." in answer.content.decode()
    answer = publisher.post(f"{LIST}{model.pk}/delete/?_changelist_filters=q%3Do", {"post": "yes", "_back": "1"})
    assert answer.headers["Location"] == f"{change(model)}?_changelist_filters=q%3Do"
    assert AIModel.objects.count() == 2
