"""What tests of formats share."""

import json
from typing import Any

import jsonschema_rs

from catalog.formats import FORMATS
from catalog.publication import render


def written(name: str) -> Any:
    """A format's document, checked by its own schema, with numbers as they are spelled."""
    body = render(name).body
    jsonschema_rs.validate(FORMATS[name].schema, json.loads(body))
    return json.loads(body, parse_float=str)
