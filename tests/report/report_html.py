"""Reads a page the way a visitor does: visible text, links, ids, headings, tables, pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "hr", "input"}


@dataclass
class Page:
    text: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    captions: int = 0
    tables: int = 0
    pictures: list[str] = field(default_factory=list)
    language: str = ""

    @property
    def visible(self) -> str:
        return " ".join(" ".join(self.text).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.stack: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in VOID:
            self.stack.append(tag)
        if found.get("id"):
            self.page.ids.append(str(found["id"]))
        if tag == "html":
            self.page.language = str(found.get("lang"))
        if tag == "a":
            self.page.links.append(str(found.get("href")))
        if tag in ("h1", "h2", "h3"):
            self.page.headings.append(int(tag[1]))
        if tag == "table":
            self.page.tables += 1
        if tag == "caption":
            self.page.captions += 1
        if found.get("role") == "img":
            self.page.pictures.append(str(found.get("aria-label") or ""))
        for name in ("src", "xlink:href", "data"):
            if found.get(name):
                self.page.sources.append(str(found[name]))
        if tag == "link":
            self.page.sources.append(str(found.get("href")))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.stack:
            while self.stack.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.stack):
            self.page.text.append(data)


def read_page(html: str) -> Page:
    reader = _Reader()
    reader.feed(html)
    return reader.page
