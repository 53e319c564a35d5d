"""Compares the published catalog with what OpenRouter shows (``market``) and with what our servers serve (``served``).

If a server does not answer, its models are unknown, never gone.
"""

from catalog.drift.checks import check, latest
from catalog.drift.comparing import Comparison, Difference, What
from catalog.drift.market import compare_market
from catalog.drift.served import compare_served

__all__ = ["Comparison", "Difference", "What", "check", "compare_market", "compare_served", "latest"]
