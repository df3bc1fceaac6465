"""Where the inputs come from, and how the settlement's numbers grew from them: text, and a way to the cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.report.edition import Edition
from bench.report.traces import name_of, rule_of
from bench.report.words.texts import Texts
from bench.report.workbook.grid import InputGrid
from bench.report.workbook.sheet import TOP, Book, Sheet
from bench.report.workbook.writer import place_class

#: A spreadsheet takes this many links on a sheet.
_LINKS = 65_000
#: Numbers of the settlement whose trees are listed, of the last year.
_NUMBERS = (
    *("result", "income", "cost", "opening_balance", "kept", "carried", "returned_to_payer", "dispensation"),
    "closing_balance",
)
#: So many rows of trees are listed; ``bench trace`` gives the rest.
_ROWS = 12_000
#: So many inputs of a number are named beside it.
_NAMED = 8
#: Signs of the rules that are arithmetic.
_SIGNS = {"sum": "+", "product": "×", "difference": "−", "quotient": "/", "same": "="}


def source_sheet(book: Book, grid: InputGrid) -> None:
    """Write the source of every input, in the same cell as the input itself, as a link to the copied file."""
    asked = {place: key for place, key in grid.keys.items() if key[0] == "data"}
    found = _traced(book.edition, [(f"data.{key[4]}", {"unit": key[2], "year": key[3]}) for key in asked.values()])
    if not any(node is not None for node in found):
        return
    t = book.edition.t
    sheet = book.sheet("sources", t("sheet.sources"), t("note.sources"), colour="#E0C860")
    sheet.ws.set_column(0, 0, 44)
    sheet.ws.set_column(1, 60, 17)
    sheet.ws.freeze_panes(TOP, 1)
    for row, titles in grid.titles_by_row.items():
        sheet.titles(row, titles)
    for row, (name, year) in grid.names.items():
        sheet.text(row, 0, name)
        if year is not None:
            sheet.number(row, 1, year, "year")
    links = _Links(book, sheet)
    for (row, column), node in zip(asked, found, strict=True):
        if node is not None:
            links.write(row, column, node)


def trace_sheet(book: Book) -> None:
    """Write how the settlement of the last year grew: a row per number, with links to the numbers it was made from.

    A number that many others share stands once. Numbers are those of the run; they do not follow the yellow cells.
    """
    edition = book.edition
    t = edition.t
    roots = []
    for unit in edition.facts.units:
        if unit.settlement:
            at = {"scheme": unit.scheme, "unit": unit.key, "year": unit.settlement["year"]}
            roots += [(f"settlement.{name}", at) for name in _NUMBERS]
    found = [node for node in _traced(edition, roots) if node is not None]
    if not found:
        return
    sheet = book.sheet("trace", t("sheet.trace"), t("note.trace"), colour="#8A3A3A")
    names = ("number", "of", "value", "rule", "source_cell")
    widths = (46.0, 34.0, 18.0, 40.0, 46.0)
    heads = [(t(f"col.{name}"), width) for name, width in zip(names, widths, strict=True)]
    sheet.head(TOP, [*heads, *((f"{t('col.made_of')} {k + 1}", 30.0) for k in range(_NAMED))])
    order = _listed(found)
    rows = {id(node): TOP + 1 + k for k, node in enumerate(order)}
    links = _Links(book, sheet)
    for node in order:
        _node(book, sheet, links, node, rows)


def _listed(roots: Sequence[Any]) -> list[Any]:
    """Nodes in the order they are met, the wanted numbers first, each once; no more than can be looked at."""
    order: list[Any] = []
    seen: set[int] = set()
    wave = list(roots)
    while wave:
        following = []
        for node in wave:
            if id(node) in seen or len(order) >= _ROWS:
                continue
            seen.add(id(node))
            order.append(node)
            following += node.inputs
        wave = following
    return order


def _node(book: Book, sheet: Sheet, links: _Links, node: Any, rows: Mapping[int, int]) -> None:
    """Write one number: what it is of, its rule, where it stands, and what it was made from."""
    row, edition = rows[id(node)], book.edition
    sheet.text(row, 0, name_of(edition, node))
    sheet.text(row, 1, " ".join(str(part) for part in node.at.values() if part not in ("", None)))
    if isinstance(node.value, int | float) and not isinstance(node.value, bool) and node.value == node.value:
        sheet.number(row, 2, node.value, "volume", "engine")
    elif node.value is not None:
        sheet.text(row, 2, node.value)
    sign = _SIGNS.get(node.operation, "")
    sheet.text(row, 3, " ".join(part for part in (sign, rule_of(edition, node.rule)) if part))
    if node.is_leaf:
        links.write(row, 4, node)
    for k, part in enumerate(node.inputs[:_NAMED]):
        last = k == _NAMED - 1 and len(node.inputs) > _NAMED
        text = edition.t("workbook.trace_more", count=len(node.inputs) - k) if last else name_of(edition, part)
        if id(part) in rows:
            links.inside(row, 5 + k, rows[id(part)], text)
        else:
            sheet.text(row, 5 + k, text)


class _Links:
    """Writes places as links, as many as a sheet takes; the rest as text."""

    def __init__(self, book: Book, sheet: Sheet):
        edition = book.edition
        self.book, self.sheet, self.left = book, sheet, _LINKS
        written = edition.written or (edition.language,)
        folder = Texts(written[0])("folder.sources")
        self.folder = f"../{folder}" if len(written) > 1 else folder

    def write(self, row: int, column: int, node: Any) -> None:
        """Write where a number stands: file, sheet and cell, or what the model says of it."""
        if node.cell is None and node.inputs:
            cells = [one for one in node.leaves() if one.cell is not None]
            text = " + ".join(_place(one.cell) for one in cells)
            if cells:
                self._link(row, column, self._target(cells[0].cell), text)
            return
        if node.cell is not None:
            self._link(row, column, self._target(node.cell), _place(node.cell))
        elif node.source is not None:
            said = [str(node.source[key]) for key in ("file", "from", "status", "source") if node.source.get(key)]
            self.sheet.text(row, column, "; ".join(said))

    def inside(self, row: int, column: int, to: int, text: str) -> None:
        """Write a link to another row of the same sheet."""
        self._link(row, column, f"internal:{self.sheet.prefix.removesuffix('!')}!A{to + 1}", text)

    def _target(self, cell: Mapping[str, str]) -> str:
        at = f"#'{cell['sheet']}'!{cell['cell']}" if cell["sheet"] else ""
        return f"external:{self.folder}/{cell['file']}{at}"

    def _link(self, row: int, column: int, target: str, text: str) -> None:
        if self.left <= 0 or len(target) > 2000:
            self.sheet.text(row, column, text)
            return
        self.left -= 1
        place = place_class()(target)
        place.text = text[:32_000]
        self.sheet.ws.write_url(row, column, place, self.book.format("text", "link"))


def _place(cell: Mapping[str, str]) -> str:
    """File, sheet and cell as words."""
    return " ".join(part for part in (cell["file"], cell["sheet"], cell["cell"]) if part)


def _traced(edition: Edition, asked: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Any]:
    """The trees of some numbers, where the run can tell where it comes from."""
    tracer = getattr(edition.facts.run.face, "trace", None)
    return [] if tracer is None else list(tracer(edition.facts.run, list(asked)))
