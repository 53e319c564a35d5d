"""The catalog's revision: the number that says whether anything that readers see may have changed."""

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class CatalogRevisionQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """The row that every writer locks first: the write lock."""

    def lock(self) -> None:
        """Take the write lock until this transaction ends. Waits for the transaction that holds it. Makes the row if nobody has
        written yet: without it, two first writers would not wait for each other."""
        if not self.select_for_update():
            self.bulk_create([self.model(id=1, changed_at=Now())], ignore_conflicts=True)
            list(self.select_for_update())

    def lock_if_free(self) -> bool:
        """Take the write lock without waiting. Returns whether it was free."""
        return bool(self.select_for_update(skip_locked=True))


class CatalogRevision(models.Model):
    """A single row. Triggers raise it inside the writer's transaction, so a reader's snapshot has the number and the rows that
    belong to it. Every writer must update this row first, so one transaction writes at a time."""

    revision = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField()
    losses_accepted_revision = models.BigIntegerField(null=True, blank=True)
    """The revision at which staff last accepted losses: entries that leave the lists without a recorded change."""
    catalog_id = models.UUIDField(db_default=RandomUUID())
    """Identifies this catalog: a stored list of another catalog is not used."""

    objects = CatalogRevisionQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(name="revision_is_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self.revision)
