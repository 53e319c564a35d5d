"""``manage.py accept_losses``."""

from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from catalog.management.command import CatalogCommand
from catalog.models import CatalogRevision, ListProblem


class Command(CatalogCommand):
    """Accept that entries leave the lists without a recorded change."""

    help = "Accepts once that lists lose entries without a recorded change. Run it after such a list was refused and you have checked the catalog."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise the revision, and record it. Every process sees it at its next query; it applies only once."""
        CatalogRevision.objects.get_or_create(id=1, defaults={"changed_at": Now()})
        moved = F("revision") + 1
        CatalogRevision.objects.update(revision=moved, changed_at=Now(), losses_accepted_revision=moved)
        ListProblem.objects.filter(is_loss=True).delete()
        self.stdout.write("Accepted. The lists now follow the current catalog.")
