"""The workbook's building blocks: formats, sheets whose cells know their value, inputs, and what is compared."""

from __future__ import annotations

import datetime
import io
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.report.edition import Edition
from bench.report.words.numbers import is_missing
from bench.report.workbook.expressions import ALONE, Expr, Span
from bench.report.workbook.writer import Silent, column_name, worksheet_class

#: Formats by kind; numbers follow the reader's own spreadsheet settings for separators.
_NUMBERS = {
    "text": "@",
    "year": "0",
    "number": "#,##0",
    "volume": "#,##0.##",
    "money": "#,##0.00",
    "level": "0.000000",
    "weight": "#,##0.0000",
    "percent": "0.00%",
    "share": "0.0000",
}

_HEAD: dict[str, Any] = {"bold": True, "text_wrap": True, "bottom": 1, "bg_color": "#EEF2F5", "valign": "bottom"}
_ROLES: dict[str, dict[str, Any]] = {
    "plain": {},
    "input": {
        "bg_color": "#FFF8DC",
        "font_color": "#00456E",
        "border": 1,
        "border_color": "#D8CFA5",
        "locked": False,
    },
    "input_sample": {"bg_color": "#FFF8DC", "font_color": "#00456E", "border": 1, "border_color": "#D8CFA5"},
    "engine": {"font_color": "#5F6B6D", "italic": True},
    "fixed": {"font_color": "#5F6B6D", "bg_color": "#EEEEEE"},
    "total": {"bold": True, "top": 1},
    "head": _HEAD,
    "head_right": {**_HEAD, "align": "right"},
    "title": {"bold": True, "font_size": 14},
    "part": {"bold": True, "font_size": 12},
    "note": {"font_color": "#4A5560"},
    "wrap": {"text_wrap": True},
    "banner": {"bold": True, "bg_color": "#FFF3CF", "font_color": "#4D3800"},
    "changed": {"bg_color": "#F6C27A"},
    "link": {"font_color": "#00456E", "underline": 1},
}

#: The first rows of every sheet: title, note on made-up data, explanation.
TOP = 4

#: So many columns are legible side by side on a page.
_PAGE_COLUMNS = 16

#: A part of more rows may go on over a page.
_PAGE_ROWS = 25

#: So many titles of one column are told together; a name of every part would say nothing.
_TOGETHER = 3

#: Written when the run says no date: the workbook must not carry the time it was made.
_NO_DATE = datetime.datetime(2000, 1, 1)

#: What may be typed into an input of a kind: nothing below this, nothing above that.
_LIMITS: dict[str, tuple[float, float]] = {"share": (0.0, 1.0), "percent": (-1.0, 10.0), "volume": (0.0, 1e15)}

Key = tuple[Hashable, ...]


class Cell(Expr):
    """A written cell: an expression that is its own reference; ``adopted`` is what the run had in it."""

    __slots__ = ("adopted", "column", "row", "sheet")

    def __init__(self, sheet: Sheet, row: int, column: int, value: Any, adopted: Any = None):
        # Not through the base's: a large workbook has a hundred thousand of these.
        self.text, self.value, self.level = f"{sheet.prefix}{column_name(column)}{row + 1}", value, ALONE
        self.sheet, self.row, self.column = sheet, row, column
        self.adopted = value if adopted is None else adopted

    @property
    def fixed(self) -> Expr:
        """The same cell from wherever the formula is copied to."""
        return Expr(f"{self.sheet.prefix}${column_name(self.column)}${self.row + 1}", self.value)


def span(cells: Sequence[Cell], *, fixed: bool = True) -> Span:
    """Return neighbouring cells as a range.

    Raises
    ------
    ValueError
        When they do not lie side by side: a fault in the program.
    """
    first, last = cells[0], cells[-1]
    down, across = last.row - first.row, last.column - first.column
    if (down and across) or down + across + 1 != len(cells) or first.sheet is not last.sheet:
        raise ValueError(f"no range from {first.text} to {last.text}")
    sign = "$" if fixed else ""
    ends = (f"{sign}{column_name(cell.column)}{sign}{cell.row + 1}" for cell in (first, last))
    return Span(first.sheet.prefix + ":".join(ends), cells)


