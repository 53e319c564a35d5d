"""The base of the site's pages: language, published data, layout, and how a page is sent."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views import View

from catalog import policies
from catalog.formats import models_api
from catalog.listing import ProviderFacts
from catalog.publication import Served, Unavailable, encodings, etag_of
from catalog.sending import current, send
from catalog.site import numbers
from catalog.site.languages import LANGUAGES, Language, speaking
from catalog.site.markdown import markdown

HTML, MARKDOWN = "text/html", "text/markdown"
LONGEST_ACCEPTED = 1000
"""Characters of ``Accept``."""

RETRY_AFTER = 5
"""Seconds after which a reader may try again if nothing could be sent."""


def unavailable(error: Unavailable) -> HttpResponse:
    """The answer at an address that is not a page, if nothing could be sent."""
    return HttpResponse(str(error), status=503, headers={"Retry-After": str(RETRY_AFTER)}, content_type="text/plain")


def prefers_markdown(request: HttpRequest) -> bool:
    """Whether the client would rather have Markdown. Who sends a list that is too long or cannot be read gets HTML."""
    accepted = request.headers.get("Accept", "")
    if "markdown" not in accepted.lower() or len(accepted) > LONGEST_ACCEPTED:
        return False
    try:
        return bool(request.get_preferred_type([HTML, MARKDOWN]) == MARKDOWN)
    except ValueError:  # a parameter in a charset that Python does not know
        return False


class Missing(Exception):
    """There is no such page."""

    status = 404


class Removed(Missing):
    """There was such a page, for a model that may still be mentioned."""

    status = 410


@dataclass(frozen=True, slots=True)
class Shown:
    """The content of a page. ``lasts``: whether the same address shows the same content while the publication does not change.
    ``is_indexed``: whether search engines may index it."""

    title: str
    description: str
    context: dict[str, Any] = field(default_factory=dict)
    lasts: bool = True
    is_indexed: bool = True
    json_ld: tuple[dict[str, Any], ...] = ()
    status: int = 200
    served: Served | None = None
    """How to send it, if not like the list itself: with data about the past, which may come from an older copy."""

    def replaced(self, **changes: Any) -> "Shown":
        """A copy with changes."""
        return replace(self, **changes)


class Frame:
    """The data of the base template: the provider, the language, and the page's own addresses."""

    def __init__(
        self,
        request: HttpRequest,
        page: str,
        arguments: dict[str, str],
        language: Language,
        served: Served | None,
        *,
        is_preview: bool = False,
    ) -> None:
        self.language, self.page, self.served, self.is_preview = language, page, served, is_preview
        self._request, self._arguments = request, arguments

    @property
    def provider(self) -> ProviderFacts | None:
        """The provider; None if it is unknown now."""
        content = self.served.publication.known_content if self.served else None
        return content.listing.provider if content else None

    @property
    def name(self) -> str:
        """The name of the site."""
        return self.provider.name if self.provider else gettext("Models")

    @property
    def logo(self) -> str:
        """The address of the provider's logo; empty if there is none."""
        from catalog.site.brand import logo_href  # which needs this module

        if self.provider is None or not self.provider.logo:
            return ""
        return self.provider.logo if self.is_preview else logo_href(self.provider)

    @property
    def shared_picture(self) -> str:
        """The logo's absolute address, for the preview of a link to the page (``og:image``). Empty if there is none, and for an SVG,
        which such previews do not show."""
        is_vector = self.provider is not None and self.provider.logo.startswith("data:image/svg+xml")
        return "" if is_vector or self.is_preview or not self.logo else self.absolute(self.logo)

    @property
    def theme(self) -> str:
        """The address of the style sheet with the provider's colour; empty if there is none."""
        from catalog.site.brand import theme_href  # which needs this module

        return theme_href(self.provider.accent_color) if self.provider and self.provider.accent_color else ""

    @property
    def path(self) -> str:
        """The page's path in its language."""
        return self.path_in(self.language)

    def path_in(self, language: Language) -> str:
        """The page's path in another language."""
        return address(self.page, language, **self._arguments)

    def absolute(self, path: str) -> str:
        """A path with the requested host."""
        return self._request.build_absolute_uri(path)

    @property
    def markdown(self) -> str:
        """The same page as Markdown, with the query kept."""
        return self._with_query(markdown_path(self.path))

    @property
    def canonical(self) -> str:
        """The address that search engines keep."""
        return self.absolute(self.path)

    @property
    def shared(self) -> str:
        """The address to share, with the query, such as the models of a comparison."""
        return self._with_query(self.canonical)

    @property
    def navigation(self) -> list[dict[str, Any]]:
        """The pages in the header."""
        from catalog.site.urls import PAGES  # which needs this module

        return [
            {
                "title": page.navigation,
                "href": address(page.name, self.language),
                "is_current": page.name == self.page.partition("-")[0],
            }
            for _, page in PAGES
            if page.navigation
        ]

    @property
    def since(self) -> SafeString | None:
        """When the catalog last changed."""
        since = self.served.publication.since if self.served else None
        return numbers.moment(since) if since else None

    @cached_property
    def alternates(self) -> list[dict[str, Any]]:
        """The page in each language: for the switch, with the query kept, and for ``hreflang``, without it."""
        found = []
        for language in LANGUAGES.values():
            path = self.path_in(language)
            found.append(
                {
                    "language": language,
                    "href": self._with_query(path),
                    "url": self.absolute(path),
                    "hint": _hint(language),
                }
            )
        return found

    def _with_query(self, address: str) -> str:
        """An address with the query of this request."""
        query = self._request.META.get("QUERY_STRING", "")
        return f"{address}?{query}" if query else address


