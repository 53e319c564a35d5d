"""``make audit``: report known vulnerabilities of the locked packages. Exits 1 where there are, and 2 where the service was not
reached.

pip-audit by itself reports "No known vulnerabilities found" of packages that it could not ask about.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCKED = ("requirements.txt", "requirements-dev.txt", "requirements-audit.txt", "requirements-litellm.txt")


def main() -> int:
    """Check each requirements file, and print the result."""
    status = 0
    for name in LOCKED:
        command = [str(Path(sys.executable).with_name("pip-audit")), "--disable-pip", "--require-hashes", "--format=json"]
        done = subprocess.run([*command, "-r", str(ROOT / name)], capture_output=True, text=True, check=False)
        lines, found = verdict(done.stdout, done.stderr)
        print(*(f"{name}: {line}" for line in lines), sep="\n")
        status = max(status, found) if 1 not in (status, found) else 1
    return status


def verdict(output: str, errors: str) -> tuple[list[str], int]:
    """The summary of pip-audit's report, and the exit code: 1 vulnerable, 2 not known."""
    try:
        dependencies: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return [f"NOT KNOWN: pip-audit did not answer. {errors.strip()[-300:]}"], 2
    vulnerable = [
        f"VULNERABLE: {one['name']} {one['version']}: {flaw['id']}, fixed in {', '.join(flaw['fix_versions']) or 'no version'}"
        for one in dependencies
        for flaw in one.get("vulns", [])
    ]
    skipped = [one for one in dependencies if "skip_reason" in one]
    if skipped:
        first = skipped[0]
        vulnerable.append(
            f"NOT KNOWN: {len(skipped)} of {len(dependencies)} packages could not be asked about ({first['name']}: {first['skip_reason']})"
        )
    if not dependencies:
        return ["NOT KNOWN: pip-audit looked at no package"], 2
    if any(line.startswith("VULNERABLE") for line in vulnerable):
        return vulnerable, 1
    return (vulnerable, 2) if skipped else ([f"no known vulnerability in {len(dependencies)} packages"], 0)


if __name__ == "__main__":
    sys.exit(main())
