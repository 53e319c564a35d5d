"""``/suggest.json?q=…``: the models with the best matching names, for the search box of every page."""

from datetime import UTC, datetime

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from catalog import browsing
from catalog.formats import models_api
from catalog.publication import Unavailable, etag_of
from catalog.sending import current, send
from catalog.site.addresses import address
from catalog.site.languages import LANGUAGES
from catalog.site.page import unavailable

MOST = 8
LONGEST = 200
"""The most characters of a query."""


@require_safe
def suggest(request: HttpRequest, language: str) -> HttpResponse:
    """Each with its name, its id and the path of its page in the language of the address."""
    text = request.GET.get("q", "")[:LONGEST].strip()
    try:
        served = current(request, models_api.FORMAT.name)
        index = browsing.index_of(served.publication)
    except Unavailable as error:
        return unavailable(error)
    items = browsing.answer(index, {"q": text}, datetime.now(UTC)).items()[:MOST] if text else []
    found = [
        {
            "name": models_api.name(item.entries[0].model, item.entries),
            "id": item.entries[0].model.model_id,
            "path": address("model", LANGUAGES[language], model_id=item.entries[0].model.model_id),
        }
        for item in items
    ]
    body = orjson.dumps({"data": found})
    return send(request, served, body, etag=etag_of(body), headers={"Content-Type": "application/json"})