def markdown_path(path: str) -> str:
    """The path at which a page is Markdown."""
    return f"{path}index.md" if path.endswith("/") else f"{path}.md"


def _hint(language: Language) -> str:
    """The sentence, in that language, that offers it to readers who prefer it."""
    with speaking(language):
        # Translators: name your own language in place of English.
        return gettext("This page is available in English.")


def address(name: str, language: Language, **arguments: str) -> str:
    """The path of a page in a language."""
    return reverse(f"site:{name}", kwargs={"language": language.code, **arguments})


class Page(View):
    """A page. Subclasses say what they show; everything else is the same for all.

    ``name`` is the page's in ``urls``, ``template`` its file, and ``format_name`` the publication whose items it shows: its entries
    are the very ones that the API sends.
    """

    name: ClassVar[str]
    template: ClassVar[str]
    format_name: ClassVar[str] = models_api.FORMAT.name
    navigation: ClassVar[str | Promise] = ""
    """Its title in the header, if it is in the header."""
    is_preview = False
    """Whether it previews unsaved data for staff."""
    needs_catalog: ClassVar[bool] = True
    """Whether the page needs published data. If not, ``show`` gets None when there is none."""
    http_method_names = ["get", "head"]
    takes_long = False
    """Whether it queries the database about the past, or writes a long file: then the server gives it separate threads."""

    show: Callable[..., Shown | HttpResponse]
    """The page's content, or another answer such as a redirection, given the request, what is served and the arguments of the
    address. Raises ``Missing``."""

    @method_decorator(csp(policies.SITE))
    def dispatch(
        self, request: HttpRequest, *args: Any, language: str, is_markdown: bool = False, **kwargs: Any
    ) -> HttpResponseBase:
        """Answer in the language of the address, as HTML, or as Markdown if the address or the client asks for it."""
        self.language = LANGUAGES[language]
        self.is_markdown_address = is_markdown
        self.is_markdown = is_markdown or prefers_markdown(request)
        self.arguments = kwargs
        with speaking(self.language):
            return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **arguments: Any) -> HttpResponse:
        """Show the page, or an error page."""
        served: Served | None = None
        try:
            served = current(request, self.format_name)
        except Unavailable:
            if self.needs_catalog:
                return self.failure(request, None, 503)
        try:
            shown = self.show(request, served, **arguments)
        except Missing as missing:
            return self.failure(request, served, missing.status)
        except Unavailable:
            return self.failure(request, served, 503)
        if isinstance(shown, HttpResponse):
            return self.redirected(shown)
        served = shown.served or served
        body = self.render(request, served, shown)
        media_type = HTML
        if self.is_markdown:
            path = address(self.name, self.language, **self.arguments)
            body, media_type = markdown(body.decode(), request.build_absolute_uri(path)).encode(), MARKDOWN
        headers = {"Content-Type": f"{media_type}; charset=utf-8", "Content-Language": self.language.code}
        if self.is_markdown:
            headers["X-Robots-Tag"] = "noindex"  # it says what the page says
        if shown.status != 200:
            return HttpResponse(body, status=shown.status, headers=headers)
        if served is None:
            return HttpResponse(body, headers={**headers, "Cache-Control": "no-store"})
        etag = etag_of(body)
        coding = encodings.chosen(request.headers.get("Accept-Encoding", ""))
        if coding is not None and len(body) >= encodings.WORTH_IT:
            body, etag = encodings.ENCODERS[coding](body), f'{etag[:-1]}-{coding}"'
            headers["Content-Encoding"] = coding
        varies_by = ("Accept-Encoding",) if self.is_markdown_address else ("Accept", "Accept-Encoding")
        return send(request, served, body, etag=etag, headers=headers, varies_by=varies_by, lasts=shown.lasts)

    def redirected(self, answer: HttpResponse) -> HttpResponse:
        """Redirect from one Markdown address to another."""
        if self.is_markdown_address and (to := answer.headers.get("Location")):
            parts = urlsplit(to)
            if not parts.path.endswith(".md"):
                answer.headers["Location"] = urlunsplit(parts._replace(path=markdown_path(parts.path)))
        return answer

    def render(self, request: HttpRequest, served: Served | None, shown: Shown) -> bytes:
        """The page's bytes."""
        frame = Frame(request, self.name, self.arguments, self.language, served, is_preview=self.is_preview)
        # Without the request: its context processors would load the user, and a page is the same for everybody.
        return render_to_string(self.template, {**shown.context, "page": shown, "frame": frame}).encode()

    def failure(self, request: HttpRequest, served: Served | None, status: int) -> HttpResponse:
        """A page that says why there is none."""
        answer = HttpResponse(failure(request, self.language, served, status), status=status)
        if status == 503:
            answer.headers["Retry-After"] = str(RETRY_AFTER)
        return answer


_FAILURES: dict[int, Callable[[], tuple[str, str]]] = {
    404: lambda: (
        gettext("Page not found"),
        gettext("There is nothing at this address. The model may have been withdrawn or renamed."),
    ),
    410: lambda: (
        gettext("This model was removed"),
        gettext("It is no longer available here. The list of changes says since when."),
    ),
    503: lambda: (
        gettext("This page cannot be shown now"),
        gettext("The catalog's database is unreachable. Try again in a few minutes."),
    ),
}


def failure(request: HttpRequest, language: Language, served: Served | None, status: int) -> bytes:
    """The bytes of an error page, in a language."""
    with speaking(language):
        title, text = _FAILURES[status]()
        shown = Shown(title, text, is_indexed=False, status=status)
        frame = Frame(request, "browse", {}, language, served)  # the switch leads to the list in other languages
        return render_to_string("site/error.html", {"page": shown, "frame": frame}).encode()
