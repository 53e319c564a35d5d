"""A page's content as Markdown, for programs that read text: made from the page itself, so both say the same.

Interactive parts are left out: forms, menus, pictures, and hidden elements.
"""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

LEFT_OUT = {"form", "nav", "svg", "script", "button", "input", "select", "label", "kbd", "img"}
NOT_READ = {"hidden", "views", "open-filters", "remove"}
"""Classes of interactive elements."""
VOID = {"meta", "link", "input", "img", "br", "hr", "wbr"}
BLOCKS = {
    "p",
    "div",
    "section",
    "article",
    "header",
    "figure",
    "figcaption",
    "dl",
    "ul",
    "ol",
    "details",
    "summary",
}
HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### "}
BADGE = "span:badge"
_SPECIAL = re.compile(r"([\\`*_\[\]<>|])")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_INDENT = re.compile(r"(?:  )+(?=- )")
"""The indent of a nested list."""


def escaped(text: str) -> str:
    """A text with its markup characters escaped."""
    return _SPECIAL.sub(r"\\\1", text)


def markdown(html: str, url: str) -> str:
    """The main part of a page. ``url`` is the page's own, to which its links are relative."""
    reader = _Reader(url)
    reader.feed(html)
    reader.close()
    return "\n".join(_tidied("".join(reader.out).split("\n"))).strip() + "\n"


def _tidied(lines: list[str]) -> list[str]:
    """Without superfluous spaces and empty lines, and without headings of omitted parts; code does not change."""
    found: list[str] = []
    fence = ""
    for line in lines:
        if fence:
            fence = "" if line == fence else fence
        elif line.startswith("```"):
            fence = line
        else:
            indent = _INDENT.match(line)
            line = f"{indent[0] if indent else ''}{_SPACES.sub(' ', line).strip()}"
            if level := _level(line):
                while found and (not found[-1] or _level(found[-1]) >= level):
                    found.pop()  # a heading with nothing below it
                found += [""] if found else []
            if not line and (not found or not found[-1]):
                continue
        found.append(line)
    while found and (not found[-1] or _level(found[-1]) > 1):
        found.pop()
    return found


def _level(line: str) -> int:
    """The level of a heading; 0 for anything else."""
    marks = line.partition(" ")[0]
    return len(marks) if marks and not marks.strip("#") else 0


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url = url
        self.out: list[str] = []
        self.open: list[tuple[str, bool]] = []
        """The open elements, and whether each is left out with its content."""
        self.is_main = False
        self.code: list[str] | None = None
        self.rows: list[list[str]] | None = None
        self.cells: list[str] | None = None
        self.links: list[tuple[str, int]] = []

    # what is written

    @property
    def is_left_out(self) -> bool:
        return not self.is_main or (bool(self.open) and self.open[-1][1])

    def write(self, text: str) -> None:
        """Add to the cell, or to the text."""
        (self.out if self.cells is None else self.cells).append(text)

    def block(self, around: list[tuple[str, bool]], begin: str = "") -> None:
        """Begin a paragraph; inside a cell or an item, continue after a space."""
        is_inside = self.cells is not None or any(tag in ("li", "dl") for tag, _ in around)
        self.write(" " if is_inside else f"\n\n{begin}")

    # what is read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "main":
            self.is_main = True
        if tag == "main" or not self.is_main:
            return
        classes = set((attributes.get("class") or "").split())
        is_used = tag in LEFT_OUT and "pages" not in classes  # there is more of the list
        is_left_out = self.is_left_out or is_used or "hidden" in attributes or not classes.isdisjoint(NOT_READ)
        if tag not in VOID:
            self.open.append((tag, is_left_out))
        if is_left_out:
            return
        match tag:
            case "pre":
                self.code = []
            case "code" if self.code is None:
                self.write("`")
            case "a":
                self.links.append((attributes.get("href") or "", len(self.out if self.cells is None else self.cells)))
                self.write("[")
            case "strong":
                self.write("**")
            case "br":
                self.write(" ")
            case "li":
                depth = sum(one == "li" for one, _ in self.open) - 1
                self.write(f"\n{'  ' * depth}- " if self.cells is None else " ")
            case "table":
                self.rows = []
            case "tr" if self.rows is not None:
                self.rows.append([])
            case "th" | "td":
                self.cells = []
                self.open[-1] = (f"{tag}:{attributes.get('colspan') or 1}", False)
            case "dt":
                self.write(" · " if any(one == "li" for one, _ in self.open) else "\n- ")
            case "dd":
                while self.out and not self.out[-1].strip():
                    self.out.pop()
                self.write(": ")
            case "span" if attributes.get("role") == "img":
                self.write("→" if "arrow" in classes else "")
            case "span" if "badge" in classes:
                self.open[-1] = (BADGE, False)
                self.write(" (")
            case "span" if "condition" in classes:
                self.write(" ")
            case _ if tag in HEADINGS:
                self.block(self.open[:-1], HEADINGS[tag])
            case "summary":
                self.block(self.open[:-1], "**")
            case _ if tag in BLOCKS:
                self.block(self.open[:-1])

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self.is_main = False
        if tag in VOID or not self.open or not self.is_main:
            return
        opened, is_left_out = self.open.pop()
        if is_left_out:
            return
        match tag:
            case "pre" if self.code is not None:
                text, self.code = "".join(self.code), None
                fence = "```" + "`" * max((len(run) - 2 for run in re.findall(r"`{3,}", text)), default=0)
                self.write(f"\n\n{fence}\n{text}\n{fence}\n\n")
            case "code" if self.code is None:
                self.write("`")
            case "a":
                href, _ = self.links.pop()
                self.write(f"]({urljoin(self.url, href).replace('(', '%28').replace(')', '%29')})")
            case "strong":
                self.write("**")
            case "span" if opened == BADGE:
                self.write(")")
            case "th" | "td" if self.cells is not None:
                text, self.cells = _SPACES.sub(" ", "".join(self.cells)).strip(), None
                if self.rows:
                    self.rows[-1] += [text] + [""] * (int(opened.partition(":")[2]) - 1)
            case "table" if self.rows is not None:
                rows, self.rows = self.rows, None
                self.write(_table(rows))
            case "summary":
                self.write("**")
            case _ if tag in BLOCKS or tag in HEADINGS:
                self.block(self.open)

    def handle_data(self, data: str) -> None:
        if self.is_left_out:
            return
        if self.code is not None:
            self.code.append(data)
        elif any(tag == "code" for tag, _ in self.open):
            self.write(data.replace("`", "'"))
        else:
            self.write(escaped(_SPACES.sub(" ", data)))


def _table(rows: list[list[str]]) -> str:
    rows = [row for row in rows if any(row)]
    if not rows:
        return ""
    width = max(len(row) for row in rows)
    lines = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
    return "\n\n" + "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]]) + "\n\n"
