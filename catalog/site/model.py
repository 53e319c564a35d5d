"""``/models/{id}``: all facts about one model."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from catalog import decimals
from catalog.costs import BadUsage
from catalog.formats import CHOSEN_BY_QUERY, FORMATS, catalog, models_api
from catalog.formats.format import exact_json
from catalog.listing import Entry, Listing, ModelFacts, Parameter, Selection, Status
from catalog.models import Direction
from catalog.public_history import public_model_of
from catalog.publication import Served, Unavailable
from catalog.site import calculator, json_ld, labels, numbers, price_history, price_table
from catalog.site.addresses import address
from catalog.site.guide import topics
from catalog.site.offers import own_facts
from catalog.site.page import Missing, Page, PageContent, Removed
from catalog.site.rows import headline
from catalog.site.samples import samples
from catalog.site.windows import zone

SECTIONS = tuple(
    f"site/model/{name}.html" for name in ("prices", "history", "calculator", "facts", "parameters", "samples", "documents")
)
"""The parts of the page, in their order, each a template."""

LONGEST_DESCRIPTION = 160
"""The most characters of the description that search engines show."""


class ModelPage(Page):
    """One model, with all its service tiers and its free variant."""

    name = "model"
    takes_long = True
    template = "site/model.html"
    format_name = catalog.FORMAT.name

    def show(self, request: HttpRequest, served: Served, model_id: str) -> PageContent | HttpResponse:
        """The model with that id. Its other names redirect there."""
        content = served.publication.made_of
        item = content.by_name.get(model_id)
        if item is None and self.is_markdown_address and (item := content.by_name.get(f"{model_id}.md")) is not None:
            model_id = self.arguments["model_id"] = f"{model_id}.md"  # whose id ends so
            self.is_markdown = self.is_markdown_address = False
        if item is None:
            raise Removed if was_public(served, model_id) else Missing
        if item.key != model_id:
            return HttpResponseRedirect(address(self.name, self.language, model_id=item.key))
        listing, entries = content.listing, item.entries
        with suppress(BadUsage):
            if (filled := calculator.pasted(request.GET)) is not None:
                return HttpResponseRedirect(f"{request.path}?{filled}#calculator")
        model = entries[0].model
        tz = request.GET.get("tz", "")
        local = zone(tz)
        replacement = content.by_name.get(model.replacement) if model.replacement else None
        history: dict[str, Any] | None = None
        sent = served
        with suppress(Unavailable):  # the page goes on without it
            history, sent = price_history.context(served, model.model_id)
        sections = price_table.sections(entries, local or UTC, listing.at)
        context = {
            "page_sections": SECTIONS,
            "model": model,
            "replacement": replacement.entries[0].model if replacement else None,
            "status": labels.STATUSES[model.status],
            "facts": facts(model),
            "input": [labels.MODALITIES[modality] for modality in model.input_modalities],
            "output": [labels.MODALITIES[modality] for modality in model.output_modalities],
            "features": [labels.FEATURES[feature] for feature in model.supported_features],
            "headlines": headlines(entries[0]),
            "sections": [{**section, "own": own_facts(section["entry"])} for section in sections],
            "has_conditions": any(row["conditions"] for section in sections for row in section["rows"]),
            "has_windows": any(line.utc_start is not None or line.utc_days for entry in entries for line in entry.prices),
            "tz": tz,
            "is_zone_unknown": bool(tz) and local is None,
            "discount": None if model.discount_to_user is None else numbers.percent(abs(model.discount_to_user)),
            "is_markup": model.discount_to_user is not None and model.discount_to_user < 0,
            "history": history,
            "calculator": calculator.context(entries, request.GET, datetime.now(UTC)),
            "parameters": parameters(model),
            "has_descriptions": bool(model.parameters),
            "places": [(place.name, numbers.country(place.country), place.region) for place in model.datacenters],
            "deprecation": numbers.moment(model.deprecation_at) if model.deprecation_at else None,
            "samples": samples(model, listing.provider),
            "documents": documents(entries, listing),
        }
        is_live = model.status is not Status.RETIRED
        url = request.build_absolute_uri(request.path)
        return PageContent(
            title=model.name,
            description=description(model, listing.provider.name, entries[0]),
            context=context,
            lasts=history is not None and not calculator.is_asked(request.GET),  # prices have windows
            is_indexed=is_live and not request.GET,
            json_ld=(json_ld.product(url, listing.provider, entries),) if is_live else (),
            served=sent,
        )


def was_public(served: Served, model_id: str) -> bool:
    """Whether a model of that id was public, and may still be mentioned."""
    try:
        model = public_model_of(served, model_id)
    except Unavailable:
        return False
    return model is not None and not model.is_public


def description(model: ModelFacts, provider: str, entry: Entry) -> str:
    """The description that search engines show."""
    if model.description:
        return Truncator(model.description).chars(LONGEST_DESCRIPTION)
    return _("Prices, limits and features of %(model)s on %(provider)s.") % {"model": model.name, "provider": provider}


def headlines(entry: Entry) -> list[tuple[str, Any]]:
    """The prices and lengths at the top of the page."""
    model = entry.model
    found: list[tuple[str, Any]] = []
    for title, direction in ((_("Input"), Direction.INPUT), (_("Output"), Direction.OUTPUT), (_("Request"), Direction.ROOT)):
        if price := headline(entry, direction):
            found.append((title, {"price": price[0], "unit": labels.UNITS[price[1]]}))
    for title, length in ((_("Context"), model.context_length), (_("Max output"), model.max_output_length)):
        if length:
            found.append((title, {"length": numbers.compact(length)}))
    return found


def facts(model: ModelFacts) -> list[tuple[str, Any, bool]]:
    """The known facts, as pairs; the third value marks those that are copied literally."""
    return [row for row in every_fact(model) if row[1]]


def every_fact(model: ModelFacts) -> list[tuple[str, Any, bool]]:
    """The same, with unknown facts: the same rows for each model."""
    return [
        (_("Maker"), model.author, True),
        (_("Model family"), model.family, True),
        (_("Category"), labels.CATEGORIES[model.category], False),
        (_("Released"), numbers.day(model.released_at) if model.released_at else "", False),
        (_("Knowledge cutoff"), numbers.day(model.knowledge_cutoff) if model.knowledge_cutoff else "", False),
        (_("Context length"), numbers.tokens(model.context_length), False),
        (_("Max prompt length"), numbers.tokens(model.max_prompt_length), False),
        (_("Max output length"), numbers.tokens(model.max_output_length), False),
        (_("Capacity"), numbers.capacity(model.capacity_tpm), False),
        (_("Precision"), model.quantization, True),
        (_("Tokenizer"), model.tokenizer, True),
        (_("Chat template"), model.instruct_type, True),
        (_("License"), model.license, True),
        (_("Open weights"), _flag(model.has_open_weights), False),
        (_("Reasoning"), _reasoning(model), False),
        (_("Reasoning efforts"), ", ".join(model.reasoning_efforts), True),
        (_("Default effort"), model.reasoning_default_effort, True),
        (_("Reasoning tokens can be limited"), _flag(model.reasoning_takes_max_tokens), False),
        (_("Prompt moderation"), _flag(model.is_moderated), False),
        (_("Also known as"), ", ".join(model.aliases), True),
    ]


def _flag(value: bool | None) -> object:
    return "" if value is None else labels.FLAGS["true" if value else "false"]


def _reasoning(model: ModelFacts) -> str:
    if model.reasoning_is_mandatory:
        return _("always on")
    if model.reasoning_is_default is None:
        return ""
    return _("on by default") if model.reasoning_is_default else _("off by default")


def parameters(model: ModelFacts) -> list[dict[str, Any]]:
    """The supported request parameters, with their descriptions."""
    described = {parameter.name: parameter for parameter in model.parameters}
    names = dict.fromkeys([*models_api.supported_parameters(model), *described])
    return [{"name": name, **_described(described.get(name))} for name in names]


def _described(parameter: Parameter | None) -> dict[str, Any]:
    if parameter is None:
        return {}
    bounds = [None if bound is None else decimals.wire(bound) for bound in (parameter.minimum, parameter.maximum)]
    match bounds:
        case [None, None]:
            values = ", ".join(_json(value) for value in parameter.values)
        case [least, None]:
            values = f"≥ {least}"
        case [None, most]:
            values = f"≤ {most}"
        case [least, most]:
            values = f"{least} – {most}"
    return {
        "type": labels.PARAMETER_TYPES[parameter.type],
        "values": values,
        "unit": parameter.unit,
        "default": "" if parameter.default is None else _json(parameter.default),
    }


def _json(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(exact_json(value)).decode()


def documents(entries: tuple[Entry, ...], listing: Listing) -> list[tuple[str, str, str]]:
    """The model in each format: the format's name, its path, and its JSON."""
    found = []
    for format_ in FORMATS.values():
        if format_.selection is Selection.PUBLIC:
            shown = [record.document for record in format_.records(entries, listing.provider)]
            text = "\n".join(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() for document in shown)
            path = f"{format_.path}?format={format_.name}" if format_.name in CHOSEN_BY_QUERY else format_.path
            found.append((str(topics.FORMATS[format_.name]), path, text))
    return found
