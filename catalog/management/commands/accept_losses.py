"""``manage.py accept_losses``."""

from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from catalog.management.command import CatalogCommand
from catalog.models import CatalogRevision


class Command(CatalogCommand):
    """Say that entries may go from the lists, though no recorded change explains it."""

    help = "Lets lists become shorter as the catalog is now, where that was refused because no recorded change explains it."

    def handle(self, *args: Any, **options: Any) -> None:
        """Move the revision, and note it; every process sees it when it asks next, and it serves for this one time."""
        CatalogRevision.objects.get_or_create(id=1, defaults={"changed_at": Now()})
        moved = F("revision") + 1
        CatalogRevision.objects.update(revision=moved, changed_at=Now(), losses_accepted_revision=moved)
        self.stdout.write("Accepted. The lists follow the catalog as it is now.")
