"""The pages in the header of every page, in order. ``frame`` shows them, and the sitemap names them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAVIGATION: tuple[tuple[str, Promise], ...] = (
    ("browse", _("Models")),
    ("pricing", _("Pricing")),
    ("changes", _("Changes")),
    ("deprecations", _("Deprecations")),
    ("docs", _("API")),
)
"""The name of each page, and its title there."""
