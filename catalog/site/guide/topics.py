"""The topics of the documentation: one page each."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.formats import app, catalog, models_api, openrouter, openrouter_v2, wandb
from catalog.site import labels


@dataclass(frozen=True, slots=True)
class Address:
    """An address that a page describes: its operation in the OpenAPI document, the query of the example, the name by which its
    fields are explained, and whether it needs a key. ``{id}`` in a query or a path is a live model's."""

    operation: str
    query: str = ""
    name: str = ""
    needs_key: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """A page of the documentation. ``format_name`` is the list that the live example comes from; ``addresses`` are the described
    addresses, of which the first is shown with its answer."""

    slug: str
    title: str | Promise
    summary: str | Promise
    format_name: str = catalog.FORMAT.name
    addresses: tuple[Address, ...] = ()
    has_example: bool = False


TOPICS = (
    Topic(
        "",
        _("API documentation"),
        _("Which lists this catalog serves, for whom, and how to read them."),
    ),
    Topic(
        "openrouter",
        _("OpenRouter model listing"),
        _(
            "Model metadata in a compact, flat format: one entry for each model and service tier, with exact prices per token."
        ),
        openrouter.FORMAT.name,
        (Address("list_models", "format=openrouter", "openrouter"),),
        has_example=True,
    ),
    Topic(
        "openrouter-v2",
        _("Model Document V2"),
        _("OpenRouter’s newer format, in which each modality has its own limits and prices."),
        openrouter_v2.FORMAT.name,
        (Address("list_models", "format=openrouter-v2", "openrouter-v2"),),
        has_example=True,
    ),
    Topic(
        "catalog",
        _("Standard catalog"),
        _("The list that OpenAI’s clients read, with all known facts about each model."),
        catalog.FORMAT.name,
        (Address("list_models", "", "catalog"), Address("retrieve_model")),
        has_example=True,
    ),
    Topic(
        "models-api",
        _("Models API"),
        _("The list in the format of OpenRouter’s Models API: filtered, sorted and in pages."),
        models_api.FORMAT.name,
        (
            Address("list_api_models", "supported_parameters=tools&sort=pricing-low-to-high", "openrouter-api"),
            Address("count_api_models"),
            Address("retrieve_api_model"),
            Address("list_api_endpoints"),
            Address("list_api_providers"),
        ),
        has_example=True,
    ),
    Topic(
        "wandb",
        _("W&B router listing"),
        _("The listing at the address and in the format of W&B’s inference router."),
        wandb.FORMAT.name,
        (Address("list_router_models", "", "wandb"),),
        has_example=True,
    ),
    Topic(
        "app",
        _("Models for app back ends"),
        _("Models grouped by what they generate, for back ends that have a key."),
        app.FORMAT.name,
        (Address("list_app_models", "", "app", needs_key=True),),
        has_example=True,
    ),
    Topic(
        "history",
        _("Prices, costs and changes"),
        _("A model’s prices over time, what a request costs, and what changed in the catalog."),
        catalog.FORMAT.name,
        (
            Address("list_model_prices", "", "prices"),
            Address("compute_model_cost", "prompt_tokens=5000&completion_tokens=800&requests=1000", "cost"),
            Address("list_changes", "kind=repriced", "changes"),
            Address("read_changes_atom"),
            Address("download_price_list"),
        ),
    ),
    Topic(
        "caching",
        _("Freshness and caching"),
        _(
            "How fresh a response is, how to check whether it has changed, and what happens when the database is unreachable."
        ),
    ),
)
BY_SLUG = {topic.slug: topic for topic in TOPICS}

FORMATS: labels.Labels = {
    "openrouter": _("OpenRouter model listing"),
    "openrouter-v2": _("Model Document V2"),
    "catalog": _("Standard catalog"),
    "models-dev": _("models.dev’s document"),
    "litellm": _("LiteLLM’s cost map"),
    "openrouter-api": _("Models API"),
    "wandb": _("W&B router listing"),
    "app": _("Models for app back ends"),
}
"""What each format is called."""

STATUSES: dict[int, object] = {
    200: _("The response."),
    304: _("It has not changed since the `ETag` that was sent in `If-None-Match`."),
    400: _("The format or a parameter is invalid; the message names it."),
    401: _("There is no valid key in `Authorization`."),
    404: _("Nothing with this name was found."),
    405: _("Only GET and HEAD are allowed."),
    429: _("Too many requests; `Retry-After` says when to try again."),
    503: _("The database is unreachable and there is no copy; `Retry-After` says when to try again."),
}
