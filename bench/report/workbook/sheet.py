"""The workbook's building blocks: formats, sheets that know their own references, and the list of checks."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.report.edition import Edition
from bench.report.words.labels import in_words
from bench.report.words.numbers import is_missing

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

#: The first rows of every sheet: title, note on made-up data, explanation.
TOP = 4

#: Written when the run says no date: the workbook must not carry the time it was made.
_NO_DATE = datetime.datetime(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Check:
    """A number of the engine beside the formula that must give it."""

    what: str
    reference: str
    engine: float
    tolerance: float


@dataclass(slots=True)
class Book:
    """An open workbook with its formats and the checks collected so far."""

    edition: Edition
    buffer: io.BytesIO = field(default_factory=io.BytesIO)
    checks: list[Check] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    workbook: Any = None
    _formats: dict[tuple[str, str], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
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
        """Return the format of a kind of number in a role: plain, input, engine, total, head, title, note, banner."""
        key = (kind, role)
        if key not in self._formats:
            look: dict[str, Any] = {
                "num_format": _NUMBERS[kind],
                "font_name": "Arial",
                "font_size": 10,
                "valign": "top",
            }
            roles: dict[str, dict[str, Any]] = {
                "plain": {},
                "input": {"bg_color": "#FFF8DC", "font_color": "#00456E", "border": 1, "border_color": "#D8CFA5"},
                "engine": {"font_color": "#5F6B6D", "italic": True},
                "total": {"bold": True, "top": 1},
                "head": _HEAD,
                "head_right": {**_HEAD, "align": "right"},
                "title": {"bold": True, "font_size": 14},
                "part": {"bold": True, "font_size": 12},
                "note": {"font_color": "#4A5560"},
                "wrap": {"text_wrap": True},
                "banner": {"bold": True, "bg_color": "#FFF3CF", "font_color": "#4D3800"},
            }
            look |= roles[role]
            if kind == "year" or (kind == "number" and role == "part"):
                look["align"] = "left"
            self._formats[key] = self.workbook.add_format(look)
        return self._formats[key]

    def sheet(self, name: str, title: str, note: str = "") -> Sheet:
        """Add a sheet with title, note on made-up data and explanation."""
        unique = self._unique(name)
        sheet = Sheet(self, unique, self.workbook.add_worksheet(unique))
        sheet.text(0, 0, title, "title")
        if self.edition.facts.run.synthetic:
            sheet.text(1, 0, self.edition.t("synthetic.banner"), "banner")
            for column in range(1, 8):
                sheet.blank(1, column, "banner")
        sheet.text(2, 0, note, "note")
        sheet.print_setup()
        return sheet

    def check(self, what: str, reference: str, engine: Any, tolerance: float) -> None:
        """Add a number that the formula at a reference must give."""
        if not is_missing(engine):
            self.checks.append(Check(what, reference, float(engine), tolerance))

    def close(self) -> bytes:
        """Finish the workbook and return its bytes."""
        self.workbook.close()
        return self.buffer.getvalue()

    def _unique(self, name: str) -> str:
        """Return a name spreadsheets accept: no forbidden signs, at most 31 characters, not taken."""
        clean = "".join(sign if sign.isprintable() and sign not in "[]:*?/\\" else " " for sign in name)
        clean = _shortened(clean.strip().strip("'").strip()) or "-"
        number, candidate = 2, clean
        while candidate.lower() in self.names or candidate.lower() == "history":
            tail = f" {number}"
            candidate = _shortened(clean, len(tail)) + tail
            number += 1
        self.names.add(candidate.lower())
        return candidate


@dataclass(slots=True)
class Sheet:
    """One sheet; every writer returns the absolute reference of its cell."""

    book: Book
    name: str
    ws: Any

    def ref(self, row: int, column: int) -> str:
        """Return the absolute reference of a cell, with the sheet's name."""
        from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell

        return f"{quote_sheetname(self.name)}!{xl_rowcol_to_cell(row, column, True, True)}"

    def span(self, first: int, last: int, column: int) -> str:
        """Return the absolute reference of a part of a column."""
        from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell

        ends = f"{xl_rowcol_to_cell(first, column, True, True)}:{xl_rowcol_to_cell(last, column, True, True)}"
        return f"{quote_sheetname(self.name)}!{ends}"

    def text(self, row: int, column: int, value: Any, role: str = "plain") -> None:
        """Write a text, never as a formula or number."""
        if not is_missing(value):
            self.ws.write_string(row, column, str(value), self.book.format("text", role))

    def blank(self, row: int, column: int, role: str) -> None:
        """Write an empty cell with a format."""
        self.ws.write_blank(row, column, None, self.book.format("text", role))

    def number(self, row: int, column: int, value: Any, kind: str, role: str = "plain") -> str:
        """Write a number: ``input`` cells may be changed, ``engine`` cells come from the calculation as they are."""
        if is_missing(value):
            self.blank(row, column, "plain")
        else:
            self.ws.write_number(row, column, float(value), self.book.format(kind, role))
        return self.ref(row, column)

    def formula(self, row: int, column: int, text: str, value: Any, kind: str, role: str = "plain") -> str:
        """Write a formula with the value it has now, so that viewers without calculation show it too."""
        shown = 0.0 if is_missing(value) else value
        self.ws.write_formula(row, column, f"={text}", self.book.format(kind, role), shown)
        return self.ref(row, column)

    def head(self, row: int, columns: Sequence[tuple[str, float]], *, right: int = 99, freeze: bool = True) -> None:
        """Write column titles and set widths; titles from column ``right`` stand over numbers."""
        self.titles(row, [title for title, _ in columns], right=right)
        for column, (_, width) in enumerate(columns):
            self.ws.set_column(column, column, width)
        if freeze:
            self.ws.freeze_panes(row + 1, 0)
            self.ws.repeat_rows(row)

    def titles(self, row: int, titles: Sequence[str], *, right: int = 99) -> None:
        """Write column titles in a row high enough for two lines."""
        self.ws.set_row(row, 30)
        for column, title in enumerate(titles):
            self.text(row, column, title or " ", "head" if column < right else "head_right")

    def print_setup(self) -> None:
        """Set landscape A4, one page wide."""
        self.ws.set_landscape()
        self.ws.set_paper(9)
        self.ws.fit_to_pages(1, 0)
        self.ws.hide_gridlines(2)


