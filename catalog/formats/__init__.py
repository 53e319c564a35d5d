"""The wire formats, one file each. To add one: write its file, and add its line here."""

from catalog.formats import openrouter
from catalog.formats.format import Format

FORMATS: dict[str, Format] = {format_.name: format_ for format_ in (openrouter.FORMAT,)}
"""The formats of ``GET /v1/models?format=…`` and of ``export_models --format …``."""

__all__ = ["FORMATS", "Format"]
