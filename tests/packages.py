"""Packages and programs that a few tests need, and that a developer's machine may not have. ``.ci/run`` installs them."""

import os
import shutil
from importlib.util import find_spec

import pytest

needs_litellm = pytest.mark.skipif(find_spec("litellm") is None, reason="make .venv/litellm installs it")
CADDY = shutil.which("caddy") or ""
needs_caddy = pytest.mark.skipif(not CADDY, reason="caddy is not on this machine: apt-get install caddy")

# Where it is imported it would ask the internet for its map, three times, for 6 seconds.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
