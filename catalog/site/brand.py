"""The provider's branding: logo, colors, and a preview of the site for staff before they save."""

import base64
from dataclasses import replace
from typing import Any

from csp.constants import NONE
from csp.decorators import csp
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.views.decorators.http import require_POST, require_safe

from catalog import content_security_policy
from catalog.formats import models_api
from catalog.listing import ProviderFacts
from catalog.models import Provider, colors
from catalog.models.logos import posted_logo
from catalog.publication import Served, Unavailable, etag_of
from catalog.sending import current, send
from catalog.site.browse import Browse
from catalog.site.languages import ENGLISH, using_language
from catalog.site.page import PageContent, unavailable

THEME = """:root {{
    --accent: light-dark({light}, {dark});
    --on-accent: light-dark(#fff, {paper});
    --accent-soft: light-dark({light_soft}, {dark_soft});
}}
"""

NO_SCRIPT = {"default-src": [NONE], "style-src": ["'unsafe-inline'"], "sandbox": ["allow-same-origin"]}
"""A logo may be an SVG, which can contain scripts. If it is opened directly, the policy prevents them; in a page, browsers run
none."""


def theme(accent: str) -> str:
    """The style sheet with that color, in light and in dark."""
    dark = colors.for_dark(accent)
    return THEME.format(
        light=accent,
        dark=dark,
        paper=colors.DARK_PAPER,
        light_soft=colors.mixed(accent, colors.LIGHT_PAPER, colors.LIGHT_TINT),
        dark_soft=colors.mixed(dark, colors.DARK_PAPER, colors.DARK_TINT),
    )


@require_safe
def theme_css(request: HttpRequest) -> HttpResponse:
    """``/theme.css?accent=#rrggbb``: it depends only on its address, so it can be cached forever."""
    accent = request.GET.get("accent", "")
    try:
        for validator in Provider._meta.get_field("accent_color").validators:
            validator(accent)
    except ValidationError:
        raise Http404 from None
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return HttpResponse(theme(accent), content_type="text/css; charset=utf-8", headers=headers)


@require_safe
@csp(NO_SCRIPT)
def logo(request: HttpRequest) -> HttpResponse:
    """``/logo``: the provider's picture."""
    try:
        served = current(request, models_api.FORMAT.name)
        provider = served.publication.made_of.listing.provider
    except Unavailable as error:
        return unavailable(error)
    if not provider.logo:
        raise Http404
    media_type, _, data = provider.logo.removeprefix("data:").partition(";base64,")
    body = base64.b64decode(data)
    headers = {"Content-Type": media_type, "X-Content-Type-Options": "nosniff"}
    return send(request, served, body, etag=etag_of(body), headers=headers, varies_by=())


@require_POST
@csp(content_security_policy.WITH_IMAGES_IN_PAGE)
def preview(request: HttpRequest) -> HttpResponse:
    """The first page of the site with the provider of the admin's form; nothing is saved."""
    if not request.user.has_perm("catalog.change_provider"):
        raise PermissionDenied
    names: Any = ProviderFacts.__slots__[:-1]
    provider = Provider(pk=1, **{name: request.POST.get(name, "").strip() for name in names})
    try:
        provider.logo = posted_logo(request)
        provider.full_clean(validate_unique=False)
        served = current(request, models_api.FORMAT.name)
        content = served.publication.made_of
    except ValidationError as error:
        problems = error.message_dict if hasattr(error, "error_dict") else {"logo": error.messages}
        sentences = [f"{name}: {sentence}" for name, found in problems.items() for sentence in found]
        return HttpResponse("\n".join(sentences), status=400, content_type="text/plain; charset=utf-8")
    except Unavailable as error:
        return unavailable(error)
    stated: dict[str, Any] = {name: str(getattr(provider, name)) for name in names}
    facts = replace(content.listing.provider, **stated)
    shown_content = replace(content, listing=replace(content.listing, provider=facts))
    as_shown = Served(replace(served.publication, content=shown_content), served.stale)
    request.GET = QueryDict()
    page = Browse()
    page.language, page.arguments, page.is_preview = ENGLISH, {}, True
    with using_language(ENGLISH):
        shown = page.show(request, as_shown)
        assert isinstance(shown, PageContent)
        body = page.render(request, as_shown, shown.replaced(is_indexed=False))
    return HttpResponse(body, headers={"Cache-Control": "no-store"})