@dataclass(frozen=True, slots=True)
class Compared:
    """Formulas beside the engine's own numbers, of one kind.

    Attributes
    ----------
    what : str
    formulas, engine : list of Cell
        In the same order.
    tolerance : float
    """

    what: str
    formulas: list[Cell]
    engine: list[Cell]
    tolerance: float


@dataclass(slots=True)
class Book:
    """An open workbook with its formats, its inputs and what is compared with the engine.

    ``cells``, ``formulas`` and ``schemes`` say what was written, for those who work the formulas out elsewhere.
    ``replaced`` gives inputs another number than the run's: the formulas are then worth what a reader would see who
    types that number into the cell. A book that is not ``written`` knows its cells and formulas and makes no file.
    """

    edition: Edition
    replaced: Mapping[Key, float] = field(default_factory=dict)
    written: bool = True
    buffer: io.BytesIO = field(default_factory=io.BytesIO)
    inputs: dict[Key, Cell] = field(default_factory=dict)
    locked: dict[Key, str] = field(default_factory=dict)
    compared: list[Compared] = field(default_factory=list)
    sheets: dict[str, Sheet] = field(default_factory=dict)
    cells: dict[tuple[str, int, int], Cell] = field(default_factory=dict)
    formulas: dict[tuple[str, int, int], str] = field(default_factory=dict)
    schemes: dict[str, Any] = field(default_factory=dict)
    printed: dict[str, int] = field(default_factory=dict)
    workbook: Any = None
    _formats: dict[tuple[str, str], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.written:
            self.workbook = Silent()
            return
        import xlsxwriter

        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self.workbook = xlsxwriter.Workbook(self.buffer, options)
        self.workbook.set_properties({"title": self.edition.labels.model, "created": self._created()})
        self.workbook.set_calc_mode("auto")

    def _created(self) -> datetime.datetime:
        try:
            return datetime.datetime.fromisoformat(str(self.edition.facts.run.manifest.get("created", "")))
        except ValueError:
            return _NO_DATE

    def format(self, kind: str, role: str = "plain") -> Any:
        """Return the format of a kind of number in a role, such as input, engine, total, head or note."""
        key = (kind, role)
        if key not in self._formats:
            look: dict[str, Any] = {
                "num_format": _NUMBERS[kind],
                "font_name": "Arial",
                "font_size": 10,
                "valign": "top",
            }
            look |= _ROLES[role]
            if kind == "year" or (kind == "number" and role == "part"):
                look["align"] = "left"
            self._formats[key] = self.workbook.add_format(look)
        return self._formats[key]

    def sheet(self, key: str, title: str, note: str = "", *, name: str = "", colour: str = "") -> Sheet:
        """Add a sheet with title, note on made-up data and explanation; ``key`` is what other modules call it."""
        unique = self._unique(name or title)
        sheet = Sheet(self, unique, self.workbook.add_worksheet(unique, worksheet_class()))
        self.sheets[key] = sheet
        sheet.text(0, 0, title, "title")
        if self.edition.facts.run.synthetic:
            sheet.text(1, 0, self.edition.t("synthetic.banner"), "banner")
            for column in range(1, 8):
                sheet.blank(1, column, "banner")
        sheet.text(2, 0, note, "note")
        if colour:
            sheet.ws.set_tab_color(colour)
        sheet.print_setup()
        sheet.protect()
        return sheet

    def compare(self, what: str, formulas: list[Cell], engine: list[Cell], tolerance: float) -> None:
        """Note that formulas must give the engine's numbers as long as no input is changed."""
        if formulas:
            self.compared.append(Compared(what, formulas, engine, tolerance))

    def name(self, name: str, where: Span | Expr) -> None:
        """Give a range a name that formulas and readers can use."""
        self.workbook.define_name(name, f"={where.text}")

    def close(self) -> bytes:
        """Finish the workbook and return its bytes.

        Raises
        ------
        ValueError
            When nothing was written: a fault in the program.
        """
        if not self.written:
            raise ValueError("the workbook was opened for its cells alone")
        for sheet in self.sheets.values():
            sheet.repeat_heads()
            sheet.print_area(self.printed.get(sheet.name, 0))
        self.workbook.close()
        return self.buffer.getvalue()

    def _unique(self, name: str) -> str:
        """Return a name spreadsheets accept: no forbidden signs, at most 31 characters, not taken."""
        taken = {sheet.name.lower() for sheet in self.sheets.values()}
        clean = "".join(sign if sign.isprintable() and sign not in "[]:*?/\\" else " " for sign in name)
        clean = _shortened(clean.strip().strip("'").strip()) or "-"
        number, candidate = 2, clean
        while candidate.lower() in taken or candidate.lower() == "history":
            tail = f" {number}"
            candidate = _shortened(clean, len(tail)) + tail
            number += 1
        return candidate


@dataclass(slots=True, eq=False)
class Sheet:
    """One sheet; every writer returns its cell."""

    book: Book
    name: str
    ws: Any
    prefix: str = ""
    guide_row: int = TOP
    repeated: bool = False
    heads: dict[int, dict[int, tuple[str, bool]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from xlsxwriter.utility import quote_sheetname

        self.prefix = f"{quote_sheetname(self.name)}!"

    def text(self, row: int, column: int, value: Any, role: str = "plain") -> None:
        """Write a text, never as a formula or number."""
        if not is_missing(value):
            self.ws.write_string(row, column, str(value), self.book.format("text", role))

    def blank(self, row: int, column: int, role: str) -> None:
        """Write an empty cell with a format."""
        self.ws.write_blank(row, column, None, self.book.format("text", role))

    def number(self, row: int, column: int, value: Any, kind: str, role: str = "plain") -> Cell:
        """Write a number that is no input: a year, or what the engine found."""
        if is_missing(value):
            self.blank(row, column, "plain")
            return self._written(Cell(self, row, column, 0.0))
        self.ws.write_number(row, column, float(value), self.book.format(kind, role))
        return self._written(Cell(self, row, column, float(value)))

    def input(self, key: Key, row: int, column: int, value: float, kind: str) -> Cell:
        """Write a number that a reader may change; every number of the run has one such cell and no more.

        Raises
        ------
        ValueError
            When the number already has its cell: a fault in the program.
        """
        if key in self.book.inputs:
            raise ValueError(f"the input {key} has a cell already")
        number = float(self.book.replaced.get(key, value))
        self.ws.write_number(row, column, number, self.book.format(kind, "input"))
        cell = Cell(self, row, column, number, float(value))
        self.book.inputs[key] = cell
        return self._written(cell)

    def formula(self, row: int, column: int, made: Expr, kind: str, role: str = "plain") -> Cell:
        """Write a formula with the value it has now, so that viewers without calculation show it too."""
        text = made.text.replace(self.prefix, "")
        value = made.value
        missing = isinstance(value, float) and value != value
        shown = "" if value is None else "#N/A" if missing else value
        self.ws.write_formula(row, column, f"={text}", self.book.format(kind, role), shown)
        self.book.formulas[self.name, row, column] = made.text
        return self._written(Cell(self, row, column, value))

    def _written(self, cell: Cell) -> Cell:
        self.book.cells[self.name, cell.row, cell.column] = cell
        return cell

    def limit(self, cells: Span, kind: str) -> None:
        """Refuse what cannot be meant, such as a share above one."""
        low, high = _LIMITS.get(kind, (-1e15, 1e15))
        where = cells.text.removeprefix(self.prefix).replace("$", "")
        t = self.book.edition.t
        self.ws.data_validation(
            where,
            {
                "validate": "decimal",
                "criteria": "between",
                "minimum": low,
                "maximum": high,
                "error_title": t("workbook.limit"),
                "error_message": t("workbook.limit_text", low=f"{low:g}", high=f"{high:g}"),
            },
        )

    def head(self, row: int, columns: Sequence[tuple[str, float]], *, right: int = 99, freeze: bool = True) -> None:
        """Write column titles and set widths; titles from column ``right`` stand over numbers."""
        self.titles(row, [title for title, _ in columns], right=right)
        for column, (_, width) in enumerate(columns):
            self.ws.set_column(column, column, width)
        if freeze:
            self.ws.freeze_panes(row + 1, 0)
            self.ws.repeat_rows(row)
            self.repeated = True

    def titles(self, row: int, titles: Sequence[str], *, right: int = 99, start: int = 0) -> None:
        """Write column titles in a row high enough for two lines."""
        self.ws.set_row(row, 30)
        year = self.book.edition.t("col.year")
        for column, title in enumerate(titles):
            left = column < right or title == year  # years stand to the left, as the names they belong to
            self.text(row, start + column, title or " ", "head" if left else "head_right")
            self.heads.setdefault(row, {})[start + column] = (title, left)

    def repeat_heads(self) -> None:
        """Let every printed page have column titles, on a sheet of several parts one below the other too.

        A sheet can repeat one row only. It stands above the parts and says what the columns are in those that go on
        over a page: one title where they agree, else the title of each.
        """
        tops = sorted(row for row, titles in self.heads.items() if 0 in titles)
        if not tops or (self.repeated and len(tops) == 1):
            return
        ends = [*tops[1:], (self.ws.dim_rowmax or 0) + 1]
        lengths = {row: end - row for row, end in zip(tops, ends, strict=True)}
        long = [row for row in tops if lengths[row] > _PAGE_ROWS] or tops
        most = 1
        columns = sorted({column for row in long for column in self.heads[row]})
        for column in columns:
            found = [self.heads[row][column] for row in long if column in self.heads[row]]
            named = list(dict.fromkeys(title for title, _ in found if title and title.strip()))
            # The first column has the name of the part: that of another would be wrong on a page of this one.
            told = len(named) <= (_TOGETHER if column else 2)
            most = max(most, len(named) if told else 1)
            self.text(TOP - 1, column, " / ".join(named) if told else " ", "head" if found[0][1] else "head_right")
        self.ws.set_row(TOP - 1, 15 + 15 * most)
        self.ws.repeat_rows(TOP - 1)
        self.repeated = True

    def tall(self, row: int, texts: Sequence[tuple[Any, float]]) -> None:
        """Make a row high enough for texts that break within columns of these widths."""
        lines = max(math.ceil(1.1 * len(str(text or "")) / width) for text, width in texts)
        if lines > 1:
            self.ws.set_row(row, 13.5 * lines)

    def print_setup(self) -> None:
        """Set landscape A4, one page wide."""
        self.ws.set_landscape()
        self.ws.set_paper(9)
        self.ws.fit_to_pages(1, 0)
        self.ws.hide_gridlines(2)
        self.ws.set_footer("&L&8&F&C&8&A&R&8&P / &N")

    def print_area(self, columns: int = 0) -> None:
        """Print what is written, wide sheets over several pages with the names on each of them.

        ``columns`` leaves out what stands to the right of them.
        """
        last = columns - 1 if columns else (self.ws.dim_colmax or 0)
        self.ws.print_area(0, 0, self.ws.dim_rowmax or 0, last)
        pages = math.ceil((last + 1) / _PAGE_COLUMNS)
        if pages > 1:
            self.ws.fit_to_pages(pages, 0)
            self.ws.repeat_columns(0, 1)

    def protect(self) -> None:
        """Leave only inputs open to change, without a password: protection is against mistakes."""
        self.ws.protect("", {"format_columns": True, "format_rows": True, "sort": True, "autofilter": True})


def _shortened(name: str, room: int = 0) -> str:
    """Cut a sheet name to 31 characters as spreadsheets count them, with room for more behind it."""
    while len(name.encode("utf-16-le")) // 2 > 31 - room:
        name = name[:-1]
    return name.strip().strip("'")
