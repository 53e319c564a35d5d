"""A model in the admin: what its form saves, shows and refuses."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from catalog.admin.base import CatalogAdmin
from catalog.admin.models.model_admin import AIModelAdmin
from catalog.listing import Selection, listing
from catalog.models import AIModel, Price
from catalog.openrouter.needed import NEEDED, NEEDED_FOR_TEXT, missing_for_listing
from catalog.openrouter.readiness.listing_gaps import gaps
from tests.admin.common import ADD, LIST, agree, change, errors, form_data, new_model, price_row
from tests.factories import make_datacenter, make_listed, make_model, make_price

pytestmark = pytest.mark.django_db


def test_a_model_with_prices_and_a_datacenter_is_added_listed_and_served(publisher_client: Client) -> None:
    place = make_datacenter()
    data = new_model(publisher_client, is_listed_on_openrouter="on", datacenters=[place.pk], is_ready="on")
    price_row(data, kind="prompt", amount="0.09")
    price_row(data, kind="completion", amount="0.13")
    price_row(data, kind="image", unit="image", amount="0.002")
    answer = agree(publisher_client, ADD, data)
    assert answer.status_code == 302, errors(answer)
    (entry,) = publisher_client.get("/v1/models?format=openrouter").json()["data"]
    assert entry["id"] == "acme/new:free"
    assert entry["pricing"] == {"prompt": "0.00000009", "completion": "0.00000013", "image": "0.002", "request": "0"}
    assert entry["datacenters"] == [{"country_code": "DE"}]
    assert entry["created"] == 1767323045


def test_saving_a_form_unchanged_changes_nothing(publisher_client: Client) -> None:
    model = make_listed(
        datacenters=(make_datacenter(),), discount_to_user=Decimal("0.1"), input_modalities=["image", "text"]
    )
    make_price(model, "prompt", "0.000000123456789012345678", effective_from=timezone.now() + timedelta(days=1))
    make_price(model, "completion", "0.5", utc_start=800, utc_end=1700, utc_days=["monday"])
    prices, feed = Price.objects.count(), publisher_client.get("/v1/models?format=openrouter").content
    answer = publisher_client.post(change(model), form_data(publisher_client, change(model)))
    assert answer.status_code == 302, errors(answer)
    assert Price.objects.count() == prices
    assert publisher_client.get("/v1/models?format=openrouter").content == feed


def test_a_database_rule_is_a_sentence_at_its_field(publisher_client: Client) -> None:
    data = new_model(publisher_client)
    for field, value, sentence in (
        ("model_id", "spa ce", "An id can have"),
        ("max_output_length", "9000", "The output cannot be longer than the context."),
        ("discount_to_user", "1.5", "less than 1"),
        ("deprecation_at", "2027-01-01 13:30", "whole hour"),
        ("input_modalities", ["smell"], "not one of the available choices"),
        ("context_length", "99999999999", "less than or equal"),
    ):
        page = publisher_client.post(ADD, data | {field: value})
        assert page.status_code == 200
        assert sentence in " ".join(page.context["adminform"].form.errors[field]), field


def test_a_price_rule_is_a_sentence_in_its_row(publisher_client: Client) -> None:
    data = new_model(publisher_client)
    price_row(data, kind="prompt", amount="1", utc_start="800")
    price_row(data, kind="request", amount="1")
    page = publisher_client.post(ADD, data)
    assert "A window needs both a start and an end, or neither." in errors(page)
    assert "not sold per that unit" in errors(page)


def test_the_same_line_twice_is_a_sentence_and_not_a_server_error(publisher_client: Client) -> None:
    data = new_model(publisher_client)
    price_row(data, kind="prompt", amount="1")
    price_row(data, kind="prompt", amount="2")
    page = publisher_client.post(ADD, data)
    assert page.status_code == 200
    assert "begin at the same time" in errors(page)
    assert not AIModel.objects.exists()


def test_listing_an_incomplete_model_is_refused_with_all_that_is_missing_and_keeps_what_was_typed(
    publisher_client: Client,
) -> None:
    data = new_model(publisher_client, is_listed_on_openrouter="on", quantization="", released_at="", name="Typed name")
    page = publisher_client.post(ADD, data)
    assert page.context["adminform"].form.errors == {
        "released_at": ["Listing on OpenRouter needs this."],
        "quantization": ["Listing on OpenRouter needs this."],
    }
    summary = page.content.decode().partition('role="alert"')[2][:3000]
    assert "Nothing has been saved. 4 errors:" in summary
    assert '<a class="underline" href="#id_quantization">Quantization</a>: Listing on OpenRouter needs this.' in summary
    assert '<a class="underline" href="#prices-group">Prices</a>: It needs a completion price per token' in summary
    assert "Prices</a>: It needs a prompt price per token" in summary
    assert b"Typed name" in page.content
    assert not AIModel.objects.exists()


def test_what_listing_needs_is_marked_as_the_database_judges_it(publisher_client: Client) -> None:
    unknown: dict[str, Any] = dict.fromkeys(("released_at", "quantization", "context_length", "max_output_length"))
    lacking = make_model(**unknown, input_modalities=[], output_modalities=[])
    assert [gap.field for gap in gaps([lacking.pk]) if gap.field != "prices"] == [*NEEDED, *NEEDED_FOR_TEXT]
    form = publisher_client.get(ADD).context["adminform"].form
    for said, names in (("list on", NEEDED), ("list a model that generates text on", NEEDED_FOR_TEXT)):
        assert {name for name, field in form.fields.items() if f"Needed to {said} OpenRouter" in field.help_text} == set(
            names
        )
    assert missing_for_listing(lacking.pk) == []


def listed_by_preset(client: Client, preset: str, **typed: str) -> tuple[str, dict[str, Any]]:
    """The page of a new model with a preset, and its form filled in so that the model is listed."""
    page = f"{ADD}?preset={preset}"
    data = form_data(client, page) | {"released_at": "2026-01-02", "quantization": "bf16", "is_listed_on_openrouter": "on"}
    return page, data | typed


def test_an_embedding_model_is_added_and_listed_with_what_its_preset_offers(
    publisher_client: Client, client: Client
) -> None:
    typed = {"model_id": "acme/embed", "name": "Embed", "context_length": "8,192", "prices-0-amount": "0.01"}
    page, data = listed_by_preset(publisher_client, "embedding", **typed)
    answer = agree(publisher_client, page, data)
    assert answer.status_code == 302, errors(answer)
    (entry,) = client.get("/v1/models?format=openrouter").json()["data"]
    assert entry["output_modalities"] == ["embeddings"]


def test_an_image_model_is_listed_with_its_own_price_and_the_flat_listings_zeros_are_told(
    publisher_client: Client, client: Client
) -> None:
    typed = {"model_id": "acme/paint", "name": "Paint", "context_length": "4,096", "prices-0-amount": "0.04"}
    page, data = listed_by_preset(publisher_client, "image", **typed)
    review = publisher_client.post(page, data)
    assert "flat listing has no key for the prices of acme/paint and shows 0" in review.content.decode()
    answer = agree(publisher_client, page, data)
    assert answer.status_code == 302, errors(answer)
    flat, v2 = (client.get(f"/v1/models?format={name}").json()["data"][0] for name in ("openrouter", "openrouter-v2"))
    assert set(flat["pricing"].values()) == {"0"}
    assert v2["output_modalities"][0]["pricing"] == [{"type": "completion", "unit": "image", "cost_usd": "0.04"}]
    assert "pricing" not in v2["input_modalities"][0]
    assert client.get("/inference/router/openrouter/models").status_code == 200


def test_what_is_saved_says_whether_it_is_live(publisher_client: Client) -> None:
    model, other = make_listed(), make_model("acme/other")
    for one, said in ((model, "acme/one is in the OpenRouter feed."), (other, "acme/other is not listed on OpenRouter.")):
        page = publisher_client.post(change(one), form_data(publisher_client, change(one)), follow=True)
        assert said in page.content.decode()


def test_what_was_probably_mistyped_is_said_when_it_is_saved(publisher_client: Client) -> None:
    make_model("acme/one")
    data = new_model(publisher_client, model_id="acme/One", context_length="8,192")
    price_row(data, kind="prompt", amount="1")
    price_row(data, kind="prompt", amount="2", min_prompt_tokens="8192")
    page = publisher_client.post(ADD, data, follow=True).content.decode()
    assert "Its id differs from acme/one only by capitals: they are two models." in page
    assert "A price for prompts above 8,192 tokens never applies" in page
    refused = publisher_client.post(ADD, new_model(publisher_client, model_id="acme/two/"))
    assert "no part between slashes can be empty" in errors(refused)


def test_a_model_is_duplicated_with_its_prices_without_its_id_and_unlisted(publisher_client: Client) -> None:
    model = make_listed(aliases=["eins"], prices={"prompt": "0.0000003", "completion": "0.000001"})
    copy = publisher_client.get(f"{LIST}{model.pk}/duplicate/").headers["location"]
    assert "Duplicate" in publisher_client.get(change(model)).content.decode()
    data = form_data(publisher_client, copy) | {"model_id": "acme/two"}
    answer = publisher_client.post(copy, data)
    assert answer.status_code == 302, errors(answer)
    made = AIModel.objects.get(model_id="acme/two")
    assert (made.context_length, made.aliases, made.is_listed_on_openrouter) == (model.context_length, [], False)
    assert set(made.prices.values_list("kind", "usd")) == set(model.prices.values_list("kind", "usd"))


def test_a_used_id_is_refused_at_the_id(publisher_client: Client) -> None:
    make_model("taken")
    page = publisher_client.post(ADD, new_model(publisher_client, model_id="taken"))
    assert page.context["adminform"].form.errors["model_id"]


def test_a_listed_model_is_not_deleted_by_any_page(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    model = make_listed(prices={}, has_free_variant=True)
    page = client.post(f"{LIST}{model.pk}/delete/", {"post": "yes"}, follow=True)
    assert "acme/one is listed on OpenRouter. Take it off first." in page.content.decode()
    bulk = {"action": "delete_selected", "post": "yes"}
    page = client.post(LIST, bulk | {"_selected_action": [model.pk, make_model("other").pk]})
    assert f"{model.model_id} is listed on OpenRouter. Take it off first." in page.content.decode()
    assert AIModel.objects.count() == 2


@pytest.mark.parametrize("of_many", [False, True], ids=["one", "many"])
def test_what_the_database_alone_refuses_to_delete_is_a_sentence(
    client: Client, monkeypatch: pytest.MonkeyPatch, of_many: bool
) -> None:
    # As where a schedule lists it after the page has asked whether it is listed.
    for name in ("has_delete_permission", "get_deleted_objects"):
        monkeypatch.setattr(AIModelAdmin, name, getattr(CatalogAdmin, name))
    client.force_login(User.objects.create_superuser("root"))
    model = make_listed(prices={}, has_free_variant=True)
    many = (LIST, {"action": "delete_selected", "_selected_action": [model.pk], "post": "yes"})
    url, data = many if of_many else (f"{LIST}{model.pk}/delete/", {"post": "yes"})
    page = client.post(url, data, follow=True)
    assert "acme/one is listed on OpenRouter; take it off before you delete it." in page.content.decode()
    assert AIModel.objects.exists()


def test_aliases_are_typed_with_commas_and_each_finds_one_model(publisher_client: Client) -> None:
    model = make_model("acme/one")
    make_model("acme/two", aliases=["zwei"])
    data = form_data(publisher_client, change(model))
    assert publisher_client.post(change(model), data | {"aliases": "uno, one-1,uno, acme/one"}).status_code == 302
    model.refresh_from_db()
    assert model.aliases == ["uno", "one-1"]
    assert form_data(publisher_client, change(model))["aliases"] == "uno,one-1"
    for typed, said in (
        ("a b", "follow the rules for ids"),
        ("zwei", "The name zwei would find both acme/one and acme/two."),
        ("acme/two", "would find both"),
    ):
        assert said in errors(publisher_client.post(change(model), data | {"aliases": typed}))
    model.refresh_from_db()
    assert model.aliases == ["uno", "one-1"]


def test_an_id_that_is_an_alias_elsewhere_is_refused_at_the_id(publisher_client: Client) -> None:
    make_model("acme/two", aliases=["zwei"])
    page = publisher_client.post(ADD, new_model(publisher_client, model_id="zwei"))
    assert "would find both" in page.context["adminform"].form.errors["model_id"][0]


def test_a_repository_is_read_from_its_address(publisher_client: Client) -> None:
    data = new_model(publisher_client, hugging_face_id="https://huggingface.co/Qwen/Qwen3.5-9B/")
    assert agree(publisher_client, ADD, data).status_code == 302
    assert AIModel.objects.get().hugging_face_id == "Qwen/Qwen3.5-9B"


def test_a_models_page_shows_the_json_that_openrouter_gets(publisher_client: Client) -> None:
    model = make_listed("a/b:c", has_free_variant=True)
    page = publisher_client.get(change(model)).content.decode()
    assert "Live in the OpenRouter feed" in page
    shown = re.search(r"data-feed-preview>(.*?)</pre>", page, re.S)
    assert shown
    assert shown[1].count(escape('"id": "a/b:c"')) == 2


def test_a_models_page_shows_what_stands_between_it_and_being_listed(publisher_client: Client) -> None:
    model = make_model(prices={"prompt": "1"}, context_length=None)
    page = publisher_client.get(change(model)).content.decode()
    assert "something is missing" in page
    assert "It needs its context length." in page
    assert "It needs a completion price per token in the default tier." in page
    assert "data-feed-preview" not in page


def test_a_models_page_takes_as_many_queries_for_many_prices_as_for_few(
    publisher_client: Client, django_assert_max_num_queries: Any
) -> None:
    model = make_listed()

    def count() -> int:
        with django_assert_max_num_queries(100) as captured:
            assert publisher_client.get(change(model)).status_code == 200
        return len(captured)

    publisher_client.get(change(model))
    before = count()
    for number in range(1, 20):
        make_price(model, "prompt", "1", min_prompt_tokens=number)
    assert count() == before


def test_a_preview_leaves_no_trace(publisher_client: Client) -> None:
    model = make_model()
    before = listing(Selection.EVERY).revision
    publisher_client.get(change(model))
    assert listing(Selection.EVERY).revision == before


def test_the_page_that_deletes_names_what_goes_with_a_model(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    model = make_model("acme/one", prices={"prompt": "1", "completion": "1"}, datacenters=(make_datacenter(),))
    page = client.get(f"{LIST}{model.pk}/delete/").content.decode()
    assert "This also deletes its prices (2)." in page
    assert "relationship" not in page
    many = {"action": "delete_selected", "_selected_action": [model.pk, make_model("acme/two", prices={}).pk]}
    page = client.post(LIST, many).content.decode()
    assert "Delete 2 models?" in page
    assert "This also deletes their prices (2)." in page
    answer = client.post(LIST, many | {"post": "yes"})
    assert "No longer public" in answer.content.decode()
    client.post(LIST, many | {"post": "yes", "_agreed": answer.context["review"].digest})
    assert not AIModel.objects.exists()


def test_an_empty_list_says_what_to_do(publisher_client: Client) -> None:
    assert "No models yet" in publisher_client.get(LIST).content.decode()
    make_model()
    found = publisher_client.get(f"{LIST}?q=nothing").content.decode()
    assert "Nothing found" in found
    assert "Clear filters" in found
