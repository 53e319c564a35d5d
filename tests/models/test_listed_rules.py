"""What a listed model needs, whoever writes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from catalog.models import AIModel, Price
from catalog.models.violations import violation
from tests.factories import let_deferred_rules_speak, make_datacenter, make_listed, make_model, make_price
from tests.models.common import assert_refused_by_the_database

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "values",
    [
        {"released_at": None},
        {"input_modalities": []},
        {"output_modalities": []},
        {"quantization": None},
        {"context_length": None},
        {"max_output_length": None},
    ],
)
def test_a_listed_model_cannot_lose_what_the_feed_needs(values: Any) -> None:
    make_listed()
    assert_refused_by_the_database(lambda: AIModel.objects.update(**values), "listed_model_is_complete")


def test_an_incomplete_model_cannot_be_listed_and_the_sentence_names_all_that_is_missing() -> None:
    make_model(prices={"prompt": "1"}, quantization=None)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        AIModel.objects.update(is_listed_on_openrouter=True)
        let_deferred_rules_speak()
    said = violation(caught.value)
    assert said.field == "quantization"
    assert "acme/one cannot be listed on OpenRouter" in said.sentence
    assert "quantization" in said.sentence
    assert "a completion price per token in the default tier" in said.sentence


def test_a_model_that_generates_no_text_needs_neither_a_max_output_length_nor_a_completion_price() -> None:
    model = make_listed(output_modalities=["embeddings"], max_output_length=None, prices={"prompt": "0.00000001"})
    make_price(model, "prompt", "0.00000002", service_tier="flex")
    let_deferred_rules_speak()
    assert_refused_by_the_database(
        lambda: AIModel.objects.update(output_modalities=["embeddings", "text"]), "listed_model_is_complete"
    )
    assert_refused_by_the_database(
        lambda: make_price(model, "prompt", None, effective_from=timezone.now()), "listed_model_is_complete"
    )


def test_a_model_that_makes_neither_text_nor_embeddings_needs_one_price_of_any_kind() -> None:
    model = make_model(output_modalities=["image"], max_output_length=None, prices={})
    make_price(model, "image_output", "0.04", unit="image", utc_start=800, utc_end=1200)
    assert_refused_by_the_database(lambda: AIModel.objects.update(is_listed_on_openrouter=True), "listed_model_is_complete")
    price = make_price(model, "image_output", "0.05", unit="image")
    AIModel.objects.update(is_listed_on_openrouter=True)
    let_deferred_rules_speak()
    assert_refused_by_the_database(
        lambda: make_price(model, price.kind, None, unit="image", effective_from=timezone.now()), "listed_model_is_complete"
    )
    assert_refused_by_the_database(
        lambda: AIModel.objects.update(output_modalities=["image", "text"]), "listed_model_is_complete"
    )


def test_bulk_create_cannot_list_a_model_without_prices() -> None:
    model = AIModel(model_id="bulk", name="Bulk", is_listed_on_openrouter=True)
    assert_refused_by_the_database(lambda: AIModel.objects.bulk_create([model]), "listed_model_is_complete")


def test_a_model_and_its_prices_may_be_written_in_any_order_within_a_transaction() -> None:
    model = make_model(prices={})
    AIModel.objects.update(is_listed_on_openrouter=True)
    make_price(model, "prompt", "1")
    make_price(model, "completion", "1")
    let_deferred_rules_speak()


def test_a_base_price_of_a_listed_model_cannot_be_ended_now_or_later() -> None:
    model = make_listed()
    for moment in (timezone.now(), timezone.now() + timedelta(days=30)):
        assert_refused_by_the_database(
            lambda moment=moment: make_price(model, "prompt", None, effective_from=moment), "listed_model_is_complete"
        )


def test_a_model_that_was_found_complete_is_asked_again_after_each_change() -> None:
    model = make_listed()
    make_price(model, "prompt", "0.000002", effective_from=timezone.now() - timedelta(days=1))
    let_deferred_rules_speak()
    with transaction.atomic():
        make_price(model, "completion", "0.000003", effective_from=timezone.now())
        let_deferred_rules_speak()
        transaction.set_rollback(True)
    assert_refused_by_the_database(
        lambda: make_price(model, "completion", None, effective_from=timezone.now()), "listed_model_is_complete"
    )
    assert_refused_by_the_database(
        lambda: make_price(model, "prompt", None, effective_from=timezone.now()), "listed_model_is_complete"
    )


def test_a_conditional_price_does_not_stand_in_for_the_base_price() -> None:
    model = make_model(prices={"completion": "1"})
    make_price(model, "prompt", "1", min_prompt_tokens=1000)
    assert_refused_by_the_database(lambda: AIModel.objects.update(is_listed_on_openrouter=True), "listed_model_is_complete")


def test_a_service_tier_has_both_base_prices_or_none_at_every_moment() -> None:
    model = make_listed()
    assert_refused_by_the_database(lambda: make_price(model, "prompt", "1", service_tier="flex"), "listed_model_is_complete")
    soon = timezone.now() + timedelta(days=1)
    assert_refused_by_the_database(
        lambda: make_price(model, "request", "1", unit="request", service_tier="flex", effective_from=soon),
        "listed_model_is_complete",
    )
    make_price(model, "prompt", "1", service_tier="flex")
    make_price(model, "completion", "1", service_tier="flex")
    let_deferred_rules_speak()
    assert_refused_by_the_database(
        lambda: make_price(model, "prompt", None, service_tier="flex", effective_from=soon), "listed_model_is_complete"
    )
    for kind in ("prompt", "completion"):  # a tier that ends as a whole is complete
        make_price(model, kind, None, service_tier="flex", effective_from=soon)
    let_deferred_rules_speak()


def test_a_model_offered_only_for_free_needs_no_price() -> None:
    make_listed(prices={}, has_free_variant=True)
    let_deferred_rules_speak()
    assert_refused_by_the_database(lambda: AIModel.objects.update(has_free_variant=False), "listed_model_is_complete")


def test_a_listed_model_is_not_deleted() -> None:
    model = make_listed(prices={}, has_free_variant=True)
    assert_refused_by_the_database(lambda: AIModel.objects.filter(pk=model.pk).delete(), "listed_model_is_not_deleted")
    AIModel.objects.update(is_listed_on_openrouter=False)
    AIModel.objects.all().delete()
    assert not AIModel.objects.exists()


@pytest.mark.parametrize("table", ["catalog_aimodel", "catalog_price", "catalog_datacenter"])
def test_tables_are_not_truncated_while_a_model_is_listed(table: str) -> None:
    make_listed(datacenters=(make_datacenter(),))
    let_deferred_rules_speak()

    def truncate() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")

    assert_refused_by_the_database(truncate, "listed_models_are_not_truncated")


def test_a_begun_price_of_a_listed_model_is_neither_changed_nor_deleted() -> None:
    model = make_listed()
    assert_refused_by_the_database(lambda: model.prices.update(usd=5), "begun_price_stays")
    assert_refused_by_the_database(lambda: model.prices.filter(kind="prompt").delete(), "begun_price_stays")


def test_a_scheduled_price_can_be_changed_and_cancelled() -> None:
    model = make_listed()
    price = make_price(model, "prompt", "5", effective_from=timezone.now() + timedelta(days=1))
    Price.objects.filter(pk=price.pk).update(usd=6)
    price.delete()
    let_deferred_rules_speak()


def test_an_unlisted_models_prices_are_free_to_change() -> None:
    model = make_model()
    model.prices.update(usd=5)
    model.prices.all().delete()
    let_deferred_rules_speak()
