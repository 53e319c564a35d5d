"""``manage.py update_translations``: updates the message catalogs with the texts of the site."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from catalog.site import message_catalogs
from catalog.site.languages import TRANSLATED


class Command(BaseCommand):
    """Update every message catalog, and list the missing translations."""

    help = (
        "Writes the texts of the site's pages into catalog/locale, keeps existing translations, and lists the missing ones."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """None."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Update them."""
        for language in TRANSLATED:
            catalogue = message_catalogs.updated(language)
            message_catalogs.write(language, catalogue)
            missing = message_catalogs.untranslated(catalogue)
            self.stdout.write(f"{language.code}: {len(catalogue)} phrases, {len(missing)} of them not translated")
            for phrase in missing:
                self.stdout.write(f"  {phrase}")
