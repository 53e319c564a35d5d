"""The columns of the three tables that staff exchange, declared with django-import-export.

Its resources declare the columns, turn a cell into a value of the catalog, and render values; an invalid cell raises
``ValueError`` with a sentence. They write nothing to the database: the values become drafts, as those of other formats.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case, ExpressionWrapper, F, OuterRef, Q, QuerySet, When
from import_export.fields import Field
from import_export.resources import ModelResource

from catalog import decimals
from catalog.importing.tables.cells import Boolean, Cell, Choice, Moment, Number, Word, Words, cell_of
from catalog.listing import revision
from catalog.models import OFFER_FIELDS, AIModel, Datacenter, Line, Offer, Price, PriceKind, PriceUnit, ServiceTier, Variant


class Table(ModelResource):
    """A resource whose columns have the names of the model's fields."""

    title: ClassVar[str]
    required: ClassVar[tuple[str, ...]]

    @classmethod
    def field_from_django_field(cls, field_name: str, django_field: Any, readonly: bool) -> Field:
        """A column without a default: an empty value stays empty."""
        return Field(attribute=field_name, column_name=field_name, widget=cell_of(django_field))

    def iter_queryset(self, queryset: Any) -> Any:
        """All rows in one query."""
        return queryset.iterator(chunk_size=2000)

    def get_export_fields(self, selected_fields: Any = None) -> list[Field]:
        """The columns, in the order of ``Meta.fields``."""
        return [self.fields[name] for name in self._meta.fields]

    def rows_of(self, chosen: QuerySet[AIModel]) -> QuerySet[Any]:
        """The rows of some models, in one query."""
        raise NotImplementedError


class ModelsTable(Table):
    """One row per model, with every field that staff edit."""

    title = "models"
    required = ("model_id",)

    datacenters = Field(attribute="datacenter_codes", widget=Words(empty=list))
    replacement = Field(attribute="replacement__model_id", widget=Word(empty=str))

    class Meta:
        model = AIModel
        fields = tuple(field.name for field in (*AIModel._meta.fields, *AIModel._meta.many_to_many) if field.name != "id")

    def rows_of(self, chosen: QuerySet[AIModel]) -> QuerySet[AIModel]:
        """With the codes of the datacenters and the id of the replacement."""
        served = Datacenter.objects.filter(models=OuterRef("pk")).order_by("code").values("code")
        rows = AIModel.objects.filter(pk__in=chosen.values("pk")).select_related("replacement")
        return rows.annotate(datacenter_codes=ArraySubquery(served)).order_by("model_id")


class Derived(Field):
    """A column that combines several fields."""

    def __init__(self, derive: Callable[[Any], Any], widget: Cell) -> None:
        super().__init__(widget=widget)
        self.derive = derive

    def get_value(self, instance: Any) -> Any:
        """Its value in a row."""
        return self.derive(instance)


def _per_million(price: Any) -> Decimal | None:
    return decimals.per_million(price.usd) if price.unit == PriceUnit.TOKEN and price.usd is not None else None


def _per_unit(price: Any) -> Decimal | None:
    return price.usd if price.unit != PriceUnit.TOKEN else None


def _nothing() -> None:
    return None


AMOUNTS = ("usd_per_million_tokens", "usd_per_unit")


class PricesTable(Table):
    """One row per line of a model's price list: prices in force and scheduled prices."""

    title = "prices"
    required = ("model_id", "kind", "unit")

    model_id = Field(attribute="ai_model__model_id", widget=Word(AIModel._meta.get_field("model_id")))
    service_tier = Field(
        attribute="service_tier", widget=Choice(Price._meta.get_field("service_tier"), lambda: ServiceTier.DEFAULT.value)
    )
    usd_per_million_tokens = Derived(_per_million, Number(empty=_nothing))
    usd_per_unit = Derived(_per_unit, Number(empty=_nothing))
    effective_from = Field(attribute="begins", widget=Moment(empty=_nothing))
    ends = Derived(lambda price: True if price.usd is None else None, Boolean(empty=bool))

    class Meta:
        model = Price
        fields = (
            "model_id",
            *Line._fields,
            *AMOUNTS,
            "effective_from",
            "ends",
        )

    def rows_of(self, chosen: QuerySet[AIModel]) -> QuerySet[Price]:
        """Prices in force without a time, scheduled prices with their time."""
        now = revision().now
        in_force = Price.objects.in_force(now).filter(ai_model__in=chosen.values("pk"))
        rows = Price.objects.filter(ai_model__in=chosen.values("pk")).filter(
            Q(pk__in=in_force.values("pk"), usd__isnull=False) | Q(effective_from__gt=now)
        )
        return (
            rows.select_related("ai_model")
            .annotate(begins=Case(When(effective_from__gt=now, then=F("effective_from"))))
            .order_by(
                "ai_model__model_id",
                _place("service_tier", ServiceTier),
                _place("kind", PriceKind),
                "unit",
                F("min_prompt_tokens").asc(nulls_first=True),
                F("utc_start").asc(nulls_first=True),
                "utc_days",
                F("cache_ttl_seconds").asc(nulls_first=True),
                "effective_from",
            )
        )


def _place(field: str, vocabulary: type[models.TextChoices]) -> Case:
    """The order of the vocabulary, as in a price list."""
    return Case(*[When(**{field: word}, then=models.Value(place)) for place, word in enumerate(vocabulary.values)])


class OffersTable(Table):
    """One row for each offer with values of its own. If a cell is empty, the model's value applies."""

    title = "offers"
    required = ("model_id", "offer")

    model_id = Field(attribute="ai_model__model_id", widget=Word(AIModel._meta.get_field("model_id")))
    offer = Field(attribute="variant", column_name="offer", widget=cell_of(Offer._meta.get_field("variant")))
    datacenters = Field(attribute="datacenter_codes", widget=Words(empty=list))

    class Meta:
        model = Offer
        fields = ("model_id", "offer", *OFFER_FIELDS, "without")

    def rows_of(self, chosen: QuerySet[AIModel]) -> QuerySet[Offer]:
        """With the codes of the datacenters."""
        named = ExpressionWrapper(OuterRef("datacenters"), output_field=Offer._meta.get_field("datacenters"))
        served = Datacenter.objects.alias(named=named).filter(named__contains=[F("pk")])  # type: ignore[misc]
        rows = Offer.objects.filter(ai_model__in=chosen.values("pk")).select_related("ai_model")
        return rows.annotate(datacenter_codes=ArraySubquery(served.order_by("code").values("code"))).order_by(
            "ai_model__model_id", _place("variant", Variant)
        )


TABLES: dict[str, Table] = {table.title: table for table in (ModelsTable(), PricesTable(), OffersTable())}
