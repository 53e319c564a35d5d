"""Saving a form shows the review first."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pghistory.models import Events

from catalog.admin.reviews.tables import EFFECTS
from catalog.models import AIModel, ScheduledSwitch
from catalog.openrouter.consequences import Effect
from tests.admin.common import ADD, LIST, agree, change, form_data, new_model, price_row, staff
from tests.factories import make_listed, make_model, make_price
from tests.review.common import FEED, LATER, effects, prices

pytestmark = pytest.mark.django_db


def test_saving_a_listed_model_shows_the_review_first(publisher: Client) -> None:
    model = make_listed()
    data = prices(form_data(publisher, change(model)), "prompt", "0.11")
    page = publisher.post(change(model), data)
    said = page.content.decode()
    assert "OpenRouter applies the price on the next poll." in said
    assert "Saved." not in said
    assert publisher.get(FEED).json()["data"][0]["pricing"]["prompt"] == "0.0000001"
    assert ("prices-0-amount", data["prices-0-amount"]) in page.context["posted"]
    answer = publisher.post(change(model), data | {"_agreed": page.context["review"].digest}, follow=True)
    assert "Saved. acme/one is in the OpenRouter feed." in answer.content.decode()
    assert publisher.get(FEED).json()["data"][0]["pricing"]["prompt"] == "0.00000011"


def test_a_review_of_a_long_price_list_takes_as_many_queries_as_of_a_short_one(publisher: Client) -> None:
    numbers = []
    for count in (0, 1, 9):  # the first also fills caches of the process
        model = make_listed(f"acme/{count}")
        for above in range(count):
            make_price(model, "prompt", "0.0000004", min_prompt_tokens=1000 + above)
        data = prices(form_data(publisher, change(model)), "completion", "0.3")
        with CaptureQueriesContext(connection) as queries:
            page = publisher.post(change(model), data)
        assert len(page.context["review"].changes) == 1
        numbers.append(len(queries))
    assert numbers[1] == numbers[2]


def test_harmless_edits_are_not_slowed_down(publisher: Client) -> None:
    model = make_listed()
    assert publisher.post(change(model), form_data(publisher, change(model)) | {"notes": "hi"}).status_code == 302


def test_a_slip_by_a_million_is_stopped(publisher: Client) -> None:
    model = make_listed()
    data = prices(form_data(publisher, change(model)), "prompt", "100000")
    page = publisher.post(change(model), data)
    assert "Divided by 1,000,000 it would be $0.10 per 1M tokens." in page.content.decode()
    again = publisher.post(change(model), data | {"_agreed": page.context["review"].digest, "_typed": "yes"})
    assert "That does not match" in again.content.decode()
    assert re.search(r'id="id_typed"[^>]*value="yes"', again.content.decode())
    assert publisher.get(FEED).json()["data"][0]["pricing"]["prompt"] == "0.0000001"


def test_the_button_that_takes_a_model_off_says_so_also_where_that_cancels_a_scheduled_price(publisher: Client) -> None:
    model = make_listed()
    make_price(model, "prompt", "0.0000005", effective_from=LATER)
    data = form_data(publisher, change(model))
    del data["is_listed_on_openrouter"]
    page = publisher.post(change(model), data)
    assert page.context["takes_off"]
    assert b"Take off OpenRouter</button>" in page.content


def test_back_from_the_review_is_the_form_as_it_was_typed(publisher: Client) -> None:
    model = make_listed()
    data = form_data(publisher, change(model)) | {"name": "Typed", "_back": "1"}
    page = publisher.post(change(model), data)
    assert page.context["adminform"].form["name"].value() == "Typed"
    assert "Nothing has been saved yet" in page.content.decode()
    assert page.context["errors"] == []
    model.refresh_from_db()
    assert model.name == "Acme One"


def test_whatever_openrouter_does_has_a_heading_on_the_page() -> None:
    assert set(EFFECTS) == set(Effect)


def test_a_first_listing_says_how_openrouter_stages_it(publisher: Client) -> None:
    data = new_model(publisher, is_listed_on_openrouter="on", is_ready="on")
    price_row(data, kind="prompt", amount="0.09")
    price_row(data, kind="completion", amount="0.13")
    page = publisher.post(ADD, data)
    assert effects(page.context["review"]) == [("entry", Effect.STAGED.value)]
    shown = page.content.decode()
    assert "Immediately: 1 model, 2 prices" in shown
    assert re.findall(r'data-label="(?:Field|After)"[^>]*>([^<]*)<', shown)[:4] == [
        "Prompt price, $ per 1M tokens", "0.09", "Completion price, $ per 1M tokens", "0.13"]  # fmt: skip
    assert not AIModel.objects.exists()
    assert agree(publisher, ADD, data).status_code == 302


def test_deleting_what_a_schedule_will_list_is_reviewed(publisher: Client) -> None:
    model = make_model()
    ScheduledSwitch.objects.create(ai_model=model, switch="is_listed_on_openrouter", value=True, effective_from=LATER)
    address = f"{LIST}{model.pk}/delete/"
    page = publisher.post(address, {"post": "yes"})
    assert page.context["review"].moments[0].at == LATER
    assert AIModel.objects.exists()
    review = page.context["review"]
    publisher.post(address, {"post": "yes", "_agreed": review.digest, "_typed": review.to_type})
    assert not AIModel.objects.exists()


def test_the_history_says_that_it_was_a_form(publisher: Client) -> None:
    model = make_model()
    agree(publisher, change(model), form_data(publisher, change(model)) | {"name": "Other"})
    event = Events.objects.tracks(model).order_by("pgh_created_at", "pgh_id").last()
    assert event.pgh_context["source"] == "form"
    assert event.pgh_context["user"] == User.objects.get().pk


def test_a_model_that_comes_back_is_said_to_stay_hidden(publisher: Client) -> None:
    model = make_listed()
    AIModel.objects.update(is_listed_on_openrouter=False)
    page = publisher.post(change(model), form_data(publisher, change(model)) | {"is_listed_on_openrouter": "on"})
    assert "does not show a hidden model again automatically; ask OpenRouter" in page.content.decode()


@pytest.mark.parametrize("way", ["is_public", "delete"])
def test_taking_a_model_out_of_every_public_list_is_reviewed_for_editors_too(client: Client, way: str) -> None:
    model = make_model("acme/unlisted")
    client = staff(client, "Editor" if way == "is_public" else "Publisher")
    address = change(model) if way == "is_public" else f"{LIST}{model.pk}/delete/"
    data = form_data(client, address) | {"is_public": ""} if way == "is_public" else {"post": "yes"}
    page = client.post(address, data)
    shown = page.content.decode()
    assert "No longer public" in shown
    assert "the website and from every public list" in shown
    assert (">Delete</button>" in shown) == (way == "delete")
    assert AIModel.objects.public().exists()
    assert client.post(address, data | {"_agreed": page.context["review"].digest}).status_code == 302
    assert not AIModel.objects.public().exists()


def test_what_is_common_to_many_models_is_said_once(publisher: Client) -> None:
    models = [make_listed(f"acme/{name}", prices={"prompt": "0.0000005", "completion": "0.000001"}) for name in "abc"]
    data = {"action": "change_prices_by_percent", "_selected_action": [one.pk for one in models], "percent": "10%"}
    page = publisher.post(LIST, data | {"kinds": ["prompt", "completion"], "_described": "1"}).content.decode()
    assert "Immediately: 3 models, 6 prices, +10%" in page
    assert page.count("OpenRouter applies the price on the next poll.") == 1
    assert page.count("0.50 → 0.55") == page.count("1.00 → 1.10") == 3
