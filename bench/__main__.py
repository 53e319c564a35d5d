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
    """The ratios of each round, and the medians. The first round is not counted: after its start, a worker prepares the data for
    searches in the background."""
    ours()
    other()
    pairs = [(ours(), other()) for _ in range(rounds)]
    return [one / two for one, two in pairs], *(statistics.median(side) for side in zip(*pairs, strict=True))  # type: ignore[return-value]


def row(what: str, ratios: list[float], ours: float, other: float, unit: str, goal: str = "", is_met: bool = True) -> Row:
    """A ratio as a line."""
    figure = f"{statistics.median(ratios):.2f} ({ours:,.0f} / {other:,.0f} {unit})"
    met = f"{goal}: {'met' if is_met else 'MISSED'}" if goal else ""
    return Row(what, figure, f"{min(ratios):.2f} to {max(ratios):.2f}", met)


def against_the_function(data_dir: Path, models: int, seconds: int, rounds: int, work: Path) -> Iterator[Row]:
    """Requests a second of each list, as part of those of a function that sends the same bytes."""
    for staleness, lists, least in ((1, LISTS, 0.5), (0, {"openrouter": FEED}, 0.2)):
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


def against_the_same_bytes(
    port: int, path: str, what: str, least: float, seconds: int, rounds: int, work: Path, **headers: str
) -> Row:
    """Requests a second of one address, as part of those of the function that sends the same bytes."""
    body, _ = servers.get(port, path, **headers)
    sent = work / "same"
    sent.write_bytes(body)
    with servers.bare(sent) as other:
        ratios, ours, theirs = in_turns(
            partial(servers.requests_per_second, port, path, seconds, **headers),
            partial(servers.requests_per_second, other, "/", seconds, **headers),
            rounds,
        )
    goal = f"at least {least}"
    return row(f"{what}, {len(body):,} bytes", ratios, ours, theirs, "requests/s", goal, statistics.median(ratios) >= least)


def pages(small: Path, sample: Path, seconds: int, rounds: int, work: Path) -> Iterator[Row]:
    """The sample's list, which is small; and pages of the site."""
    with servers.catalog(sample, 1) as port:
        yield against_the_same_bytes(port, FEED, "openrouter of the sample catalog, 200", 0.5, seconds, rounds, work)
    with servers.catalog(small, 1) as port:
        yield against_the_same_bytes(port, "/", "the site's first page, 300 models", 0.3, seconds, rounds, work)
        gzip = {"accept_encoding": "gzip"}
        yield against_the_same_bytes(port, "/", "the same, gzip", 0.3, seconds, rounds, work, **gzip)
        yield against_the_same_bytes(port, MODEL_PAGE, "a model's page, 300 models", 0.3, seconds, rounds, work)


def site(large: Path) -> Iterator[Row]:
    """What the site does anew at 10,000 models: a question that nobody asked before, and the changes after an edit."""
    with servers.catalog(large, 1) as port:
        servers.get(port, "/")
        took = [timed(port, f"/?q=model-{number:04}&supported_parameters=tools&sort=newest") for number in range(20)]
        first, median = took[0], statistics.median(took)
        met = "met" if first <= 0.05 else "MISSED"
        yield Row(
            "a filtered page of 10,000 models, the first request", f"{first * 1000:.0f} ms", "", f"at most 50 ms: {met}"
        )
        met = "met" if median <= 0.05 else "MISSED"
        yield Row("the same, for another query", f"{median * 1000:.0f} ms", "20 queries", f"at most 50 ms: {met}")
        timed(port, "/changes")
        after = []
        for number in range(3):
            manage(large, "manage.py", "shell", "--no-imports", "-c", EDIT.format(number))
            after.append(timed(port, "/changes"))
        yield Row("/changes of 10,000 models, first after an edit", f"{statistics.median(after) * 1000:.0f} ms", "3 edits")


MODEL_PAGE = "/models/acme/model-00001"
EDIT = "from catalog.models import AIModel; AIModel.objects.filter(model_id='acme/model-00001').update(notes='{}')"
COUNT_QUERIES = """
import time
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
client = Client(headers={"host": "localhost"})
client.get("/")
for path in ("/?q=model", "/models/acme/model-00002", "/pricing", "/api/v1/models?limit=5"):
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    print(len(queries), end=" ")
"""


def timed(port: int, path: str) -> float:
    """Seconds until the whole answer is there."""
    began = time.perf_counter()
    servers.get(port, path)
    return time.perf_counter() - began


