"""The base of the site's pages: language, published data, and how a page or an error page is sent.

A subclass says what it shows (``PageContent``); ``frame`` has what surrounds it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views import View

from catalog import content_security_policy
from catalog.formats import models_api
from catalog.publication import Served, Unavailable, encodings, etag_of
from catalog.sending import current, send
from catalog.site.addresses import address, markdown_path
from catalog.site.frame import Frame
from catalog.site.languages import LANGUAGES, Language, using_language
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
class PageContent:
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

    def replaced(self, **changes: Any) -> "PageContent":
        """A copy with changes."""
        return replace(self, **changes)


class Page(View):
    """A page. Subclasses say what they show; everything else is the same for all.

    ``name`` is the page's in ``urls``, ``template`` its file, and ``format_name`` the publication whose items it shows: its entries
    are the very ones that the API sends.
    """

    name: ClassVar[str]
    template: ClassVar[str]
    format_name: ClassVar[str] = models_api.FORMAT.name
    is_preview = False
    """Whether it previews unsaved data for staff."""
    needs_catalog: ClassVar[bool] = True
    """Whether the page needs published data. If not, ``show`` gets None when there is none."""
    http_method_names = ["get", "head"]
    takes_long = False
    """Whether it queries the database about the past, or writes a long file: then the server gives it separate threads."""

    show: Callable[..., PageContent | HttpResponse]
    """The page's content, or another answer such as a redirection, given the request, what is served and the arguments of the
    address. Raises ``Missing``."""

    @method_decorator(csp(content_security_policy.SITE))
    def dispatch(
        self, request: HttpRequest, *args: Any, language: str, is_markdown: bool = False, **kwargs: Any
    ) -> HttpResponseBase:
        """Answer in the language of the address, as HTML, or as Markdown if the address or the client asks for it."""
        self.language = LANGUAGES[language]
        self.is_markdown_address = is_markdown
        self.is_markdown = is_markdown or prefers_markdown(request)
        self.arguments = kwargs
        with using_language(self.language):
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

    def render(self, request: HttpRequest, served: Served | None, shown: PageContent) -> bytes:
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
        gettext("It is no longer available. The list of changes says when it was removed."),
    ),
    503: lambda: (
        gettext("This page cannot be shown now"),
        gettext("The catalog's database is unreachable. Try again in a few minutes."),
    ),
}


def failure(request: HttpRequest, language: Language, served: Served | None, status: int) -> bytes:
    """The bytes of an error page, in a language."""
    with using_language(language):
        title, text = _FAILURES[status]()
        shown = PageContent(title, text, is_indexed=False, status=status)
        frame = Frame(request, "browse", {}, language, served)  # the switch leads to the list in other languages
        return render_to_string("site/error.html", {"page": shown, "frame": frame}).encode()
