"""The table of ``docs/performance.md``: its rows, and ratios of two measurements that take turns.

The machines are noisy, so two runs are never compared: each ratio has the least and the greatest of its rounds beside it.
"""

import statistics
from collections.abc import Callable
from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table. ``goal`` is what was asked for, with whether it was met."""

    what: str
    figure: str
    noise: str
    goal: str = ""


def in_turns(ours: Callable[[], float], other: Callable[[], float], rounds: int) -> tuple[list[float], float, float]:
    """The ratios of each round, and the medians. The first round is not counted: after its start, a worker prepares the data for
    searches in the background."""
    ours()
    other()
    pairs = [(ours(), other()) for _ in range(rounds)]
    return [one / two for one, two in pairs], *(statistics.median(side) for side in zip(*pairs, strict=True))  # type: ignore[return-value]


def ratio_row(
    what: str, ratios: list[float], ours: float, other: float, unit: str, goal: str = "", is_met: bool = True
) -> Row:
    """A ratio as a row."""
    figure = f"{statistics.median(ratios):.2f} ({ours:,.0f} / {other:,.0f} {unit})"
    met = f"{goal}: {'met' if is_met else 'MISSED'}" if goal else ""
    return Row(what, figure, f"{min(ratios):.2f} to {max(ratios):.2f}", met)


def table(rows: list[Row]) -> str:
    """The table in Markdown."""
    lines = ["| what | figure | rounds | goal |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
