"""A name finds one model, whoever writes."""

from typing import Any

import pytest

from catalog.models import AIModel
from tests.factories import let_deferred_rules_speak, make_model
from tests.models.common import assert_refused_by_the_database

pytestmark = pytest.mark.django_db


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
