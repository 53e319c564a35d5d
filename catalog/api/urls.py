"""Routes of the API. An id may contain slashes, colons and dots."""

from csp.decorators import csp
from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from catalog import content_security_policy, formats
from catalog.api import change_feeds, changes, cost, findings, imports, lists, models_api, monitoring, prices

READ = ["get", "head"]
docs = csp(content_security_policy.WITH_IMAGES_IN_PAGE)(
    SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api/docs.html", http_method_names=READ)
)

urlpatterns = [
    path("v1/models", lists.ModelsView.as_view(), name="models"),
    path("v1/models/<path:model_id>", lists.ModelView.as_view(), name="model"),
    path(formats.wandb.FORMAT.path[1:], lists.RouterView.as_view(), name="router-models"),
    path(formats.models_api.FORMAT.path[1:], models_api.ModelsApiView.as_view(), name="api-models"),
    path("api/v1/models/count", models_api.ModelsCountView.as_view(), name="api-models-count"),
    path("api/v1/models/<path:model_id>/prices", prices.PricesView.as_view(), name="api-prices"),
    path("api/v1/models/<path:model_id>/cost", cost.CostView.as_view(), name="api-cost"),
    path("api/v1/models/<path:model_id>/endpoints", models_api.EndpointsView.as_view(), name="api-endpoints"),
    path("api/v1/model/<path:model_id>", models_api.ModelApiView.as_view(), name="api-model"),
    path("api/v1/providers", models_api.ProvidersView.as_view(), name="api-providers"),
    path("api/v1/changes", changes.ChangesView.as_view(), name="api-changes"),
    path("api/v1/imports", imports.ImportsView.as_view(), name="api-imports"),
    path("api/v1/imports/<int:pk>", imports.ImportView.as_view(), name="api-import"),
    path("changes.atom", change_feeds.AtomView.as_view(), name="changes-atom"),
    path("changes.rss", change_feeds.RssView.as_view(), name="changes-rss"),
    path("api.json", lists.ModelsDevView.as_view(), name="models-dev"),
    path("pricing.csv", prices.PricingCsvView.as_view(), name="pricing-csv"),
    path(formats.app.FORMAT.path[1:], lists.AppModelsView.as_view(), name="app-models"),
    path("api/readiness", findings.FindingsView.as_view(), name="readiness"),
    path("metrics", monitoring.metrics, name="metrics"),
    path("schema/", SpectacularJSONAPIView.as_view(http_method_names=READ), name="schema"),
    path("docs/api/", docs, name="docs"),
]
