"""Draw ``architecture.svg``: the packages of ``catalog``, in the order that import-linter enforces, and which imports which.

``make architecture`` writes the picture, and ``make lint`` fails if it is not current. An arrow is left out if the same package is
reached through another one, so that the picture shows how data flows and not every import.
"""

import sys
import tomllib
from collections.abc import Iterable
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

import grimp

HERE = Path(__file__).resolve().parent
PICTURE = HERE / "architecture.svg"
PROJECT = "catalog"
WIDTH, ROW, BOX, MARGIN = 960, 74, 32, 10
LETTER = 8.2
"""The width of a letter of the names, in the picture's pixels."""
STYLE = """
    svg { --line: #b4bcc8; --box: #eef2f7; --edge: #8794a6; --text: #17202c }
    @media (prefers-color-scheme: dark) { svg { --line: #5b6777; --box: #1e2733; --edge: #6f7e92; --text: #e8edf4 } }
    rect { fill: var(--box); stroke: var(--edge) } path { fill: none; stroke: var(--line); stroke-width: 1.4 }
    text { fill: var(--text); font: 14px ui-monospace, Menlo, Consolas, monospace; text-anchor: middle }
    #tip path { fill: var(--line); stroke: none }
"""

Point = tuple[int, str]
"""A point in a row: the row, and the package or the arrow that passes through it."""


def layers() -> list[list[str]]:
    """The packages from the top down, as in the contract in pyproject.toml."""
    contracts = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    contract = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [[package.strip(" ()").removeprefix(f"{PROJECT}.") for package in layer.split("|")] for layer in contract]


def imports(packages: list[str]) -> dict[str, set[str]]:
    """What each package imports, without what it reaches through another one."""
    graph = grimp.build_graph(PROJECT, cache_dir=None)
    direct = {
        package: {
            other
            for other in packages
            if other != package
            and graph.direct_import_exists(importer=f"{PROJECT}.{package}", imported=f"{PROJECT}.{other}", as_packages=True)
        }
        for package in packages
    }
    reached: dict[str, set[str]] = {}
    for package in TopologicalSorter(direct).static_order():
        reached[package] = direct[package].union(*(reached[other] for other in direct[package]))
    return {
        package: {other for other in direct[package] if not any(other in reached[third] for third in direct[package])}
        for package in packages
    }


def routes(rows: list[list[str]], arrows: dict[str, set[str]]) -> list[list[Point]]:
    """For each arrow its points, one in every row from its package to the one it leads to."""
    row_of = {package: number for number, row in enumerate(rows) for package in row}
    found = []
    for package, others in arrows.items():
        for other in sorted(others):
            between: list[Point] = [(number, f"{package}>{other}") for number in range(row_of[package] + 1, row_of[other])]
            found.append([(row_of[package], package), *between, (row_of[other], other)])
    return found


def arranged(rows: list[list[str]], paths: list[list[Point]]) -> dict[Point, float]:
    """The position of each point in its row: as near as possible to the points that it is joined to."""
    points: dict[Point, list[Point]] = {(number, package): [] for number, row in enumerate(rows) for package in row}
    for path in paths:
        for upper, lower in pairwise(path):
            points.setdefault(upper, []).append(lower)
            points.setdefault(lower, []).append(upper)
    across = dict.fromkeys(points, 0.0)
    for _ in range(60):
        for number in range(len(rows)):
            here = [point for point in points if point[0] == number]
            wanted = {point: mean((across[other] for other in points[point]), 0.0) for point in here}
            across |= spread(sorted(here, key=lambda point: (wanted[point], point)), wanted)
    left = min(middle - space(point) / 2 for point, middle in across.items())
    right = max(middle + space(point) / 2 for point, middle in across.items())
    scale = (WIDTH - 2 * MARGIN) / (right - left)
    return {point: MARGIN + (middle - left) * scale for point, middle in across.items()}


def mean(values: Iterable[float], otherwise: float) -> float:
    """The mean of the values; ``otherwise`` if there are none."""
    known = list(values)
    return sum(known) / len(known) if known else otherwise


def space(point: Point) -> float:
    """The width of a point: of a package by its name; of an arrow that passes, a little."""
    return 22.0 if ">" in point[1] else len(point[1]) * LETTER + 44


def spread(row: list[Point], wanted: dict[Point, float]) -> dict[Point, float]:
    """The middles of the points of a row, in this order and without overlap, as near as possible to the wanted ones."""
    gaps = [(space(one) + space(other)) / 2 for one, other in pairwise(row)]
    rightward, leftward = [wanted[point] for point in row], [wanted[point] for point in row]
    for number, gap in enumerate(gaps):
        rightward[number + 1] = max(rightward[number + 1], rightward[number] + gap)
    for number, gap in reversed(list(enumerate(gaps))):
        leftward[number] = min(leftward[number], leftward[number + 1] - gap)
    return {point: (one + other) / 2 for point, one, other in zip(row, rightward, leftward, strict=True)}


def drawn() -> str:
    """The picture, as SVG."""
    rows = layers()
    paths = routes(rows, imports([package for row in rows for package in row]))
    across = arranged(rows, paths)
    height = len(rows) * ROW + 10
    lines = []
    for path in paths:
        (first, _), *_ = path
        d = f"M{across[path[0]]:.0f} {first * ROW + 20 + BOX}"
        for upper, lower in pairwise(path):
            top, bottom = upper[0] * ROW + 20 + BOX, lower[0] * ROW + 20
            bottom -= 5 if lower == path[-1] else 0
            half = (top + bottom) / 2
            d += f" C{across[upper]:.0f} {half:.0f} {across[lower]:.0f} {half:.0f} {across[lower]:.0f} {bottom}"
            if lower != path[-1]:
                d += f" V{bottom + BOX}"
        lines.append(f'  <path d="{d}" marker-end="url(#tip)"/>')
    for number, row in enumerate(rows):
        for package in row:
            middle, wide, top = across[number, package], len(package) * LETTER + 24, number * ROW + 20
            lines.append(f'  <rect x="{middle - wide / 2:.0f}" y="{top}" width="{wide:.0f}" height="{BOX}" rx="6"/>')
            lines.append(f'  <text x="{middle:.0f}" y="{top + 22}">{escape(package)}</text>')
    tip = (
        '  <marker id="tip" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 Z"/></marker>'
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title">'
    title = '  <title id="title">The packages of catalog, and which imports which</title>'
    return "\n".join([head, title, f"  <style>{STYLE}  </style>", tip, *lines, "</svg>", ""])


def main(arguments: list[str]) -> str:
    """Write the picture, or with ``--check`` return what is wrong with the existing one; empty if it is current."""
    new = drawn()
    if arguments == ["--check"]:
        is_current = PICTURE.is_file() and PICTURE.read_text() == new
        return "" if is_current else f"{PICTURE.name} is not current; run make architecture."
    PICTURE.write_text(new)
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or 0)
