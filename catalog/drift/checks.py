"""Storing the results of comparisons, for the admin and the alarms."""

from catalog.drift.comparing import Comparison
from catalog.drift.market import compare_market
from catalog.drift.served import compare_served
from catalog.models import DriftCheck, DriftSide

KEPT = 100
"""How many comparisons of each side are kept."""
MOST_KEPT = 1000
"""How many differences of one comparison are kept."""

COMPARE = {DriftSide.MARKET: compare_market, DriftSide.SERVED: compare_served}


def check(side: DriftSide) -> DriftCheck:
    """Compare with that side, and store the result. Blocks for as long as the other side takes."""
    return keep(side, COMPARE[side]())


def keep(side: DriftSide, found: Comparison) -> DriftCheck:
    """Store the result of a comparison."""
    kept = DriftCheck.objects.create(
        side=side,
        state=found.state,
        differences=[one._asdict() for one in found.differences[:MOST_KEPT]],
        unknown=found.unknown[:KEPT],
    )
    old = DriftCheck.objects.filter(side=side).values_list("pk", flat=True)[KEPT:]
    DriftCheck.objects.filter(pk__in=list(old)).delete()
    return kept


def latest(side: DriftSide) -> DriftCheck | None:
    """The latest comparison with that side."""
    return DriftCheck.objects.filter(side=side).first()
