"""Many rows at once: the same rows, rules and history as by Django's own way."""

from decimal import Decimal
from typing import Any

import pghistory
import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Model

from catalog import bulk_writing
from catalog.history import events
from catalog.models import AIModel, Datacenter, ModelDatacenter, ParameterDescriptor, Price
from catalog.models.violations import violation
from tests.factories import make_model

pytestmark = pytest.mark.django_db


def stored(table: type[Model], *without: str) -> list[dict[str, Any]]:
    """The rows of a table, without their keys."""
    rows = table._default_manager.order_by("pk").values()
    return [{name: value for name, value in row.items() if name not in {"id", *without}} for row in rows]


def models() -> list[AIModel]:
    """Models with everything that a text can hold."""
    return [
        AIModel(model_id="a/one", name="Tab\tline\nback\\slash \\N", notes='"quoted", {braces}', aliases=["b/one", "b/two"]),
        AIModel(
            model_id="a/two",
            name="É한中",
            discount_to_user=Decimal("0.1234567891"),
            context_length=None,
            knowledge_cutoff=None,
        ),
        AIModel(model_id="a/three", name="Three", description="", input_modalities=["text", "image"], has_free_variant=True),
    ]


def test_inserted_rows_are_those_of_bulk_create() -> None:
    bulk_writing.insert(AIModel, models())
    ours = stored(AIModel)
    AIModel.objects.all().delete()
    AIModel.objects.bulk_create(models())
    assert ours == stored(AIModel)


def test_every_kind_of_value_is_inserted_as_it_is() -> None:
    model = make_model("a/one", prices={})
    facts: list[dict[str, Any]] = [
        {"minimum": Decimal("-0.5"), "maximum": Decimal(2), "default": 0.7, "type": "range"},
        {"values": ["a", "ä\\n", 1], "default": "\\N", "type": "enum"},
        {"default": None, "type": "unknown"},
    ]

    def described() -> list[ParameterDescriptor]:
        return [ParameterDescriptor(ai_model=model, name=f"p{number}", **fact) for number, fact in enumerate(facts)]

    bulk_writing.insert(ParameterDescriptor, described())
    ours = stored(ParameterDescriptor)
    ParameterDescriptor.objects.all().delete()
    ParameterDescriptor.objects.bulk_create(described())
    assert ours == stored(ParameterDescriptor)
    bulk_writing.insert(Datacenter, [Datacenter(code="fra", name="Frankfurt", country="DE")])
    assert Datacenter.objects.get(code="fra").country.code == "DE"


def test_a_price_keeps_all_digits_and_begins_by_the_clock_of_the_database() -> None:
    model = make_model("a/one", prices={})
    tiny = Decimal("0.000000000000000000000001")
    begun = Price(ai_model=model, kind="image", unit="image", usd=tiny)
    stated = Price(ai_model=model, kind="audio", unit="token", usd=None, effective_from="2030-01-01T00:00:00Z")
    bulk_writing.insert(Price, [begun, stated])
    kept = Price.objects.get(pk=begun.pk)
    assert kept.usd == tiny
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s BETWEEN now() AND clock_timestamp()", [kept.effective_from])
        assert cursor.fetchone() == (True,)
    assert Price.objects.get(pk=stated.pk).effective_from.year == 2030


def test_a_row_that_breaks_a_rule_is_refused_with_all_others() -> None:
    model = make_model("a/one", prices={})
    before = stored(Price)
    good = Price(ai_model=model, kind="image", unit="image", usd=1)
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        bulk_writing.insert(Price, [good, Price(ai_model=model, kind="audio", unit="image", usd=1)])
    assert violation(error.value).rule == "price_unit_fits_kind"
    with pytest.raises(DataError), transaction.atomic():
        bulk_writing.insert(AIModel, [AIModel(model_id="a/nul", name="\0")])
    assert stored(Price) == before


def test_the_history_says_who_inserted_and_updated() -> None:
    model = make_model("a/one", prices={})
    with transaction.atomic(), pghistory.context(source="test", user=7):
        bulk_writing.insert(Price, [Price(ai_model=model, kind="image", unit="image", usd=1)])
    assert events(Price).latest("pgh_id").pgh_context.metadata == {"source": "test", "user": 7}
    with transaction.atomic(), pghistory.context(source="again"):
        model.name = "Other"
        bulk_writing.update(AIModel, [model], ["name"])
    last = events(AIModel).latest("pgh_id")
    assert (last.pgh_label, last.name, last.pgh_context.metadata) == ("update", "Other", {"source": "again"})


def test_updated_rows_are_those_of_bulk_update() -> None:
    def changed() -> list[AIModel]:
        rows = list(AIModel.objects.order_by("pk"))
        for number, row in enumerate(rows):
            row.aliases, row.name, row.context_length = [f"x{number}", f"y{number}"], f"New {number}", None
            row.discount_to_user = Decimal("0.5")
        return rows

    names = ["aliases", "name", "context_length", "discount_to_user"]
    bulk_writing.insert(AIModel, models())
    untouched = stored(AIModel)
    with transaction.atomic():
        bulk_writing.update(AIModel, changed(), names)
        ours = stored(AIModel)
        transaction.set_rollback(True)
    assert stored(AIModel) == untouched
    AIModel.objects.bulk_update(changed(), names)
    assert ours == stored(AIModel) != untouched


def test_links_are_inserted_and_progress_is_told() -> None:
    model = make_model("a/one", prices={})
    places = [Datacenter(code=f"dc{number}", name="x", country="DE") for number in range(bulk_writing.STEP + 1)]
    told: list[int] = []
    bulk_writing.insert(Datacenter, places, told.append)
    bulk_writing.insert(ModelDatacenter, [ModelDatacenter(aimodel_id=model.pk, datacenter_id=place.pk) for place in places])
    assert told == [bulk_writing.STEP]
    assert model.datacenters.count() >= len(places)


def test_what_stops_in_the_middle_leaves_nothing_and_a_usable_connection() -> None:
    def stop(count: int) -> None:
        raise MemoryError

    places = [Datacenter(code=f"dc{number}", name="x", country="DE") for number in range(bulk_writing.STEP + 1)]
    with pytest.raises(MemoryError):
        bulk_writing.insert(Datacenter, places, stop)
    assert not Datacenter.objects.filter(code="dc0").exists()


def test_lists_of_texts_are_written_as_they_are() -> None:
    words = ('"', "a\\b", "", "NULL", "{x}", "ä, b", " c ")
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::varchar[]", [bulk_writing._array_literal(words)])
        assert cursor.fetchone() == (list(words),)
