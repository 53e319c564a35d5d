"""``manage.py update_translations``: the catalogues, with exactly what the site says."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from catalog.site import catalogues
from catalog.site.languages import TRANSLATED


class Command(BaseCommand):
    """Update every catalogue, and tell what is still to be translated."""

    help = "Writes what the site's pages say into catalog/locale, keeping what is translated, and lists what is not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """None."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Update them."""
        for language in TRANSLATED:
            catalogue = catalogues.updated(language)
            catalogues.write(language, catalogue)
            missing = catalogues.untranslated(catalogue)
            self.stdout.write(f"{language.code}: {len(catalogue)} phrases, {len(missing)} of them not translated")
            for phrase in missing:
                self.stdout.write(f"  {phrase}")
