"""Staff's screens."""

from catalog.admin import accounts, datacenters, models, proposals, provider

__all__ = ["accounts", "datacenters", "models", "proposals", "provider"]
