"""Every rule where it is enforced (the database, whoever writes) and where it is seen (full_clean, which forms use)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone

from catalog.models import AIModel, Datacenter, ParameterDescriptor, Price, Provider
from catalog.models.refusals import refusal
from tests.factories import PAST, let_deferred_rules_speak, make_datacenter, make_listed, make_model, make_price

pytestmark = pytest.mark.django_db

MODEL_RULES: list[tuple[dict[str, Any], str, str]] = [
    ({"model_id": "spa ce"}, "model_id_has_no_odd_characters", "model_id"),
    ({"model_id": "/slash-first"}, "model_id_has_no_odd_characters", "model_id"),
    ({"model_id": "line\n"}, "model_id_has_no_odd_characters", "model_id"),
    ({"aliases": ["a b"]}, "model_aliases_are_ids", "aliases"),
    ({"aliases": [""]}, "model_aliases_are_ids", "aliases"),
    ({"aliases": ["a", ""]}, "model_aliases_are_ids", "aliases"),
    ({"aliases": ["a", "b\n"]}, "model_aliases_are_ids", "aliases"),
    ({"capacity_tpm": 2**53}, "model_capacity_is_exact_in_json", "capacity_tpm"),
    ({"name": "  "}, "model_has_a_name", "name"),
    ({"author": "two words"}, "model_author_is_a_slug", "author"),
    ({"hugging_face_id": "no-slash"}, "model_hugging_face_id_is_a_repository", "hugging_face_id"),
    ({"openrouter_slug": "a/b/c"}, "model_openrouter_slug_is_author_and_slug", "openrouter_slug"),
    ({"category": "magic"}, "model_category_is_known", "category"),
    ({"released_at": datetime(1969, 12, 31, tzinfo=UTC)}, "model_released_at_is_a_plausible_moment", "released_at"),
    ({"knowledge_cutoff": datetime(1969, 1, 1).date()}, "model_knowledge_cutoff_is_a_plausible_day", "knowledge_cutoff"),
    ({"input_modalities": ["smell"]}, "model_input_modalities_are_known", "input_modalities"),
    ({"output_modalities": ["file"]}, "model_output_modalities_are_known", "output_modalities"),
    ({"quantization": "q4_k_m"}, "model_quantization_is_known", "quantization"),
    ({"quantization": ""}, "model_quantization_is_known", "quantization"),
    ({"supported_sampling_parameters": ["tools"]}, "model_sampling_parameters_are_known", "supported_sampling_parameters"),
    ({"supported_features": ["temperature"]}, "model_features_are_known", "supported_features"),
    ({"context_length": 0, "max_output_length": None}, "model_context_length_is_positive", "context_length"),
    ({"max_prompt_length": 0}, "model_max_prompt_length_is_positive", "max_prompt_length"),
    ({"max_output_length": 0}, "model_max_output_length_is_positive", "max_output_length"),
    ({"max_output_length": 200_000}, "model_output_fits_context", "max_output_length"),
    ({"max_prompt_length": 200_000}, "model_prompt_fits_context", "max_prompt_length"),
    ({"capacity_tpm": 0}, "model_capacity_is_positive", "capacity_tpm"),
    ({"discount_to_user": Decimal(1)}, "model_discount_is_below_one", "discount_to_user"),
    ({"discount_to_user": Decimal("0.00000000001")}, "model_discount_has_ten_decimals_at_most", "discount_to_user"),
    ({"deprecation_at": datetime(1969, 1, 1, tzinfo=UTC)}, "model_deprecation_is_a_plausible_moment", "deprecation_at"),
    ({"deprecation_at": datetime(2027, 1, 1, 13, 30, tzinfo=UTC)}, "model_deprecation_is_a_whole_hour", "deprecation_at"),
    (
        {"deprecation_at": datetime(2027, 1, 1, 13, 0, 0, 1, tzinfo=UTC)},
        "model_deprecation_is_a_whole_hour",
        "deprecation_at",
    ),
]

PRICE_RULES: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "tokens"}, "price_kind_is_known", "kind"),
    ({"unit": "image"}, "price_unit_fits_kind", "unit"),
    ({"usd": Decimal("-0.1")}, "price_is_a_plausible_amount", "usd"),
    ({"usd": Decimal(10) ** 12}, "price_is_a_plausible_amount", "usd"),
    ({"usd": Decimal("0.0000000000000000000000001")}, "price_has_24_decimals_at_most", "usd"),
    ({"service_tier": "fast"}, "price_service_tier_is_known", "service_tier"),
    ({"min_prompt_tokens": 0}, "price_long_context_starts_above_zero", "min_prompt_tokens"),
    ({"utc_start": 800}, "price_window_has_both_ends", "utc_end"),
    ({"utc_end": 800}, "price_window_has_both_ends", "utc_end"),
    ({"utc_start": 800, "utc_end": 800}, "price_window_is_not_empty", "utc_end"),
    ({"utc_start": 860, "utc_end": 900}, "price_window_start_is_a_time", "utc_start"),
    ({"utc_start": 800, "utc_end": 2400}, "price_window_end_is_a_time", "utc_end"),
    ({"utc_days": ["Monday"]}, "price_days_are_known", "utc_days"),
    ({"min_prompt_tokens": 5, "utc_start": 1, "utc_end": 2}, "price_has_one_kind_of_condition", "min_prompt_tokens"),
    ({"cache_ttl_seconds": 300}, "price_ttl_belongs_to_caches", "cache_ttl_seconds"),
    ({"kind": "input_cache_read", "cache_ttl_seconds": 0}, "price_ttl_belongs_to_caches", "cache_ttl_seconds"),
    ({"effective_from": datetime(1969, 1, 1, tzinfo=UTC)}, "price_effective_from_is_a_plausible_moment", "effective_from"),
]


def assert_refused_by_the_database(write: Any, rule: str) -> None:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        write()
        let_deferred_rules_speak()
    assert refusal(caught.value).rule == rule


@pytest.mark.parametrize(("values", "rule", "field"), MODEL_RULES)
def test_a_model_rule_holds_in_the_database_and_is_shown_at_its_field(values: Any, rule: str, field: str) -> None:
    model = make_model()
    assert_refused_by_the_database(lambda: AIModel.objects.filter(pk=model.pk).update(**values), rule)
    for name, value in values.items():
        setattr(model, name, value)
    with pytest.raises(ValidationError) as caught:
        model.full_clean()
    assert field in caught.value.message_dict


@pytest.mark.parametrize(("values", "rule", "field"), PRICE_RULES)
def test_a_price_rule_holds_in_the_database_and_is_shown_at_its_field(values: Any, rule: str, field: str) -> None:
    model = make_model(prices={})
    price = Price(**{"ai_model": model, "kind": "prompt", "usd": Decimal(1), "effective_from": PAST, **values})
    assert_refused_by_the_database(lambda: Price.objects.bulk_create([price]), rule)
    with pytest.raises(ValidationError) as caught:
        price.full_clean()
    assert field in caught.value.message_dict


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"name": "two words"}, "descriptor_name_is_a_key"),
        ({"type": "text"}, "descriptor_type_is_known"),
        ({"type": "boolean", "maximum": 1}, "descriptor_bounds_belong_to_numbers"),
        ({"minimum": 2, "maximum": 1}, "descriptor_bounds_are_in_order"),
        ({"minimum": 10**20}, "descriptor_bounds_are_finite"),
        ({"unit": "furlong"}, "descriptor_unit_is_known"),
        ({"type": "enum"}, "descriptor_values_belong_to_enums"),
        ({"type": "range", "values": ["a"]}, "descriptor_values_belong_to_enums"),
        ({"type": "enum", "values": []}, "descriptor_values_belong_to_enums"),
        ({"type": "enum", "values": ["a", True]}, "descriptor_values_are_texts_or_numbers"),
        ({"type": "enum", "values": ["a", ["b"]]}, "descriptor_values_are_texts_or_numbers"),
        ({"default": {"a": 1}}, "descriptor_default_is_plain"),
        ({"default": [1, [2]]}, "descriptor_default_is_plain"),
        ({"type": "integer", "minimum": Decimal("0.5")}, "descriptor_whole_numbers_have_whole_bounds"),
        ({"type": "integer", "maximum": Decimal("1.5")}, "descriptor_whole_numbers_have_whole_bounds"),
    ],
)
def test_a_descriptor_rule_holds_in_the_database(values: Any, rule: str) -> None:
    row = ParameterDescriptor(**{"ai_model": make_model(), "name": "temperature", "type": "range", **values})
    assert_refused_by_the_database(lambda: ParameterDescriptor.objects.bulk_create([row]), rule)
    with pytest.raises(ValidationError):
        row.full_clean()


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"code": "two words"}, "datacenter_code_is_a_slug"),
        ({"name": " "}, "datacenter_has_a_name"),
        ({"country": "ZZ"}, "datacenter_country_is_iso_3166"),
    ],
)
def test_a_datacenter_rule_holds_in_the_database(values: Any, rule: str) -> None:
    row = Datacenter(**{"code": "fra1", "name": "Frankfurt", "country": "DE", **values})
    assert_refused_by_the_database(lambda: Datacenter.objects.bulk_create([row]), rule)
    with pytest.raises(ValidationError):
        row.full_clean()


def test_a_model_does_not_replace_itself() -> None:
    model = make_model()
    assert_refused_by_the_database(
        lambda: AIModel.objects.filter(pk=model.pk).update(replacement=model.pk), "model_does_not_replace_itself"
    )


def test_odd_but_legal_ids_are_kept() -> None:
    for model_id in ("a/b:c", "0", "qwen3.5-9b", "x_y+z@2026", "A" * 200):
        model = make_model(model_id, prices={})
        model.full_clean()
        assert AIModel.objects.get(pk=model.pk).model_id == model_id


def test_one_line_has_one_price_at_one_moment_also_where_its_conditions_are_empty() -> None:
    model = make_model()
    assert_refused_by_the_database(lambda: make_price(model, "prompt", "5"), "price_one_per_line_and_moment")


@pytest.mark.parametrize("number", ["NaN", "Infinity"])
def test_psql_cannot_store_a_price_that_is_no_number(number: str) -> None:
    model = make_model()

    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE catalog_price SET usd = %s::numeric WHERE ai_model_id = %s", [number, model.pk])

    assert_refused_by_the_database(write, "price_is_a_plausible_amount")


def test_psql_cannot_store_a_moment_that_has_no_spelling() -> None:
    model = make_model()
    with pytest.raises((IntegrityError, DataError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_aimodel SET released_at = 'infinity' WHERE id = %s", [model.pk])


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("catalog_aimodel", "input_modalities", "{{text},{image}}"),
        ("catalog_aimodel", "output_modalities", "{{text}}"),
        ("catalog_aimodel", "supported_sampling_parameters", "{{seed}}"),
        ("catalog_aimodel", "supported_features", "{{tools}}"),
        ("catalog_aimodel", "supported_features", "{NULL}"),
        ("catalog_price", "utc_days", "{{monday}}"),
    ],
)
def test_psql_cannot_store_a_list_of_lists_or_of_nothing(table: str, column: str, words: str) -> None:
    make_model()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s", [words])


def test_a_float_is_not_taken_for_a_price() -> None:
    with pytest.raises(ValidationError):
        Price.objects.create(ai_model=make_model(prices={}), kind="prompt", usd=0.1)


# What a listed model needs, whoever writes.


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
    said = refusal(caught.value)
    assert said.field == "quantization"
    assert "acme/one cannot be listed on OpenRouter" in said.sentence
    assert "quantization" in said.sentence
    assert "a completion price per token in the default tier" in said.sentence


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


@pytest.mark.parametrize(
    ("values", "rule", "field"),
    [
        ({"slug": "Acme"}, "provider_slug_is_lower_case", "slug"),
        ({"name": " "}, "provider_has_a_name", "name"),
        ({"headquarters": "XX"}, "provider_headquarters_is_iso_3166", "headquarters"),
        ({"api_base_url": "ftp://a"}, "provider_api_base_url_is_an_address", "api_base_url"),
        ({"docs_url": "https://a b"}, "provider_docs_url_is_an_address", "docs_url"),
    ],
)
def test_a_provider_rule_holds_in_the_database_and_is_shown_at_its_field(values: Any, rule: str, field: str) -> None:
    provider = Provider.objects.create()
    assert_refused_by_the_database(lambda: Provider.objects.update(**values), rule)
    for name, value in values.items():
        setattr(provider, name, value)
    with pytest.raises(ValidationError) as caught:
        provider.full_clean()
    assert field in caught.value.message_dict


def test_there_is_one_provider() -> None:
    Provider.objects.create(slug="acme")
    assert_refused_by_the_database(lambda: Provider.objects.bulk_create([Provider(id=2)]), "provider_is_one_row")
    Provider(slug="beta").save()
    assert [row.slug for row in Provider.objects.all()] == ["beta"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"aliases": ["uno"]}, {"aliases": ["zwei", "uno"]}),
        ({"aliases": ["acme/two"]}, {}),
        ({}, {"aliases": ["acme/one"]}),
        ({"has_free_variant": True}, {"aliases": ["acme/one:free"]}),
        ({"has_free_variant": True, "aliases": ["uno"]}, {"aliases": ["uno:free"]}),
        ({"aliases": ["uno:free"]}, {"has_free_variant": True, "aliases": ["uno"]}),
        ({"openrouter_slug": "lab/one"}, {"aliases": ["lab/one"]}),
        ({"aliases": ["lab/one"]}, {"openrouter_slug": "lab/one"}),
        ({"openrouter_slug": "lab/one", "has_free_variant": True}, {"aliases": ["lab/one:free"]}),
        ({"aliases": ["lab/one:free"]}, {"openrouter_slug": "lab/one", "has_free_variant": True}),
    ],
)
def test_a_name_finds_one_model_whoever_writes(first: dict[str, Any], second: dict[str, Any]) -> None:
    make_model("acme/one", **first)
    assert_refused_by_the_database(
        lambda: AIModel.objects.bulk_create([AIModel(model_id="acme/two", name="Two", **second)]), "model_names_are_unique"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"openrouter_slug": "lab/one"}, {"openrouter_slug": "lab/one"}),
        ({"openrouter_slug": "acme/two"}, {}),
        ({"openrouter_slug": "lab/one"}, {"aliases": ["lab/one:free"]}),
        ({"aliases": ["uno"]}, {"aliases": ["uno-2"]}),
    ],
    ids=["one slug", "the slug is an id", "no free variant", "other names"],
)
def test_variants_of_a_model_share_its_slug(first: dict[str, Any], second: dict[str, Any]) -> None:
    make_model("acme/one", **first)
    make_model("acme/two", **second)
    let_deferred_rules_speak()


def test_ids_that_differ_in_the_case_of_their_letters_are_two_models() -> None:
    make_model("acme/one-405b")
    make_model("acme/one-405B")  # OpenRouter's own price history has such a pair
    let_deferred_rules_speak()


def test_two_models_can_exchange_their_names() -> None:
    one, two = make_model("acme/one", aliases=["uno"]), make_model("acme/two", aliases=["zwei"])
    AIModel.objects.filter(pk=one.pk).update(aliases=["zwei"])
    AIModel.objects.filter(pk=two.pk).update(aliases=["uno"])
    let_deferred_rules_speak()


def test_a_free_variants_name_is_taken() -> None:
    make_model("acme/one:free")
    make_model("acme/one")
    assert_refused_by_the_database(
        lambda: AIModel.objects.filter(model_id="acme/one").update(has_free_variant=True), "model_names_are_unique"
    )