def queries(small: Path, large: Path) -> Row:
    """The number of queries of pages that nobody asked for before, with few models and with many."""
    few, many = (
        manage(data_dir, "manage.py", "shell", "--no-imports", "-c", COUNT_QUERIES).split() for data_dir in (small, large)
    )
    what = "queries of a filtered page, a model's page, the price list, the Models API"
    figure = f"{', '.join(few)} at 300 models; {', '.join(many)} at 10,000"
    return Row(what, figure, "", f"the same number: {'met' if few == many else 'MISSED'}")


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
    yield Row(f"memory of that list and its entries, {models:,} models", f"{per_model / 1024:.1f} KiB a model", "")


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
        yield Row("the same again, while nothing changes", f"{again:,.0f} requests/s", "")


def commands(work: Path, data_dir: Path) -> Iterator[Row]:
    """Export and import of ten thousand as commands, what their rehearsal costs a colleague, and the admin's list."""

    def run(where: Path, *arguments: str) -> float:
        began = time.perf_counter()
        manage(where, "manage.py", *arguments)
        return time.perf_counter() - began

    def against(what: str, took: float, most: float) -> Row:
        noise = f"export {min(exports):.1f} to {max(exports):.1f} s"
        met = "met" if took <= most * export else "MISSED"
        return Row(what, f"{took / export:.1f} ({took:.1f} / {export:.1f} s)", noise, f"at most {most:g}: {met}")

    target = work / "export.json"
    exporting = ("export_models", "--format", "openrouter", "--output", str(target))
    exports = [run(data_dir, *exporting) for _ in range(3)]
    export = statistics.median(exports)
    yield Row("export_models of 10,000 with 40,000 prices, the command as a whole", f"{export:.1f} s", "")
    fresh = work / "fresh"
    manage(fresh, "manage.py", "migrate", "-v0")
    with database(fresh):
        yield against("import_models of those 10,000, against exporting them", run(fresh, "import_models", str(target)), 4)
        yield against("import_models again, nothing to do", run(fresh, "import_models", str(target)), 2)
        took = run(fresh, "import_models", str(target), "--list-on-openrouter")
        yield Row("import_models, and listing them", f"{took:.1f} s", "")
    found = json.loads(manage(data_dir, "-m", "bench.writes", str(target)).splitlines()[-1])
    yield against(
        "a bulk change of 30,000 prices of 10,000 models, once confirmed, against exporting them", found["apply"], 5
    )
    yield against("the preview of that change, the page with its review, against exporting them", found["preview"], 10)
    met = "met" if found["locked"] <= found["apply"] else "MISSED"
    figure = f"{found['locked']:.1f} of {found['apply']:.1f} s"
    yield Row("the write lock held for that change", figure, "", f"at most as long as the writing: {met}")
    figure = f"{found['locked_in_preview']:.1f} of {found['preview']:.1f} s"
    yield Row(
        "the write lock held for its preview", figure, "", f"never: {'met' if not found['locked_in_preview'] else 'MISSED'}"
    )
    met = "met" if found["locked_in_import"] <= found["import"] / 2 else "MISSED"
    figure = f"{found['locked_in_import']:.1f} of {found['import']:.1f} s"
    yield Row("the write lock held by import_models of 10,000 changed models", figure, "", f"at most half of it: {met}")
    met = "met" if found["longest_save"] < 1 else "MISSED"
    figure = f"{found['longest_save'] * 1000:.0f} ms ({found['rehearsal']:.1f} s of rehearsal)"
    what = "a colleague's longest save while an import of 10,000 changes is rehearsed"
    yield Row(what, figure, f"{found['saves']} saves", f"under a second: {met}")
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
        small, large, sample = work / "small", work / "large", work / "sample"
        for data_dir, models in ((small, 300), (large, 10_000)):
            fill(data_dir, models)
            stack.enter_context(database(data_dir))
        manage(sample, "manage.py", "migrate", "-v0")
        stack.enter_context(database(sample))
        manage(sample, "manage.py", "load_sample")
        add(pages(small, sample, options.seconds, options.rounds, work))
        add(against_the_function(small, 300, options.seconds, options.rounds, work))
        add(against_the_function(large, 10_000, options.seconds, options.rounds, work))
        add(iter([against_drf(small, options.seconds, options.rounds, work)]))
        add(iter([freshness(small, 1, 40), freshness(small, 0, 40)]))
        add(cold(small, 300))
        add(cold(large, 10_000))
        add(filtered(large, options.seconds))
        add(site(large))
        add(iter([queries(small, large)]))
        add(commands(work, large))
    if options.write:
        text = PAGE.read_text()
        date = time.strftime("%Y-%m-%d")
        cores = f"Measured on {date}, {os.cpu_count()} cores, Python {sys.version.split()[0]}.\n\n{table(rows)}"
        PAGE.write_text(re.sub(f"(?s){BEGIN}.*{END}", lambda _: f"{BEGIN}\n{cores}\n{END}", text))


if __name__ == "__main__":
    main()
