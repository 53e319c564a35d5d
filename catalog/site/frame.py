"""What the base template shows around a page's content: header, languages, the page's own addresses. ``page`` makes it."""

from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from catalog.listing import ProviderFacts
from catalog.publication import Served
from catalog.site import numbers
from catalog.site.addresses import address, logo_href, markdown_path, theme_href
from catalog.site.languages import LANGUAGES, Language, using_language
from catalog.site.navigation import NAVIGATION


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
        """The address of the style sheet with the provider's color; empty if there is none."""
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
        return [
            {"title": title, "href": address(name, self.language), "is_current": name == self.page.partition("-")[0]}
            for name, title in NAVIGATION
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


def _hint(language: Language) -> str:
    """The sentence, in that language, that offers it to readers who prefer it."""
    with using_language(language):
        # Translators: name your own language in place of English.
        return gettext("This page is available in English.")
