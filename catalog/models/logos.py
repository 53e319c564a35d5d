"""Logos: uploaded pictures, stored as ``data:`` URLs."""

import base64
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest

LARGEST_LOGO = 100_000
"""In bytes, before base64."""

PICTURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
"""The first bytes of picture files, and their media types."""


def posted_logo(request: HttpRequest) -> str:
    """The logo of a submitted provider form: the chosen file, none, or the previous logo. Raises ``ValidationError``."""
    if file := request.FILES.get("logo_file"):
        return logo_of(file)
    return "" if request.POST.get("remove_logo") else request.POST.get("logo", "")


def logo_of(file: Any) -> str:
    """An uploaded picture as a ``data:`` URL. Raises ``ValidationError`` for any other file."""
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
