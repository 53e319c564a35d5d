"""Data for search engines: schema.org, in JSON-LD."""

from typing import Any

import orjson
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from catalog import decimals
from catalog.listing import Entry, ProviderFacts
from catalog.models import PriceUnit
from catalog.site.languages import Language

CONTEXT = "https://schema.org"
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def script(document: dict[str, Any]) -> SafeString:
    """The document as the text of a script element, escaped so that nothing in it can end the element."""
    return mark_safe(orjson.dumps(document).decode().translate(_ESCAPES))  # noqa: S308 - escaped


def organization(provider: ProviderFacts) -> dict[str, Any]:
    """The provider that serves the models."""
    links = (provider.docs_url, provider.status_page_url)
    return {"@type": "Organization", "name": provider.name, **({"sameAs": same} if (same := [*filter(None, links)]) else {})}


def website(request: HttpRequest, provider: ProviderFacts, language: Language) -> dict[str, Any]:
    """The site, and how it is searched."""
    url = request.build_absolute_uri(request.path)
    return {
        "@context": CONTEXT,
        "@type": "WebSite",
        "name": provider.name,
        "url": url,
        "inLanguage": language.code,
        "publisher": organization(provider),
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{url}?q={{words}}"},
            "query-input": "required name=words",
        },
    }


def product(url: str, provider: ProviderFacts, entries: tuple[Entry, ...]) -> dict[str, Any]:
    """A model with its base prices."""
    model = entries[0].model
    offers = [
        {
            "@type": "Offer",
            "name": line.kind,
            "seller": organization(provider),
            "priceSpecification": {
                "@type": "UnitPriceSpecification",
                "price": decimals.wire(decimals.per_million(line.usd) if line.unit == PriceUnit.TOKEN else line.usd),
                "priceCurrency": "USD",
                "unitText": "1M tokens" if line.unit == PriceUnit.TOKEN else line.unit,
            },
        }
        for line in entries[0].prices
        if line.is_base
    ]
    return {
        "@context": CONTEXT,
        "@type": "Product",
        "name": model.name,
        "productID": model.model_id,
        "url": url,
        "category": model.category,
        **({"description": model.description} if model.description else {}),
        **({"brand": {"@type": "Brand", "name": model.author}} if model.author else {}),
        **({"releaseDate": model.released_at.date().isoformat()} if model.released_at else {}),
        **({"offers": offers} if offers else {}),
    }
