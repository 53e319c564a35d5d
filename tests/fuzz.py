"""``make fuzz``: run the property tests again and again, each time with other examples, until the time is over or one fails.

A failure prints the smallest example that Hypothesis found. ``--hypothesis-profile=fuzz --hypothesis-seed=SEED`` with the seed
printed here finds it again; the next run of ``make fuzz`` tries it first. Write it into the test with ``@example``, so that
every run of ``make test`` has it. At the end it prints how many cases were tried, by the file of the test.

This module is also the plugin of pytest that counts them: in each process, one for each example that a test has judged. When the time
is over, it skips the rest of each test that has not failed, and the tests that have not begun.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from secrets import randbits

import pytest
from hypothesis.internal import observability

COMMAND = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "tests.fuzz", "-n", os.environ.get("FUZZ_PROCESSES", "auto")]
COMMAND += ["-m", "hypothesis and not faults"]
COUNTS, LEFT = "FUZZ_COUNTS", "FUZZ_SECONDS"
"""Environment variables: the file to which each process adds a line, its cases by file as JSON; and the seconds that it has from its
first test on."""

counted: Counter[str] = Counter()
failed: set[str] = set()
"""Tests that have failed, and whose smallest example is looked for."""
ends_at: float | None = None
"""When the time of this process is over (monotonic), once its first test has begun."""
HANDED_OVER = 100
"""Cases after which a process hands over what it has counted: a test of many addresses takes minutes."""


def main(seconds: float, *tests: str) -> int:
    """Search for ``seconds``, and until a test that then fails has found its smallest example. Returns pytest's exit code, 0 where no
    test failed."""
    end = time.monotonic() + seconds
    with tempfile.NamedTemporaryFile("r") as counts:
        while True:
            seed = randbits(32)
            arguments = ["--hypothesis-profile=fuzz", f"--hypothesis-seed={seed}"]
            print(" ".join(arguments), flush=True)  # noqa: T201
            environment = {**os.environ, COUNTS: counts.name, LEFT: str(end - time.monotonic())}
            code = subprocess.run([*COMMAND, *arguments, *tests], check=False, env=environment).returncode
            total = sum((Counter(json.loads(line)) for line in Path(counts.name).read_text().splitlines()), Counter())
            print(*(f"{number:>9,} {file}" for file, number in sorted(total.items())), sep="\n")  # noqa: T201
            print(f"{total.total():>9,} cases", flush=True)  # noqa: T201
            if code or time.monotonic() > end:
                return code


def count(observation: observability.InfoObservation | observability.TestCaseObservation) -> None:
    """Count an example, unless it was given up before the test had an answer."""
    if not isinstance(observation, observability.TestCaseObservation):
        return
    test = os.environ.get("PYTEST_CURRENT_TEST", "")
    if observation.status == "failed":
        failed.add(test)
    if observation.status != "gave_up":
        counted[test.partition("::")[0]] += 1
        if counted.total() >= HANDED_OVER:
            pytest_sessionfinish()
    if test not in failed:
        skip_if_over()


def skip_if_over() -> None:
    """Skip the test that runs if the time is over. Tests run in random order, so another run has others."""
    if ends_at is not None and time.monotonic() > ends_at:
        pytest.skip("the time is over")


def pytest_runtest_setup() -> None:
    """Begin to count the time with the first test."""
    global ends_at
    if ends_at is None:
        ends_at = time.monotonic() + float(os.environ[LEFT])
    skip_if_over()


def pytest_configure() -> None:
    """Have every example reported; without the lines of code that it ran, which takes long to find out."""
    observability.OBSERVABILITY_COLLECT_COVERAGE = False
    observability.add_observability_callback(count)


def pytest_sessionfinish() -> None:
    """Hand over what was counted."""
    with Path(os.environ[COUNTS]).open("a") as counts:
        counts.write(json.dumps(counted) + "\n")
    counted.clear()


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), *sys.argv[2:]))
