"""The addresses that the site's pages link to. ``urls`` has the views that answer there."""

import hashlib

from django.urls import reverse
from django.utils.http import urlencode

from catalog.listing import ProviderFacts
from catalog.site.languages import Language


def address(name: str, language: Language, **arguments: str) -> str:
    """The path of a page in a language."""
    return reverse(f"site:{name}", kwargs={"language": language.code, **arguments})


def markdown_path(path: str) -> str:
    """The path at which a page is Markdown."""
    return f"{path}index.md" if path.endswith("/") else f"{path}.md"


def logo_href(provider: ProviderFacts) -> str:
    """The address of the logo, which differs for each logo."""
    return f"{reverse('site:logo')}?{urlencode({'v': hashlib.blake2b(provider.logo.encode(), digest_size=4).hexdigest()})}"


def theme_href(accent: str) -> str:
    """The address of the style sheet with that color."""
    return f"{reverse('site:theme')}?{urlencode({'accent': accent})}"
