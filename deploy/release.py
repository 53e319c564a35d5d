"""``make release VERSION=0.3.0``: write the version into each file that states it, and give the changes their heading.

The version is in ``pyproject.toml``, which the code reads. The files of a deployment cannot read it; a test compares them.
"""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NUMBER = r"\d+\.\d+\.\d+"
UNRELEASED = "## Unreleased"
STATED = {
    "pyproject.toml": 'version = "',
    "Dockerfile": "ARG VERSION=",
    "docker-compose.yml": "VERSION:-",
    "deploy/kubernetes/[!c]*.yaml": "/model-catalog:",
}
"""By file: what is in front of the version."""
JOB = ("deploy/kubernetes/migrate.yaml", "docs/deployment.md")
"""Files that name the job of the migrations, whose name has the version."""


def main(version: str, root: Path = ROOT) -> int:
    """Write the version. Returns 1, and writes nothing, if it is not a version, or if there is nothing to release."""
    changes = root / "CHANGELOG.md"
    if not re.fullmatch(NUMBER, version):
        print(f"{version!r} is not a version such as 0.3.0.")
        return 1
    if UNRELEASED not in changes.read_text():
        print(f"CHANGELOG.md has no heading {UNRELEASED!r}.")
        return 1
    for pattern, before in STATED.items():
        for path in root.glob(pattern):
            replace(path, rf"(?m)(?<={re.escape(before)}){NUMBER}", version)
    for name in JOB:
        replace(root / name, r"(?<=model-catalog-migrate-)\d+-\d+-\d+", version.replace(".", "-"))
    replace(changes, UNRELEASED, f"## {version} ({datetime.now(UTC).date()})")
    return 0


def replace(path: Path, pattern: str, by: str) -> None:
    """Replace the text that matches in a file, which must have it."""
    text, found = re.subn(pattern, by, path.read_text())
    assert found, (path, pattern)
    path.write_text(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
