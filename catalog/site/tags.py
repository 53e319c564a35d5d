"""Template tags of the site."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from catalog.site import json_ld
from catalog.site.languages import spoken
from catalog.site.page import address

register = template.Library()


@register.simple_tag
def page(name: str, **arguments: str) -> str:
    """The path of a page of the site in the language that is spoken."""
    return address(name, spoken(), **arguments)


@register.filter
def as_json_ld(document: dict[str, Any]) -> SafeString:
    """A document as the text of its script element."""
    return json_ld.script(document)
