"""The Markdown files of ``docs/`` as HTML. A page or file is looked up in a list of the existing ones, never by a path."""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

DOCS = Path(settings.BASE_DIR) / "docs"
PICTURE = re.compile(r'<picture>.*?<img src="([^"]+)" alt="([^"\]]+)">\s*</picture>', re.DOTALL)
"""How the docs name a picture that has a dark twin: the only HTML that is read."""
COMMENT = re.compile(r"^<!--.*?-->$", re.MULTILINE)


class Page(NamedTuple):
    """A page without its title, and its sections, each with the id of its heading."""

    title: str
    sections: list[tuple[str, str]]
    html: SafeString


def pages() -> dict[str, Path]:
    """The Markdown files by name; none if the folder is not there."""
    return {path.stem: path for path in sorted(DOCS.glob("*.md"))}


def files() -> dict[str, Path]:
    """What the pages show or link to, by path in the folder."""
    return {path.relative_to(DOCS).as_posix(): path for kind in ("png", "svg", "json") for path in DOCS.rglob(f"*.{kind}")}


@lru_cache(maxsize=64)
def rendered(text: str) -> Page:
    """A page of the manual. HTML in the text is shown as text; links to anything outside the manual are left out."""
    title, _, body = text.partition("\n")
    env: dict[str, Any] = {"sections": []}
    html = MARKDOWN.render(COMMENT.sub("", PICTURE.sub(r"![\2](\1)", body)), env)
    return Page(title.removeprefix("# "), env["sections"], mark_safe(html))  # noqa: S308 - HTML is off


def _adapt(state: StateCore) -> None:
    """Give headings ids, cells the names of their columns, and links the addresses of the manual."""
    heads: list[str] = []
    column = 0
    for token, following in zip(state.tokens, [*state.tokens[1:], None], strict=True):
        text = "".join(child.content for child in (following and following.children) or ())
        if token.type == "heading_open":
            token.attrSet("id", anchor := _anchor(text))
            if token.tag == "h2":
                state.env["sections"].append((anchor, text))
        elif token.type == "table_open":
            token.attrSet("class", "mc-table")
            heads = []
        elif token.type == "tr_open":
            column = 0
        elif token.type == "th_open":
            heads.append(text)
        elif token.type == "td_open":
            if heads[column]:
                token.attrSet("data-label", heads[column])
            column += 1
        token.attrs.pop("style", None)  # a column's alignment, which the policy forbids
        _adapt_links(token.children or ())


def _adapt_links(tokens: Sequence[Token]) -> None:
    ends = iter([token for token in tokens if token.type == "link_close"])
    for token in tokens:
        if token.type == "link_open":
            end, address = next(ends), _address(str(token.attrs["href"]))
            token.hidden = end.hidden = address is None
            token.attrSet("href", address or "")


def _anchor(heading: str) -> str:
    """The id that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _address(target: str) -> str | None:
    """The address in the manual that a link of the docs leads to; None for a file that only the repository has."""
    name, _, anchor = target.partition("#")
    if not name or "://" in target:
        return target
    if name in files():
        return reverse("manual_file", args=[name])
    return page_address(f"{name.removesuffix('.md')}#{anchor}") if name.removesuffix(".md") in pages() else None


def page_address(target: str) -> str:
    """The address of ``page#anchor``."""
    name, _, anchor = target.partition("#")
    return reverse("manual_page", args=[name]) + (f"#{anchor}" if anchor else "")


def _fence(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A block of code, which can be scrolled with the keyboard."""
    return self.fence(tokens, index, options, env).replace("<pre>", '<pre tabindex="0">', 1)


def _image(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A picture, and its dark version if there is one: the style sheet shows one of them, and the browser fetches only that."""
    name, alt = str(tokens[index].attrs["src"]), self.renderInlineAsText(tokens[index].children, options, env)
    twins = {name: "mc-light", name.replace("-light.", "-dark."): "mc-dark"} if "-light." in name else {name: ""}
    image = '<img src="{}" alt="{}" class="{}" loading="lazy">'
    return "".join(format_html(image, reverse("manual_file", args=[one]), alt, theme) for one, theme in twins.items())


MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
MARKDOWN.core.ruler.push("manual", _adapt)
MARKDOWN.add_render_rule("fence", _fence)
MARKDOWN.add_render_rule("image", _image)
