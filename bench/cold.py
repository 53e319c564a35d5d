"""A cold build against its floor: the rows by plain psycopg, and ``orjson.dumps`` of dictionaries that are finished."""

import gc
import json
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog_site.settings")
django.setup()

import orjson
import psutil
import psycopg
from django.db import connection

from catalog.publication import render

TABLES = (
    "catalog_aimodel",
    "catalog_price",
    "catalog_aimodel_datacenters",
    "catalog_datacenter",
    "catalog_parameterdescriptor",
    "catalog_offer",
)


def floor(rows: psycopg.Connection[Any], finished: Any) -> None:
    """What no implementation in Python can go below."""
    for table in TABLES:
        rows.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
    orjson.dumps(finished)


def seconds(work: Callable[[], Any]) -> float:
    """The seconds that a function takes."""
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Print both as JSON."""
    connection.ensure_connection()
    finished = json.loads(render("openrouter").body)
    with psycopg.connect(connection.connection.info.dsn) as rows:
        pairs = [(seconds(lambda: floor(rows, finished)), seconds(lambda: render("openrouter"))) for _ in range(7)][1:]
    before = psutil.Process().memory_info().rss
    kept = render("openrouter")
    grown = psutil.Process().memory_info().rss - before
    print(
        json.dumps(
            {
                "floor": statistics.median(pair[0] for pair in pairs),
                "build": statistics.median(pair[1] for pair in pairs),
                "ratios": sorted(build / base for base, build in pairs),
                "bytes": len(kept.body),
                "grown": grown,
            }
        )
    )


main()
