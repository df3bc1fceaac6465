"""Markdown of the guide as HTML that a screen reader can go through: tables with heads and captions, links to pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

#: Finds the page that a word of the text names, as ``bench explain dea`` does; None where there is none.
Named = Callable[[str], str | None]

_EXPLAIN = re.compile(r"^bench explain ([a-z0-9_@-]+)$")


@dataclass(frozen=True, slots=True)
class Read:
    """A page that was read: its title, its body as HTML and its plain text for the search."""

    title: str
    body: str
    text: str


def read_markdown(source: str, named: Named, *, captions: str = "{}") -> Read:
    """Return a page of Markdown as HTML; raw HTML in it is shown as text.

    Parameters
    ----------
    source : str
    named : callable
        Address of the page that a topic or a model names.
    captions : str
        How a table is called, with the heading that it stands under.

    Examples
    --------
    >>> source = "# Dea\\n\\nSee `bench explain sfa`.\\n\\n| a | b |\\n| --- | --- |\\n| 1 | <2> |"
    >>> made = read_markdown(source, {"sfa": "sfa.html"}.get)
    >>> made.title
    'Dea'
    >>> '<a href="sfa.html"><code>bench explain sfa</code></a>' in made.body, "&lt;2&gt;" in made.body
    (True, True)
    >>> '<caption>Dea</caption>' in made.body, '<th scope="row">' in made.body
    (True, True)
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(source)
    title, heading, tables = "", "", 0
    words: list[str] = []
    for token in tokens:
        if token.type == "inline":
            words.append(_plain(token.children or ()))
        elif token.type in ("fence", "code_block"):
            words.append(token.content)
    made: list[str] = []
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = _plain(tokens[at + 1].children or ())
            title = title or heading
        _for_readers(tokens, at)
        if token.type == "inline":
            token.children = _linked(token.children or [], named)
        if token.type == "table_open":
            tables += 1
            label = escape(captions.format(heading) + (f" ({tables})" if tables > 1 else ""), quote=True)
            made.append(f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">')
            made.append(f"<table><caption>{escape(captions.format(heading))}</caption>")
        elif token.type == "table_close":
            made.append("</table></div>")
        else:
            made.append(reader.renderer.render([token], reader.options, {}))
    return Read(title, "".join(made), " ".join(words))


def _for_readers(tokens: list[Token], at: int) -> None:
    """Give heads of tables their scope, make the first cell of a row its head, and let code take the focus."""
    token = tokens[at]
    if token.type == "th_open":
        token.attrSet("scope", "col")
        inline = tokens[at + 1]
        if not inline.content.strip():  # a head without a word is none to a screen reader
            inline.children = [Token("text", "", 0, content="–")]
    if token.type == "td_open" and tokens[at - 1].type == "tr_open":
        close = next(k for k in range(at, len(tokens)) if tokens[k].type == "td_close")
        token.tag = tokens[close].tag = "th"
        token.attrSet("scope", "row")
    if token.type in ("fence", "code_block"):
        token.type, token.content = "html_block", f'<pre tabindex="0"><code>{escape(token.content)}</code></pre>\n'


def _plain(children: Sequence[Token]) -> str:
    return "".join(" " if one.type in ("softbreak", "hardbreak") else one.content for one in children)


def _linked(children: list[Token], named: Named) -> list[Token]:
    """Return the parts of a paragraph with a link where a page is named, in code or in italics."""
    made: list[Token] = []
    inside = 0
    for at, one in enumerate(children):
        inside += {"link_open": 1, "link_close": -1}.get(one.type, 0)
        if one.type == "link_open":
            _own(one, named)
        topic = None
        if one.type == "code_inline" and not inside:
            found = _EXPLAIN.match(one.content)
            topic = named(found[1]) if found else None
        elif one.type == "text" and not inside and _in_italics(children, at):
            topic = named(one.content.replace(" ", "_"))
        made += [one] if topic is None else [_open(topic), one, Token("link_close", "a", -1)]
    return made


def _in_italics(children: Sequence[Token], at: int) -> bool:
    around = [children[k].type for k in (at - 1, at + 1) if 0 <= k < len(children)]
    return around == ["em_open", "em_close"]


def _own(link: Token, named: Named) -> None:
    """Point a link between pages of the guide at the page of the site."""
    target: Any = link.attrGet("href")
    if isinstance(target, str) and target.endswith(".md") and "/" not in target:
        address = named(target.removesuffix(".md"))
        if address is not None:
            link.attrSet("href", address)


def _open(address: str) -> Token:
    return Token("link_open", "a", 1, attrs={"href": address})
