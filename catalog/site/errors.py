"""The site's own error pages, for addresses that no view answers."""

from typing import Any

from csp.decorators import csp
from django.http import HttpRequest, HttpResponse

from catalog import content_security_policy
from catalog.formats import models_api
from catalog.publication import Unavailable
from catalog.sending import current
from catalog.site.languages import ENGLISH, TRANSLATED, Language
from catalog.site.page import failure


@csp(content_security_policy.SITE)
def not_found(request: HttpRequest) -> Any:
    """A page that leads back, in the language of the address."""
    try:
        served = current(request, models_api.FORMAT.name)
    except Unavailable:
        served = None
    return HttpResponse(failure(request, language_of(request.path), served, 404), status=404)


def language_of(path: str) -> Language:
    """The language of a path, by its prefix."""
    first = path.lstrip("/").partition("/")[0]
    return next((language for language in TRANSLATED if language.prefix == first), ENGLISH)
