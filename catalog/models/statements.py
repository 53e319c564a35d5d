"""Queries that run often and differ only in a few values. Their SQL is built once: for each call, Django would build it again, which
takes several times as long as the query itself."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from catalog.models.many import numbers, rows_of_numbers, rows_of_texts, texts


class Given(models.Expression):
    """A value that each call of a statement gives by this name. ``write`` makes of it what psycopg is given."""

    def __init__(self, name: str, output_field: Any, write: Callable[[Any], Any] = lambda value: value) -> None:
        super().__init__(output_field=output_field)
        self.name = name
        self.write = write

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """A parameter, in place of which ``Statement.rows`` puts the value."""
        return "%s", (self,)


AT: Any = Given("at", models.DateTimeField())
"""A time, for ``filter(effective_from__lte=AT)``. The statement is given it as ``at``."""

KEYS: Any = rows_of_numbers(Given("keys", models.Field(), numbers))
"""For ``filter(pk__in=KEYS)``. The statement is given whole numbers as ``keys``."""

IDS: Any = rows_of_texts(Given("model_ids", models.Field(), texts))
"""For ``filter(model_id__in=IDS)``. The statement is given texts as ``model_ids``."""


class Statement:
    """A query, given as a function without arguments that returns a queryset. The queryset has ``Given`` values in it, and ends in
    ``values_list``. It can decorate that function; ``rows`` then takes the given values by name."""

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
            cursor.execute(
                sql, [value.write(given[value.name]) if isinstance(value, Given) else value for value in parameters]
            )
            rows = cursor.fetchall()
        return list(compiler.apply_converters(rows, converters)) if converters else rows
