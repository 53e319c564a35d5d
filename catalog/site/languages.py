"""The site's languages, and the one way to translate into them.

The rest of the product is in English: Django's translation functions and template tags use another language only inside
``using_language``. The message catalogs are the ``.po`` files in ``catalog/locale``; Babel compiles one in memory when a process
first uses its language, so there are no compiled files.
"""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils import translation
from django.utils.translation import trans_real

LOCALE_DIRECTORY = Path(__file__).resolve().parent.parent / "locale"


class Language(NamedTuple):
    """A language: its code as Django and HTML write it, its own name, and its prefix in addresses."""

    code: str
    name: str
    prefix: str
    direction: str = "ltr"

    @property
    def locale(self) -> Locale:
        """Babel's locale, for numbers and dates."""
        return _locale(self.code)

    @property
    def message_catalog(self) -> Path:
        """The file of its translations; English has none."""
        return LOCALE_DIRECTORY / translation.to_locale(self.code) / "LC_MESSAGES" / "django.po"

    @property
    def open_graph(self) -> str:
        """Its code as Open Graph writes it."""
        return _TERRITORIES[self.code]


ENGLISH = Language("en", "English", "")
TRANSLATED = (
    Language("ar", "العربية", "ar", "rtl"),
    Language("ko", "한국어", "ko"),
    Language("fr", "Français", "fr"),
    Language("zh-hans", "简体中文", "zh-hans"),
)
LANGUAGES = {language.code: language for language in (ENGLISH, *TRANSLATED)}
_TERRITORIES = {"en": "en_US", "ar": "ar_AR", "ko": "ko_KR", "fr": "fr_FR", "zh-hans": "zh_CN"}


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(code, sep="-")


@contextmanager
def using_language(language: Language) -> Iterator[None]:
    """Translate into a language inside."""
    _load(language)
    with translation.override(language.code):
        yield


def current_language() -> Language:
    """The current language."""
    return LANGUAGES.get(translation.get_language() or "", ENGLISH)


@cache
def _load(language: Language) -> None:
    """Add our translations to Django's own. Doing it twice is harmless."""
    if language is not ENGLISH:
        # Django's type is not public; merging is what it does itself with the message catalogs of each app.
        known: Any = trans_real.translation(language.code)
        known.merge(compiled(language))


def compiled(language: Language) -> gettext.GNUTranslations:
    """A language's translations, compiled from its ``.po`` file."""
    with language.message_catalog.open("rb") as file:
        catalogue = read_po(file, locale=translation.to_locale(language.code))
    bytes_ = BytesIO()
    write_mo(bytes_, catalogue)
    bytes_.seek(0)
    return gettext.GNUTranslations(bytes_)
