"""Price lists: what is sold, per which unit, for how much, and from when."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Mod, Now
from django.db.models.lookups import LessThan

from catalog import decimals
from catalog.models.ai_model import AIModel
from catalog.models.conditions import between
from catalog.models.fields import ExactDecimalField, decimals_at_most, values_are_in
from catalog.models.price_kinds import KINDS, Line, PriceKind, PriceUnit
from catalog.models.rules import Rule, RuledModel
from catalog.models.triggers import BumpRevision, KeepBegunPrices, OrderDays, RefuseIncompleteListing, RefuseTruncation
from catalog.models.vocabularies import ServiceTier, Weekday

IDENTITY = ("ai_model_id", *Line._fields)
"""The columns that make two rows the same line of a price list at two times."""

CACHE_KINDS = [PriceKind.INPUT_CACHE_READ, PriceKind.INPUT_CACHE_WRITE]


def time_of_day(field: str) -> Q:
    """A time as OpenRouter writes it: HHMM as a number, 0 to 2359."""
    return Q(**{f"{field}__lte": 2359}) & Q(LessThan(Mod(F(field), Value(100)), Value(60)))


class PriceQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Prices at a time."""

    def in_force(self, at: datetime) -> "PriceQuerySet":
        """The newest row of every line at or before ``at``; a line that has ended has an empty ``usd``."""
        newest_first = self.filter(effective_from__lte=at).order_by(*IDENTITY, "-effective_from")
        return newest_first.distinct(*IDENTITY)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True)
