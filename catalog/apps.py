"""The one Django app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Models, prices and datacenters of an inference provider, and everything that serves them."""

    name = "catalog"
    verbose_name = "Catalog"
