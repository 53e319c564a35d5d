"""Prices are for those who may view them, on every page that shows a model."""

from collections.abc import Iterable

from django.http import HttpRequest

from catalog.history import Difference


def may_see_prices(request: HttpRequest) -> bool:
    """Whether they may view prices."""
    return bool(request.user.has_perm("catalog.view_price"))


def visible_differences(request: HttpRequest, differences: Iterable[Difference]) -> list[Difference]:
    """The differences that they may see."""
    may = may_see_prices(request)
    return [one for one in differences if may or one.path[0] not in PRICES]


PRICES = ("price", "scheduled price")
"""How the paths begin that lead to amounts."""
