"""What a file looks like to its owner: its first lines, its table with every problem in its cell, its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.app.desk import HandedIn
from bench.app.words import texts
from bench.cli.findings import in_options
from bench.errors import BenchError, Issue
from bench.reading import ACCEPTABLE_RULES
from bench.reading.files.delimited import read_delimited
from bench.reading.files.other_formats import other_format
from bench.reading.files.workbook import is_workbook, read_workbook
from bench.reading.grid import cell_text
from bench.reading.load import read_table
from bench.report.words.findings import in_language, translated

#: Rows of the table that are always shown, rows with a problem that are shown beside them, and lines for the header.
FIRST, WRONG, LINES = 8, 40, 14

#: Columns of the first lines that are shown.
_WIDE = 12


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it is shown: its text, its address, what is wrong with it, and whether another value may be written."""

    text: str
    address: str
    anchor: str
    wrong: str = ""
    severity: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: its number in the file, its sheet, its cells; rows before it are left out ``after_gap``."""

    number: str
    sheet: str
    cells: tuple[Cell, ...]
    after_gap: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Findings of one cause, in words: what, what to do, where, and whether they can be accepted with a reason."""

    rule: str
    severity: str
    column: str
    message: str
    remedy: str
    places: tuple[tuple[str, str], ...]
    more: int
    acceptable: bool


def sheets_of(file: HandedIn) -> list[str]:
    """Return the names of a workbook's sheets that are shown to whoever opens it; nothing for another file."""
    data = file.path.read_bytes()
    if not is_workbook(data) or other_format(data) is not None:
        return []
    return [grid.sheet for grid in read_workbook(data) if not grid.hidden and any(any(row) for row in grid.rows)]


def lines_of(file: HandedIn) -> list[tuple[int, list[str]]]:
    """Return the first lines of the sheet that is read, with their number, for the choice of the header."""
    data = file.path.read_bytes()
    layout = file.proposal.mapping.layout
    try:
        if other_format(data) is not None:
            return []
        if is_workbook(data):
            wanted = layout.sheet[0] if isinstance(layout.sheet, list) and layout.sheet else layout.sheet
            report = file.proposal.report
            wanted = wanted or (report.sheet if report is not None else "")
            grids = read_workbook(data)
            grid = next((one for one in grids if one.sheet == wanted), grids[0])
        else:
            grid = read_delimited(data, encoding=layout.encoding, delimiter=layout.delimiter)
    except BenchError:
        return []
    shown = [[_text(cell) for cell in row[:_WIDE]] for row in grid.rows[:LINES]]
    width = max((len(row) for row in shown), default=0)
    return [(number, row + [""] * (width - len(row))) for number, row in enumerate(shown, start=1)]


def header_of(file: HandedIn) -> list[int]:
    """Return the rows of the header as it is read; nothing where there is none."""
    report = file.proposal.report
    found = [] if report is None else [int(text) for text in re.findall(r"\d+", report.dialect.get("header_row", ""))]
    return list(range(found[0], found[-1] + 1)) if found else []


def anchor(sheet: str, address: str) -> str:
    """Return where on the page a cell is, as a link says it.

    Examples
    --------
    >>> anchor("Regnskap 2024", "C7")
    'cell-Regnskap_2024-C7'
    """
    return f"cell-{re.sub(r'[^0-9A-Za-zÆØÅæøå]+', '_', sheet)}-{address}"


def _text(value: Any) -> str:
    """Return a cell as text; a number that was written with spaces stays on one line."""
    return re.sub(r"(?<=\d) (?=\d)", "\u00a0", cell_text(value))


def rows_of(file: HandedIn, language: str) -> tuple[list[str], list[Row]]:
    """Return the names of the columns, and the first rows and every row with a problem, each problem in its cell."""
    mapping, report = file.proposal.mapping, file.proposal.report
    assert report is not None
    layout = mapping.layout.model_dump(exclude_none=True)
    options = {
        key: value
        for key, value in layout.items()
        if key in ("sheet", "header", "delimiter", "encoding", "years_in_columns")
    }
    try:
        table = read_table(file.path, period=mapping.roles.period, **options)
    except BenchError:
        return [], []  # What is wrong with the file stands among the findings.
    wrong: dict[tuple[str, str], list[Issue]] = {}
    for issue in report.issues:
        if issue.cell:
            wrong.setdefault((issue.sheet, issue.cell), []).append(said(issue, language))
    open_cells = correctable(file)
    marked = {(sheet, _digits(address)) for sheet, address in wrong}
    rows: list[Row] = []
    gap, shown = False, 0
    for block in table.blocks:
        for k in range(block.stop - block.start):
            number = _digits(block.cell(k, 0))
            told = (block.sheet, number) in marked or ("", number) in marked
            if block.start + k >= FIRST and not (told and shown < WRONG):
                gap = True
                continue
            cells = []
            for j, column in enumerate(table.cells):
                address = block.cell(k, j)
                found = wrong.get((block.sheet, address)) or wrong.get(("", address), [])
                cells.append(_cell(column[block.start + k], block.sheet, address, found, open_cells))
            shown += any(cell.wrong for cell in cells)
            rows.append(Row(number, block.sheet, tuple(cells), gap))
            gap = False
    return list(table.columns), rows