class Price(RuledModel):
    """One line of a price list, from one time on.

    The line in force is the newest row at or before now with the same identity (``IDENTITY``). So a price is changed, now
    or later, by adding a row; a scheduled one is cancelled by removing its row; a line ends with a row whose ``usd`` is
    empty. No row means "not sold"; a row of 0 means "free".
    """

    ai_model = models.ForeignKey(AIModel, on_delete=models.CASCADE, related_name="prices", verbose_name="model")
    ai_model_id: int
    kind = models.CharField(max_length=20, choices=PriceKind.choices)
    unit = models.CharField(max_length=10, choices=PriceUnit.choices, default=PriceUnit.TOKEN)
    usd = ExactDecimalField(
        "USD per unit",
        max_digits=decimals.MAX_DIGITS,
        decimal_places=decimals.DECIMAL_PLACES,
        null=True,
        blank=True,
        help_text="USD per unit. 0: free. Empty: the line ends here and is no longer sold.",
    )
    service_tier = models.CharField(max_length=10, choices=ServiceTier.choices, default=ServiceTier.DEFAULT)
    min_prompt_tokens = models.PositiveIntegerField(
        null=True, blank=True, help_text="Only for prompts of more tokens than this."
    )
    utc_start = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Only from this time of day (UTC) on, as HHMM: 830, 1700."
    )
    utc_end = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Until this time of day (UTC), which is not part of the window. May be past midnight.",
    )
    utc_days = ArrayField(
        models.CharField(max_length=10, choices=Weekday.choices),
        default=list,
        blank=True,
        help_text="Only on these days (UTC). Empty: every day.",
    )
    cache_ttl_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="Cache prices only: the lifetime of the cache."
    )
    effective_from = models.DateTimeField(db_default=Now(), help_text="From this time (UTC) on. In the future: scheduled.")

    objects = PriceQuerySet.as_manager()

    class Meta:
        ordering = [*IDENTITY, "effective_from"]
        constraints = [
            models.UniqueConstraint(
                name="price_one_per_line_and_moment",
                fields=["ai_model", *IDENTITY[1:], "effective_from"],
                nulls_distinct=False,
                violation_error_message="This line already has a price that begins at that time.",
            ),
            Rule(
                name="price_kind_is_known",
                field="kind",
                condition=Q(kind__in=PriceKind.values),
                violation_error_message="The kind of price is not in the list.",
            ),
            Rule(
                name="price_unit_fits_kind",
                field="unit",
                condition=Q.create(
                    [Q(kind=kind, unit__in=list(facts.units)) for kind, facts in KINDS.items()], connector=Q.OR
                ),
                violation_error_message="This kind of price is not sold per that unit.",
            ),
            Rule(
                name="price_is_a_plausible_amount",
                field="usd",
                condition=Q(usd__gte=0, usd__lt=Decimal(10) ** (decimals.MAX_DIGITS - decimals.DECIMAL_PLACES)),
                violation_error_message="A price is 0 or more. If it is not sold, leave the price empty or remove the line.",
            ),
            Rule(
                name="price_has_24_decimals_at_most",
                field="usd",
                condition=decimals_at_most("usd", decimals.DECIMAL_PLACES),
                violation_error_message="A price has at most 24 decimals per unit; it is never rounded.",
            ),
            Rule(
                name="price_service_tier_is_known",
                field="service_tier",
                condition=Q(service_tier__in=ServiceTier.values),
                violation_error_message="The service tier is not in the list.",
            ),
            Rule(
                name="price_long_context_starts_above_zero",
                field="min_prompt_tokens",
                condition=Q(min_prompt_tokens__gte=1),
                violation_error_message="A long-context price must start above at least one token.",
            ),
            Rule(
                name="price_window_has_both_ends",
                field="utc_end",
                condition=Q(utc_start__isnull=True, utc_end__isnull=True)
                | Q(utc_start__isnull=False, utc_end__isnull=False),
                violation_error_message="A window needs both a start and an end, or neither.",
            ),
            Rule(
                name="price_window_is_not_empty",
                field="utc_end",
                condition=~Q(utc_start=F("utc_end")),
                violation_error_message="A window cannot end at the time it starts.",
            ),
            Rule(
                name="price_window_start_is_a_time",
                field="utc_start",
                condition=time_of_day("utc_start"),
                violation_error_message="A time of day is written HHMM: 0 to 2359.",
            ),
            Rule(
                name="price_window_end_is_a_time",
                field="utc_end",
                condition=time_of_day("utc_end"),
                violation_error_message="A time of day is written HHMM: 0 to 2359.",
            ),
            Rule(
                name="price_days_are_known",
                field="utc_days",
                condition=values_are_in("utc_days", Weekday),
                violation_error_message="A day is not in the list.",
            ),
            Rule(
                name="price_has_one_kind_of_condition",
                field="min_prompt_tokens",
                condition=Q(min_prompt_tokens__isnull=True) | Q(utc_start__isnull=True, utc_days=[]),
                violation_error_message="A price can depend on the prompt's length or on the time, not on both: OpenRouter would bill neither.",
            ),
            Rule(
                name="price_ttl_belongs_to_caches",
                field="cache_ttl_seconds",
                condition=Q(cache_ttl_seconds__isnull=True) | Q(cache_ttl_seconds__gte=1, kind__in=CACHE_KINDS),
                violation_error_message="Only cache prices have a cache lifetime, of at least one second.",
            ),
            Rule(
                name="price_effective_from_is_a_plausible_moment",
                field="effective_from",
                condition=between("effective_from"),
                violation_error_message="The time must be between 1970 and 9999.",
            ),
        ]
        indexes = [models.Index(name="price_by_moment", fields=["effective_from"])]
        triggers = [
            BumpRevision(),
            RefuseTruncation(),
            KeepBegunPrices(),
            OrderDays(),
            RefuseIncompleteListing(of="COALESCE(NEW.ai_model_id, OLD.ai_model_id)"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} per {self.get_unit_display()}"

    @classmethod
    def new(cls, ai_model_id: int, line: Line, usd: Decimal | None, effective_from: datetime | None = None) -> "Price":
        """An unsaved row; without a time, it starts now by the database's clock. The values are passed by position, because by
        name Django takes five times as long."""
        kind, unit, tier, above, start, end, days, ttl = line
        begins: Any = _from_now_on() if effective_from is None else effective_from
        values: Any = (None, ai_model_id, kind, unit, usd, tier, above, start, end, list(days), ttl, begins)
        return cls(*values)

    @property
    def line(self) -> Line:
        """The line, without amount and time."""
        return Line.of(vars(self))


@cache
def _from_now_on() -> Any:
    """The value with which a row takes the database's default."""
    field: Any = Price._meta.get_field("effective_from")
    return field.get_default()
