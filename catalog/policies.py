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
WITH_IMAGES_IN_PAGE: dict[str, Any] = {**SITE, "img-src": [SELF, DATA]}
"""For the preview of a logo that is not saved yet and so has no address, and for Swagger UI, whose style sheet contains its icons."""


@cache
def admin() -> dict[str, Any]:
    """The theme has fonts, and one style sheet in the page: its colours, which are the same for everybody. A picture in the page is
    a logo that is not saved yet, or the key of an authenticator app."""
    return {**WITH_IMAGES_IN_PAGE, "style-src": [SELF, _hash_of_colors()], "font-src": [SELF]}


def _hash_of_colors() -> str:
    """The theme's own skeleton, without anything of a request, says what stands in every page."""
    from django.contrib.admin import site  # Unfold's, which knows the colours

    colors: Any = site._get_colors("COLORS")  # type: ignore[attr-defined]
    radius: Any = site._get_config("BORDER_RADIUS")  # type: ignore[attr-defined]
    page = render_to_string("unfold/layouts/skeleton.html", {"colors": colors, "border_radius": radius})
    (style,) = re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
