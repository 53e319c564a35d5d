"""Routes of the API."""

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView

from catalog.api.views import ModelsView

urlpatterns = [
    path("v1/models", ModelsView.as_view(), name="models"),
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
]
