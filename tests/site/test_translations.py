"""The message catalogs hold exactly what the site says, and every page speaks its language."""

import re
from collections import Counter

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext, ngettext

from catalog.formats import FORMATS
from catalog.formats import catalog as formats_catalog
from catalog.listing import Status
from catalog.models import (
    Category,
    Feature,
    InputModality,
    OutputModality,
    ParameterType,
    PriceKind,
    PriceUnit,
    ServiceTier,
)
from catalog.publication import render
from catalog.site import labels, message_catalogs
from catalog.site.languages import LANGUAGES, TRANSLATED, Language, using_language
from tests.factories import make_datacenter, make_model
from tests.site.common import page

TO_BE_WRITTEN: set[str] = set()
"""Languages whose translations are still to be written; a phrase without one is shown in English."""

SEPARATORS = ("between the words of a list", "between windows of time")
PLACEHOLDERS = re.compile(r"%\(\w+\)s|%%|</?\w+[^>]*>")


@pytest.mark.parametrize("language", TRANSLATED, ids=lambda language: language.code)
def test_a_catalogue_has_what_the_site_says_and_nothing_else(language: Language) -> None:
    kept, said = message_catalogs.read(language), message_catalogs.updated(language)
    assert [(message.context, message.id) for message in kept] == [(message.context, message.id) for message in said], (
        "run manage.py update_translations"
    )


@pytest.mark.parametrize("language", TRANSLATED, ids=lambda language: language.code)
def test_every_phrase_is_translated(language: Language) -> None:
    missing = message_catalogs.untranslated(message_catalogs.read(language))
    if language.code not in TO_BE_WRITTEN:
        assert missing == []
    else:
        assert missing, "it is written: take it out of TO_BE_WRITTEN"


@pytest.mark.parametrize("language", TRANSLATED, ids=lambda language: language.code)
def test_a_translation_keeps_what_is_filled_in_and_the_markup(language: Language) -> None:
    for message in message_catalogs.read(language):
        if not message.id:
            continue
        wanted = Counter(PLACEHOLDERS.findall(str(message.id[-1] if isinstance(message.id, tuple) else message.id)))
        translated = message.string if isinstance(message.string, tuple) else (message.string,)
        for string in map(str, filter(None, translated)):
            found = Counter(PLACEHOLDERS.findall(string))
            if message.pluralizable:  # "one model" and the dual say the number in words
                found |= wanted & Counter(("%(count)s", "%(number)s"))
            assert found == wanted, message.id
            if message.context not in SEPARATORS:
                assert string == string.strip(), message.id


def test_plurals_follow_the_language() -> None:
    with using_language(LANGUAGES["ar"]):
        assert ngettext("%(count)s day", "%(count)s days", 3) % {"count": 3} == "3 أيام"
        assert ngettext("%(count)s day", "%(count)s days", 11) % {"count": 11} == "11 يومًا"
    with using_language(LANGUAGES["fr"]):
        assert ngettext("%(count)s day", "%(count)s days", 0) % {"count": 0} == "0 jour"
    with using_language(LANGUAGES["en"]):
        assert ngettext("%(count)s day", "%(count)s days", 1) % {"count": 1} == "1 day"


def test_outside_of_a_page_everything_is_english() -> None:
    with using_language(LANGUAGES["fr"]):
        assert gettext("Models") == "Modèles"
    assert translation.get_language() == "en-us"
    assert gettext("Models") == "Models"


@pytest.mark.parametrize(
    ("vocabulary", "called"),
    [
        ([*InputModality, *OutputModality], labels.MODALITIES),
        (Feature, labels.FEATURES),
        (Category, labels.CATEGORIES),
        (PriceKind, labels.KINDS),
        (PriceUnit, labels.UNITS),
        (ServiceTier, labels.TIERS),
        (Status, labels.STATUSES),
        (ParameterType, labels.PARAMETER_TYPES),
    ],
)
def test_every_value_of_a_vocabulary_has_a_word(vocabulary: object, called: labels.Labels) -> None:
    assert {str(value) for value in vocabulary} == set(map(str, called))  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_a_page_speaks_its_language_and_leaves_names_and_ids_alone(client: Client) -> None:
    make_model(name="Ömega 1", supported_features=["tools"])
    for language, title, tools in (
        ("fr", "Modèles et tarifs", "Outils"),
        ("ar", "النماذج والأسعار", "الأدوات"),
        ("ko", "모델 및 요금", "도구"),
        ("zh-hans", "模型与价格", "工具"),
    ):
        document = page(client, "/", language)
        assert document.one("h1").text == title
        document = page(client, "/models/acme/one", language)
        assert "Ömega 1" in document.one("h1").text
        assert document.all("code")[0].text == "acme/one"
        assert document.all("code")[0].attributes["dir"] == "ltr"
        assert tools in [element.text for element in document.all("span")]


@pytest.mark.django_db
@pytest.mark.parametrize("language", TRANSLATED, ids=lambda language: language.code)
def test_no_list_depends_on_the_readers_language(language: Language) -> None:
    """Lists are also made while a page is, for its examples and after a restart without the database."""
    make_model(datacenters=(make_datacenter(country="FI"),), is_listed_on_openrouter=True)
    for name in FORMATS:
        formats_catalog._country.cache_clear()
        with using_language(language):
            body = render(name).body
        assert body == render(name).body
