"""The price list: many models' prices as one table, edited, reviewed and saved together."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.admin.price_list.page import MODEL_GONE, NOTHING_SELECTED, PER_PAGE
from catalog.admin.price_list.table import ENDING
from catalog.models import AIModel, Price
from tests.admin.common import agree, staff
from tests.factories import make_listed, make_model, make_price

pytestmark = pytest.mark.django_db

PAGE = "/admin/catalog/aimodel/price-list/"
FEED = "/v1/models?format=openrouter"


@pytest.fixture
def publisher(client: Client) -> Client:
    return staff(client, "Publisher")


def cells(page: Any) -> dict[tuple[str, str], Any]:
    """The cells of the page, by the model's id and the column."""
    return {(row.model_id, cell.place.column): cell for row in page.context["rows"] for cell in row.cells}


def typed(page: Any, amounts: dict[tuple[str, str], str], **more: Any) -> dict[str, Any]:
    """What a browser sends once these amounts are typed."""
    boxes = {cell.name: amounts.get(place, cell.typed) for place, cell in cells(page).items()}
    assert amounts.keys() <= cells(page).keys()
    return {**boxes, **more}


def prices(client: Client) -> dict[str, tuple[str, str]]:
    return {
        entry["id"]: (entry["pricing"]["prompt"], entry["pricing"]["completion"])
        for entry in client.get(FEED).json()["data"]
    }


def test_what_is_typed_for_several_models_is_reviewed_and_saved_as_one(publisher: Client) -> None:
    make_listed("a")
    make_listed("b", prices={"prompt": "0.0000001", "completion": "0.0000002", "input_cache_read": "0.00000005"})
    form = typed(
        publisher.get(PAGE),
        {("a", "prompt.token"): "$0.11", ("a", "input_cache_read.token"): "0.04", ("b", "completion.token"): "0.25"},
    )
    review = publisher.post(PAGE, form).context["review"]
    assert [one.model_id for one in review.changes] == ["a", "b"]
    assert prices(publisher) == {"a": ("0.0000001", "0.0000002"), "b": ("0.0000001", "0.0000002")}
    answer = agree(publisher, PAGE, form)
    assert answer.status_code == 302
    assert prices(publisher) == {"a": ("0.00000011", "0.0000002"), "b": ("0.0000001", "0.00000025")}
    assert Price.objects.count() == 5 + 3  # nothing else was written
    assert Price.objects.get(ai_model__model_id="a", kind="input_cache_read").usd == Decimal("0.00000004")


def test_what_cannot_be_saved_is_said_at_its_box_and_nothing_is_saved(publisher: Client) -> None:
    make_model("a")
    page = publisher.get(PAGE)
    page = publisher.post(PAGE, typed(page, {("a", "prompt.token"): "0,08", ("a", "completion.token"): ""}))
    assert "the decimal sign is a point" in cells(page)["a", "prompt.token"].error
    assert cells(page)["a", "prompt.token"].typed == "0,08"
    assert cells(page)["a", "completion.token"].error == ENDING
    assert (
        "A price is 0 or more"
        in cells(publisher.post(PAGE, typed(page, {("a", "prompt.token"): "-1"})))["a", "prompt.token"].error
    )
    assert Price.objects.count() == 2
    gone = typed(page, {("a", "prompt.token"): "0.2"})
    make_model("b")
    AIModel.objects.filter(model_id="a").delete()
    assert publisher.post(PAGE, gone).context["form"].non_field_errors() == [MODEL_GONE]


def test_a_price_that_somebody_else_has_changed_is_not_replaced_without_a_warning(publisher: Client) -> None:
    model, other = make_model("a"), make_model("b")
    opened = publisher.get(PAGE)
    for one in (model, other):
        make_price(one, "prompt", "0.0000003", effective_from=timezone.now())
    page = publisher.post(PAGE, typed(opened, {("a", "prompt.token"): "0.2", ("a", "completion.token"): "0.5"}))
    assert cells(page)["a", "prompt.token"].error.startswith("Somebody has changed this from 0.10 to 0.30 in the meantime.")
    assert (cells(page)["b", "prompt.token"].typed, cells(page)["b", "prompt.token"].error) == ("0.30", "")
    assert Price.objects.count() == 6
    agree(publisher, PAGE, typed(page, {}))
    now = {(price.ai_model_id, price.kind): price.usd for price in Price.objects.in_force(timezone.now())}
    assert (now[model.pk, "prompt"], now[model.pk, "completion"]) == (Decimal("0.0000002"), Decimal("0.0000005"))
    assert now[other.pk, "prompt"] == Decimal("0.0000003")


