"""The list of models, which answers "what is live, at what price": its columns and search. The filters are in ``filters``."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, ChoicesCheckboxFilter, RelatedCheckboxFilter
from unfold.decorators import display

from catalog.admin.models.filters import ChangedFilter, DeprecationFilter, ModalityFilter, ReadinessFilter, ScheduledFilter
from catalog.admin.prices.fields import shown_amount
from catalog.admin.prices.visibility import may_see_prices
from catalog.models import AIModel, Price, PriceKind, PriceUnit, ServiceTier


class ModelListMixin(ModelAdmin):
    """The list of models. ``AIModelAdmin`` adds its actions."""

    list_display = [
        "model_id",
        "name",
        "listed",
        "ready",
        "prompt_price",
        "completion_price",
        "context",
        "quantization",
        "deprecation_at",
    ]
    list_filter = [
        "is_listed_on_openrouter",
        "is_ready",
        "is_public",
        ReadinessFilter,
        DeprecationFilter,
        ScheduledFilter,
        ChangedFilter,
        ModalityFilter,
        ("quantization", ChoicesCheckboxFilter),
        ("datacenters", RelatedCheckboxFilter),
        ("author", AllValuesCheckboxFilter),
    ]
    list_filter_submit = True
    list_per_page = 50
    search_fields = [
        "model_id",
        "name",
        "aliases",
        "author",
        "hugging_face_id",
        "openrouter_slug",
        "notes",
        "datacenters__code",
    ]
    search_help_text = "Search by id, name, alias, author, Hugging Face id, slug, notes or datacenter"

    def get_queryset(self, request: HttpRequest) -> QuerySet[AIModel]:
        """For the list, with the prices of its columns in the same query."""
        rows: QuerySet[AIModel] = super().get_queryset(request)
        if request.resolver_match is None or request.resolver_match.url_name != "catalog_aimodel_changelist":
            return rows
        return rows.annotate(prompt_usd=_price_now(PriceKind.PROMPT), completion_usd=_price_now(PriceKind.COMPLETION))

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """The columns. Prices only for users who may view them; a hidden column cannot be used for sorting, either."""
        return [name for name in self.list_display if may_see_prices(request) or not name.endswith("_price")]

    @display(description="OpenRouter", ordering="is_listed_on_openrouter", label={"Listed": "success"})  # type: ignore[untyped-decorator]
    def listed(self, model: AIModel) -> str:
        """Whether the model is in the OpenRouter feeds."""
        return "Listed" if model.is_listed_on_openrouter else "Unlisted"

    @display(description="Ready", ordering="is_ready", label={"Ready": "success", "Not ready": "warning"})  # type: ignore[untyped-decorator]
    def ready(self, model: AIModel) -> str:
        """Whether OpenRouter shows the model, if it is listed."""
        return "Ready" if model.is_ready else "Not ready"

    @admin.display(ordering=F("context_length").asc(nulls_last=True))
    def context(self, model: AIModel) -> str | None:
        """Tokens of prompt and output together."""
        return None if model.context_length is None else f"{model.context_length:,}"

    @admin.display(description="prompt, $/1M", ordering=F("prompt_usd").asc(nulls_last=True))
    def prompt_price(self, model: Any) -> str | None:
        """USD per million prompt tokens."""
        return _per_million(model.prompt_usd)

    @admin.display(description="completion, $/1M", ordering=F("completion_usd").asc(nulls_last=True))
    def completion_price(self, model: Any) -> str | None:
        """USD per million completion tokens."""
        return _per_million(model.completion_usd)


def _price_now(kind: PriceKind) -> Subquery:
    """The base price per token in the default tier, in force now."""
    base = Price.objects.filter(
        ai_model=OuterRef("pk"),
        kind=kind,
        unit=PriceUnit.TOKEN,
        service_tier=ServiceTier.DEFAULT,
        min_prompt_tokens=None,
        utc_start=None,
        utc_days=[],
        cache_ttl_seconds=None,
        effective_from__lte=timezone.now(),
    )
    return Subquery(base.order_by("-effective_from").values("usd")[:1])


def _per_million(usd: Decimal | None) -> str | None:
    return None if usd is None else shown_amount(usd, PriceUnit.TOKEN)
