"""The project: configuration, routes, and the server in front of Django."""

VERSION = "0.1.0"
"""Of the product, as in ``pyproject.toml``."""
