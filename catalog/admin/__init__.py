"""Staff's screens."""

from catalog.admin import accounts, datacenters, models, provider

__all__ = ["accounts", "datacenters", "models", "provider"]
