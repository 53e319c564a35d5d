"""``manage.py run_uploads``."""

from contextlib import suppress
from typing import Any

from catalog.management.command import CatalogCommand
from catalog.uploads import runner


class Command(CatalogCommand):
    """Work on the uploads that wait."""

    help = "Works on the uploads that wait, and ends. The site starts it by itself."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until nothing has waited for a while."""
        with suppress(KeyboardInterrupt):
            runner.run()
