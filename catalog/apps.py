"""The one Django app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Models, prices and datacenters of an inference provider, and everything that serves them."""

    name = "catalog"
    verbose_name = "Catalog"

    def ready(self) -> None:
        """Build the search index of each new list before it is needed."""
        from catalog.browsing import prepare
        from catalog.formats import models_api
        from catalog.publication import publisher

        publisher.prepare_each(models_api.FORMAT.name, prepare)
