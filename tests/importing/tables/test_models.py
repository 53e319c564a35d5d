"""The table of models: what it changes, and what is wrong with it by row and column."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from catalog.models import AIModel
from tests.factories import make_datacenter, make_model
from tests.importing.tables.common import AHEAD, as_csv, problems, sentence, take_in

pytestmark = pytest.mark.django_db


def test_a_models_table_changes_what_it_has_columns_for() -> None:
    make_datacenter("fra1")
    make_model("acme/old", name="Old", max_prompt_length=5, quantization="fp8", supported_features=["tools"])
    header = ["model_id", "context_length", "max_prompt_length", "quantization", "supported_features", "is_public"]
    header += ["deprecation_at", "knowledge_cutoff", "discount_to_user", "datacenters", "replacement"]
    take_in(
        as_csv(
            [*header, "name"],
            [
                "acme/old",
                40960,
                "",
                "",
                "Reasoning, TOOLS",
                "FALSE",
                "2050-01-01T15:00:00+02:00",
                "2025-03-01",
                "-0.50",
                "fra1",
                "acme/new",
                "Old",
            ],
            ["acme/new", "", "", "", "", "true", "", "", "", "", "", "New"],
        )
    )
    old, new = AIModel.objects.get(model_id="acme/old"), AIModel.objects.get(model_id="acme/new")
    assert (old.context_length, old.max_prompt_length, old.quantization, old.max_output_length) == (40960, None, None, 32768)
    assert (old.supported_features, old.is_public) == (["tools", "reasoning"], False)
    assert (old.deprecation_at, old.knowledge_cutoff) == (AHEAD + timedelta(hours=1), date(2025, 3, 1))
    assert (old.discount_to_user, old.replacement) == (Decimal("-0.5"), new)
    assert [place.code for place in old.datacenters.all()] == ["fra1"]
    assert (new.name, new.context_length, new.category) == ("New", None, "text")


def test_a_plan_says_each_change_of_a_table() -> None:
    one, two = make_datacenter("fra1"), make_datacenter("hel1")
    make_model("acme/two")
    make_model("acme/one", datacenters=(one, two))
    plan = take_in(as_csv(["model_id", "datacenters", "replacement"], ["acme/one", "hel1", "acme/two"]))
    assert [(change.field, change.old, change.new) for change in plan.changes] == [
        ("replacement", None, "acme/two"),
        ("datacenters", "fra1, hel1", "hel1"),
    ]
    assert AIModel.objects.get(model_id="acme/one").datacenters.count() == 1


def test_an_emptied_cell_takes_the_replacement_and_the_datacenters_away() -> None:
    make_model("acme/one", replacement=make_model("acme/two"), datacenters=(make_datacenter(),))
    take_in(as_csv(["model_id", "datacenters", "replacement"], ["acme/one", "", ""]))
    model = AIModel.objects.get(model_id="acme/one")
    assert (model.replacement, model.datacenters.count()) == (None, 0)


def test_listing_is_a_field_like_any_other_and_the_database_sees_to_it() -> None:
    make_model("acme/one")
    header = ["model_id", "is_listed_on_openrouter"]
    take_in(as_csv(header, ["acme/one", "true"]))
    assert AIModel.objects.listed().count() == 1
    make_model("acme/two", prices={})
    assert "acme/two cannot be listed" in sentence(as_csv(header, ["acme/two", "true"]))


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("context_length", "many", "is not a number"),
        ("context_length", "128k", "128000 or 131072"),
        ("context_length", "1.5", "is not a whole number"),
        ("context_length", "-1", "greater than or equal to 0"),
        ("context_length", "9" * 30, "is not a whole number"),
        ("context_length", "2147483648", "less than or equal to"),
        ("capacity_tpm", "9.00E+15", "exponent"),
        ("quantization", "q4", "is not one of int4"),
        ("category", "", "must not be empty"),
        ("name", "", "must not be empty"),
        ("name", "x" * 201, "at most 200 characters"),
        ("is_ready", "yes", "not true or false"),
        ("is_ready", "", "must not be empty"),
        ("supported_features", "Tools, magic", "'magic': not one of tools"),
        ("aliases", "a b", "An alias must follow the rules for ids."),
        ("author", "a/b", "An author can contain only letters"),
        ("hugging_face_id", "Qwen", "Enter a Hugging Face id such as"),
        ("released_at", "05/01/2026", "is not a time"),
        ("released_at", "2026-02-30T00:00:00Z", "is not a time"),
        ("released_at", "0001-01-01T00:00:00+23:00", "is not a time"),
        ("knowledge_cutoff", "2026-02-30", "is not a day"),
        ("discount_to_user", "0.12345678901", "10 decimal places"),
        ("datacenters", "nowhere", "not the code of a datacenter; the codes are: fra1"),
        ("replacement", "acme/none", "The catalog has no model 'acme/none'"),
        ("replacement", "acme/one", "cannot be replaced by itself"),
        ("deprecation_at", "2050-01-01T13:30:00Z", "whole hour"),
        ("max_output_length", "131073", "cannot be longer than the context"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column(column: str, cell: str, said: str) -> None:
    make_datacenter()
    make_model("acme/one")
    make_model("acme/two")
    content = as_csv(["model_id", column], [], ["acme/one", cell])
    assert problems(content) == [("row 3 (acme/one)", column)]
    assert said in sentence(content)


def test_all_bad_cells_are_named_at_once() -> None:
    header = ["model_id", "context_length", "color", "is_ready", "context_length"]
    content = as_csv(header, ["a/b:c", "x", "red", "maybe", ""], ["", "1", "", "true", ""], ["a b", "1", "", "true", ""])
    assert problems(content) == [
        ("row 1", "color"),
        ("row 1", "context_length"),
        ("row 2 (a/b:c)", "is_ready"),
        ("row 3", "model_id"),
        ("row 4", "model_id"),
    ]


def test_a_model_stands_in_one_row() -> None:
    content = as_csv(["model_id", "name"], ["a/b:c", "One"], ["a/b:c", "Two"])
    assert problems(content) == [("row 3 (a/b:c)", "model_id")]
    assert "row 2 (a/b:c)" in sentence(content)
