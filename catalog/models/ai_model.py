"""Models, and the datacenters and parameter descriptions that belong to them."""

from datetime import UTC, datetime
from typing import Any

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Mod, Now
from django.db.models.lookups import Exact, IsNull, Regex
from django_countries import countries
from django_countries.fields import CountryField

from catalog.models.fields import ExactDecimalField, decimals_at_most, json_items_are, words_of
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
    LimitUnit,
    OutputModality,
    ParameterType,
    Quantization,
    SamplingParameter,
)

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC)
"""Moments outside these have no spelling on the wire; PostgreSQL's ``infinity`` is among them."""

SLUG = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
REPOSITORY = r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$"
MODEL_ID = r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$"


LARGEST_EXACT_INTEGER = 2**53 - 1
"""Above it, readers that keep JSON's numbers as doubles would see another one."""


def vocabulary(choices: type[models.TextChoices], help_text: str, **kwargs: Any) -> Any:
    """An array of values from a closed vocabulary, empty by default."""
    return ArrayField(
        models.CharField(max_length=40, choices=choices.choices), default=list, blank=True, help_text=help_text, **kwargs
    )


def ids_in(field: str) -> Q:
    """The condition that an array is a plain list of ids.

    Joined by what no id holds, one pattern tells; joined by two such characters, neither can be inside of an id.
    """
    dimensions = Func(F(field), function="array_ndims", output_field=models.IntegerField())
    gap = Func(F(field), Value(None), function="array_position", output_field=models.IntegerField())
    condition = Q(Exact(dimensions, Value(1))) & Q(IsNull(gap, True))
    for between_ids in (" ", "\n"):
        joined = Func(F(field), Value(between_ids), function="array_to_string", output_field=models.TextField())
        condition &= Q(Regex(joined, Value(f"^{MODEL_ID.strip('^$')}({between_ids}{MODEL_ID.strip('^$')})*$")))
    return Q(**{field: []}) | condition


class Epoch(Func):
    """Seconds since 1970 of a moment, exact to the microsecond."""

    template = "EXTRACT(EPOCH FROM (%(expressions)s)::timestamptz)"
    output_field = models.DecimalField()


def between(field: str) -> Q:
    """The moment has a spelling on the wire."""
    return Q(**{f"{field}__gte": EARLIEST, f"{field}__lte": LATEST})


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True)
class Datacenter(models.Model):
    """A place that models are served from."""

    code = models.CharField(
        max_length=40, unique=True, db_collation="C", help_text="Your own short name for it, such as fra1."
    )
    name = models.CharField(max_length=120, help_text="What people read, such as Frankfurt.")
    country = CountryField(help_text="Where it stands. OpenRouter gets the two-letter code.")
    region = models.CharField(max_length=60, blank=True, help_text="Your cloud's name for the region, such as eu-central-1.")

    class Meta:
        ordering = ["code"]
        constraints = [
            Rule(
                name="datacenter_code_is_a_slug",
                field="code",
                condition=Q(code__regex=SLUG),
                violation_error_message="A code is made of letters, digits, dots, hyphens and underscores.",
            ),
            Rule(
                name="datacenter_has_a_name",
                field="name",
                condition=Q(name__regex=r"\S"),
                violation_error_message="A datacenter needs a name.",
            ),
            Rule(
                name="datacenter_country_is_iso_3166",
                field="country",
                condition=Q(country__in=sorted(code for code, _ in countries)),
                violation_error_message="The country must be an ISO 3166-1 alpha-2 code, such as DE.",
            ),
        ]
        triggers = [BumpRevision(), RefuseTruncation()]

    def __str__(self) -> str:
        return f"{self.name} ({self.country.code})"


class AIModelQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """The words for which models are meant; everything that selects models uses them."""

    def listed(self, at: datetime | None = None) -> "AIModelQuerySet":
        """Those that are in the OpenRouter feeds at a moment, now by default: switched on, by hand or by schedule."""
        from catalog.models.schedule import ScheduledSwitch, Switch  # which in turn needs this module

        due = ScheduledSwitch.objects.due(Switch.LISTED, at or Now())
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


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True)
class ParameterDescriptor(models.Model):
    """What is known of one request parameter of one model: type, bounds, default.

    The grammar is that of Model Document V2's descriptors. A parameter without a row is simply not described.
    """

    ai_model = models.ForeignKey(
        AIModel, on_delete=models.CASCADE, related_name="parameter_descriptors", verbose_name="model"
    )
    name = models.CharField(max_length=80, help_text="The request's key, such as temperature.")
    type = models.CharField(max_length=10, choices=ParameterType.choices)
    minimum = ExactDecimalField(max_digits=30, decimal_places=10, null=True, blank=True)
    maximum = ExactDecimalField(max_digits=30, decimal_places=10, null=True, blank=True)
    default = models.JSONField(null=True, blank=True, help_text='As JSON: 0.7, true, "auto".')
    values = models.JSONField(
        default=list, blank=True, help_text="The legal values, as a JSON list. For “one of a list” only."
    )
    unit = models.CharField(max_length=10, choices=LimitUnit.choices, blank=True)
    is_passthrough = models.BooleanField(
        "passed through",
        default=False,
        db_default=False,
        help_text="Your own parameter, outside the common API: OpenRouter forwards it as it is from provider.options.",
    )

    class Meta:
        ordering = ["ai_model", "name"]
        constraints = [
            models.UniqueConstraint(
                name="descriptor_one_per_parameter",
                fields=["ai_model", "name"],
                violation_error_message="This parameter is described twice.",
            ),
            Rule(
                name="descriptor_name_is_a_key",
                field="name",
                condition=Q(name__regex=r"^[A-Za-z_][A-Za-z0-9_.-]*$"),
                violation_error_message="A parameter's name is made of letters, digits, underscores, dots and hyphens.",
            ),
            Rule(
                name="descriptor_type_is_known",
                field="type",
                condition=Q(type__in=ParameterType.values),
                violation_error_message="The type is not one of the list.",
            ),
            Rule(
                name="descriptor_bounds_belong_to_numbers",
                field="minimum",
                condition=Q(type__in=[ParameterType.RANGE, ParameterType.INTEGER])
                | Q(minimum__isnull=True, maximum__isnull=True, unit=""),
                violation_error_message="Only numbers have a minimum, a maximum or a unit.",
            ),
            Rule(
                name="descriptor_whole_numbers_have_whole_bounds",
                field="minimum",
                condition=~Q(type=ParameterType.INTEGER)
                | (
                    (Q(minimum__isnull=True) | decimals_at_most("minimum", 0))
                    & (Q(maximum__isnull=True) | decimals_at_most("maximum", 0))
                ),
                violation_error_message="The bounds of a whole number are whole numbers.",
            ),
            Rule(
                name="descriptor_bounds_are_in_order",
                field="maximum",
                condition=Q(maximum__gte=F("minimum")),
                violation_error_message="The maximum cannot be less than the minimum.",
            ),
            Rule(
                name="descriptor_bounds_are_finite",
                field="minimum",
                condition=(Q(minimum__isnull=True) | Q(minimum__gt=-(10**20), minimum__lt=10**20))
                & (Q(maximum__isnull=True) | Q(maximum__gt=-(10**20), maximum__lt=10**20)),
                violation_error_message="A bound has at most 20 digits.",
            ),
            Rule(
                name="descriptor_unit_is_known",
                field="unit",
                condition=Q(unit__in=["", *LimitUnit.values]),
                violation_error_message="The unit is not one of the list.",
            ),
            Rule(
                name="descriptor_values_belong_to_enums",
                field="values",
                condition=Q(type=ParameterType.ENUM, values__0__isnull=False) | (~Q(type=ParameterType.ENUM) & Q(values=[])),
                violation_error_message="“One of a list” needs the list of its values; no other type has one.",
            ),
            Rule(
                name="descriptor_values_are_texts_or_numbers",
                field="values",
                condition=json_items_are("values", "string", "number"),
                violation_error_message="The values are texts or numbers.",
            ),
            Rule(
                name="descriptor_default_is_plain",
                field="default",
                condition=json_items_are("default", "string", "number", "boolean"),
                violation_error_message="A default is a text, a number, true or false, or a list of these.",
            ),
        ]
        triggers = [BumpRevision(), RefuseTruncation()]

    def __str__(self) -> str:
        return self.name
