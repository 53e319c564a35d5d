"""The addresses of the site: each page at its path in English, and below the language's prefix in every other one."""

from typing import Any

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from catalog.site.addresses import markdown_path
from catalog.site.brand import logo, preview, theme_css
from catalog.site.browse import Browse
from catalog.site.changes import Changes
from catalog.site.compare import Compare
from catalog.site.deprecations import Deprecations, calendar
from catalog.site.guide.page import Guide, Overview
from catalog.site.languages import ENGLISH, TRANSLATED
from catalog.site.llms import llms
from catalog.site.maker import Maker
from catalog.site.model import ModelPage
from catalog.site.page import Page
from catalog.site.pricing import Pricing
from catalog.site.robots import robots, sitemap
from catalog.site.suggestions import suggest

PAGES: tuple[tuple[str, type[Page]], ...] = (
    ("", Browse),
    ("pricing", Pricing),
    ("changes", Changes),
    ("deprecations", Deprecations),
    ("docs/", Overview),
    ("docs/<slug:topic>", Guide),
    ("compare", Compare),
    ("makers/<str:maker>", Maker),
    ("models/<path:model_id>", ModelPage),
)
"""Every page with its path. A new page is one line here; the more special path comes first."""


class _Prefix(StringConverter):
    regex = "|".join(language.prefix for language in TRANSLATED)


register_converter(_Prefix, "language")

_pages: Any = [
    path(markdown_path(route or "/").removeprefix("/"), page.as_view(), {"is_markdown": True}) for route, page in PAGES
]
_pages += [path(route, page.as_view(), name=page.name) for route, page in PAGES]

app_name = "site"
urlpatterns = [
    path("sitemap.xml", sitemap, name="sitemap"),
    path("deprecations.ics", calendar, name="deprecations-calendar"),
    path("suggest.json", suggest, {"language": ENGLISH.code}, name="suggest"),
    path("<language:language>/suggest.json", suggest, name="suggest"),
    path("logo", logo, name="logo"),
    path("theme.css", theme_css, name="theme"),
    path("preview", preview, name="preview"),
    path("llms.txt", llms, name="llms"),
    path("robots.txt", robots, name="robots"),
    path("", include(_pages), {"language": ENGLISH.code}),
    path("<language:language>/", include(_pages)),
]
