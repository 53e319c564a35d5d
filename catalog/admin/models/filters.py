"""The filters of the list of models. The dashboard counts its numbers with the same filters."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin.choice_filters import CheckboxFilter, RadioFilter

from catalog import checklist
from catalog.history import changed_between
from catalog.models import AIModel, InputModality, Offer, OutputModality, Price, ScheduledSwitch
from catalog.openrouter.readiness.finding import Finding, Level

DEPRECATION_NOTICE = timedelta(days=30)
WEEK = timedelta(days=7)

Models = QuerySet[AIModel]


class ModalityFilter(CheckboxFilter):
    """Models with one of the selected input or output modalities."""

    title = "modality"
    parameter_name = "modality"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Inputs, then outputs."""
        return [(f"input:{choice}", f"{choice.label} in") for choice in InputModality] + [
            (f"output:{choice}", f"{choice.label} out") for choice in OutputModality
        ]

    def queryset(self, request: HttpRequest, queryset: Models) -> Models:
        """Any of the selected values."""
        condition = Q()
        for value in self.value() or []:
            direction, _, modality = value.partition(":")
            if value in dict(self.lookup_choices):
                condition |= Q(**{f"{direction}_modalities__contains": [modality]})
        return queryset.filter(condition)


class ChoiceFilter(RadioFilter):
    """A filter with fixed choices: each has a word in the address, a label, and a function that narrows the models."""

    options: dict[str, tuple[str, Callable[[Models], Models]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices."""
        return [(word, label) for word, (label, _) in self.options.items()]

    def queryset(self, request: HttpRequest, queryset: Models) -> Models:
        """The matching models; all of them for an unknown choice."""
        _, narrowed = self.options.get(str(self.value()), ("", lambda models: models))
        return narrowed(queryset)


def _deprecated(after: timedelta | None, before: timedelta | None) -> Callable[[Models], Models]:
    """The models that are deprecated, or have a deprecated offer, between two times relative to now."""

    def narrowed(models: Models) -> Models:
        now = timezone.now()
        span = {} if after is None else {"deprecation_at__gt": now + after}
        span |= {} if before is None else {"deprecation_at__lte": now + before}
        return models.filter(Q(**span) | Exists(Offer.objects.filter(ai_model=OuterRef("pk"), **span)))

    return narrowed


def _never_deprecated(models: Models) -> Models:
    offers = Offer.objects.filter(ai_model=OuterRef("pk"), deprecation_at__isnull=False)
    return models.filter(~Exists(offers), deprecation_at__isnull=True)


class DeprecationFilter(ChoiceFilter):
    """Models with a future or past deprecation."""

    title = "deprecation"
    parameter_name = "deprecation"
    options = {
        "soon": (f"Within {DEPRECATION_NOTICE.days} days", _deprecated(timedelta(), DEPRECATION_NOTICE)),
        "set": ("Upcoming", _deprecated(timedelta(), None)),
        "past": ("Past", _deprecated(None, timedelta())),
        "none": ("None", _never_deprecated),
    }


def _found(judge: Callable[[Finding], bool]) -> Q:
    """The models with a finding of this kind."""
    keys = [key for key, found in checklist.all_findings().items() if any(map(judge, found))]
    # As one array: thousands of keys would be thousands of parameters.
    return Q(pk__in=RawSQL("SELECT unnest(%s::bigint[])", [keys]))


def _is_grave(finding: Finding) -> bool:
    return finding.level is not Level.NOTE


def _is_gap(finding: Finding) -> bool:
    return finding.is_gap


class ReadinessFilter(ChoiceFilter):
    """Whether a model is ready to be listed."""

    title = "readiness"
    parameter_name = "readiness"
    options = {
        "warning": (
            "Listed with a warning",
            lambda models: models.filter(_found(_is_grave), is_listed_on_openrouter=True),
        ),
        "missing": (
            "Not listed, something missing",
            lambda models: models.filter(_found(_is_gap), is_listed_on_openrouter=False),
        ),
        "complete": (
            "Not listed, nothing missing",
            lambda models: models.filter(~_found(_is_gap), is_listed_on_openrouter=False),
        ),
    }


class ScheduledFilter(ChoiceFilter):
    """Models with scheduled changes."""

    title = "scheduled"
    parameter_name = "scheduled"
    options = {
        "prices": (
            "Prices",
            lambda models: models.filter(pk__in=Price.objects.filter(effective_from__gt=timezone.now()).values("ai_model")),
        ),
        "switches": (
            "Listing or readiness",
            lambda models: models.filter(
                pk__in=ScheduledSwitch.objects.filter(effective_from__gt=timezone.now()).values("ai_model")
            ),
        ),
    }


def _changed(models: Models) -> Models:
    now = timezone.now()
    return models.filter(pk__in=changed_between(now - WEEK, now))


class ChangedFilter(ChoiceFilter):
    """Models that somebody has changed, or whose price has."""

    title = "changed"
    parameter_name = "changed"
    options = {"week": ("This week", _changed)}
