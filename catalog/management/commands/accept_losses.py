"""``manage.py accept_losses``."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from catalog.models import CatalogRevision


class Command(BaseCommand):
    """Say that entries may go from the lists, though no recorded change explains it."""

    help = "Lets lists become shorter as the catalog is now, where that was refused because no recorded change explains it."

    def handle(self, *args: Any, **options: Any) -> None:
        """Note the moment; every process sees it when it asks next."""
        now = timezone.now()
        CatalogRevision.objects.update_or_create(
            id=1, defaults={"losses_accepted_at": now}, create_defaults={"changed_at": now, "losses_accepted_at": now}
        )
        self.stdout.write("Accepted. The lists follow the catalog as it is now.")
