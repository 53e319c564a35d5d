"""``/llms.txt``: an index of the site for language models (llmstxt.org), in English."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.formats import catalog
from catalog.listing import Entry, Status
from catalog.models import PriceKind, PriceUnit
from catalog.publication import Unavailable, etag_of
from catalog.publication.rendering import Content
from catalog.sending import current, send
from catalog.site import numbers
from catalog.site.addresses import address, markdown_path
from catalog.site.guide.page import path
from catalog.site.guide.topics import TOPICS
from catalog.site.languages import ENGLISH, using_language
from catalog.site.markdown import escaped
from catalog.site.page import unavailable

MOST = 500
"""The most models that are listed one by one; if there are more, only the list is linked."""

HEADLINES = {PriceKind.PROMPT: "input", PriceKind.COMPLETION: "output"}


@require_safe
def llms(request: HttpRequest) -> HttpResponse:
    """The pages as Markdown, the data, and each model with its base prices."""
    try:
        served = current(request, catalog.FORMAT.name)
        content = served.publication.made_of
    except Unavailable as error:
        return unavailable(error)
    with using_language(ENGLISH):
        body = "\n".join([*_lines(request.build_absolute_uri("/")[:-1], content), ""]).encode()
    return send(request, served, body, etag=etag_of(body), headers={"Content-Type": "text/plain; charset=utf-8"})


def _lines(root: str, content: Content) -> Iterator[str]:
    name = escaped(content.listing.provider.name)
    models = [item.entries for item in content.items if item.entries[0].model.status is not Status.RETIRED]
    yield f"# {name}"
    yield ""
    yield (
        f"> {name} serves {len(models)} AI models. Prices are US dollars, exact to the last digit; every page is also there as "
        "Markdown (add `.md`, or ask for `text/markdown`)."
    )
    yield from ("", "## Pages", "")
    for title, page, says in (
        ("Models", "browse", "every model; takes filters such as ?supported_parameters=tools&context=128000"),
        ("Price list", "pricing", "every line of every price list"),
        ("Changes", "changes", "what changed in a year, and what is scheduled"),
        ("Deprecations", "deprecations", "which models are retired when"),
    ):
        yield f"- [{title}]({root}{markdown_path(address(page, ENGLISH))}): {says}"
    yield from ("", "## API", "")
    for topic in TOPICS:
        yield f"- [{topic.title}]({root}{markdown_path(path(topic, ENGLISH))}): {topic.summary}"
    yield f"- [OpenAPI document]({root}{reverse('schema')})"
    yield from ("", "## Data", "")
    yield f"- [All models as JSON]({root}{reverse('models')})"
    yield f"- [All models, to filter and sort]({root}{reverse('api-models')}?output_modalities=all)"
    yield f"- [Price list as CSV]({root}{reverse('pricing-csv')})"
    yield f"- [Changes as JSON]({root}{reverse('api-changes')})"
    if models and len(models) <= MOST:
        yield from ("", "## Models", "")
        for entries in models:
            yield _model(root, entries)


def _model(root: str, entries: tuple[Entry, ...]) -> str:
    model = entries[0].model
    facts = [
        f"{HEADLINES[PriceKind(line.kind)]} {numbers.price_text(line.usd, line.unit)}/1M tokens"
        for line in entries[0].prices
        if line.kind in HEADLINES and line.unit == PriceUnit.TOKEN and line.is_base and not entries[0].is_free
    ]
    facts += [f"context {model.context_length}"] if model.context_length else []
    page = markdown_path(address("model", ENGLISH, model_id=model.model_id))
    return f"- [{escaped(model.name)}]({root}{page}): `{model.model_id}`{''.join(f', {fact}' for fact in facts)}"