def _shortened(name: str, room: int = 0) -> str:
    """Cut a sheet name to 31 characters as spreadsheets count them, with room for more behind it."""
    while len(name.encode("utf-16-le")) // 2 > 31 - room:
        name = name[:-1]
    return name.strip().strip("'")


#: Decimals of the amounts a rounding rule leaves.
_DIGITS = {"ore": 2, "ten-ore": 1, "krone": 0, "ten-kroner": -1}

#: Relative noise of a product of a few floats, with room: nearer to a half than this is a half.
_NOISE = "1E-14"


def rounded(expression: str, rule: str) -> str:
    """Return a formula rounded by a named rule of the model.

    Spreadsheets have no rounding half to even. An amount is a tie when twice its steps is an odd whole number, but for
    the noise of floating point; a tie goes to twice the rounded half of its steps, which is even.

    Examples
    --------
    >>> rounded("A1*B1", "ore-half-up"), rounded("A1", "none")
    ('ROUND(A1*B1,2)', 'A1')
    >>> rounded("A1", "krone-half-even")
    'IF(AND(ISODD(ROUND((A1)*2,0)),ABS((A1)*2-ROUND((A1)*2,0))<=ABS(A1)*1E-14),ROUND((A1)/2,0)*2,ROUND(A1,0))'
    """
    step = rule.removesuffix("-half-up").removesuffix("-half-even")
    if step not in _DIGITS:
        return expression
    plain = f"ROUND({expression},{_DIGITS[step]})"
    if not rule.endswith("-half-even"):
        return plain
    size = 10 ** _DIGITS[step]
    twice, half = f"({expression})*{2 * size}", f"({expression})/2" if size == 1 else f"({expression})*{size // 2}"
    tie = f"AND(ISODD(ROUND({twice},0)),ABS({twice}-ROUND({twice},0))<=ABS({expression})*{_noise(size)})"
    even = f"ROUND({half},0)*2" if size == 1 else f"ROUND({half},0)*2/{size}"
    return f"IF({tie},{even},{plain})"


def _noise(size: int) -> str:
    return _NOISE if size == 1 else f"{size}*{_NOISE}"


def rounded_value(value: float, rule: str) -> float:
    """Return what :func:`rounded` gives for a number."""
    from bench.report.words.numbers import half_even, half_up

    step = rule.removesuffix("-half-up").removesuffix("-half-even")
    if step not in _DIGITS:
        return value
    return float((half_even if rule.endswith("-half-even") else half_up)(value, _DIGITS[step]))


def unique_titles(titles: dict[Any, str]) -> dict[Any, str]:
    """Return the titles with a number after those that stand more than once."""
    seen: dict[str, int] = {}
    made = {}
    for key, title in titles.items():
        text = title or in_words(str(key))
        seen[text] = seen.get(text, 0) + 1
        made[key] = text if seen[text] == 1 else f"{text} ({seen[text]})"
    return made
