"""``/robots.txt`` and ``/sitemap.xml``: what search engines may read, and where everything is."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.formats import catalog
from catalog.listing import Status
from catalog.publication import Item, Unavailable, etag_of
from catalog.sending import current, send
from catalog.site.addresses import address
from catalog.site.guide.page import Guide
from catalog.site.guide.topics import TOPICS
from catalog.site.languages import ENGLISH, LANGUAGES
from catalog.site.maker import makers
from catalog.site.navigation import NAVIGATION
from catalog.site.page import unavailable

SITEMAP, ROOT = "sitemap", "\0"
MOST_ADDRESSES = 50_000
"""That a sitemap may have, by its protocol."""


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines may read everything except the admin, and the filtered lists and comparisons, of which there are unlimited
    many."""
    endless = [f"{address(name, language)}?" for name in ("browse", "compare") for language in LANGUAGES.values()]
    paths = [reverse("admin:index"), *endless]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in paths)]
    lines += ["", f"Sitemap: {request.build_absolute_uri(reverse('site:sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every page in every language, without retired models. Each page itself says where it is in the other languages."""
    try:
        served = current(request, catalog.FORMAT.name)
        items = served.publication.made_of.items
    except Unavailable as error:
        return unavailable(error)
    derived = served.publication.made_of.derived
    if SITEMAP not in derived:
        derived[SITEMAP] = _sitemap(items)
    body = derived[SITEMAP].replace(ROOT, request.build_absolute_uri("/")[:-1]).encode()
    return send(request, served, body, etag=etag_of(body), headers={"Content-Type": "application/xml; charset=utf-8"})


vars(sitemap)["takes_long"] = True


def _sitemap(items: Sequence[Item]) -> str:
    """With ``ROOT`` in place of the site's own address."""
    pages: list[tuple[str, dict[str, str]]] = [(name, {}) for name, _ in NAVIGATION]
    pages += [(Guide.name, {"topic": topic.slug}) for topic in TOPICS if topic.slug]
    pages += [("maker", {"maker": maker}) for maker in makers(items)]
    pages += [("model", {"model_id": item.key}) for item in items if item.entries[0].model.status is not Status.RETIRED][
        : MOST_ADDRESSES // len(LANGUAGES) - len(pages)
    ]
    home = address("browse", ENGLISH)
    paths = [escape(address(name, ENGLISH, **arguments).removeprefix(home)) for name, arguments in pages]
    homes = [ROOT + address("browse", language) for language in LANGUAGES.values()]
    written = "".join(f"<url><loc>{home}{path}</loc></url>\n" for path in paths for home in homes)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{written}</urlset>\n'
    )
