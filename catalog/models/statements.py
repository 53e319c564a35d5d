"""Queries that are asked often and never differ but for a few values: Django puts their SQL together once, not for each call, which
takes several times as long as the query itself."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.expressions import RawSQL


class Given(models.Expression):
    """A value that each call of a statement gives by this name."""

    def __init__(self, name: str, output_field: Any) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """A parameter, in place of which ``Statement.rows`` puts the value."""
        return "%s", (self,)


AT: Any = Given("at", models.DateTimeField())
"""A time, for ``filter(effective_from__lte=AT)``. The statement is given it as ``at``."""


def one_of_given(name: str, type_name: str) -> Any:
    """For ``filter(name__in=one_of_given("keys", "bigint"))``: the statement is given a list by this name."""
    return RawSQL(f"SELECT unnest(%s::{type_name}[])", [Given(name, models.Field())])  # noqa: S611 - a type, and no value


KEYS = one_of_given("keys", "bigint")
IDS = one_of_given("model_ids", "text")


class Statement:
    """A query, made of a queryset with ``Given`` values in it that ends in ``values_list``. For a function without arguments::

    @Statement
    def _links():
        return ModelDatacenter.objects.filter(aimodel__in=KEYS).values_list("aimodel_id", "datacenter_id")

    _links.rows(keys=[1, 2])
    """

    def __init__(self, queryset: Callable[[], Any]) -> None:
        self._queryset = queryset

    @cached_property
    def _compiled(self) -> tuple[Any, str, Any, dict[int, Any]]:
        """The compiler, its SQL and parameters, and the columns that their fields convert."""
        compiler = self._queryset().query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        return compiler, sql, parameters, compiler.get_converters([column for column, _, _ in compiler.select])

    def rows(self, using: str = DEFAULT_DB_ALIAS, **given: Any) -> list[Any]:
        """The rows, each a sequence of the values. ``using`` is the database to query. Raises ``KeyError`` if a value is not given."""
        compiler, sql, parameters, converters = self._compiled
        with connections[using].cursor() as cursor:
            cursor.execute(sql, [given[value.name] if isinstance(value, Given) else value for value in parameters])
            rows = cursor.fetchall()
        return list(compiler.apply_converters(rows, converters)) if converters else rows
