"""The Content-Security-Policy of the site, the admin and the API's page.

No page may use anything inline or from another origin. Exceptions are named here, with their reasons.
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
WITH_IMAGES_IN_PAGE: dict[str, Any] = {**SITE, "img-src": [SELF, DATA]}
"""For the preview of a logo that is not saved yet and so has no address, and for Swagger UI, whose style sheet contains its icons."""


@cache
def admin() -> dict[str, Any]:
    """The admin's policy. The theme has fonts, and one inline style sheet with its colors, the same in every page. Inline images are
    logos that are not saved yet, and the QR codes of authenticator apps."""
    return {**WITH_IMAGES_IN_PAGE, "style-src": [SELF, _hash_of_colors()], "font-src": [SELF]}


def _hash_of_colors() -> str:
    """The hash of that style sheet, which the theme's base template contains in every page."""
    from django.contrib.admin import site  # Unfold's, which knows the colors

    colors: Any = site._get_colors("COLORS")  # type: ignore[attr-defined]
    radius: Any = site._get_config("BORDER_RADIUS")  # type: ignore[attr-defined]
    page = render_to_string("unfold/layouts/skeleton.html", {"colors": colors, "border_radius": radius})
    (style,) = re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
