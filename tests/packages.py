"""Packages that a few tests need, and that are installed only on request."""

import os
from importlib.util import find_spec

import pytest

needs_litellm = pytest.mark.skipif(find_spec("litellm") is None, reason="make .venv/litellm installs it")

# Where it is imported it would ask the internet for its map, three times, for 6 seconds.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
