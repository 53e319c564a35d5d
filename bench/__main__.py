"""Measure all, print the table, and with ``--write`` put it into docs/performance.md.

Every figure is a ratio of two measurements that took turns in this run, with the least and the greatest of its rounds beside
it: these machines are noisy, and two runs are not compared.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench import servers

FEED = "/v1/models?format=openrouter"
LISTS = {
    "openrouter": FEED,
    "openrouter-v2": "/v1/models?format=openrouter-v2",
    "catalog": "/v1/models",
    "models-dev": "/v1/models?format=models-dev",
    "litellm": "/v1/models?format=litellm",
    "wandb": "/inference/router/openrouter/models",
}
PAGE = servers.ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- make bench begin -->", "<!-- make bench end -->"


class Row(NamedTuple):
    """One line of the table. ``goal`` is what was asked for, with whether it was met."""

    what: str
    figure: str
    noise: str
    goal: str = ""


def manage(data_dir: Path, *arguments: str, **environment: str) -> str:
    """A management command on the catalog that is measured."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=servers.ROOT, env={**os.environ, "DATA_DIR": str(data_dir), **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {done.stderr}")
    return done.stdout


def fill(data_dir: Path, models: int) -> None:
    """A migrated catalog with so many models."""
    manage(data_dir, "manage.py", "migrate", "-v0")
    manage(data_dir, "manage.py", "shell", "--no-imports", "-c", f"from bench.catalogs import fill; fill({models})")


@contextmanager
def database(data_dir: Path) -> Iterator[None]:
    """Keeps the embedded server up between commands."""
    keeper = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c",
         "from django.db import connection as c; c.ensure_connection(); input()"],
        cwd=servers.ROOT, env={**os.environ, "DATA_DIR": str(data_dir)}, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        keeper.communicate(b"\n")


def in_turns(ours: Callable[[], float], other: Callable[[], float], rounds: int) -> tuple[list[float], float, float]:
    """The ratios of each round, and the medians."""
    pairs = [(ours(), other()) for _ in range(rounds)]
    return [one / two for one, two in pairs], *(statistics.median(side) for side in zip(*pairs, strict=True))  # type: ignore[return-value]


def row(what: str, ratios: list[float], ours: float, other: float, unit: str, goal: str = "", is_met: bool = True) -> Row:
    """A ratio as a line."""
    figure = f"{statistics.median(ratios):.2f} ({ours:,.0f} / {other:,.0f} {unit})"
    met = f"{goal}: {'met' if is_met else 'MISSED'}" if goal else ""
    return Row(what, figure, f"{min(ratios):.2f} to {max(ratios):.2f}", met)


def against_the_function(data_dir: Path, models: int, seconds: int, rounds: int, work: Path) -> Iterator[Row]:
    """Requests a second of each list, as part of those of a function that sends the same bytes."""
    for staleness, lists, least in ((1, LISTS, 0.5), (0, {"openrouter": FEED}, 0.25)):
        if models > 1000:
            lists = {"openrouter": FEED}
        with servers.catalog(data_dir, staleness) as port:
            for name, path in lists.items():
                kinds: list[tuple[str, dict[str, str]]] = [("200", {}), ("304", {})]
                if name == "openrouter" and staleness:
                    kinds += [(coding, {"accept_encoding": coding}) for coding in ("gzip", "br", "zstd")]
                for kind, headers in kinds:
                    body, known = servers.get(port, path, **headers)
                    sent = work / f"{name}-{kind}"
                    sent.write_bytes(body)
                    with servers.bare(sent) as other:
                        asked, asked_other = dict(headers), dict(headers)
                        if kind == "304":
                            asked["if_none_match"], asked_other["if_none_match"] = known["etag"], '"bench"'
                        ratios, ours, theirs = in_turns(
                            partial(servers.requests_per_second, port, path, seconds, **asked),
                            partial(servers.requests_per_second, other, "/", seconds, **asked_other),
                            rounds,
                        )
                    ratio = statistics.median(ratios)
                    goal = f"at least {least}" if name == "openrouter" and kind in ("200", "304") and models == 300 else ""
                    what = f"{name}, {kind}, {len(body):,} bytes, {models:,} models, staleness {staleness}"
                    yield row(what, ratios, ours, theirs, "requests/s", goal, ratio >= least)


def against_drf(data_dir: Path, seconds: int, rounds: int, work: Path) -> Row:
    """Against a view that renders the same data by DRF's renderer."""
    with servers.catalog(data_dir, 1) as port:
        body, _ = servers.get(port, FEED)
        (work / "drf").write_bytes(body)
        with servers.bare(work / "drf", drf=True) as other:
            ratios, ours, theirs = in_turns(
                lambda: servers.requests_per_second(port, FEED, seconds),
                lambda: servers.requests_per_second(other, "/", seconds),
                rounds,
            )
    return row("openrouter against plain DRF rendering, 300 models", ratios, ours, theirs, "requests/s")


