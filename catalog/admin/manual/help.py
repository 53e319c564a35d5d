"""Which section of the manual each screen of the admin links to, and the template tags for these links."""

from django import template
from django.template import Context
from django.utils.html import format_html

from catalog.admin.manual.rendering import page_address

HELP = {
    "auth_group": "admin#permissions",
    "auth_user": "admin#colleagues",
    "account_": "admin#logging-in",
    "bulk_actions": "admin#actions-on-many-models",
    "catalog_aimodel": "catalog#models",
    "catalog_aimodel_activity": "admin#activity-and-undoing-a-change",
    "catalog_aimodel_change_page": "admin#activity-and-undoing-a-change",
    "catalog_aimodel_compare": "catalog#history",
    "catalog_aimodel_deleted": "admin#activity-and-undoing-a-change",
    "catalog_aimodel_history": "catalog#history",
    "catalog_aimodel_hugging_face": "catalog#a-model-from-hugging-face",
    "catalog_aimodel_listing_at": "catalog#history",
    "catalog_aimodel_price_list": "admin#the-price-list",
    "catalog_aimodel_reading": "catalog#a-model-from-hugging-face",
    "catalog_aimodel_restore": "catalog#history",
    "catalog_aimodel_seen": "catalog#history",
    "catalog_aimodel_timeline": "admin#scheduled-changes",
    "catalog_aimodel_upload": "admin#uploads-and-tables",
    "catalog_alarm": "alarms#how-to-respond",
    "catalog_alarmrecipient": "alarms#recipients",
    "catalog_apikey": "formats#app-back-ends",
    "catalog_datacenter": "catalog#datacenters",
    "catalog_driftcheck": "monitoring#drift",
    "catalog_proposal": "admin#permissions",
    "catalog_provider": "catalog#the-provider",
    "catalog_reader": "monitoring#readers-who-fetched-what",
    "catalog_securityevent": "admin#logging-in",
    "index": "admin#dashboard",
    "mfa_": "admin#logging-in",
    "own_password": "admin#logging-in",
    "password_change": "admin#logging-in",
    "review": "admin#before-the-live-feed-changes",
    "sessions": "admin#logging-in",
}
"""By the beginning of the name of an address; the longest that fits counts. Reviews and forms of actions are shown at the address that
asks for them, and say so in their context (``help_screen``)."""

register = template.Library()


def section_for(screen: str) -> str | None:
    """The ``page#anchor`` of a screen."""
    return HELP[max(found, key=len)] if (found := [name for name in HELP if screen.startswith(name)]) else None


@register.simple_tag
def manual(section: str) -> str:
    """The address of ``page#anchor``."""
    return page_address(section)


@register.simple_tag(takes_context=True)
def help_link(context: Context) -> str:
    """The link from this screen to its section, in a new tab: what is typed here stays."""
    match = context["request"].resolver_match
    section = section_for(context.get("help_screen") or (match and match.url_name) or "")
    link = '<a class="mc-help mc-link" href="{}" target="_blank">Help<span class="mc-unseen"> (opens a new tab)</span></a>'
    return format_html(link, page_address(section)) if section else ""
