"""Models, and which datacenters serve them."""

from datetime import datetime

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models.conditions import Epoch  # noqa: F401 -- a migration finds it here
from catalog.models.datacenter import Datacenter
from catalog.models.fields import ExactDecimalField, vocabulary
from catalog.models.model_rules import RULES
from catalog.models.rules import RuledModel
from catalog.models.triggers import (
    BumpRevision,
    RefuseAmbiguousName,
    RefuseDeletionOfListed,
    RefuseIncompleteListing,
    RefuseTruncation,
)
from catalog.models.vocabularies import (
    Category,
    Feature,
    InputModality,
    OutputModality,
    Quantization,
    ReasoningEffort,
    SamplingParameter,
    Switch,
)


class AIModelQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """The selections of models; every query that selects models uses them."""

    def listed(self, at: datetime | None = None) -> "AIModelQuerySet":
        """The models in the OpenRouter feeds at a time, now by default: listed by hand or by schedule."""
        switches = self.model._meta.get_field("scheduled_switches").related_model._default_manager
        due = switches.due(Switch.LISTED, at or Now())
        on, off = (due.filter(value=value).values("ai_model") for value in (True, False))
        by_hand = self.model._default_manager.filter(is_listed_on_openrouter=True).exclude(pk__in=off)
        # A union, not OR: an index finds the few listed models among many.
        return self.filter(pk__in=by_hand.values("pk").union(on))

    def ever_listed(self) -> "AIModelQuerySet":
        """The models that are in the OpenRouter feeds or scheduled to be, which only publishers may change."""
        switches = self.model._meta.get_field("scheduled_switches").related_model._default_manager
        scheduled = switches.filter(switch=Switch.LISTED, value=True).values("ai_model")
        return self.filter(Q(is_listed_on_openrouter=True) | Q(pk__in=scheduled))

    def public(self) -> "AIModelQuerySet":
        """The models in the catalog and on the site."""
        return self.filter(is_public=True)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True)
