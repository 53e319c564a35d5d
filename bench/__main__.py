"""Measure all, print the table, and with ``--write`` put it into docs/performance.md.

What is measured is in ``lists``, ``pages`` and ``commands``.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench import servers
from bench.commands import commands
from bench.data_directories import database, fill, manage
from bench.lists import against_drf, against_the_function, cold, freshness
from bench.pages import filtered, pages, queries, site
from bench.table import Row, table

PAGE = servers.ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- make bench begin -->", "<!-- make bench end -->"


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
