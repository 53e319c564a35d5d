"""A statement's SQL is put together once; what it answers is what its queryset would."""

from typing import Any

import pytest
from django.utils import timezone

from catalog.models import AIModel, ParameterDescriptor, Price
from catalog.models.statements import AT, IDS, KEYS, Statement
from tests.factories import make_model

pytestmark = pytest.mark.django_db


def test_it_answers_what_its_queryset_would_each_time_with_the_values_given() -> None:
    first, second = make_model("acme/one"), make_model("acme/two")
    asked: list[None] = []

    @Statement
    def prices() -> Any:
        asked.append(None)
        return (
            Price.objects.in_force(AT).filter(ai_model__in=KEYS).values_list("ai_model_id", "kind", "usd", "effective_from")
        )

    for keys in ([first.pk], [first.pk, second.pk], []):
        at = timezone.now()
        expected = Price.objects.in_force(at).filter(ai_model__in=keys)
        assert prices.rows(keys=keys, at=at) == list(expected.values_list("ai_model_id", "kind", "usd", "effective_from"))
    assert len(prices.rows(keys=[first.pk], at=timezone.now())) > 1
    assert len(asked) == 1


def test_texts_are_sent_as_values_and_are_no_part_of_the_sql() -> None:
    model_id = """%s ' " \\ {},NULL"""
    pk = AIModel.objects.create(model_id="acme/one", name=model_id, aliases=[]).pk
    names = Statement(lambda: AIModel.objects.filter(name__in=IDS).values_list("pk"))
    assert names.rows(model_ids=[model_id, "a,b"]) == [(pk,)]
    assert names.rows(model_ids=["a,b"]) == []


def test_a_value_that_is_not_given_is_an_error() -> None:
    with pytest.raises(KeyError, match="keys"):
        Statement(lambda: AIModel.objects.filter(pk__in=KEYS).values_list("pk")).rows()


def test_a_column_that_its_field_converts_is_converted() -> None:
    row = {
        "ai_model": make_model("acme/one"),
        "name": "temperature",
        "type": "range",
        "minimum": 0,
        "maximum": 2,
        "default": 0.5,
    }
    ParameterDescriptor.objects.create(**row)
    descriptors = Statement(lambda: ParameterDescriptor.objects.values_list("name", "default", "values"))
    assert [tuple(one) for one in descriptors.rows()] == [("temperature", 0.5, [])]
