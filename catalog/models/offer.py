"""The facts of a model's offers that differ from the model."""

from collections.abc import Collection, Mapping
from typing import Any

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Mod
from django.db.models.lookups import Exact

from catalog.models.ai_model import AIModel
from catalog.models.conditions import (
    DEPRECATION_TIME_SENTENCE,
    DISCOUNT_DECIMALS_SENTENCE,
    DISCOUNT_SENTENCE,
    LARGEST_EXACT_INTEGER,
    WHOLE_HOUR_SENTENCE,
    Epoch,
    between,
)
from catalog.models.fields import ExactDecimalField, decimals_at_most, values_are_in, vocabulary
from catalog.models.rules import Rule, RuledModel
from catalog.models.triggers import BumpRevision, RefuseTruncation, RefuseUnknownDatacenters
from catalog.models.vocabularies import Feature, Lack, SamplingParameter, ServiceTier, Variant

OFFER_FIELDS = (
    "is_ready",
    "deprecation_at",
    "context_length",
    "max_prompt_length",
    "max_output_length",
    "capacity_tpm",
    "discount_to_user",
    "supported_sampling_parameters",
    "supported_features",
    "datacenters",
)
"""What an offer may state for itself: columns of ``Offer``, and fields of ``AIModel`` of the same names."""

SAME_AS_MODEL = "same as the model"
"""The text for a value that an offer does not have of its own. Stored proposals contain it, so it must not change."""

_ONLY_ONE = "Enter a value or select the field under “Without”, not both."


def variant_of(service_tier: str, is_free: bool) -> Variant | None:
    """The offer of a tier; None for the default tier, which has the model's facts."""
    if is_free:
        return Variant.FREE
    return None if service_tier == ServiceTier.DEFAULT else Variant(service_tier)


def own_facts_of(columns: Mapping[str, Any], without: Collection[str]) -> dict[str, Any]:
    """The columns in which an offer has a value of its own. An empty one has the model's value, unless the offer is without it."""
    return {name: value for name, value in columns.items() if value not in (None, []) or name in without}


def with_readiness(facts: Mapping[str, Any], is_ready: bool | None) -> dict[str, Any]:
    """An offer's own facts with another readiness; None: the same as the model."""
    others = {name: value for name, value in facts.items() if name != "is_ready"}
    return others if is_ready is None else {"is_ready": is_ready} | others


