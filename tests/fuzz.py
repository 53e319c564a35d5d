"""``make fuzz``: run the property tests again and again, each time with other examples, until the time is over or one fails.

A failure prints the smallest example that Hypothesis found. ``--hypothesis-profile=fuzz --hypothesis-seed=SEED`` with the seed
printed here finds it again; the next run of ``make fuzz`` tries it first. Write it into the test with ``@example``, so that
every run of ``make test`` has it.
"""

import subprocess
import sys
import time
from secrets import randbits

COMMAND = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "auto", "-m", "hypothesis and not faults"]


def main(seconds: float) -> int:
    """Search for at least ``seconds``. Returns pytest's exit code, 0 where no test failed."""
    end = time.monotonic() + seconds
    while True:
        seed = randbits(32)
        arguments = ["--hypothesis-profile=fuzz", f"--hypothesis-seed={seed}"]
        print(" ".join(arguments), flush=True)  # noqa: T201
        code = subprocess.run([*COMMAND, *arguments], check=False).returncode
        if code or time.monotonic() > end:
            return code


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
