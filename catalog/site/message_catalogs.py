"""The message catalogs: the texts of the site and their translations.

Django's ``templatize`` and Babel extract the texts from the site's templates and code; no gettext programs are needed.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils import translation
from django.utils.translation.template import templatize

from catalog.site.languages import Language

KEYWORDS = {
    "_": None,
    "_lazy": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
CODE = Path(__file__).resolve().parent
TEMPLATES = Path(settings.BASE_DIR) / "templates" / "site"
WIDTH = 120
NOISE = tuple(
    f'"{name}: '
    for name in (
        "Project-Id-Version",
        "Report-Msgid-Bugs-To",
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
        "Generated-By",
    )
)
"""Headers that would change although no text changes, or have no use."""


class Phrase(NamedTuple):
    """A text to translate: its plural if it has one, its context, and notes for translators."""

    text: str
    plural: str | None
    context: str | None
    comments: tuple[str, ...]


def phrases() -> Iterator[Phrase]:
    """All texts of the site, in the order of its files."""
    for path in sorted(CODE.rglob("*.py")):
        yield from _extracted(path.read_text())
    for path in sorted(TEMPLATES.rglob("*.html")):
        yield from _extracted(templatize(path.read_text()))


def _extracted(source: str) -> Iterator[Phrase]:
    for _, message, comments, context in extract(
        "python", BytesIO(source.encode()), KEYWORDS, comment_tags=("Translators:",), options={"encoding": "utf-8"}
    ):
        text, plural = message[:2] if isinstance(message, tuple) else (message, None)
        yield Phrase(text, plural, context, tuple(comments))


def updated(language: Language) -> Catalog:
    """A language's catalogue with exactly the texts of the site: existing translations stay, unused texts are removed."""
    before = read(language) if language.message_catalog.exists() else Catalog(locale=translation.to_locale(language.code))
    after = Catalog(locale=before.locale, project="model-catalog", fuzzy=False, header_comment="# " + language.name)
    for phrase in phrases():
        key = phrase.text if phrase.plural is None else (phrase.text, phrase.plural)
        known = before.get(phrase.text, phrase.context)
        translated = known.string if known is not None and _is_same(known, phrase) else ""
        after.add(key, translated or None, auto_comments=phrase.comments, context=phrase.context)
    return after


def _is_same(message: Message, phrase: Phrase) -> bool:
    return message.pluralizable == (phrase.plural is not None)


def read(language: Language) -> Catalog:
    """A language's catalogue, from its file."""
    with language.message_catalog.open("rb") as file:
        return read_po(file, locale=translation.to_locale(language.code))


def write(language: Language, catalogue: Catalog) -> None:
    """Write a language's catalogue, without times and source lines, so that a file changes only if its texts do."""
    language.message_catalog.parent.mkdir(parents=True, exist_ok=True)
    buffer = BytesIO()
    write_po(buffer, catalogue, width=WIDTH, no_location=True, omit_header=False, sort_output=False, include_previous=False)
    lines = buffer.getvalue().decode().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(NOISE)]
    language.message_catalog.write_text("".join(kept))


def untranslated(catalogue: Catalog) -> list[str]:
    """The phrases that have no translation, or not every plural of one."""
    return [
        str(message.id)
        for message in catalogue
        if message.id
        and not (all(message.string) if isinstance(message.string, tuple) and message.string else message.string)
    ]
