"""The addresses of the site."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from catalog.api import error_handlers
from catalog.api.errors import API_PREFIXES
from catalog.site.errors import not_found as no_such_page

urlpatterns = [
    path("", include("catalog.api.urls")),
    path("admin/", include("catalog.admin.account.urls")),  # before the admin's own: its login is not used
    path("admin/auth/", RedirectView.as_view(pattern_name="admin:index")),  # in place of Django's list of each app's tables
    path("admin/catalog/", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/manual/", include("catalog.admin.manual.urls")),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=static("catalog/icon.svg"))),
    *(
        [path("", include("catalog.site.urls"))]
        if settings.SITE_ENABLED
        else [
            path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
            path("docs/", RedirectView.as_view(pattern_name="docs")),
        ]
    ),
]


def not_found(request: HttpRequest, exception: Exception) -> Any:
    """Django's 404: the site's page in the language of the address, except for requests to the API or the admin."""
    if settings.SITE_ENABLED and not request.path.startswith((*API_PREFIXES, "/admin/")):
        return no_such_page(request)
    return error_handlers.not_found(request, exception)


handler400 = "catalog.api.error_handlers.bad_request"
handler404 = not_found
handler500 = "catalog.api.error_handlers.server_error"
