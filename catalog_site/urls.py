"""Where everything is."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("", include("catalog.api.urls")),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=static("catalog/icon.svg"))),
]

handler400 = "catalog.api.errors.bad_request"
handler404 = "catalog.api.errors.not_found"
handler500 = "catalog.api.errors.server_error"
