"""The project: configuration, routes, and the server in front of Django."""

VERSION = "0.1.0"
"""The product's version, as in ``pyproject.toml``."""
