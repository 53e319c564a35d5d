"""Who may see prices: on every page that shows a model, only users who may view them."""

from collections.abc import Iterable

from django.http import HttpRequest

from catalog.history import Difference


def may_see_prices(request: HttpRequest) -> bool:
    """Whether the user may view prices."""
    return bool(request.user.has_perm("catalog.view_price"))


def visible_differences(request: HttpRequest, differences: Iterable[Difference]) -> list[Difference]:
    """The differences that the user may see."""
    may = may_see_prices(request)
    return [one for one in differences if may or one.path[0] not in PRICES]


PRICES = ("price", "scheduled price")
"""How the paths begin that lead to amounts."""
