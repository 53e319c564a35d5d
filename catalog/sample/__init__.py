"""The sample catalog: what a small provider of open-weight models could sell, for a first look at the product.

It has everything that the catalog can express, once. ``make run`` and ``load_sample`` load it. The data are in ``provider``,
``models`` and ``prices``.
"""

from catalog.sample.loading import load

__all__ = ["load"]
