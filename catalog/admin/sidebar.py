"""The links at the side of every page of the admin, and who sees each.

Unfold calls ``navigation`` for each page (``UNFOLD`` in the settings). Leaving out a link protects nothing: each screen checks permissions.
"""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

BELOW_MODELS = ("price_list", "timeline", "activity", "deleted", "upload", "listing_at")
"""The pages below the list of models that another link leads to."""


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of links, in the form that Unfold takes."""
    return [
        {
            "title": "Catalog",
            "items": [
                _link("Models", "deployed_code", "admin:catalog_aimodel_changelist", "catalog.view_aimodel")
                | {"active": _is_below_models},
                _link(
                    "Price list", "sell", "admin:catalog_aimodel_price_list", "catalog.view_aimodel", "catalog.view_price"
                ),
                _link("Timeline", "schedule", "admin:catalog_aimodel_timeline", "catalog.view_aimodel"),
                _link("Activity", "history", "admin:catalog_aimodel_activity", "catalog.view_aimodel")
                | {"active": _is_activity},
                _link("Proposals", "rate_review", "admin:catalog_proposal_changelist")
                | {"permission": "catalog.admin.reviews.proposing.are_shown_to"},
                _link("Uploads and tables", "upload_file", "admin:catalog_aimodel_upload", "catalog.add_upload"),
                _link("Datacenters", "dns", "admin:catalog_datacenter_changelist", "catalog.view_datacenter"),
                _link("Provider", "storefront", "admin:catalog_provider_changelist", "catalog.view_provider"),
            ],
        },
        {
            "title": "Watch",
            "separator": True,
            "items": [
                _link("Readers", "rss_feed", "admin:catalog_reader_changelist", "catalog.view_aimodel"),
                _link("Drift", "compare_arrows", "admin:catalog_driftcheck_changelist", "catalog.view_aimodel"),
                _link("Alarms", "notifications", "admin:catalog_alarm_changelist", "catalog.view_aimodel"),
                _link(
                    "Alarm recipients",
                    "contact_mail",
                    "admin:catalog_alarmrecipient_changelist",
                    "catalog.view_alarmrecipient",
                ),
            ],
        },
        {
            "title": "Published",
            "separator": True,
            "items": [
                _link(
                    "OpenRouter feed",
                    "data_object",
                    "admin:catalog_aimodel_listing_at",
                    "catalog.view_aimodel",
                    "catalog.view_price",
                ),
                _link("Catalog", "list_alt", "models"),
                _link("API document", "description", "docs"),
            ],
        },
        {
            "title": "Staff",
            "separator": True,
            "items": [
                _link("Users", "person", "admin:auth_user_changelist", "auth.view_user"),
                _link("Groups", "group", "admin:auth_group_changelist", "auth.view_group"),
                _link("API keys", "key", "admin:catalog_apikey_changelist", "catalog.view_apikey"),
                _link("Security events", "policy", "admin:catalog_securityevent_changelist", "catalog.view_securityevent"),
                _link("Manual", "menu_book", "manual"),
            ],
        },
    ]


def _link(title: str, icon: str, view: str, *permissions: str) -> dict[str, Any]:
    """A link to a view, for those who have all these permissions."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse(view),
        "permission": lambda request: request.user.has_perms(permissions),
    }


def _is_below_models(request: HttpRequest) -> bool:
    """Whether *Models* is the current link: of the pages below its list, those that no other link leads to."""
    others = tuple(reverse(f"admin:catalog_aimodel_{page}") for page in BELOW_MODELS)
    return request.path.startswith(reverse("admin:catalog_aimodel_changelist")) and not request.path.startswith(others)


def _is_activity(request: HttpRequest) -> bool:
    """Whether *Activity* is the current link: also of the deleted models, which it leads to."""
    return request.path.startswith((reverse("admin:catalog_aimodel_activity"), reverse("admin:catalog_aimodel_deleted")))
