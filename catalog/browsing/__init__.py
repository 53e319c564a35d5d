"""Which models match a query, in which order, and how many each choice would leave; shared by the API and the site."""

from catalog.browsing.answering import Answer, answer, prepare
from catalog.browsing.index import Index, index_of
from catalog.browsing.parameters import (
    FILTERS,
    PAGE,
    PAGING,
    SORT,
    UNKNOWN_HERE,
    BadParameter,
    Parameter,
    parse_query,
)
from catalog.browsing.sorts import SORTS
from catalog.browsing.workload import WORKLOAD

__all__ = [
    "FILTERS",
    "PAGE",
    "PAGING",
    "SORT",
    "SORTS",
    "UNKNOWN_HERE",
    "WORKLOAD",
    "Answer",
    "BadParameter",
    "Index",
    "Parameter",
    "answer",
    "index_of",
    "parse_query",
    "prepare",
]
