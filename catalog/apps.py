"""The one Django app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Models, prices and datacenters of an inference provider, and everything that serves them."""

    name = "catalog"
    verbose_name = "Catalog"

    def ready(self) -> None:
        """Of each new list, keep on disk what pages are made of, and compute what searches need, before it is needed."""
        from catalog.browsing import prepare
        from catalog.formats import catalog, models_api
        from catalog.publication import publisher

        for format_ in (catalog.FORMAT, models_api.FORMAT):
            publisher.prepare_each(format_.name, publisher.keep_listing)
        publisher.prepare_each(models_api.FORMAT.name, prepare)
