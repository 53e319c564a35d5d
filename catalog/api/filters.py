"""The query parameters of ``/api/v1/models``: those of ``catalog.browsing``, documented, and with this API's errors."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError

from catalog import browsing
from catalog.browsing import FILTERS, PAGING, SORT, WORKLOAD, Parameter, reading

USE_RSS = Parameter(
    "use_rss",
    reading.flag,
    {"type": "string", "enum": ["true", "false"]},
    "`true`: as an RSS feed, newest first.",
)
AT = Parameter(
    "at",
    reading.moment,
    {"type": "string", "format": "date-time"},
    "The time of the list, past or future, with `Z` or an offset: `2026-08-01T00:00:00Z`. Without it, now.",
)
PARAMETERS = (*FILTERS, SORT, *WORKLOAD, *PAGING, USE_RSS, AT)


def documented(parameter: Parameter) -> OpenApiParameter:
    """A parameter, for the OpenAPI document."""
    explode = False if parameter.schema["type"] == "array" else None  # lists are written with commas
    return OpenApiParameter(parameter.name, parameter.schema, description=parameter.description, explode=explode)


def parse_query(query: QueryDict, parameters: Iterable[Parameter] = PARAMETERS) -> dict[str, Any]:
    """The values of the parameters in a query. Raises ``ParseError`` with the name of an invalid one."""
    with refused():
        return browsing.parse_query(query, parameters)


@contextmanager
def refused() -> Iterator[None]:
    """Answer a bad parameter with 400."""
    try:
        yield
    except browsing.BadParameter as error:
        raise ParseError(str(error)) from error
