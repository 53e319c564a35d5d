"""The project: configuration, routes, and the server in front of Django."""

import tomllib
from pathlib import Path

VERSION: str = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text())["project"]["version"]
"""The product's version, which ``pyproject.toml`` states."""
