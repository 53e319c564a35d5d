"""Packages that a few tests need, and that are installed only on request."""

from importlib.util import find_spec

import pytest

needs_litellm = pytest.mark.skipif(find_spec("litellm") is None, reason="make .venv/litellm installs it")
