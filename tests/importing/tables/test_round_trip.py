"""Tables go out and come in without a change."""

import importlib
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import sample
from catalog.importing.tables.cells import Number
from catalog.importing.tables.export import FileFormat, TableName, export_table
from catalog.importing.tables.sheets import ExportError
from catalog.listing import revision
from catalog.models import KINDS, AIModel, Price, PriceKind
from tests.examples import examples
from tests.factories import PAST, let_deferred_rules_speak, make_datacenter, make_listed, make_model, make_price
from tests.importing.tables.common import AHEAD, FILES, take_in
from tests.strategies import PRICES, TEXT, TOKEN_PRICES, catalogs, empty, store

pytestmark = pytest.mark.django_db

EXAMPLES = settings(max_examples=examples(15, 50), deadline=None, suppress_health_check=list(HealthCheck))

TABLES: list[TableName] = ["models", "prices", "offers"]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("file_format", FILES)
def test_the_sample_catalog_goes_out_and_in_without_a_change(table: TableName, file_format: FileFormat) -> None:
    sample.load()
    model = AIModel.objects.get(model_id="qwen3-32b")
    make_price(model, "input_cache_read", None, effective_from=AHEAD)
    place = make_datacenter("nrt9", country="JP")
    model.offers.create(variant="flex", is_ready=False, datacenters=[place.pk], without=["capacity_tpm"])
    let_deferred_rules_speak()
    before = revision().revision
    plan = take_in(export_table(table, file_format, AIModel.objects.all()))
    assert (plan.problems, plan.created, plan.changes) == ([], [], [])
    assert len(plan.unchanged) == (1 if table == "offers" else 20)
    assert revision().revision == before


