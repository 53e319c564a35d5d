"""Logos: a picture that staff choose, as the ``data:`` address that is stored."""

import base64
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest

LARGEST_LOGO = 100_000
"""Bytes of a logo, before they are written in base64."""

PICTURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
"""The first bytes of picture files, and their types."""


def posted_logo(request: HttpRequest) -> str:
    """The logo of the provider's form as it was sent: the chosen file, none, or the one before. Raises ``ValidationError``."""
    if file := request.FILES.get("logo_file"):
        return logo_of(file)
    return "" if request.POST.get("remove_logo") else request.POST.get("logo", "")


def logo_of(file: Any) -> str:
    """An uploaded picture as a ``data:`` address. Raises ``ValidationError`` for anything else."""
    if file.size > LARGEST_LOGO:
        raise ValidationError(f"This file has {file.size:,} bytes; a logo may have at most {LARGEST_LOGO:,}.")
    data: bytes = file.read()
    kind = next((kind for begin, kind in PICTURES.items() if data.startswith(begin)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    elif kind is None and b"<svg" in data[:2000].lower():
        kind = "svg+xml"
    if kind is None:
        raise ValidationError("This is not an SVG, PNG, JPEG or WebP picture.")
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
