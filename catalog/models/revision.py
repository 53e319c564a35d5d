"""The catalog's revision: the one number that says whether anything that readers see could have changed."""

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q


class CatalogRevisionQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """The row that every writer locks first."""

    def take(self) -> None:
        """Let nobody else write until this transaction ends; waits for who is writing."""
        list(self.select_for_update())

    def take_if_free(self) -> bool:
        """The same without waiting, and whether it was done."""
        return bool(self.select_for_update(skip_locked=True))


class CatalogRevision(models.Model):
    """A single row. Triggers move it inside the writer's transaction, so a reader's snapshot holds the number and the
    rows that belong to it; and because every writer must update this row first, writers are taken one after the other."""

    revision = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField()
    losses_accepted_revision = models.BigIntegerField(null=True, blank=True)
    """The revision as of which staff last said that entries which no recorded change explains may go from the lists."""
    catalog_id = models.UUIDField(db_default=RandomUUID())
    """Which catalog this is: a copy of another one's lists is none of ours."""

    objects = CatalogRevisionQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(name="revision_is_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self.revision)