def test_the_same_days_in_another_order_are_the_same_line() -> None:
    """The catalog took them for two, both in force: their table had one line twice."""
    model = make_listed()
    window = {"ai_model": model, "kind": "prompt", "effective_from": PAST}
    Price.objects.bulk_create([Price(**window, usd="0.1", utc_days=["tuesday", "monday", "tuesday"])])
    assert model.prices.get(usd="0.1").utc_days == ["monday", "tuesday"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Price.objects.create(**window, usd="0.2", utc_days=["monday", "tuesday"])
    later = Price.objects.create(**window | {"effective_from": AHEAD}, usd="0.3", utc_days=["friday"])
    Price.objects.filter(pk=later.pk).update(utc_days=["sunday", "monday"])
    later.refresh_from_db()
    assert later.utc_days == ["monday", "sunday"]
    for file_format in FILES:
        plan = take_in(export_table("prices", file_format, AIModel.objects.all()))
        assert (plan.problems, plan.changes) == ([], [])


def test_days_that_are_there_are_put_in_order_but_where_both_orders_are() -> None:
    model, both = make_listed(), make_model("acme/both")
    with pgtrigger.ignore("catalog.Price:order_days"):
        for ai_model, days in ((model, ["friday", "monday"]), (both, ["friday", "monday"]), (both, ["monday", "friday"])):
            Price.objects.create(ai_model=ai_model, kind="prompt", usd=1, utc_days=days, effective_from=PAST)
    migration = importlib.import_module("catalog.migrations.0014_ordered_days")
    with connection.schema_editor() as editor:
        migration.order(apps, editor)
    found = Price.objects.exclude(utc_days=[]).order_by("ai_model__model_id", "utc_days").values_list("utc_days", flat=True)
    assert list(found) == [["friday", "monday"], ["monday", "friday"], ["monday", "friday"]]
    assert model.prices.get(usd=1).utc_days == ["monday", "friday"]


def test_a_day_that_is_none_is_refused_and_not_dropped() -> None:
    with pytest.raises(IntegrityError, match="price_days_are_known"), transaction.atomic():
        Price.objects.create(ai_model=make_model(), kind="request", unit="request", usd=1, utc_days=["monday", "someday"])


@EXAMPLES
@given(catalogs(), st.sampled_from(FILES), st.data())
def test_any_catalog_goes_out_and_in_without_a_change(catalog: list[Any], file_format: FileFormat, data: Any) -> None:
    with transaction.atomic():
        store(catalog)
        for model in AIModel.objects.all():
            model.notes, model.tokenizer = data.draw(TEXT), data.draw(TEXT)[:40]
            model.knowledge_cutoff = data.draw(st.none() | st.dates(date(1970, 1, 1), date(9999, 12, 30)))
            model.replacement = data.draw(st.none() | st.sampled_from(list(AIModel.objects.exclude(pk=model.pk)) or [None]))
            model.save()
            usd = data.draw(st.none() | TOKEN_PRICES)
            moment = AHEAD + timedelta(microseconds=data.draw(st.integers(0, 10**9)))
            if model.prices.exists():  # a model that is offered for free alone has none
                Price.objects.create(ai_model=model, kind="video", usd=usd, effective_from=moment)
        for table in TABLES:
            plan = take_in(export_table(table, file_format, AIModel.objects.all()))
            assert (plan.problems, plan.created, plan.changes) == ([], [], [])
        AIModel.objects.update(replacement=None)
        empty()


@pytest.mark.parametrize("file_format", FILES)
def test_tables_fill_a_catalog_that_is_empty_but_for_its_datacenters(file_format: FileFormat) -> None:
    sample.load()
    AIModel.objects.get(model_id="qwen3-32b").offers.create(
        variant="batch", context_length=1000, supported_features=["tools"]
    )
    models, prices, offers = (export_table(table, file_format, AIModel.objects.all()) for table in TABLES)
    AIModel.objects.update(is_listed_on_openrouter=False, replacement=None)
    unlisted = export_table("models", file_format, AIModel.objects.all())
    AIModel.objects.all().delete()
    assert len(take_in(unlisted).created) == 20
    take_in(prices)
    take_in(models)
    assert len(take_in(offers).changes) == 2
    assert [export_table(table, file_format, AIModel.objects.all()) for table in TABLES if file_format == "csv"] == [
        models,
        prices,
        offers,
    ][: 3 if file_format == "csv" else 0]
    assert AIModel.objects.listed().exists()


def test_xlsx_keeps_what_xml_cannot() -> None:
    text = "a\x01b\rc\r\nd\te_x0041_\ufffe  "
    make_model(name=text)
    content = export_table("models", "xlsx", AIModel.objects.all())
    AIModel.objects.update(name="another")
    take_in(content)
    assert AIModel.objects.get().name == text


def test_what_xlsx_would_cut_is_refused_by_name() -> None:
    make_model(description="x" * 32_768)
    with pytest.raises(ExportError, match="acme/one: description is longer"):
        export_table("models", "xlsx", AIModel.objects.all())
    assert take_in(export_table("models", "csv", AIModel.objects.all())).changes == []


@pytest.mark.parametrize("table", TABLES)
def test_an_export_takes_the_same_queries_for_any_number_of_models(table: TableName) -> None:
    counts = []
    for number in range(2):
        for place in range(1 + 5 * number):
            make_model(f"acme/{number}-{place}", datacenters=(make_datacenter(f"dc-{number}-{place}"),))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            export_table(table, "csv", AIModel.objects.all())
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 3


def test_only_the_chosen_models_are_exported() -> None:
    for model_id in ("acme/one", "acme/two"):
        make_model(model_id).offers.create(variant="free", capacity_tpm=1)
    for table in TABLES:
        content = export_table(table, "csv", AIModel.objects.filter(model_id="acme/two").order_by("name")[:1])
        assert b"acme/two" in content
        assert b"acme/one" not in content


@given(PRICES)
def test_a_price_per_unit_is_spelled_as_it_is_kept(usd: Decimal) -> None:
    spelled = Number().render(usd)
    assert Number().clean(spelled) == usd


def test_every_kind_of_price_has_a_place() -> None:
    model = make_model("acme/one", prices={})
    for kind in PriceKind:
        for unit in KINDS[kind].units:
            Price.objects.create(ai_model=model, kind=kind, unit=unit, usd=Decimal("0.001"), effective_from=PAST)
    for file_format in FILES:
        plan = take_in(export_table("prices", file_format, AIModel.objects.all()))
        assert (plan.problems, plan.changes) == ([], [])
