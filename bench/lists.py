"""Measures the lists: requests a second against a function that sends the same bytes, the time from commit to wire, and builds."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench import servers
from bench.data_directories import manage
from bench.table import Row, in_turns, ratio_row

FEED = "/v1/models?format=openrouter"
LISTS = {
    "openrouter": FEED,
    "openrouter-v2": "/v1/models?format=openrouter-v2",
    "catalog": "/v1/models",
    "models-dev": "/v1/models?format=models-dev",
    "litellm": "/v1/models?format=litellm",
    "wandb": "/inference/router/openrouter/models",
}


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
                    yield ratio_row(what, ratios, ours, theirs, "requests/s", goal, ratio >= least)


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
    return ratio_row(
        f"{what}, {len(body):,} bytes", ratios, ours, theirs, "requests/s", goal, statistics.median(ratios) >= least
    )


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
    return ratio_row("openrouter against plain DRF rendering, 300 models", ratios, ours, theirs, "requests/s")


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
