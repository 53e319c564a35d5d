"""Template tags of the site."""

import re
from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from catalog.site import json_ld, labels
from catalog.site.addresses import address
from catalog.site.guide.page import path
from catalog.site.guide.topics import BY_SLUG
from catalog.site.languages import current_language

register = template.Library()


@register.simple_tag
def page(name: str, **arguments: str) -> str:
    """The path of a page of the site in the current language."""
    return address(name, current_language(), **arguments)


@register.filter
def codes(text: object) -> SafeString:
    """A text with the parts between backticks as code."""
    pieces = str(conditional_escape(str(text))).split("`")
    return mark_safe(  # noqa: S308 - escaped
        "".join(f'<code dir="ltr">{piece}</code>' if number % 2 else piece for number, piece in enumerate(pieces))
    )


@register.filter
def breakable(name: str) -> SafeString:
    """A long name of the API that may wrap after dots, underscores and slashes."""
    return mark_safe(re.sub(r"([._/])", r"\1<wbr>", conditional_escape(name)))  # noqa: S308 - escaped


@register.filter
def listed(words: Iterable[object]) -> str:
    """Words joined with the separator of the language."""
    return labels.listed(words)


@register.simple_tag
def topic(slug: str = "") -> str:
    """The path of a page of the documentation in the current language."""
    return path(BY_SLUG[slug], current_language())


@register.filter
def as_json_ld(document: dict[str, Any]) -> SafeString:
    """A document as the text of its script element."""
    return json_ld.script(document)
