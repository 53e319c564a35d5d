"""What pages may load and do: the Content-Security-Policy of the site, of the admin and of the page that tries the API.

Nothing inline and nothing from elsewhere, nowhere. What a page needs besides is named here, with the reason.
"""

import base64
import hashlib
import re
from functools import cache
from typing import Any

from csp.constants import NONE, SELF
from django.template.loader import render_to_string

SITE: dict[str, Any] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "connect-src": [SELF],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
DATA = "data:"
LOGO_PREVIEW: dict[str, Any] = {**SITE, "img-src": [SELF, DATA]}
"""A logo that is not saved yet has no address."""
API_DOCS: dict[str, Any] = {**SITE, "img-src": [SELF, DATA]}
"""Swagger UI draws its icons from its style sheet."""


@cache
def admin() -> dict[str, Any]:
    """The theme has fonts, and one style sheet in the page: its colours, which are the same for everybody. A picture in the page is
    a logo that is not saved yet, or the key of an authenticator app."""
    return {**SITE, "style-src": [SELF, _hash_of_colors()], "img-src": [SELF, DATA], "font-src": [SELF]}


def _hash_of_colors() -> str:
    """The theme's own skeleton, without anything of a request, says what stands in every page."""
    from django.contrib.admin import site  # Unfold's, which knows the colours

    colors: Any = site._get_colors("COLORS")  # type: ignore[attr-defined]
    radius: Any = site._get_config("BORDER_RADIUS")  # type: ignore[attr-defined]
    page = render_to_string("unfold/layouts/skeleton.html", {"colors": colors, "border_radius": radius})
    (style,) = re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
