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
    """The words for which models are meant; everything that selects models uses them."""

    def listed(self, at: datetime | None = None) -> "AIModelQuerySet":
        """Those that are in the OpenRouter feeds at a moment, now by default: switched on, by hand or by schedule."""
        switches = self.model._meta.get_field("scheduled_switches").related_model._default_manager
        due = switches.due(Switch.LISTED, at or Now())
        on, off = (due.filter(value=value).values("ai_model") for value in (True, False))
        by_hand = self.model._default_manager.filter(is_listed_on_openrouter=True).exclude(pk__in=off)
        # A union, and not OR: the few that are listed among many are found by their index.
        return self.filter(pk__in=by_hand.values("pk").union(on))

    def public(self) -> "AIModelQuerySet":
        """Those that are in the catalog and on the site."""
        return self.filter(is_public=True)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True)
class AIModel(RuledModel):
    """A model that this provider serves, as its readers see it. Prices are rows of their own (``Price``)."""

    model_id = models.CharField(
        "model id",
        max_length=200,
        unique=True,
        db_collation="C",  # one order everywhere: servers differ in their default collation
        help_text="What clients send as `model`, and OpenRouter too. Changing it makes OpenRouter see a removed and a new model.",
    )
    name = models.CharField(max_length=200, help_text="The name that people read, such as Qwen3.5 9B.")
    aliases = ArrayField(
        models.CharField(max_length=200, db_collation="C"),
        default=list,
        db_default=[],
        blank=True,
        help_text="Other ids that it is known by, separated by commas; looking one of them up finds this model.",
    )
    author = models.CharField(max_length=80, blank=True, help_text="The maker's slug, such as qwen.")
    hugging_face_id = models.CharField(
        "Hugging Face id",
        max_length=200,
        blank=True,
        help_text="The repository of the weights, such as Qwen/Qwen3.5-9B. OpenRouter matches a new model by it; "
        "leave it empty only where the weights are not on Hugging Face.",
    )
    openrouter_slug = models.CharField(
        "OpenRouter slug", max_length=200, blank=True, help_text="author/slug on OpenRouter, where you know it."
    )
    description = models.TextField(blank=True, help_text="Read by OpenRouter only when the model is new there.")
    category = models.CharField(max_length=20, choices=Category.choices, default=Category.TEXT)
    released_at = models.DateTimeField(
        "released", null=True, blank=True, help_text="When the model came out (UTC). The wire's `created`."
    )
    knowledge_cutoff = models.DateField(null=True, blank=True)

    input_modalities = vocabulary(InputModality, "What it accepts.")
    output_modalities = vocabulary(OutputModality, "What it produces.")
    context_length = models.PositiveIntegerField(
        null=True, blank=True, help_text="Tokens of prompt and answer together. Empty: unknown."
    )
    max_prompt_length = models.PositiveIntegerField(
        null=True, blank=True, help_text="Tokens of prompt, only where that is less than the context."
    )
    max_output_length = models.PositiveIntegerField(
        null=True, blank=True, help_text="Tokens that one answer may have. Empty: unknown."
    )
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
        null=True,
        blank=True,
        help_text="Whether the weights can be downloaded. Unknown: where a Hugging Face id is known, they can.",
    )
    instruct_type = models.CharField(max_length=40, blank=True, help_text="The chat template's name, such as chatml.")
    supported_sampling_parameters = vocabulary(
        SamplingParameter, "Only what your servers act on; OpenRouter routes requests by it."
    )
    reasoning_efforts = vocabulary(
        ReasoningEffort, "The efforts that a request may ask for. None: any, or unknown.", db_default=[]
    )
    reasoning_default_effort = models.CharField(
        max_length=10, choices=ReasoningEffort.choices, default="", db_default="", blank=True,
        help_text="The effort where a request asks for reasoning without one.",
    )  # fmt: skip
    reasoning_is_mandatory = models.BooleanField(
        null=True, blank=True, help_text="Whether reasoning cannot be switched off."
    )
    reasoning_is_default = models.BooleanField(null=True, blank=True, help_text="Whether it reasons unless told not to.")
    reasoning_takes_max_tokens = models.BooleanField(
        null=True, blank=True, help_text="Whether a request can limit the tokens of reasoning."
    )
    supported_features = vocabulary(Feature, "What the model can do beyond plain answers, as you serve it.")

    is_moderated = models.BooleanField(default=False, help_text="Prompts are moderated before the model sees them.")
    datacenters = models.ManyToManyField(Datacenter, blank=True, related_name="models", help_text="Where it is served from.")
    capacity_tpm = models.PositiveBigIntegerField(
        "capacity (tokens per minute)", null=True, blank=True, help_text="INPUT tokens per minute. Empty: not declared."
    )
    discount_to_user = ExactDecimalField(
        max_digits=12,
        decimal_places=10,
        null=True,
        blank=True,
        help_text="0.1 takes 10 % off what users pay; a negative number is a markup. Empty: none.",
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
        help_text="A whole hour, UTC. OpenRouter warns users before it and may hide the model after it.",
    )
    replacement = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        help_text="What users of a deprecated model should move to.",
    )
    is_public = models.BooleanField(
        default=True, help_text="In every list but those that OpenRouter fetches: the standard catalog, the Models API …"
    )
    is_mentioned_after_removal = models.BooleanField(
        "mentioned after removal",
        default=True,
        db_default=True,
        help_text="When the model is not public any more, or deleted, the list of changes says that it was removed, and past "
        "catalogs and price histories keep it. Off: it is not mentioned at all. Set it before you delete the model.",
    )
    is_listed_on_openrouter = models.BooleanField(
        "listed on OpenRouter",
        default=False,
        help_text="In the feed that OpenRouter fetches. Taking a live model out hides it there, and it does not come back by itself.",
    )
    notes = models.TextField(blank=True, help_text="For colleagues; never leaves the admin.")

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
    """The many-to-many table's row, so that its changes are kept and seen as those of every other table are."""

    class Meta:
        proxy = True
        triggers = [BumpRevision(), RefuseTruncation()]