class AIModel(RuledModel):
    """A model that this provider serves, as its readers see it. Prices are separate rows (``Price``)."""

    model_id = models.CharField(
        "model id",
        max_length=200,
        unique=True,
        db_collation="C",  # one order everywhere: servers differ in their default collation
        help_text="Clients and OpenRouter send it as “model”. If you change it, OpenRouter sees a removed and a new model.",
    )
    name = models.CharField(max_length=200, help_text="The display name, such as Qwen3.5 9B.")
    aliases = ArrayField(
        models.CharField(max_length=200, db_collation="C"),
        default=list,
        db_default=[],
        blank=True,
        help_text="Other ids that find this model, separated by commas.",
    )
    author = models.CharField(max_length=80, blank=True, help_text="The maker's slug, such as qwen.")
    hugging_face_id = models.CharField(
        "Hugging Face id",
        max_length=200,
        blank=True,
        help_text="The repository of the weights, such as Qwen/Qwen3.5-9B. OpenRouter matches a new model by it; "
        "leave it empty only if the weights are not on Hugging Face.",
    )
    openrouter_slug = models.CharField(
        "OpenRouter slug", max_length=200, blank=True, help_text="author/slug on OpenRouter, if you know it."
    )
    description = models.TextField(blank=True, help_text="Read by OpenRouter only when the model is new there.")
    category = models.CharField(max_length=20, choices=Category.choices, default=Category.TEXT)
    released_at = models.DateTimeField(
        "released", null=True, blank=True, help_text="The release date (UTC), sent as “created”."
    )
    knowledge_cutoff = models.DateField(null=True, blank=True)

    input_modalities = vocabulary(InputModality, "What it accepts.")
    output_modalities = vocabulary(OutputModality, "What it produces.")
    context_length = models.PositiveIntegerField(
        null=True, blank=True, help_text="Tokens of prompt and output together. Empty: unknown."
    )
    max_prompt_length = models.PositiveIntegerField(
        null=True, blank=True, help_text="The longest prompt in tokens, if it is shorter than the context."
    )
    max_output_length = models.PositiveIntegerField(null=True, blank=True, help_text="Tokens of one output. Empty: unknown.")
    quantization = models.CharField(  # noqa: DJ001 -- NULL is unknown; never "", the rule below sees to it
        max_length=10,
        choices=Quantization.choices,
        null=True,
        blank=True,
        help_text="The precision you serve in. Do not guess: OpenRouter shows it and routes by it.",
    )
    tokenizer = models.CharField(max_length=40, blank=True, help_text="OpenRouter's name for it, such as Qwen3 or Llama3.")
    family = models.CharField(max_length=80, default="", db_default="", blank=True, help_text="Such as qwen or llama.")
    license = models.CharField(
        max_length=80,
        default="",
        db_default="",
        blank=True,
        help_text="Of the weights, as Hugging Face calls it: apache-2.0.",
    )
    has_open_weights = models.BooleanField(
        "open weights",
        null=True,
        blank=True,
        help_text="Whether the weights can be downloaded. Unknown counts as yes if the model has a Hugging Face id.",
    )
    instruct_type = models.CharField(max_length=40, blank=True, help_text="The chat template's name, such as chatml.")
    supported_sampling_parameters = vocabulary(
        SamplingParameter, "Only parameters that your servers support; OpenRouter routes requests by them."
    )
    reasoning_efforts = vocabulary(
        ReasoningEffort, "The efforts that a request can ask for. Empty: any, or unknown.", db_default=[]
    )
    reasoning_default_effort = models.CharField(
        "default reasoning effort", max_length=10, choices=ReasoningEffort.choices, default="", db_default="", blank=True,
        help_text="The effort if a request asks for reasoning without one.",
    )  # fmt: skip
    reasoning_is_mandatory = models.BooleanField(
        "reasoning always on", null=True, blank=True, help_text="The model always reasons; a request cannot turn it off."
    )
    reasoning_is_default = models.BooleanField(
        "reasoning on by default", null=True, blank=True, help_text="The model reasons unless a request turns it off."
    )
    reasoning_takes_max_tokens = models.BooleanField(
        "reasoning tokens can be limited", null=True, blank=True, help_text="A request can limit the tokens of reasoning."
    )
    supported_features = vocabulary(Feature, "Features beyond plain text generation, as you serve the model.")

    is_moderated = models.BooleanField(default=False, help_text="Prompts are moderated before the model sees them.")
    datacenters = models.ManyToManyField(
        Datacenter, blank=True, related_name="models", help_text="The datacenters that serve it."
    )
    capacity_tpm = models.PositiveBigIntegerField(
        "capacity (tokens per minute)", null=True, blank=True, help_text="Input tokens per minute. Empty: not declared."
    )
    discount_to_user = ExactDecimalField(
        max_digits=12,
        decimal_places=10,
        null=True,
        blank=True,
        help_text="0.1 lowers what users pay by 10%; a negative number raises it. Empty: no discount.",
    )
    has_free_variant = models.BooleanField(
        default=False, help_text="Also offer it at no cost: a second entry in the feed, which OpenRouter shows as :free."
    )
    is_ready = models.BooleanField(
        default=True,
        help_text="Off hides the model on OpenRouter at the next poll. For launches and planned take-downs, not for health.",
    )
    deprecation_at = models.DateTimeField(
        "deprecation",
        null=True,
        blank=True,
        help_text="A whole hour, UTC. OpenRouter warns users before this time and may hide the model after it.",
    )
    replacement = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        help_text="The model that users should move to.",
    )
    is_public = models.BooleanField(
        default=True, help_text="In every list except those that OpenRouter fetches: the standard catalog, the Models API …"
    )
    is_mentioned_after_removal = models.BooleanField(
        "mentioned after removal",
        default=True,
        db_default=True,
        help_text="When the model is no longer public, or deleted, the list of changes says that it was removed, and past "
        "catalogs and price histories keep it. Off: it is not mentioned at all. Set it before you delete the model.",
    )
    is_listed_on_openrouter = models.BooleanField(
        "listed on OpenRouter",
        default=False,
        help_text="In the feeds that OpenRouter fetches. If you take a live model out, OpenRouter hides it, and it does not come back automatically.",
    )
    notes = models.TextField(blank=True, help_text="For colleagues; shown only in the admin.")

    objects = AIModelQuerySet.as_manager()

    class Meta:
        verbose_name = "model"
        ordering = ["model_id"]
        permissions = [("list_on_openrouter", "Can change what the OpenRouter feeds show")]
        constraints = RULES
        indexes = [
            models.Index(name="model_listed", fields=["model_id"], condition=Q(is_listed_on_openrouter=True)),
            GinIndex(name="model_aliases", fields=["aliases"], condition=~Q(aliases=[]), fastupdate=False),
            models.Index(name="model_slug", fields=["openrouter_slug"], condition=~Q(openrouter_slug="")),
        ]
        triggers = [
            BumpRevision(),
            RefuseTruncation(),
            RefuseDeletionOfListed(),
            RefuseIncompleteListing(of="NEW.id"),
            RefuseAmbiguousName(),
        ]

    def __str__(self) -> str:
        return self.model_id


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True)
class ModelDatacenter(AIModel.datacenters.through):  # type: ignore[name-defined,misc]
    """The row of the many-to-many table, so that its changes are recorded and shown like those of every other table."""

    class Meta:
        proxy = True
        triggers = [BumpRevision(), RefuseTruncation()]
