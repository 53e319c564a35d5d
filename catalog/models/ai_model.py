"""Models, and which datacenters serve them."""

from datetime import datetime

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Mod, Now
from django.db.models.lookups import Exact

from catalog.models.conditions import (
    EARLIEST,
    LARGEST_EXACT_INTEGER,
    LATEST,
    MODEL_ID,
    REPOSITORY,
    SLUG,
    Epoch,
    between,
    ids_in,
)
from catalog.models.datacenter import Datacenter
from catalog.models.fields import ExactDecimalField, decimals_at_most, vocabulary, words_of
from catalog.models.rules import Rule
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
class AIModel(models.Model):
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
    instruct_type = models.CharField(max_length=40, blank=True, help_text="The chat template's name, such as chatml.")
    supported_sampling_parameters = vocabulary(
        SamplingParameter, "Only what your servers act on; OpenRouter routes requests by it."
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
        constraints = [
            Rule(
                name="model_id_has_no_odd_characters",
                field="model_id",
                condition=Q(model_id__regex=MODEL_ID),
                violation_error_message="An id starts with a letter or digit and holds letters, digits and . _ : / @ + - only.",
            ),
            Rule(
                name="model_aliases_are_ids",
                field="aliases",
                condition=ids_in("aliases"),
                violation_error_message="An alias is written as an id is: letters, digits and . _ : / @ + - only.",
            ),
            Rule(
                name="model_has_a_name",
                field="name",
                condition=Q(name__regex=r"\S"),
                violation_error_message="A model needs a name.",
            ),
            Rule(
                name="model_author_is_a_slug",
                field="author",
                condition=Q(author="") | Q(author__regex=SLUG),
                violation_error_message="An author is a slug: letters, digits, dots, hyphens and underscores.",
            ),
            Rule(
                name="model_hugging_face_id_is_a_repository",
                field="hugging_face_id",
                condition=Q(hugging_face_id="") | Q(hugging_face_id__regex=REPOSITORY),
                violation_error_message="A Hugging Face id looks like Qwen/Qwen3.5-9B.",
            ),
            Rule(
                name="model_openrouter_slug_is_author_and_slug",
                field="openrouter_slug",
                condition=Q(openrouter_slug="") | Q(openrouter_slug__regex=REPOSITORY),
                violation_error_message="An OpenRouter slug looks like qwen/qwen3.5-9b.",
            ),
            Rule(
                name="model_category_is_known",
                field="category",
                condition=Q(category__in=Category.values),
                violation_error_message="The category is not one of the list.",
            ),
            Rule(
                name="model_released_at_is_a_plausible_moment",
                field="released_at",
                condition=between("released_at"),
                violation_error_message="The release must lie between 1970 and 9999.",
            ),
            Rule(
                name="model_knowledge_cutoff_is_a_plausible_day",
                field="knowledge_cutoff",
                condition=Q(knowledge_cutoff__gte=EARLIEST.date(), knowledge_cutoff__lte=LATEST.date()),
                violation_error_message="The knowledge cutoff must lie between 1970 and 9999.",
            ),
            Rule(
                name="model_input_modalities_are_known",
                field="input_modalities",
                condition=words_of("input_modalities", InputModality),
                violation_error_message="An input modality is not one of the list.",
            ),
            Rule(
                name="model_output_modalities_are_known",
                field="output_modalities",
                condition=words_of("output_modalities", OutputModality),
                violation_error_message="An output modality is not one of the list.",
            ),
            Rule(
                name="model_quantization_is_known",
                field="quantization",
                condition=Q(quantization__in=Quantization.values),
                violation_error_message="The quantization is not one of the list.",
            ),
            Rule(
                name="model_sampling_parameters_are_known",
                field="supported_sampling_parameters",
                condition=words_of("supported_sampling_parameters", SamplingParameter),
                violation_error_message="A sampling parameter is not one of the list.",
            ),
            Rule(
                name="model_features_are_known",
                field="supported_features",
                condition=words_of("supported_features", Feature),
                violation_error_message="A feature is not one of the list.",
            ),
            Rule(
                name="model_context_length_is_positive",
                field="context_length",
                condition=Q(context_length__gte=1),
                violation_error_message="The context is at least one token; leave it empty if it is unknown.",
            ),
            Rule(
                name="model_max_prompt_length_is_positive",
                field="max_prompt_length",
                condition=Q(max_prompt_length__gte=1),
                violation_error_message="The longest prompt is at least one token; leave it empty if there is no limit of its own.",
            ),
            Rule(
                name="model_max_output_length_is_positive",
                field="max_output_length",
                condition=Q(max_output_length__gte=1),
                violation_error_message="The longest answer is at least one token; leave it empty if it is unknown.",
            ),
            Rule(
                name="model_output_fits_context",
                field="max_output_length",
                condition=Q(max_output_length__lte=F("context_length")),
                violation_error_message="The output cannot be longer than the context.",
            ),
            Rule(
                name="model_prompt_fits_context",
                field="max_prompt_length",
                condition=Q(max_prompt_length__lte=F("context_length")),
                violation_error_message="The prompt cannot be longer than the context.",
            ),
            Rule(
                name="model_capacity_is_positive",
                field="capacity_tpm",
                condition=Q(capacity_tpm__gte=1),
                violation_error_message="A capacity is at least one token per minute; leave it empty if you declare none.",
            ),
            Rule(
                name="model_capacity_is_exact_in_json",
                field="capacity_tpm",
                condition=Q(capacity_tpm__lte=LARGEST_EXACT_INTEGER),
                violation_error_message="A capacity this large cannot be written exactly.",
            ),
            Rule(
                name="model_discount_is_below_one",
                field="discount_to_user",
                condition=Q(discount_to_user__gt=-100, discount_to_user__lt=1),
                violation_error_message="A discount is a part of the price, below 1: 0.1 takes a tenth off. OpenRouter drops 1 and more.",
            ),
            Rule(
                name="model_discount_has_ten_decimals_at_most",
                field="discount_to_user",
                condition=decimals_at_most("discount_to_user", 10),
                violation_error_message="A discount has ten decimals at most.",
            ),
            Rule(
                name="model_deprecation_is_a_plausible_moment",
                field="deprecation_at",
                condition=between("deprecation_at"),
                violation_error_message="The deprecation must lie between 1970 and 9999.",
            ),
            Rule(
                name="model_deprecation_is_a_whole_hour",
                field="deprecation_at",
                condition=Q(Exact(Mod(Epoch(F("deprecation_at")), Value(3600)), Value(0))),
                violation_error_message="A deprecation happens on a whole hour of UTC, such as 13:00.",
            ),
            Rule(
                name="model_does_not_replace_itself",
                field="replacement",
                condition=~Q(replacement=F("id")),
                violation_error_message="A model cannot be replaced by itself.",
            ),
        ]
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