def test_a_percentage_changes_what_is_selected_and_nothing_else(publisher: Client) -> None:
    one, two = make_listed("a"), make_listed("b")
    make_price(one, "prompt", "0.0000004", min_prompt_tokens=1000)
    make_price(one, "prompt", "0.0000001", service_tier="batch")
    make_price(one, "completion", "0.0000001", service_tier="batch")
    page = publisher.get(PAGE)
    assert [row.others for row in page.context["rows"]] == [3, 0]
    refused = publisher.post(PAGE, typed(page, {}, percent="10"))
    assert refused.context["form"].errors["percent"] == [NOTHING_SELECTED]
    agree(publisher, PAGE, typed(page, {}, percent="10%", row=[one.pk], column=["prompt.token"]))
    assert prices(publisher) == {"a": ("0.00000011", "0.0000002"), "b": ("0.0000001", "0.0000002")}
    form = typed(publisher.get(PAGE), {("b", "prompt.token"): "0.5"}, percent="-50", row=[two.pk])
    agree(publisher, PAGE, form)
    assert prices(publisher)["b"] == ("0.0000005", "0.0000001")  # what is typed goes before
    assert Price.objects.filter(min_prompt_tokens=1000).count() == 1


def test_prices_are_scheduled_and_the_scheduled_ones_follow_if_asked(publisher: Client) -> None:
    model = make_model("a")
    later = timezone.now().replace(microsecond=0) + timedelta(days=3)
    make_price(model, "prompt", "0.0000009", effective_from=later + timedelta(days=1))
    moment = later.strftime("%Y-%m-%d %H:%M:%S")
    agree(publisher, PAGE, typed(publisher.get(PAGE), {("a", "prompt.token"): "0.2"}, moment=moment, also_scheduled="on"))
    rows = Price.objects.filter(kind="prompt", effective_from__gte=later).order_by("effective_from")
    assert [row.usd for row in rows] == [Decimal("0.0000002")] * 2


def test_what_is_typed_for_a_time_after_the_price_ends_sells_it_again(publisher: Client) -> None:
    model = make_model("a")
    later = timezone.now().replace(microsecond=0) + timedelta(days=3)
    make_price(model, "prompt", None, effective_from=later - timedelta(days=1))
    moment = later.strftime("%Y-%m-%d %H:%M:%S")
    agree(publisher, PAGE, typed(publisher.get(PAGE), {("a", "prompt.token"): "0.2"}, moment=moment))
    assert Price.objects.get(kind="prompt", effective_from=later).usd == Decimal("0.0000002")


def test_a_maker_or_words_narrow_the_table_and_a_thousand_models_have_pages(
    publisher: Client, django_assert_max_num_queries: Any
) -> None:
    AIModel.objects.bulk_create(AIModel(model_id=f"m/{number:04}", name="M", author="m") for number in range(PER_PAGE + 1))
    make_model("other", author="o")
    with django_assert_max_num_queries(25):
        page = publisher.get(f"{PAGE}?maker=m&page=2")
    assert [row.model_id for row in page.context["rows"]] == [f"m/{PER_PAGE:04}"]
    assert b"maker=m&amp;page=1" in page.content
    assert [row.model_id for row in publisher.get(f"{PAGE}?q=OTH").context["rows"]] == ["other"]
    assert publisher.get(f"{PAGE}?maker=nobody").context["rows"] == []
    assert publisher.get(f"{PAGE}?q={'o+' * 100}").context["rows"][0].model_id == "other"  # not twice as long for each word


def test_a_viewer_reads_the_amounts_and_gets_no_boxes(client: Client) -> None:
    make_model("a")
    page = staff(client, "Viewer").get(PAGE)
    assert '<span class="mc-value">0.10</span>' in page.content.decode()
    assert b'name="price:' not in page.content
    assert client.post(PAGE, {}).status_code == 403
