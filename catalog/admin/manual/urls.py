"""The addresses of the manual, for all staff."""

from django.contrib import admin
from django.urls import path

from catalog.admin.manual import views

urlpatterns = [
    path("", admin.site.admin_view(views.contents), name="manual"),
    path("files/<path:name>", admin.site.admin_view(views.file), name="manual_file"),
    path("<slug:page>/", admin.site.admin_view(views.page), name="manual_page"),
]
