"""The description is taken from a model card's first paragraph of prose."""

import time

import pytest

from catalog.importing.hugging_face import card
from catalog.importing.hugging_face import hub as hugging_face_hub
from catalog.importing.hugging_face.card import first_paragraph


@pytest.mark.parametrize(
    ("card", "prose"),
    [
        ("", ""),
        ("# Only a heading that is quite long, and ends with a full stop.", ""),
        ("Too short.", ""),
        ("A line that goes on for long enough to be prose but does not end as a sentence does", ""),
        ("<p align='center'><img src='x'></p>\n\nWelcome to the [models](https://x.example) that we made for you.", None),
        ("```\nThis is code that is long enough to be taken for a sentence of prose.\n```\n", ""),
        ("| a | b that is long enough to be taken for a sentence of prose here. |", ""),
        ("<!-- A comment that is long enough to be taken for a sentence of prose. -->", ""),
        ("\ufeff---\r\ntags: [a]\r\n---\r\nWelcome to the models that we made for you.", None),
        ("---\nthe front matter never ends, and so there is no card at all, only data.", ""),
        ("Welcome to\x00 the\x1b models\u202e that we \x07made for you.", None),
    ],
)
def test_the_description_is_the_first_paragraph_of_prose(card: str, prose: str | None) -> None:
    assert first_paragraph(card) == ("Welcome to the models that we made for you." if prose is None else prose)


def test_a_description_is_bounded_and_ends_with_a_sentence() -> None:
    cut = first_paragraph("A sentence that says something of a model. " * 100)
    assert 500 < len(cut) <= card.LONGEST_DESCRIPTION
    assert cut.endswith("of a model.")
    cut = first_paragraph("word " * 1000 + ".")
    assert len(cut) <= card.LONGEST_DESCRIPTION
    assert cut.endswith("word…")


@pytest.mark.parametrize("piece", ["<", "[", "![", "<!--", "](", "*", "[a](", "&"])
def test_a_hostile_card_is_read_at_once(piece: str) -> None:
    started = time.thread_time()
    first_paragraph(piece * (hugging_face_hub.LARGEST // len(piece)))
    assert time.thread_time() - started < 20  # what is not linear takes hours
