"""A table as HTML: a large page has many thousand cells, and a template takes ten times as long for each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from bench.report.tables.page import Cell, Table
from bench.report.words.texts import Texts

#: Texts longer than this get room in a cell of words: class and characters, the longest first.
_ROOM = (("long", 60), ("words", 20))


def table_html(table: Table, t: Texts, traces: Mapping[Any, Any]) -> Markup:
    """Return a table as HTML; ``traces`` are the cells whose tree the page holds."""
    heads = "".join(
        f'<th scope="col"{_numeric(numeric)}>{escape(title)}</th>'
        for title, numeric in zip(table.columns, table.numeric, strict=True)
    )
    lines = "".join(_row(table, row, traces) for row in table.rows)
    order = "" if table.sortable else ' data-order="kept"'
    label = escape(t("page.scroll", caption=table.caption))
    return Markup(
        f'<div class="scroll" role="group" tabindex="0" aria-label="{label}">\n'
        f"<table{order}>\n<caption>{escape(table.caption)}</caption>\n<thead><tr>{heads}</tr></thead>\n"
        f"<tbody>\n{lines}</tbody>\n</table>\n{_rest(table)}</div>\n"
    )


def cell_html(item: Cell, traces: Mapping[Any, Any]) -> str:
    """Return what stands in a cell, escaped: its text, as a button where the page holds the number's tree."""
    text = escape(item.text)
    if item.of and item.of in traces:
        tone = f' class="{item.tone}"' if item.tone in ("gain", "loss") else ""
        return f'<button type="button" data-trace="{escape(traces[item.of])}"{tone}>{text}</button>'
    if item.language:
        return f'<span lang="{escape(item.language)}">{text}</span>'
    if item.href:
        return f'<a href="{escape(item.href)}">{text}</a>'
    if item.tone in ("gain", "loss", "assumed"):
        return f'<span class="{item.tone}">{text}</span>'
    return str(text)


def _row(table: Table, row: tuple[Cell, ...], traces: Mapping[Any, Any]) -> str:
    total = ' class="total"' if row[0].tone == "total" else ""
    parts = [f'<tr{total}><th scope="row"{_room(row[0].text)}>{cell_html(row[0], traces)}</th>']
    for item, numeric in zip(row[1:], table.numeric[1:], strict=False):
        kind = _numeric(numeric) or _room(item.text)
        parts.append(f"<td{kind}>{cell_html(item, traces)}</td>")
    parts.append("</tr>\n")
    return "".join(parts)


def _rest(table: Table) -> str:
    """Return the rows that are found by searching, as data for the page's script."""
    if not table.rest:
        return ""
    data = json.dumps(table.rest, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" class="rest">{data}</script>\n'


def _numeric(numeric: bool) -> str:
    return ' class="num"' if numeric else ""


def _room(text: str) -> str:
    return next((f' class="{name}"' for name, limit in _ROOM if len(text) > limit), "")
