"""The contents of the manual, its pages and their pictures."""

from mimetypes import guess_type

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.admin.manual import rendering

FOR_STAFF = ("first-day", "admin", "catalog", "feed", "alarms", "formats", "pipeline", "costs", "site")
"""The pages for those who keep the catalog, in the order in which one reads them. The others are for those who run the site."""


@require_safe
def contents(request: HttpRequest) -> HttpResponse:
    """All pages with their sections; a sentence if the folder is missing."""
    found = {name: rendering.rendered(path.read_text()) for name, path in rendering.pages().items()}
    staff = [(name, found.pop(name)) for name in FOR_STAFF if name in found]
    groups = [("For staff", staff), ("For operators and developers", list(found.items()))] if staff or found else []
    context = {**admin.site.each_context(request), "title": "Manual", "groups": groups}
    return render(request, "admin/manual/contents.html", context)


@require_safe
def page(request: HttpRequest, page: str) -> HttpResponse:
    """One page."""
    found = rendering.pages()
    if not found:
        return contents(request)
    if page not in found:
        raise Http404
    shown = rendering.rendered(found[page].read_text())
    context = {**admin.site.each_context(request), "title": shown.title, "page": shown}
    return render(request, "admin/manual/page.html", context)


@require_safe
def file(request: HttpRequest, name: str) -> HttpResponse:
    """A picture or another file that a page shows or links to."""
    path = rendering.files().get(name)
    if path is None:
        raise Http404
    return HttpResponse(path.read_bytes(), content_type=guess_type(path)[0])
