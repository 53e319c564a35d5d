"""``GET /metrics``, and who may read it."""

from ipaddress import ip_address

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from catalog.gauges import CatalogCollector
from catalog.publication import metrics as publication_metrics
from catalog.sending import CLIENT_UNKNOWN


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """``GET /metrics``, for Prometheus: to the networks of ``METRICS_ALLOWED``, and to clients with ``METRICS_TOKEN``."""
    if not may_read_metrics(request):
        raise PermissionDenied
    return HttpResponse(publication_metrics.text(CatalogCollector()), content_type=CONTENT_TYPE_LATEST)


def may_read_metrics(request: HttpRequest) -> bool:
    """Whether the client may read them. Behind a proxy that ``TRUSTED_PROXIES`` does not name, the client is unknown."""
    scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return constant_time_compare(presented.strip(), settings.METRICS_TOKEN)
    if request.META.get(CLIENT_UNKNOWN):
        return False
    address = ip_address(request.META["REMOTE_ADDR"] or "0.0.0.0")  # noqa: S104 - no address is in no network
    return any(address in network for network in settings.METRICS_ALLOWED)
