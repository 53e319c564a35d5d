"""Staff's screens: one file or folder for each, with its templates under the same name in ``templates/admin/``.

Every screen that writes derives from ``base``; ``fields`` and ``labels`` are shared. Rules are in ``catalog.models``, reviews in
``catalog.review``; no rule is defined here. Importing this package registers the screens.
"""

from catalog.admin import datacenters, keys, monitoring, provider, readers, security_events
from catalog.admin.account import events
from catalog.admin.models import model_admin
from catalog.admin.people import accounts
from catalog.admin.reviews import proposals

__all__ = [
    "accounts",
    "datacenters",
    "events",
    "keys",
    "model_admin",
    "monitoring",
    "proposals",
    "provider",
    "readers",
    "security_events",
]