def freshness(data_dir: Path, staleness: int, edits: int) -> Row:
    """From the end of a commit to the first answer with the change, asked for without a pause."""
    script = (
        "import sys\nfrom catalog.models import AIModel\nfor line in sys.stdin:\n"
        "    AIModel.objects.filter(model_id='acme/model-00001').update(name=line.strip())\n    print('done', flush=True)"
    )
    waits = []
    with servers.catalog(data_dir, staleness) as port:
        servers.get(port, FEED)
        writer = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", script], cwd=servers.ROOT,
            env={**os.environ, "DATA_DIR": str(data_dir)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert writer.stdin is not None
        assert writer.stdout is not None
        for number in range(edits):
            name = f"edit-{staleness}-{number}-{time.time_ns()}"
            writer.stdin.write(f"{name}\n")
            writer.stdin.flush()
            writer.stdout.readline()
            committed = time.perf_counter()
            while name.encode() not in servers.get(port, FEED)[0]:
                pass
            waits.append(time.perf_counter() - committed)
        writer.communicate()
    waits.sort()
    p50, p99 = waits[len(waits) // 2], waits[min(len(waits) - 1, int(len(waits) * 0.99))]
    what = f"from commit to wire, 300 models, staleness {staleness} s: p50, p99"
    return Row(what, f"{p50 * 1000:.0f} ms, {p99 * 1000:.0f} ms", f"{edits} edits")


def cold(data_dir: Path, models: int) -> Iterator[Row]:
    """A build against its floor."""
    found = json.loads(manage(data_dir, "-m", "bench.cold"))
    ratios = found["ratios"]
    figure = f"{statistics.median(ratios):.2f} ({found['build']:.2f} / {found['floor']:.2f} s)"
    met = "met" if statistics.median(ratios) <= 3 else "MISSED"
    noise = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    goal = f"at most 3: {met}" if models >= 10_000 else ""
    yield Row(f"cold build of {models:,} models with {4 * models:,} prices, against its floor", figure, noise, goal)
    per_model = found["grown"] / models
    yield Row(f"memory of that list and what it was made of, {models:,} models", f"{per_model / 1024:.1f} KiB a model", "")


def filtered(data_dir: Path, seconds: int) -> Iterator[Row]:
    """A question to the Models API that nobody asked before, which is answered in memory; and the whole list."""
    with servers.catalog(data_dir, 1) as port:
        servers.get(port, "/api/v1/models?limit=1")
        waits = []
        for number in range(20):
            began = time.perf_counter()
            servers.get(port, f"/api/v1/models?q=model-{number:04}&supported_parameters=tools&sort=newest&limit=10")
            waits.append(time.perf_counter() - began)
        yield Row(
            "a filtered list of 10,000 models, asked for the first time", f"{statistics.median(waits) * 1000:.0f} ms", ""
        )
        again = servers.requests_per_second(port, "/api/v1/models?q=model-0001&limit=10", seconds)
        yield Row("and again, while nothing changed", f"{again:,.0f} requests/s", "")


def commands(work: Path, data_dir: Path) -> Iterator[Row]:
    """Export and import of ten thousand, and the admin's list."""
    target = work / "export.json"
    began = time.perf_counter()
    manage(data_dir, "manage.py", "export_models", "--format", "openrouter", "--output", str(target))
    yield Row("export_models of 10,000, the command as a whole", f"{time.perf_counter() - began:.1f} s", "")
    fresh = work / "fresh"
    manage(fresh, "manage.py", "migrate", "-v0")
    with database(fresh):
        for what, more in (("", []), (" again, nothing to do", []), (" and listing them", ["--list-on-openrouter"])):
            began = time.perf_counter()
            manage(fresh, "manage.py", "import_models", str(target), *more)
            yield Row(f"import_models of those 10,000{what}", f"{time.perf_counter() - began:.1f} s", "")
    timing = manage(
        data_dir, "manage.py", "shell", "--no-imports", "-c",
        "import time\nfrom django.contrib.auth.models import User\nfrom django.test import Client\n"
        "client = Client(headers={'host': 'localhost'})\n"
        "client.force_login(User.objects.create_superuser(f'bench-{time.time_ns()}'))\n"
        "client.get('/admin/catalog/aimodel/')\n"
        "began = time.perf_counter()\nassert client.get('/admin/catalog/aimodel/').status_code == 200\n"
        "print(time.perf_counter() - began)",
    )  # fmt: skip
    yield Row("the admin's list of 10,000 models, one page", f"{float(timing.split()[-1]) * 1000:.0f} ms", "")


def table(rows: list[Row]) -> str:
    """Markdown."""
    lines = ["| what | figure | rounds | goal |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=2, help="how long each round of wrk is")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk makes the load and is not on this machine: apt-get install wrk")
    rows: list[Row] = []

    def add(found: Iterator[Row]) -> None:
        for one in found:
            rows.append(one)
            print(" · ".join(part for part in one if part), flush=True)

    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        work = Path(name)
        small, large = work / "small", work / "large"
        for data_dir, models in ((small, 300), (large, 10_000)):
            fill(data_dir, models)
            stack.enter_context(database(data_dir))
        add(against_the_function(small, 300, options.seconds, options.rounds, work))
        add(against_the_function(large, 10_000, options.seconds, options.rounds, work))
        add(iter([against_drf(small, options.seconds, options.rounds, work)]))
        add(iter([freshness(small, 1, 40), freshness(small, 0, 40)]))
        add(cold(small, 300))
        add(cold(large, 10_000))
        add(filtered(large, options.seconds))
        add(commands(work, large))
    if options.write:
        text = PAGE.read_text()
        date = time.strftime("%Y-%m-%d")
        cores = f"Measured on {date}, {os.cpu_count()} cores, Python {sys.version.split()[0]}.\n\n{table(rows)}"
        PAGE.write_text(re.sub(f"(?s){BEGIN}.*{END}", lambda _: f"{BEGIN}\n{cores}\n{END}", text))


if __name__ == "__main__":
    main()
