"""Where everything is."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("catalog.api.urls")),
    path("admin/", admin.site.urls),
]

handler404 = "catalog.api.errors.not_found"
handler500 = "catalog.api.errors.server_error"
