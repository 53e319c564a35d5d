"""Staff's screens."""

from catalog.admin import accounts, datacenters, models

__all__ = ["accounts", "datacenters", "models"]
