"""``manage.py run_uploads``."""

from contextlib import suppress
from typing import Any

from catalog.management.command import CatalogCommand
from catalog.uploads import runner


class Command(CatalogCommand):
    """Process the waiting uploads."""

    help = "Processes the waiting uploads, and exits. The site starts it automatically."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until the queue has been empty for a while."""
        with suppress(KeyboardInterrupt):
            runner.run()
