"""What the tests of the site's pages share."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from catalog.site.languages import LANGUAGES

VOID = {"meta", "link", "input", "img", "br", "hr", "wbr"}
PREFIXES = {language.code: f"/{language.prefix}" if language.prefix else "" for language in LANGUAGES.values()}


@dataclass(eq=False)
class Element:
    """An element of a page: its name, its attributes and the text in it."""

    name: str
    attributes: dict[str, str | None]
    text: str = ""
    within: list["Element"] = field(default_factory=list)


class Document(HTMLParser):
    """The elements of a page. Raises ``AssertionError`` where one is not closed in its place."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.feed(html)
        self.close()
        assert not self.open, self.open[-1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, attrs)
        element = Element(tag, dict(attrs), within=list(self.open))
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open[-1].name == tag, (self.open[-1], tag)
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, name: str, /, **attributes: str) -> list[Element]:
        """The elements of that name with these attributes."""
        wanted = {key.replace("_", "-"): value for key, value in attributes.items()}
        return [
            element for element in self.elements if element.name == name and wanted.items() <= element.attributes.items()
        ]

    def one(self, name: str, /, **attributes: str) -> Element:
        """The one element of that name with these attributes."""
        (element,) = self.all(name, **attributes)
        return element


def read(answer: Any) -> Document:
    """The page that was answered."""
    assert answer.headers["Content-Type"].startswith("text/html")
    return Document(answer.content.decode())


def page(client: Client, path: str, language: str = "en", status: int = 200) -> Document:
    """A page of the site in a language."""
    answer = client.get(f"{PREFIXES[language]}{path}")
    assert answer.status_code == status, answer.content
    return read(answer)
