"""``/docs/`` and ``/docs/{topic}``: the pages of the documentation."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _lazy

from catalog import browsing
from catalog.formats import CHOSEN_BY_QUERY, FORMATS, app, catalog, wandb
from catalog.formats.format import Format
from catalog.listing import Selection
from catalog.publication import Served
from catalog.site.addresses import address
from catalog.site.guide import topics
from catalog.site.guide.examples import example
from catalog.site.guide.fields import fields
from catalog.site.guide.operations import answer_of, parameters_of, path_of, statuses_of
from catalog.site.guide.parameters import parameters
from catalog.site.guide.topics import BY_SLUG, STATUSES, TOPICS, Address, Topic
from catalog.site.languages import Language
from catalog.site.page import Missing, Page, PageContent

WHICH: dict[str, object] = {
    Selection.PUBLIC: _lazy("all public models"),
    Selection.LISTED: _lazy("models listed on OpenRouter"),
}
READY = _lazy("models listed on OpenRouter that are ready")


class Guide(Page):
    """One topic. If there is no catalog, the page has no example."""

    name = "docs-topic"
    needs_catalog = False

    def dispatch(self, request: HttpRequest, *args: Any, topic: str = "", **kwargs: Any) -> HttpResponseBase:
        """Find the topic before anything else."""
        self.topic = BY_SLUG.get(topic, TOPICS[0])
        self.is_known = bool(topic) == bool(self.topic.slug)
        self.format_name = self.topic.format_name  # type: ignore[misc]
        self.template = f"site/guide/{self.topic.slug or 'overview'}.html"  # type: ignore[misc]
        kwargs |= {"topic": topic} if topic else {}
        return super().dispatch(request, *args, **kwargs)

    def show(self, request: HttpRequest, served: Served | None, topic: str = "") -> PageContent:
        """The page of the topic."""
        if not self.is_known:
            raise Missing
        number = TOPICS.index(self.topic)
        root = request.build_absolute_uri("/")[:-1]
        model_id = _live_id(served)
        return PageContent(
            title=str(self.topic.title),
            description=str(self.topic.summary),
            context={
                "topic": self.topic,
                "topics": [_link(one, self.language, is_current=one is self.topic) for one in TOPICS],
                "before": _link(TOPICS[number - 1], self.language) if number else None,
                "after": _link(TOPICS[number + 1], self.language) if number + 1 < len(TOPICS) else None,
                "addresses": [_address(one, root, model_id) for one in self.topic.addresses],
                "example": example(served.publication) if served and self.topic.has_example else "",
                "root": root,
                "model_id": model_id,
                "formats": [_format(one) for one in FORMATS.values()] if not self.topic.slug else [],
                "refused": browsing.UNKNOWN_HERE,
                "staleness": settings.FEED_MAX_STALENESS,
                "interactive": reverse("docs"),
                "schema": reverse("schema"),
            },
            is_indexed=not request.GET,
        )


class Overview(Guide):
    """The first page of the documentation."""

    name = "docs"


def path(topic: Topic, language: Language) -> str:
    """The path of a topic's page."""
    if not topic.slug:
        return address(Overview.name, language)
    return address(Guide.name, language, topic=topic.slug)


def _link(topic: Topic, language: Language, *, is_current: bool = False) -> dict[str, Any]:
    return {"title": topic.title, "href": path(topic, language), "is_current": is_current}


def _live_id(served: Served | None) -> str:
    """The id of a published model; empty where none is known."""
    content = served.publication.known_content if served else None
    entry = next((item.entries[0] for item in content.items), None) if content else None
    return entry.model.model_id if entry else ""


def _address(one: Address, root: str, model_id: str) -> dict[str, Any]:
    stated = path_of(one.operation).replace("{model_id}", "{id}")
    called = stated.replace("{id}", model_id or "{id}")
    query = f"?{one.query}" if one.query else ""
    explained = fields(one.name, _schema(one)) if one.name else []
    return {
        "path": stated + ("" if "{id}" in stated or one.operation != "list_models" else query),
        "url": f"{root}{called}{query}",
        "needs_key": one.needs_key,
        "name": one.name,
        "operation": one.operation,
        "fields": explained,
        "always": [field.path.removesuffix("[]") for field in explained if field.is_required and "." not in field.path],
        "parameters": parameters(one.operation) if one.name and parameters_of(one.operation) else [],
        "statuses": [(status, STATUSES[status]) for status in _statuses(one)],
    }


def _schema(one: Address) -> dict[str, Any]:
    return FORMATS[one.name].schema if one.name in FORMATS else answer_of(one.operation)


def _statuses(one: Address) -> list[int]:
    has_name = "{" in path_of(one.operation)
    known = [status for status in statuses_of(one.operation) if status != 200 and (status != 404 or has_name)]
    return sorted({*known, 429})


def _format(one: Format) -> dict[str, Any]:
    topic = next((topic for topic in TOPICS if topic.slug and topic.format_name == one.name and topic.has_example), None)
    return {
        "title": topics.FORMATS[one.name],
        "path": one.path if one is catalog.FORMAT or one.name not in CHOSEN_BY_QUERY else f"{one.path}?format={one.name}",
        "which": READY if one.name == wandb.FORMAT.name else WHICH[one.selection],
        "needs_key": one.name == app.FORMAT.name,
        "topic": topic.slug if topic else "",
    }
