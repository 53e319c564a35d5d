"""Reading the description in a model card."""

import html
import re

from catalog.importing.hugging_face.values import line_of

LONGEST_DESCRIPTION = 1000

LONGEST_CARD = 20_000
"""The first paragraph must be within this many characters of the model card."""


def first_paragraph(card: str) -> str:
    """The first paragraph of prose of a model card, as plain text of at most ``LONGEST_DESCRIPTION`` characters.

    Headings, badges, tables, lists, quotes, code and HTML are skipped; links keep their text.
    """
    card = card.removeprefix("\ufeff").replace("\r\n", "\n")
    if card.startswith("---\n"):
        _, _, card = card[4:].partition("\n---")
    card = re.sub(r"<!--.*?-->", "", card[:LONGEST_CARD], flags=re.DOTALL)
    lines: list[str] = []
    in_code = False
    for line in [*card.split("\n"), ""]:
        stripped = line.strip()
        fence = stripped.startswith(("```", "~~~"))
        in_code ^= fence
        if not stripped or fence or in_code or re.match(r"[#|>=]|[-*+] |---|\*\*\*$|\d{1,3}[.)] ", stripped):
            prose = _prose(" ".join(lines))
            if len(prose) >= 40 and " " in prose and prose[-1] in ".!?:。！？…)":
                return _cut(prose)
            lines = []
        else:
            lines.append(stripped)
    return ""


def _prose(markdown: str) -> str:
    text = re.sub(r"!\[[^\[\]]*\]\([^()]*\)", "", markdown)
    text = re.sub(r"\[([^\[\]]*)\]\([^()]*\)", r"\1", text)
    text = re.sub(r"<[^<>]*>", "", text)
    text = re.sub(r"\*\*|__|`", "", text)
    return line_of(html.unescape(text), LONGEST_CARD) or ""


def _cut(text: str) -> str:
    """Shorten a text at the end of a sentence, else of a word."""
    if len(text) <= LONGEST_DESCRIPTION:
        return text
    cut = text[: LONGEST_DESCRIPTION - 1]
    end = cut.rfind(". ")
    return cut[: end + 1] if end > LONGEST_DESCRIPTION // 2 else cut.rsplit(" ", 1)[0] + "…"
