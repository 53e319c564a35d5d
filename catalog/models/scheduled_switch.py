"""Switches of a model and of its offers that are scheduled to change at a later time."""

from collections.abc import Iterable
from datetime import datetime

import pghistory
from django.db import connections, models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from catalog.models.ai_model import AIModel
from catalog.models.conditions import between
from catalog.models.offer import SAME_AS_MODEL
from catalog.models.revision import CatalogRevision
from catalog.models.rules import Rule, RuledModel
from catalog.models.triggers import BumpRevision, RefuseIncompleteListing, RefuseTruncation
from catalog.models.vocabularies import Switch


class ScheduledSwitchQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Scheduled switches, as they apply at a time."""

    def due(self, switch: Switch, at: datetime | Now) -> "ScheduledSwitchQuerySet":
        """The newest row of each model that is due at ``at``: it applies, whether or not it has been written to the column yet."""
        come = self.filter(switch=switch, effective_from__lte=at).order_by("ai_model_id", "-effective_from")
        return self.filter(pk__in=come.distinct("ai_model_id").values("pk"))

    def plan(self, keys: Iterable[int], switch: Switch, value: bool | None, at: datetime) -> None:
        """Schedule a switch of models, by their keys. What is already scheduled for that time gets the new value."""
        self.bulk_create(
            (self.model(ai_model_id=key, switch=switch, value=value, effective_from=at) for key in keys),
            update_conflicts=True,
            unique_fields=["ai_model", "switch", "effective_from"],
            update_fields=["value"],
        )

    def apply_due(self) -> None:
        """Write the rows that are due into the columns of the models and offers, and remove them.

        Readers see no difference; code that shows or writes the columns calls this first. If another transaction holds the
        write lock, nothing is done: that writer does it, and a reader never waits.
        """
        if self.filter(effective_from__lte=Now()).exists():
            with transaction.atomic(self.db), pghistory.context(source="schedule"):
                if CatalogRevision.objects.using(self.db).lock_if_free():
                    with connections[self.db].cursor() as cursor:
                        cursor.execute("CALL catalog_settle_switches()")


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True)
class ScheduledSwitch(RuledModel):
    """One switch of one model, or of one of its offers, from a time on.

    Which offer is part of the switch's name, not a column: a query for a model's own readiness then never finds that of an offer.

    Readers take the rows that are due into account, so a feed changes at that time itself, without a job. The next writer
    (the admin, an import, a command) applies them with ``apply_due``: the value goes into the column, and the row into the
    history. A switch is cancelled by removing its row before it is due.
    """

    ai_model = models.ForeignKey(AIModel, on_delete=models.CASCADE, related_name="scheduled_switches", verbose_name="model")
    switch = models.CharField(max_length=30, choices=Switch.choices)
    value = models.BooleanField(
        "turned on", null=True, blank=True, default=True, help_text="Unknown: the offer uses the model's value."
    )
    effective_from = models.DateTimeField("from", help_text="From this time (UTC) on.")

    objects = ScheduledSwitchQuerySet.as_manager()

    class Meta:
        ordering = ["effective_from", "ai_model", "switch"]
        constraints = [
            models.UniqueConstraint(
                name="switch_once_at_a_moment",
                fields=["ai_model", "switch", "effective_from"],
                violation_error_message="This is already scheduled for that time.",
            ),
            Rule(
                name="switch_is_known",
                field="switch",
                condition=Q(switch__in=Switch.values),
                violation_error_message="The switch is not in the list.",
            ),
            Rule(
                name="switch_of_a_model_has_a_value",
                field="value",
                condition=Q(value__isnull=False) | ~Q(switch__in=[Switch.LISTED, Switch.READY]),
                violation_error_message="A switch of a model must be on or off. Only a switch of an offer can be “same as the model”.",
            ),
            Rule(
                name="switch_effective_from_is_a_plausible_moment",
                field="effective_from",
                condition=between("effective_from"),
                violation_error_message="The time must be between 1970 and 9999.",
            ),
        ]
        triggers = [
            BumpRevision(),
            RefuseTruncation(),
            RefuseIncompleteListing(of="COALESCE(NEW.ai_model_id, OLD.ai_model_id)"),
        ]

    def __str__(self) -> str:
        value = SAME_AS_MODEL if self.value is None else "yes" if self.value else "no"
        return f"{self.get_switch_display()}: {value}"