def _digits(address: str) -> str:
    return "".join(sign for sign in address if sign.isdigit())


#: Options of the command line, and the text that stands at the field which takes the same.
_FIELDS: Mapping[str, str] = {
    "sheet": "sheet",
    "header": "header",
    "decimal": "decimal",
    "thousands": "thousands",
    "delimiter": "delimiter",
    "encoding": "encoding",
    "leave-out": "leave_out",
    "where": "where",
    "scale": "factor",
    "currency": "currency",
    "accept": "accept",
    "period": "role_period",
    "scheme": "role_scheme",
    "cost": "role_cost",
    "id": "role_id",
    "outputs": "role_outputs",
    "year": "year",
}
_OPTION = re.compile(rf"--(?P<name>{'|'.join(sorted(_FIELDS, key=len, reverse=True))})\b")


_FACTOR = re.compile(r"--scale (?P<quote>'?)(?P<column>[^'\n]*?)=(?P<factor>[0-9.e+-]+)(?P=quote)")


#: Where a mapping file has a section, the page has its fields.
_SECTION = re.compile(r"\b(?:under|in|ut) \[+\w+\]+|\[+roles\]+")


def in_fields(text: str, language: str) -> str:
    """Return a remedy with the names of the fields of the page where it names options.

    Examples
    --------
    >>> in_fields("leave it out with leave_out='Sum A'", "en")
    "leave it out with “Other units to leave out, with commas between” 'Sum A'"
    >>> in_fields("say scale={'kostnad (1000 kr)': 1}", "en")
    'say “Times” (kostnad (1000 kr)): 1'
    """
    t = texts(language)
    opened, closed = ("«", "»") if language == "nb" else ("“", "”")
    text = _SECTION.sub(t["below"], text)
    text = _FACTOR.sub(
        lambda found: f"{opened}{t['factor']}{closed} ({found['column']}): {found['factor']}", in_options(text)
    )
    return _OPTION.sub(lambda found: f"{opened}{t[_FIELDS[found['name']]]}{closed}", text)


def said(issue: Issue, language: str) -> Issue:
    """Return a problem in a language, with the names of the fields of the page."""
    issue = translated(issue, language)
    return replace(issue, message=in_fields(issue.message, language), remedy=in_fields(issue.remedy, language))


def _cell(value: Any, sheet: str, address: str, found: Sequence[Issue], open_cell: bool) -> Cell:
    if not found:
        return Cell(_text(value), address, anchor(sheet, address))
    told = " ".join(f"{issue.message}. → {issue.remedy}" if issue.remedy else issue.message for issue in found)
    severity = "error" if any(issue.severity == "error" for issue in found) else "warning"
    return Cell(_text(value), address, anchor(sheet, address), told, severity, open_cell and severity == "error")


def correctable(file: HandedIn) -> bool:
    """Whether a cell of this kind of file can be written: text, and workbooks in the newer format."""
    data = file.path.read_bytes()
    if data[:2] == b"PK":
        return b"xl/workbook.xml" in data
    try:
        return other_format(data) is None and not is_workbook(data)
    except BenchError:
        return False


def findings_of(file: HandedIn, language: str) -> list[Finding]:
    """Return the findings, errors first, one for each cause with its places."""
    report = file.proposal.report
    assert report is not None
    causes: dict[tuple[str, ...], list[Issue]] = {}
    for issue in report.issues:
        key = (issue.severity, issue.rule, issue.sheet, issue.column)
        causes.setdefault(key, []).append(said(issue, language))
    found = []
    for issues in causes.values():
        first = issues[0]
        places = {
            " ".join(part for part in (issue.sheet, issue.cell, issue.unit) if part): anchor(issue.sheet, issue.cell)
            for issue in issues
        }
        named = tuple(place for place in places.items() if place[0])
        value = f" ({first.value})" if first.value and first.value not in first.message else ""
        told = replace(first, message=first.message + value)
        taken = first.rule in file.given.get("accept", ())
        reason = next((part.reason for part in file.proposal.mapping.accept if part.rule == first.rule), "")
        reason = reason.replace("left out: ", f"{texts(language)['is_left_out']}: ")
        accepted = f"{texts(language)['accepted']}: {in_language(reason, language)}" if reason and not taken else ""
        acceptable = first.rule in ACCEPTABLE_RULES and (first.severity == "error" or taken)
        found.append(
            Finding(
                first.rule,
                first.severity,
                first.column,
                told.message,
                accepted or first.remedy,
                named[:6],
                max(len(named) - 6, 0),
                acceptable,
            )
        )
    return sorted(found, key=lambda one: one.severity)


def remarks_of(file: HandedIn, language: str) -> list[str]:
    """Return what was decided on the way, or is doubtful, in words."""
    return [in_fields(in_language(line, language), language) for line in file.proposal.comments]