def _has_none(field: str, empty: Any = None) -> Rule:
    """The rule that a field which the offer lacks has no value."""
    has_value = ~Q(**{field: empty}) if empty is not None else Q(**{f"{field}__isnull": False})
    return Rule(
        name=f"offer_{field}_is_set_or_lacking",
        field=field,
        condition=~Q(without__contains=[field]) | ~has_value,
        violation_error_message=_ONLY_ONE,
    )


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True)
class Offer(RuledModel):
    """Facts of a service tier or of the free variant of a model, where they differ from the model's.

    If a column is empty, the model's value applies; ``without`` names what the model has and this offer does not. A row does not
    say whether the offer is sold: a tier is sold if it has prices, the free variant if the model has one.
    """

    ai_model = models.ForeignKey(AIModel, on_delete=models.CASCADE, related_name="offers", verbose_name="model")
    ai_model_id: int
    variant = models.CharField("offer", max_length=10, choices=Variant.choices)
    is_ready = models.BooleanField("ready", null=True, blank=True, help_text="If No, OpenRouter hides this offer only.")
    deprecation_at = models.DateTimeField(
        "deprecation", null=True, blank=True, help_text="When this offer ends, on a whole hour (UTC)."
    )
    context_length = models.PositiveIntegerField(null=True, blank=True)
    max_prompt_length = models.PositiveIntegerField(null=True, blank=True)
    max_output_length = models.PositiveIntegerField(null=True, blank=True)
    capacity_tpm = models.PositiveBigIntegerField("capacity (tokens per minute)", null=True, blank=True)
    discount_to_user = ExactDecimalField(max_digits=12, decimal_places=10, null=True, blank=True)
    supported_sampling_parameters = vocabulary(SamplingParameter, "", db_default=[])
    supported_features = vocabulary(Feature, "", db_default=[])
    datacenters = ArrayField(models.BigIntegerField(), default=list, db_default=[], blank=True)
    without = ArrayField(
        models.CharField(max_length=40, choices=Lack.choices),
        verbose_name="without",
        default=list,
        db_default=[],
        blank=True,
        help_text="What the model has and this offer does not.",
    )

    class Meta:
        ordering = ["ai_model", "variant"]
        default_permissions = ()  # users who may change a model may change its offers
        constraints = [
            models.UniqueConstraint(
                name="offer_one_per_variant",
                fields=["ai_model", "variant"],
                violation_error_message="There is already a row for this offer.",
            ),
            Rule(
                name="offer_variant_is_known",
                field="variant",
                condition=Q(variant__in=Variant.values),
                violation_error_message="The offer is not in the list.",
            ),
            Rule(
                name="offer_lengths_are_positive",
                field="context_length",
                condition=(Q(context_length__isnull=True) | Q(context_length__gte=1))
                & (Q(max_prompt_length__isnull=True) | Q(max_prompt_length__gte=1))
                & (Q(max_output_length__isnull=True) | Q(max_output_length__gte=1)),
                violation_error_message="A length must be at least 1 token. Leave it empty to use the model's value.",
            ),
            Rule(
                name="offer_output_fits_context",
                field="max_output_length",
                condition=Q(max_output_length__lte=F("context_length")),
                violation_error_message="The output cannot be longer than the context.",
            ),
            Rule(
                name="offer_prompt_fits_context",
                field="max_prompt_length",
                condition=Q(max_prompt_length__lte=F("context_length")),
                violation_error_message="The prompt cannot be longer than the context.",
            ),
            Rule(
                name="offer_capacity_is_positive_and_exact",
                field="capacity_tpm",
                condition=Q(capacity_tpm__gte=1, capacity_tpm__lte=LARGEST_EXACT_INTEGER),
                violation_error_message=f"A capacity must be between 1 and {LARGEST_EXACT_INTEGER:,} tokens per minute.",
            ),
            Rule(
                name="offer_discount_is_below_one",
                field="discount_to_user",
                condition=Q(discount_to_user__gt=-100, discount_to_user__lt=1),
                violation_error_message=DISCOUNT_SENTENCE,
            ),
            Rule(
                name="offer_discount_has_ten_decimals_at_most",
                field="discount_to_user",
                condition=decimals_at_most("discount_to_user", 10),
                violation_error_message=DISCOUNT_DECIMALS_SENTENCE,
            ),
            Rule(
                name="offer_deprecation_is_a_plausible_moment",
                field="deprecation_at",
                condition=between("deprecation_at"),
                violation_error_message=DEPRECATION_TIME_SENTENCE,
            ),
            Rule(
                name="offer_deprecation_is_a_whole_hour",
                field="deprecation_at",
                condition=Q(Exact(Mod(Epoch(F("deprecation_at")), Value(3600)), Value(0))),
                violation_error_message=WHOLE_HOUR_SENTENCE,
            ),
            Rule(
                name="offer_sampling_parameters_are_known",
                field="supported_sampling_parameters",
                condition=values_are_in("supported_sampling_parameters", SamplingParameter),
                violation_error_message="A sampling parameter is not in the list.",
            ),
            Rule(
                name="offer_features_are_known",
                field="supported_features",
                condition=values_are_in("supported_features", Feature),
                violation_error_message="A feature is not in the list.",
            ),
            Rule(
                name="offer_lacks_are_known",
                field="without",
                condition=values_are_in("without", Lack),
                violation_error_message="A value of “Without” is not in the list.",
            ),
            *(_has_none(lack) for lack in Lack.values if not lack.startswith("supported_")),
            *(_has_none(lack, []) for lack in Lack.values if lack.startswith("supported_")),
        ]
        triggers = [BumpRevision(), RefuseTruncation(), RefuseUnknownDatacenters()]

    def __str__(self) -> str:
        return self.get_variant_display()

    def own_facts(self) -> dict[str, Any]:
        """What it states, by field: a value, or None (an empty list) for what it is without."""
        return own_facts_of({name: getattr(self, name) for name in OFFER_FIELDS}, self.without)
