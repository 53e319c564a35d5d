"""Rules of single rows hold in the database, whoever writes, and are shown at their field."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction

from catalog.models import AIModel, Datacenter, ParameterDescriptor, Price, Provider
from tests.factories import PAST, make_model, make_price
from tests.models.common import assert_refused_by_the_database

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


def test_all_rules_of_a_row_are_one_question_and_each_that_is_broken_is_said(django_assert_num_queries: Any) -> None:
    model = make_model()
    with django_assert_num_queries(3):  # a savepoint around it, where a transaction is open
        model.validate_constraints()
    model.context_length, model.max_output_length = 1000, 1001
    model.category = "magic"
    with pytest.raises(ValidationError) as caught:
        model.validate_constraints()
    assert caught.value.message_dict == {
        "category": ["The category is not in the list."],
        "max_output_length": ["The output cannot be longer than the context."],
    }
    model.validate_constraints(exclude={"category", "max_output_length"})


def test_a_value_that_the_database_cannot_read_hides_no_other_broken_rule(caplog: pytest.LogCaptureFixture) -> None:
    model = make_model()
    model.capacity_tpm = 10**30
    model.category = "magic"
    with pytest.raises(ValidationError) as caught:
        model.validate_constraints()
    assert caught.value.message_dict["category"] == ["The category is not in the list."]
    caplog.clear()  # Django says which rules it could not ask for
